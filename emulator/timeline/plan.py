"""What will happen to a job if nobody interferes: decided once, at its creation, and small whatever its length.

The durations are those of the recorded runs (observed): datasets processed 28 to 30 s after creation; training 150 s
for 0.3 M, 203 s for 1.3 M and 760 s for 18 M tokens, which 160 s and 33 s for a million tokens fit; success 20 to 70 s
after training. Not recorded, and so unverified: how long a job is queued (10 s), and how long it loads the model before
the first step (30 of the 160 s; the steps are spread over the rest).
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from emulator.timeline import curves
from emulator.timeline.job import Dataset, JobError, Kind, Lifecycle, Recipe, Status

VERSION = 1
TICK = timedelta(microseconds=1)

VALIDATION_S = 30.0
QUEUE_S = 10.0
LOADING_S = 30.0
TRAINING_S = 120.0
TOKEN_S = 33e-6
SAVING_S = 45.0


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a plan and the status that it shows."""

    name: str
    status: Status
    begins: timedelta


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of a plan: something that is told, at a time counted from the job's creation."""

    at: timedelta
    kind: Kind
    subject: str = ""
    step: int = 0


@dataclass(frozen=True, slots=True)
class Training:
    """The steps of a run, spread evenly between two times; ``stops_after`` is the last one that is made."""

    begins: timedelta
    ends: timedelta
    steps: int
    steps_per_epoch: int
    tokens_per_epoch: int
    stops_after: int
    step_events: int
    checkpoint_events: bool

    def at(self, step: int) -> timedelta:
        """Return when a step (from 1) is done."""
        return self.begins + (self.ends - self.begins) * step // self.steps

    def steps_by(self, elapsed: timedelta) -> int:
        """Return how many steps are done by then: the inverse of ``at``."""
        if elapsed < self.begins:
            return 0
        done = ((elapsed - self.begins + TICK) * self.steps - TICK) // (self.ends - self.begins)
        return min(done, self.stops_after)

    def tokens_by(self, step: int) -> int:
        """Return the tokens that the steps so far have seen: whole epochs give exact multiples (observed)."""
        return self.tokens_per_epoch * step // self.steps_per_epoch

    def checkpoints_by(self, step: int) -> int:
        """Return how many checkpoints exist after so many steps: one at the end of each epoch (observed)."""
        return step // self.steps_per_epoch

    def events_by(self, step: int) -> int:
        """Return how many events the steps so far have told of."""
        told = step // self.step_events if self.step_events else 0
        return told + (self.checkpoints_by(step) if self.checkpoint_events else 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens, in the order in which it happens. ``counted`` is when the steps are known; see ``make_plan``."""

    version: int
    phases: tuple[Phase, ...]
    ends: timedelta
    outcome: Status
    error: JobError | None
    opening: tuple[Moment, ...]
    training: Training | None
    closing: tuple[Moment, ...]
    curve: curves.Curve
    has_validation: bool
    counted: timedelta
    expected_end: timedelta
    told: frozenset[Kind]

    def phase_at(self, elapsed: timedelta) -> Phase:
        """Return the phase at a plan time before the end."""
        return next(phase for phase in reversed(self.phases) if phase.begins <= elapsed)

    def status_at(self, elapsed: timedelta) -> Status:
        """Return the status at a plan time."""
        return self.outcome if elapsed >= self.ends else self.phase_at(elapsed).status

    def changes_after(self, elapsed: timedelta) -> timedelta | None:
        """Return the next plan time at which the status changes; None after the end."""
        if elapsed >= self.ends:
            return None
        status = self.phase_at(elapsed).status
        later = (phase.begins for phase in self.phases if phase.begins > elapsed and phase.status is not status)
        return next(later, self.ends)

    def moments_by(self, elapsed: timedelta) -> int:
        """Return how many moments have been told by then."""
        trained = self.training.events_by(self.training.steps_by(elapsed)) if self.training else 0
        return _count(self.opening, elapsed) + trained + _count(self.closing, elapsed)

    def moment(self, ordinal: int) -> Moment:
        """Return the moment of that ordinal (from 0), without producing those before it."""
        if ordinal < len(self.opening):
            return self.opening[ordinal]
        within = ordinal - len(self.opening)
        trained = self.training.events_by(self.training.stops_after) if self.training else 0
        if self.training is None or within >= trained:
            return self.closing[within - trained]
        return _training_moment(self.training, within)


def _count(moments: tuple[Moment, ...], elapsed: timedelta) -> int:
    return sum(moment.at <= elapsed for moment in moments)


def _training_moment(training: Training, ordinal: int) -> Moment:
    """Return the told moment of the training: at one step, the step itself comes before its checkpoint."""
    step = bisect_right(range(training.steps + 1), ordinal, key=training.events_by)
    is_step = bool(training.step_events) and step % training.step_events == 0
    first = ordinal == training.events_by(step - 1)
    return Moment(training.at(step), Kind.STEP if is_step and first else Kind.CHECKPOINT, step=step)


def make_plan(recipe: Recipe, *, seed: str) -> Plan:
    """Decide what happens to a job: the same recipe and seed give the same plan."""
    rng = Random(f"{seed}/durations")

    def lasts(seconds: float) -> timedelta:
        # Every phase lasts: a job is never created in the state in which it ends.
        return max(TICK, timedelta(seconds=seconds * rng.uniform(0.9, 1.1) * recipe.pace))

    steps_per_epoch = count_steps(recipe)
    steps = steps_per_epoch * recipe.n_epochs
    validated = lasts(VALIDATION_S)
    queued = lasts(QUEUE_S) if recipe.lifecycle is Lifecycle.DOCUMENTED else timedelta(0)
    loaded = validated + queued + lasts(LOADING_S)
    trained = loaded + lasts(TRAINING_S + TOKEN_S * recipe.training.tokens * recipe.n_epochs)
    ends = trained + lasts(SAVING_S)
    error = refusal(recipe)
    phases = _phases(recipe.lifecycle, validated=validated, queued=queued)
    training = Training(
        begins=loaded,
        ends=trained,
        steps=steps,
        steps_per_epoch=steps_per_epoch,
        tokens_per_epoch=recipe.training.tokens,
        stops_after=steps,
        step_events=recipe.step_events,
        checkpoint_events=Kind.CHECKPOINT in recipe.told,
    )
    opening, closing = _moments(recipe, error, phases=phases, validated=validated, trained=trained, ends=ends)
    return Plan(
        version=VERSION,
        phases=phases[:1] if error else phases,
        ends=validated if error else ends,
        outcome=Status.FAILED if error else Status.SUCCEEDED,
        error=error,
        opening=opening,
        training=None if error else training,
        closing=closing,
        curve=curves.draw(seed, steps=steps),
        has_validation=recipe.validation is not None,
        counted=validated,
        expected_end=ends,
        told=recipe.told,
    )


def count_steps(recipe: Recipe) -> int:
    """Return the steps of one epoch: ceil(packs / batch_size), packs = tokens / context_length, or rows unpacked.

    A guess that fits the recordings: 800 rows of about 255k tokens, batch 32, 5 epochs made 5 steps; 53k tokens,
    batch 8, 1 epoch made 1.
    """
    packs = -(-recipe.training.tokens // recipe.context_length) if recipe.packing else recipe.training.rows
    return max(1, -(-packs // recipe.batch_size))


def refusal(recipe: Recipe) -> JobError | None:
    """Return why validation refuses the data, or None. The codes are unverified: no real one is recorded."""
    return _refusal(recipe, recipe.training, "training") or _refusal(recipe, recipe.validation, "validation")


def _refusal(recipe: Recipe, dataset: Dataset | None, split: str) -> JobError | None:
    if dataset is None:
        return None
    code, param = f"invalid_{split}_file", f"{split}_file"
    if dataset.problem:
        where = f"line {dataset.problem.line}: " if dataset.problem.line else ""
        return JobError(code, f"Dataset '{split}' is invalid: {where}{dataset.problem.message}", param)
    if dataset.longest_tokens > recipe.context_length:
        # The words before the dash are a third party's statement of the real message.
        message = f"Sequence length is too long: {dataset.longest_tokens} > {recipe.context_length}"
        return JobError(code, f"{message} (dataset '{split}', line {dataset.longest_line})", param)
    return None


def _phases(lifecycle: Lifecycle, *, validated: timedelta, queued: timedelta) -> tuple[Phase, ...]:
    if lifecycle is Lifecycle.OBSERVED:
        return (
            Phase("validating", Status.RUNNING, timedelta(0)),
            Phase("training", Status.RUNNING, validated),
        )
    return (
        Phase("validating", Status.VALIDATING_FILES, timedelta(0)),
        Phase("queued", Status.QUEUED, validated),
        Phase("training", Status.RUNNING, validated + queued),
    )


def _moments(
    recipe: Recipe,
    error: JobError | None,
    *,
    phases: tuple[Phase, ...],
    validated: timedelta,
    trained: timedelta,
    ends: timedelta,
) -> tuple[tuple[Moment, ...], tuple[Moment, ...]]:
    """Return what is told before and after the training, as far as the provider tells of it."""
    splits = [("validation", validated * 28 // 30)] if recipe.validation else []
    splits.append(("training", validated))
    opening = [Moment(timedelta(0), Kind.SUBMITTED)]
    # When one file of two is refused the other was still read; a refused one is not "processed".
    opening += [Moment(at, Kind.VALIDATED, name) for name, at in splits if not error or error.param != f"{name}_file"]
    if error:
        closing = [Moment(validated, Kind.FAILED)]
    else:
        opening += [Moment(phase.begins, Kind.QUEUED) for phase in phases if phase.status is Status.QUEUED]
        opening += [Moment(phases[-1].begins, Kind.STARTED)]
        closing = [Moment(trained, Kind.TRAINED), Moment(ends, Kind.SUCCEEDED)]
    told = recipe.told
    return (
        tuple(moment for moment in opening if moment.kind in told),
        tuple(moment for moment in closing if moment.kind in told),
    )
