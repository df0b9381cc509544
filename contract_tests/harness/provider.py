"""What the harness has to know of a provider; each provider's folder has one, as ``PROVIDER`` in ``provider.py``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contract_tests.harness.ledger import Entry
    from contract_tests.harness.line import Line


@dataclass(frozen=True)
class Manner:
    """How a provider's API is put together; the defaults are those of OpenAI's, which others speak too."""

    path: str = "/v1"
    """The path of its base URL."""
    probe: str = "/models"
    """What any key that is taken may read, below the base URL."""
    trained_on: tuple[str, ...] = ("training_file",)
    """Where the order of a job names what it is trained on."""
    job: tuple[str, ...] = ()
    """Where the answer to an order has the job."""
    pace: float = 0.006
    """The pace of an emulator of one's own at which a job takes under two seconds, and each of its states is there
    long enough to be seen."""


class Provider(Protocol):
    """A provider: where things are created, what a job costs, how things are found again and undone."""

    name: str
    hosts: tuple[str, ...]
    """The hosts of the real service: who asks one of them needs not say the dialect."""
    epochs: int
    """Epochs of the job that is walked at a target of this machine: as few as show all there is to be seen."""
    creates: Mapping[str, str]
    """The paths below the base URL that create something when they are posted to, and what: file, upload or job."""
    manner: Manner
    """How its API is put together."""
    spending: tuple[str, ...]
    """The fixtures that create a job."""

    def found(self, line: "Line", entry: "Entry") -> list[str]:
        """Return the ids of what an entry's request made, found by its name; raise AssertionError where none tells."""

    def undo(self, line: "Line", entry: "Entry", id_: str) -> str:
        """Cancel or delete one thing, and what came of it; say what was done. Raise AssertionError where it stays."""
