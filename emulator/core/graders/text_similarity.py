"""The grader that says how alike two texts are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from emulator.core.graders.grade import Grade
from emulator.core.graders.metrics import similarity
from emulator.core.graders.templates import Scope, dead_ends, render
from emulator.errors import Flaw


@dataclass(frozen=True, slots=True)
class TextSimilarity:
    """A metric of two texts; both may have variables, ``metric`` is a name of ``metrics.METRICS``."""

    kind: ClassVar[str] = "text_similarity"

    name: str
    input: str
    reference: str
    metric: str

    def flaws(self) -> Iterator[Flaw]:
        """Yield nothing: every two texts can be compared."""
        yield from ()

    def dead_ends(self) -> Iterator[Flaw]:
        """Yield the variables that cannot be."""
        yield from dead_ends(self.input, "input")
        yield from dead_ends(self.reference, "reference")

    def grade(self, scope: Scope) -> Grade:
        """Return how alike they are, from 0 to 1; raise Refused where the metric is not installed."""
        return Grade(similarity(self.metric, render(self.input, scope), render(self.reference, scope)))
