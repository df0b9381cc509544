"""A tenant's whole state."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from emulator.client.running import Calls, Json

Snapshots = list[Json]


@dataclass(frozen=True, slots=True)
class TenantState:
    """A tenant's files with their bytes, jobs, faults and clock: as a document, or under a name on the server."""

    calls: Calls

    def export(self) -> Json:
        """Return the state as a JSON document; raise Unanswered."""
        document: Json = self.calls.ask("GET", "/state")
        return document

    def load(self, document: Mapping[str, Any] | bytes) -> None:
        """Put an exported state in the place of the tenant's, its clock included; raise Unanswered: nothing changed."""
        self.calls.ask("PUT", "/state", document)

    def snapshots(self) -> Snapshots:
        """Return the tenant's snapshots by ``name``, with ``saved_at``, ``files`` and ``jobs``."""
        return _snapshots(self.calls.ask("GET", "/snapshots"))

    def save_snapshot(self, name: str) -> Json:
        """Save the state under a name (letters, digits, dots, dashes; up to 64); one of that name is replaced."""
        saved: Json = self.calls.ask("PUT", _path(name))
        return saved

    def load_snapshot(self, name: str) -> None:
        """Put the tenant back into a saved state, its clock included; raise Unanswered where there is none."""
        self.calls.ask("POST", f"{_path(name)}/load")

    def remove_snapshot(self, name: str) -> Snapshots:
        """Remove a snapshot, and return those that are left; raise Unanswered where there is none."""
        return _snapshots(self.calls.ask("DELETE", _path(name)))


def _path(name: str) -> str:
    return f"/snapshots/{quote(name, safe='')}"


def _snapshots(answer: Json) -> Snapshots:
    snapshots: Snapshots = answer["snapshots"]
    return snapshots
