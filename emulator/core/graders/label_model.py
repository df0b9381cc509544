"""The grader that asks a model for a label; ``judge`` says how its answer is scripted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from emulator.core.graders.grade import Failed, Grade, Kind
from emulator.core.graders.judge import SECONDS_PER_TOKEN, Hearing, Message, asking_in_vain, hear
from emulator.core.graders.templates import Scope
from emulator.errors import Flaw


@dataclass(frozen=True, slots=True)
class LabelModel:
    """A model, what it is asked, the labels it may give, and those that pass."""

    kind: ClassVar[str] = "label_model"

    name: str
    model: str
    input: tuple[Message, ...]
    labels: tuple[str, ...]
    passing: tuple[str, ...]

    def flaws(self) -> Iterator[Flaw]:
        """Yield where nothing is asked, there are no labels, or one passes that is none of them (documented)."""
        if not self.input:
            yield Flaw("too_short", ("input",), "The input must have at least one message")
        if not self.labels:
            yield Flaw("too_short", ("labels",), "There must be at least one label")
        if not set(self.passing) <= set(self.labels):
            yield Flaw("value_error", ("passing_labels",), "The passing labels must be among the labels")

    def dead_ends(self) -> Iterator[Flaw]:
        """Yield the variables that cannot be."""
        yield from asking_in_vain(self.input)

    def grade(self, scope: Scope) -> Grade:
        """Return 1 for a label that passes and 0 for another (unverified)."""
        heard = hear("label", self.name, self.model, self.input, scope)
        label = self._label(heard)
        usage = heard.usage(f'{{"steps":[],"result":"{label}"}}')
        return Grade(
            float(label in self.passing), usage={self.model: usage}, duration_s=SECONDS_PER_TOKEN * usage.completion
        )

    def _label(self, heard: Hearing) -> str:
        """Return the label that a script begins with, or one that is drawn; raise Failed where a script has none."""
        if heard.script is None:
            return self.labels[int(heard.chance * len(self.labels))]
        meant = [label for label in self.labels if heard.script.startswith(label)]
        if not meant:
            raise Failed(Kind.PARSE, "The grading model's answer is none of the labels")
        return max(meant, key=len)
