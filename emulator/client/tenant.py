"""A tenant of a running server: everything that belongs to one API key."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.client.clock import TenantClock
from emulator.client.environment import Environment
from emulator.client.faults import TenantFaults
from emulator.client.journal import TenantJournal
from emulator.client.running import Calls, Running, Whose
from emulator.client.scenarios import TenantScenarios
from emulator.client.seeds import sendable, told
from emulator.client.state import TenantState
from emulator.client.webhooks import TenantWebhooks
from emulator.core.clocks import tenant_of
from emulator.core.organizations import organization_of
from emulator.settings import CLIENT_KEYS


class Tenant:
    """One API key's world: where its clients connect, and what time it is and goes wrong for them.

    ``dialect`` is the provider whose face its clients see; None: the one at the server's root.
    """

    _seeded: str | None = None
    """The organization that the seed names which this object was given."""

    def __init__(self, server: Running, api_key: str, *, dialect: str | None = None) -> None:
        if dialect is not None:
            server.check_dialect(dialect)
        self._remote, self._api_key, self._dialect = server, api_key, dialect

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.url}>"

    @property
    def server(self) -> Running:
        """The server that it belongs to."""
        return self._remote

    @property
    def api_key(self) -> str:
        """The key that its clients send."""
        return self._api_key

    @property
    def url(self) -> str:
        """Where the server answers, without a provider's path."""
        return self.server.url

    def base_url(self, dialect: str | None = None) -> str:
        """Return what a client of a provider takes as its base URL; raise BadSetting for an unknown dialect.

        Where the provider's paths go on with an organization, its clients are told that besides: ``organization``.
        """
        return self.server.base_url(self._dialect if dialect is None else dialect)

    @property
    def organization(self) -> str:
        """The id of the organization of its seed, else of one of its own: for a provider whose paths name one.

        Its own is the same for the same key. A seed's is told by the object whose ``seed`` was called, until another
        seed or ``forget``: another object of the same key, or of a key in a server's seed file, cannot know it. Any
        other id will do there, and is another organization: with files and jobs of its own.
        """
        return self._seeded or organization_of(tenant_of(self.api_key.strip()))

    @property
    def has_organization(self) -> bool:
        """Whether its clients are told that: whether the paths of their provider name one. Raise Unanswered."""
        return self.server.has_organizations(self._dialect)

    @property
    def env(self) -> Environment:
        """A ``with`` block within which clients that are told nothing find this tenant by their variables.

        All of them, whatever the dialect is: none that is set already leads a client past the emulator.
        """
        key, variables = self.api_key, {"OPENAI_BASE_URL": self.base_url(), "ORGANIZATION_ID": self.organization}
        return Environment({**variables, "OPENAI_API_KEY": key, **dict.fromkeys(CLIENT_KEYS, key)})

    @property
    def clock(self) -> TenantClock:
        """What time it is."""
        return TenantClock(self._calls)

    @property
    def faults(self) -> TenantFaults:
        """What goes wrong with requests."""
        return TenantFaults(self._calls)

    @property
    def scenarios(self) -> TenantScenarios:
        """How jobs go."""
        return TenantScenarios(self._calls)

    @property
    def journal(self) -> TenantJournal:
        """What was asked and answered."""
        return TenantJournal(self._calls)

    @property
    def state(self) -> TenantState:
        """All of it, as a document or as a snapshot."""
        return TenantState(self._calls)

    @property
    def webhooks(self) -> TenantWebhooks:
        """What endpoints are told of jobs."""
        return TenantWebhooks(self._calls)

    def reset(self) -> None:
        """Go back to the seed, or to nothing: files, jobs, faults, journal and clock; snapshots stay."""
        self._calls.ask("POST", "/reset")

    def seed(self, seed: Mapping[str, Any] | str | Path) -> None:
        """Begin with these files and jobs, now and after every reset, until it is forgotten or the server stops.

        ``seed`` is one tenant's part of a seed file without its keys, as an object or where it lies; files that it
        names by path are sent along. It is for the dialect of this tenant, unless it names one. Raise BadSeed for what
        cannot be sent, Unanswered for what the server refuses.
        """
        value = told(seed)
        own = {"dialect": self._dialect} if self._dialect and "state" not in value else {}
        self._calls.ask("PUT", "/seed", sendable({**own, **value}))
        self._seeded = value.get("organization")

    def forget(self) -> None:
        """Make it a tenant that has never been: what a reset removes, its snapshots, its seed."""
        self._calls.ask("DELETE", "/state")
        self._seeded = None

    @property
    def _calls(self) -> Calls:
        return Calls(self.server, Whose.of_key(self.api_key))
