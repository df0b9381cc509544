"""The grader that asks a model for a number; ``judge`` says how its answer is scripted."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from emulator.core.graders.grade import Failed, Grade, Kind
from emulator.core.graders.judge import SECONDS_PER_TOKEN, Hearing, Message, asking_in_vain, hear
from emulator.core.graders.templates import Scope
from emulator.errors import Flaw

DECIMALS = 2


@dataclass(frozen=True, slots=True)
class ScoreModel:
    """A model, what it is asked, and from where to where its scores go (0 to 1 by default: documented)."""

    kind: ClassVar[str] = "score_model"

    name: str
    model: str
    input: tuple[Message, ...]
    range: tuple[float, float] = (0.0, 1.0)

    def flaws(self) -> Iterator[Flaw]:
        """Yield where nothing is asked, or the range has no place for a score."""
        if not self.input:
            yield Flaw("too_short", ("input",), "The input must have at least one message")
        if self.range[0] > self.range[1]:
            yield Flaw("value_error", ("range",), "The range must go from a lower number to a higher one")

    def dead_ends(self) -> Iterator[Flaw]:
        """Yield the variables that cannot be."""
        yield from asking_in_vain(self.input)

    def grade(self, scope: Scope) -> Grade:
        """Return the model's score, cut to the range; what is no number is an error and 0 (both documented)."""
        heard = hear("score", self.name, self.model, self.input, scope)
        score = self._score(heard)
        usage = heard.usage(f'{{"steps":[],"result":{score}}}')
        return Grade(score, usage={self.model: usage}, duration_s=SECONDS_PER_TOKEN * usage.completion)

    def _score(self, heard: Hearing) -> float:
        low, high = self.range
        drawn = round(low * (1 - heard.chance) + high * heard.chance, DECIMALS)
        score = drawn if heard.script is None else _number(heard.script)
        return min(max(score, low), high)


def _number(said: str) -> float:
    """Return the number that a script begins with; raise Failed where it is none."""
    word = (said.split() or [""])[0].rstrip(".,;)]}\"'")
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise Failed(Kind.PARSE, "The grading model's answer holds no score")
    return number
