"""The fine-tuning emulator: a provider's fine-tuning API on your own machine.

The map, from the idea outwards; arrows point inward and are checked:

``timeline``    THE IDEA, pure: a job is a plan, drawn once, and reading it is a function of plan, actions and now
``faults``      what goes wrong with requests: Rule = Match × Budget × Effect, one file an effect
``storage``     SQLite and blobs: rows in, dataclasses out; ``schema.sql`` is the documentation
``core``        the use cases in no provider's words: jobs, files, datasets, ids, links, clocks, scenarios, tenants,
                state; ``core/lint`` what is wrong with a client, one file a finding; ``core/graders`` what scores an
                output, one file a grader; ``core/inference`` what a tuned model answers; ``core/webhooks`` who is told
                of ends
``dialects``    the providers, one folder each: wire (their JSON), translate, errors, routes
``control``     ``/_emulator``: what no provider has, one file a noun
``seeding``     the state that tenants start from
``deliveries``  the one that acts unasked: it tells endpoints of the ends of jobs
``app``         the composition root, with a request's itinerary
``client``      a tenant of a running server as a Python object, one file a noun
``server``      a running server, in this thread or another: ``from emulator import Emulator``
``cli``         the command ``ftemu``; ``demo`` is its walk
``commands``    its other commands, one file each
``recording``   what a real service answers, kept and asked again
``from_har``    a recorded failure made into rules and scenarios
``pytest_plugin``  the fixtures ``ft_emulator`` and ``ft_client``

Beside them: ``clock`` (virtual time), ``settings`` (every setting, once), ``errors`` (what can go wrong),
``addresses`` (where a server answers, by any URL of it), ``tokens`` (keys in the form of a JWT),
``operations`` (the names of calls), ``shorthand`` (the short way to write a scenario or a fault), ``bearer`` (whose
request), ``poll`` (the clock that moves when somebody looks), ``journal`` (what was asked and answered), ``redaction``
(no secret is kept), ``request_log``, ``shipped`` (data files), ``drift`` (how two OpenAPI documents differ).

A new provider is a folder in ``dialects``, whose README says how; a new status is a row in ``timeline/job.py``; a new
setting is a field in ``settings.py``; a new fault is a file in ``faults``; a new finding one in ``core/lint``; a new
scenario is a file in ``fixtures/scenarios``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.client import Tenant as Tenant
    from emulator.client import Unanswered as Unanswered
    from emulator.server import Emulator as Emulator
    from emulator.tokens import service_token as service_token

__all__ = ["Emulator", "Tenant", "Unanswered", "service_token"]
PLACES = {"Emulator": "emulator.server", "service_token": "emulator.tokens"}
"""The modules of what is offered here, but for what is the client's."""


def __getattr__(name: str) -> Any:
    """Return what is offered here, imported when it is first asked for: importing ``emulator`` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'emulator' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 -- see above

    return getattr(import_module(PLACES.get(name, "emulator.client")), name)
