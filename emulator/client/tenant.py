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
from emulator.client.seeds import sendable
from emulator.client.state import TenantState
from emulator.client.webhooks import TenantWebhooks


class Tenant:
    """One API key's world: where its clients connect, and what time it is and goes wrong for them.

    ``dialect`` is the provider whose face its clients see; None: the one at the server's root.
    """

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
        """Return what a client of a provider takes as its base URL; raise BadSetting for an unknown dialect."""
        name = dialect or self._dialect
        if dialect is not None:
            self.server.check_dialect(dialect)
        return f"{self.url}/{name}/v1" if name else f"{self.url}/v1"

    @property
    def env(self) -> Environment:
        """A ``with`` block within which clients that are told nothing find this tenant by their variables."""
        key = self.api_key
        return Environment({"OPENAI_BASE_URL": self.base_url(), "OPENAI_API_KEY": key, "NEBIUS_API_KEY": key})

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
        names by path are sent along. Raise BadSeed for what cannot be sent, Unanswered for what the server refuses.
        """
        self._calls.ask("PUT", "/seed", sendable(seed))

    def forget(self) -> None:
        """Make it a tenant that has never been: what a reset removes, its snapshots, its seed."""
        self._calls.ask("DELETE", "/state")

    @property
    def _calls(self) -> Calls:
        return Calls(self.server, Whose.of_key(self.api_key))
