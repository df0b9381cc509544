"""What the harness has to know of a provider; each provider's folder has one, as ``PROVIDER`` in ``provider.py``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contract_tests.harness.ledger import Entry
    from contract_tests.harness.line import Line


class Provider(Protocol):
    """A provider: where things are created, what a job costs, how things are found again and undone."""

    name: str
    hosts: tuple[str, ...]
    """The hosts of the real service: who asks one of them needs not say the dialect."""
    epochs: int
    """Epochs of the job that is walked at a target of this machine: as few as show all there is to be seen."""
    creates: Mapping[str, str]
    """The paths below the base URL that create something when they are posted to, and what: file, upload or job."""
    spending: tuple[str, ...]
    """The fixtures that create a job."""

    def found(self, line: "Line", entry: "Entry") -> list[str]:
        """Return the ids of what an entry's request made, found by its name; raise AssertionError where none tells."""

    def undo(self, line: "Line", entry: "Entry", id_: str) -> str:
        """Cancel or delete one thing, and what came of it; say what was done. Raise AssertionError where it stays."""
