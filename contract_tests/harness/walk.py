"""A job, looked at until it ends: one real job, of which all observations are kept for many tests."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from contract_tests.harness.answers import Answer, Obj

TELL_EVERY_S = 30.0
SILENT_S = 5.0
"""A wait shorter than this is not spoken of."""


@dataclass(frozen=True)
class Look:
    """A job and what it has made, read one after the other, so many seconds after its creation."""

    elapsed_s: float
    retrieved: Answer
    made: Mapping[str, Answer]
    """What else was read of it, by its name: events, checkpoints, metrics."""

    @property
    def events(self) -> Answer:
        """What was told of it."""
        return self.made["events"]

    @property
    def checkpoints(self) -> Answer:
        """Its checkpoints."""
        return self.made["checkpoints"]

    @property
    def metrics(self) -> Answer:
        """What it has measured."""
        return self.made["metrics"]

    @property
    def job(self) -> Obj:
        """The job; a failed assertion where it was not answered."""
        return self.retrieved.ok()

    @property
    def status(self) -> str:
        """The job's status, empty where there is none to be seen."""
        try:
            return str(self.job["status"])
        except AssertionError:
            return ""


@dataclass
class Walk:
    """All looks at a job; those in ``after`` came when it had ended."""

    created: Obj
    looks: list[Look] = field(default_factory=list)
    after: list[Look] = field(default_factory=list)

    @property
    def last(self) -> Look:
        """The look that showed the end, or whatever was seen last."""
        return self.looks[-1]

    @property
    def all(self) -> Sequence[Look]:
        """Every look, in order."""
        return [*self.looks, *self.after]

    @property
    def statuses(self) -> list[str]:
        """The statuses in the order in which they were seen, from the answer to the creation on, each once a stay."""
        seen = [str(self.created["status"]), *(str(look.job["status"]) for look in self.all)]
        return [status for place, status in enumerate(seen) if place == 0 or status != seen[place - 1]]


@dataclass(frozen=True)
class Walker:
    """How a job is looked at: every ``poll_s``, for ``patience_s`` at most; ``going`` are statuses to wait in."""

    look: Callable[[str, float], Look]
    going: frozenset[str]
    poll_s: float
    patience_s: float
    tell: Callable[[str], None]

    def walk(self, created: Obj) -> Walk:
        """Look at a job until it ends, or does what no job does, or patience ends; then twice more, later."""
        walk, start = Walk(created), time.monotonic()
        told = (SILENT_S - TELL_EVERY_S, "")
        while True:
            elapsed = time.monotonic() - start
            walk.looks.append(self.look(created["id"], elapsed))
            if walk.last.status not in self.going or elapsed > self.patience_s:
                break
            told = self._told(told, elapsed, walk.last.status)
            time.sleep(self.poll_s)
        for _ in range(2):
            time.sleep(self.poll_s)
            walk.after.append(self.look(created["id"], time.monotonic() - start))
        return walk

    def _told(self, before: tuple[float, str], elapsed: float, status: str) -> tuple[float, str]:
        """Say how far a long wait is, when the status changes and every so often."""
        at, known = before
        if elapsed < SILENT_S or (status == known and elapsed < at + TELL_EVERY_S):
            return before
        self.tell(f"the job is {status} after {elapsed:.0f} s")
        return elapsed, status
