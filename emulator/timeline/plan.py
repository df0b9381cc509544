"""What will happen to a job if nobody interferes: decided once, at its creation, and small whatever its length.

Not here: how it is decided (``planning.py``).
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta

from emulator.timeline.curves import Curve
from emulator.timeline.job import JobError, Kind, Status

VERSION = 3
"""A plan of an earlier version reads as one whose later members have their defaults: nothing unusual."""

TICK = timedelta(microseconds=1)
NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a plan and the status that it shows."""

    name: str
    status: Status
    begins: timedelta


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of a plan: something that is told, at a time counted from the job's creation.

    ``subject`` is the split of a dataset, or the stage of a failure.
    """

    at: timedelta
    kind: Kind
    subject: str = ""
    step: int = 0


@dataclass(frozen=True, slots=True)
class Training:
    """The steps of a run, spread evenly between two times; ``stops_after`` is the last one that is made.

    Of the checkpoints the last ``keep_last`` are kept, and seen once all steps are done; 0: all, each as it is made.
    """

    begins: timedelta
    ends: timedelta
    steps: int
    steps_per_epoch: int
    tokens_per_epoch: int
    stops_after: int
    step_events: int
    checkpoint_events: bool
    checkpoints: bool = True
    keep_last: int = 0

    def at(self, step: int) -> timedelta:
        """Return when a step (from 1) is done."""
        return self.begins + self._lasts * step // self.steps * TICK

    def steps_by(self, elapsed: timedelta) -> int:
        """Return how many steps are done by then: the inverse of ``at``."""
        if elapsed < self.begins:
            return 0
        done = (((elapsed - self.begins) // TICK + 1) * self.steps - 1) // self._lasts
        return min(done, self.stops_after)

    def tokens_by(self, step: int) -> int:
        """Return the tokens that the steps so far have seen: whole epochs give exact multiples (observed)."""
        return self.tokens_per_epoch * step // self.steps_per_epoch

    def checkpoints_by(self, step: int) -> int:
        """Return how many checkpoints are seen after so many steps: one for the end of each epoch (observed)."""
        if not self.checkpoints or (self.keep_last and step < self.steps):
            return 0
        return step // self.steps_per_epoch - self._dropped

    def checkpoint_step(self, ordinal: int) -> int:
        """Return the step after which a checkpoint was made, by its place among those that are kept, from 0."""
        return (self._dropped + ordinal + 1) * self.steps_per_epoch

    def checkpoint_seen(self, ordinal: int) -> timedelta | None:
        """Return when a checkpoint is seen, by its place; None: never."""
        step = self.checkpoint_step(ordinal)
        if not self.checkpoints or step > self.stops_after or (self.keep_last and self.stops_after < self.steps):
            return None
        return self.ends if self.keep_last else self.at(step)

    @property
    def _lasts(self) -> int:
        """How long the steps last, in ticks: a product of these is a number, that of times would be out of range."""
        return (self.ends - self.begins) // TICK

    @property
    def _dropped(self) -> int:
        """How many of the first checkpoints are not kept."""
        return max(0, self.steps // self.steps_per_epoch - self.keep_last) if self.keep_last else 0

    def events_by(self, step: int) -> int:
        """Return how many events the steps so far have told of."""
        told = step // self.step_events if self.step_events else 0
        return told + (self.checkpoints_by(step) if self.checkpoint_events else 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens, in the order in which it happens.

    ``counted`` is when the steps are known. A job with ``stuck_at`` stays for ever as it is at that plan time, before
    ``ends``. Events are told ``late`` after they happen, at the latest at the end, the last one ``last_late`` after it;
    every ``twice_every``-th is told twice (0: none). A cancellation takes effect ``cancel_takes`` after it was asked
    for. ``missing_file`` is a name, or a pattern of names, of files that are listed and not found.
    With a ``metrics_file`` its result is a table of its steps, otherwise the files of its checkpoints.
    """

    version: int
    phases: tuple[Phase, ...]
    ends: timedelta
    outcome: Status
    error: JobError | None
    opening: tuple[Moment, ...]
    training: Training | None
    closing: tuple[Moment, ...]
    curve: Curve
    has_validation: bool
    counted: timedelta
    expected_end: timedelta
    told: frozenset[Kind]
    stuck_at: timedelta | None = None
    late: timedelta = NO_TIME
    last_late: timedelta = NO_TIME
    twice_every: int = 0
    cancel_takes: timedelta = NO_TIME
    missing_file: str | None = None
    metrics_file: bool = False

    @property
    def reaches(self) -> timedelta:
        """The last plan time at which anything is to come."""
        return self.ends + self.last_late if self.stuck_at is None else self.stuck_at + self.late

    @property
    def runs(self) -> bool:
        """Whether the job ever runs."""
        return any(phase.status is Status.RUNNING for phase in self.phases)

    def phase_at(self, elapsed: timedelta) -> Phase:
        """Return the phase at a plan time before the end."""
        return next(phase for phase in reversed(self.phases) if phase.begins <= elapsed)

    def status_at(self, elapsed: timedelta) -> Status:
        """Return the status at a plan time."""
        return self.outcome if elapsed >= self.ends else self.phase_at(elapsed).status

    def changes_after(self, elapsed: timedelta) -> timedelta | None:
        """Return the next plan time at which the status changes; None after the end, and where it is stuck."""
        if elapsed >= self.ends:
            return None
        status = self.phase_at(elapsed).status
        later = (phase.begins for phase in self.phases if phase.begins > elapsed and phase.status is not status)
        change = next(later, self.ends)
        return change if change <= self.reaches else None

    def moments_by(self, elapsed: timedelta, *, stopped: bool = False) -> int:
        """Return how many moments there are to tell of by then, were nothing late.

        The last one, where it comes after the end, counts from then on, or once the job was ``stopped``.
        """
        happened = self._happened_by(elapsed)
        if self.last_late and not stopped and elapsed < self.reaches:
            happened = min(happened, max(0, self._happened_by(self.ends) - 1))
        return self._places(happened)

    def seen_by(self, elapsed: timedelta, *, stopped: bool = False) -> timedelta:
        """Return the plan time whose moments an observer has been told of by then; at the end there is none to come."""
        return elapsed if stopped or elapsed >= self.ends else elapsed - self.late

    def moment(self, ordinal: int) -> Moment:
        """Return the moment of that ordinal (from 0), without producing those before it."""
        every = self.twice_every
        number = ordinal // (every + 1) * every + min(ordinal % (every + 1), every - 1) if every else ordinal
        if number < len(self.opening):
            return self.opening[number]
        within = number - len(self.opening)
        trained = self.training.events_by(self.training.stops_after) if self.training else 0
        if self.training is None or within >= trained:
            return self.closing[within - trained]
        return _training_moment(self.training, within)

    def told_at(self, ordinal: int) -> timedelta:
        """Return the plan time at which an observer is told of a moment, unless the job is stopped before."""
        if self.last_late and ordinal >= self._places(self._happened_by(self.ends) - 1):
            return self.reaches
        return min(self.moment(ordinal).at + self.late, self.ends)

    def _happened_by(self, elapsed: timedelta) -> int:
        trained = self.training.events_by(self.training.steps_by(elapsed)) if self.training else 0
        return _count(self.opening, elapsed) + trained + _count(self.closing, elapsed)

    def _places(self, happened: int) -> int:
        """Return how many events tell of so many moments."""
        return happened + happened // self.twice_every if self.twice_every else happened


def _count(moments: tuple[Moment, ...], elapsed: timedelta) -> int:
    return sum(moment.at <= elapsed for moment in moments)


def _training_moment(training: Training, ordinal: int) -> Moment:
    """Return the told moment of the training: at one step, the step itself comes before its checkpoint."""
    step = bisect_right(range(training.steps + 1), ordinal, key=training.events_by)
    is_step = bool(training.step_events) and step % training.step_events == 0
    first = ordinal == training.events_by(step - 1)
    return Moment(training.at(step), Kind.STEP if is_step and first else Kind.CHECKPOINT, step=step)
