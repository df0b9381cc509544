"""The grader that makes one reward of several: a formula over the rewards of graders of its own."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from emulator.core.graders import formula
from emulator.core.graders.grade import Failed, Failure, Grade, Kind, Usage
from emulator.core.graders.grader import Grader, run
from emulator.core.graders.templates import Scope
from emulator.errors import Flaw

PARTS_MAX = 20
"""Graders of one multigrader; no bound is documented, and without one a request could take minutes."""


@dataclass(frozen=True, slots=True)
class Multi:
    """Graders by the name that the formula ``output`` knows them by; ``aliases`` are further names for the same."""

    kind: ClassVar[str] = "multi"

    name: str
    parts: Mapping[str, Grader]
    output: str
    aliases: Mapping[str, str] = field(default_factory=dict)

    def flaws(self) -> Iterator[Flaw]:
        """Yield the flaws of its graders, and of their number."""
        if not 0 < len(self.parts) <= PARTS_MAX:
            yield Flaw("value_error", ("graders",), f"A multigrader must have from 1 to {PARTS_MAX} graders")
        for name, part in self.parts.items():
            for flaw in part.flaws():
                yield replace(flaw, loc=("graders", name, *flaw.loc))

    def dead_ends(self) -> Iterator[Flaw]:
        """Yield why the formula can never be calculated, and the dead ends of its graders."""
        for name, part in self.parts.items():
            for flaw in part.dead_ends():
                yield replace(flaw, loc=("graders", name, *flaw.loc))
        try:
            unknown = formula.parse(self.output).names - {*self.parts, *self.aliases}
        except formula.Unreadable as error:
            yield Flaw("value_error", ("calculate_output",), f"The formula cannot be read: {error}")
        else:
            for name in sorted(unknown):
                yield Flaw("value_error", ("calculate_output",), f"There is no grader '{name}'")

    def grade(self, scope: Scope) -> Grade:
        """Return what the formula makes of the rewards; a grader that failed counts 0 (unverified)."""
        graded = {name: run(part, scope) for name, part in self.parts.items()}
        rewards = {name: grade.reward for name, grade in graded.items()}
        reward, own = self._calculated(rewards)
        return Grade(
            reward,
            (*own, *(failure for grade in graded.values() for failure in grade.failures)),
            _summed(grade.usage for grade in graded.values()),
            rewards,
            math.fsum(grade.duration_s for grade in graded.values()),
        )

    def _calculated(self, rewards: Mapping[str, float]) -> tuple[float, tuple[Failure, ...]]:
        known = {**{alias: rewards[name] for alias, name in self.aliases.items()}, **rewards}
        try:
            return formula.parse(self.output).value(known), ()
        except formula.Unreadable as error:
            failed = Failed(Kind.FORMULA, f"The formula cannot be read: {error}")
        except KeyError as error:
            failed = Failed(Kind.VARIABLE, f"There is no grader {error}")
        except (ArithmeticError, ValueError):
            failed = Failed(Kind.OTHER, "The formula has no finite value for these rewards")
        return 0.0, (failed.failure,)


def _summed(usages: Iterator[Mapping[str, Usage]]) -> dict[str, Usage]:
    total: dict[str, Usage] = {}
    for usage in usages:
        for model, used in usage.items():
            total[model] = total.get(model, Usage(0, 0)) + used
    return total
