"""What every grader has in common, and how one is run."""

from collections.abc import Iterator
from typing import ClassVar, Protocol

from emulator.core.graders.grade import Failed, Grade
from emulator.core.graders.templates import Scope
from emulator.errors import Flaw


class Grader(Protocol):
    """One grader with its settings; ``kind`` is what the providers call its type."""

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """What its author calls it."""

    def flaws(self) -> Iterator[Flaw]:
        """Yield what keeps it from ever grading; the places are those within the grader's own JSON."""

    def dead_ends(self) -> Iterator[Flaw]:
        """Yield what lets every run fail: a run tells it as an error of the grade, a check beforehand as a flaw."""

    def grade(self, scope: Scope) -> Grade:
        """Return the grade of what is in scope; raise Failed where there is none, Refused where it is too much."""


def run(grader: Grader, scope: Scope) -> Grade:
    """Return a grade whatever happens: of what failed the reward is 0 (documented of code and of model graders)."""
    try:
        return grader.grade(scope)
    except Failed as failed:
        return Grade(0.0, (failed.failure,))
