"""One request, as the handlers see it: who calls, and what the answer showed of unfinished jobs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request
from starlette.types import Scope

from emulator.core.faults import Hit
from emulator.core.jobs import Seen
from emulator.core.world import Caller
from emulator.operations import Operation
from emulator.timeline.history import next_moment

KEY = "emulator.call"


@dataclass(slots=True)
class Call:
    """A request of a known caller: what it asks for, and what was seen and done on the way.

    ``changes_at``: when the jobs that the answer shows next change their status. ``hits``: the faults that it met.
    ``job``: the job that it made. ``parts``: the names of the parts of a form, as far as it was read.
    """

    caller: Caller
    operation: Operation | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    changes_at: list[datetime] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    job: str | None = None
    parts: list[str] | None = None

    def showed(self, jobs: Iterable[Seen]) -> None:
        """Note the unfinished jobs of an answer: on a poll clock, time goes on once it is sent."""
        self.changes_at += [job.view.changes_at for job in jobs if job.view.changes_at]

    def showed_events(self, job: Seen) -> None:
        """Note an event that comes after a job's end: no other answer lets a poll clock go on to it."""
        later = next_moment(job.view) if job.view.status.terminal else None
        self.changes_at += [later] if later else []


def attach(scope: Scope, call: Call) -> None:
    """Say whose request it is, and what it asks for."""
    scope[KEY] = call


def call_of(request: Request) -> Call:
    """Return the call of a request."""
    call = request.scope[KEY]
    assert isinstance(call, Call)  # noqa: S101 -- authentication comes before every handler
    return call


def call_in(scope: Scope) -> Call | None:
    """Return the call of a request that may have got no further than authentication."""
    return scope.get(KEY)
