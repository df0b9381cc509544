"""The grader that compares two texts and answers 1 or 0."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from emulator.core.graders.grade import Grade
from emulator.core.graders.templates import Scope, dead_ends, render
from emulator.errors import Flaw

Operation = Literal["eq", "ne", "like", "ilike"]


@dataclass(frozen=True, slots=True)
class StringCheck:
    """Equal, not equal, contains, or contains whatever the case (documented); both texts may have variables."""

    kind: ClassVar[str] = "string_check"

    name: str
    input: str
    reference: str
    operation: Operation

    def flaws(self) -> Iterator[Flaw]:
        """Yield nothing: every two texts can be compared."""
        yield from ()

    def dead_ends(self) -> Iterator[Flaw]:
        """Yield the variables that cannot be."""
        yield from dead_ends(self.input, "input")
        yield from dead_ends(self.reference, "reference")

    def grade(self, scope: Scope) -> Grade:
        """Return 1 where the check holds."""
        return Grade(float(_holds(self.operation, render(self.input, scope), render(self.reference, scope))))


def _holds(operation: Operation, text: str, reference: str) -> bool:
    match operation:
        case "eq":
            return text == reference
        case "ne":
            return text != reference
        case "like":
            return reference in text
        case "ilike":
            return reference.casefold() in text.casefold()
