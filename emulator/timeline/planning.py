"""How a plan is decided: how long each stage lasts, and where a job's data or its scenario cut it short.

How long each lasts is the provider's (``durations.py``); all that a scenario adds is unverified.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from emulator.timeline import curves
from emulator.timeline.job import Dataset, JobError, Kind, Lifecycle, Recipe, Status
from emulator.timeline.plan import NO_TIME, TICK, VERSION, Moment, Phase, Plan, Training
from emulator.timeline.scenario import Scenario, Stage

PACE_MAX = 1000.0

Stages = Mapping[Stage, tuple[timedelta, timedelta]]
"""The stages of a job that nothing cuts short, in order: when each begins and ends."""

NAMES: Mapping[Stage, str] = {
    "validation": "validating",
    "queue": "queued",
    "loading": "training",
    "training": "stepping",
    "saving": "saving",
}
"""The phases that show the stages; the steps lie within that of the loading where nothing tells them apart."""

WORDS: Mapping[Stage, str] = {
    "validation": "The job failed while its files were validated",
    "queue": "The job failed while it was queued",
    "loading": "The job failed while the model was loaded",
    "training": "Training failed after step {step} of {steps}",
    "saving": "The job failed while its results were saved",
}
"""What is said of a failure whose scenario says nothing (unverified: no real one is recorded)."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a job goes no further, after how many steps: it fails there, or, without an error, it is stuck."""

    at: timedelta
    stage: Stage
    step: int
    error: JobError | None


def make_plan(recipe: Recipe, *, seed: str, free_at: timedelta = NO_TIME) -> Plan:
    """Decide what happens to a job: the same arguments give the same plan. Before ``free_at`` there is no room for it.

    Where the scenario takes no job at all is for the caller to see.
    """
    stages, scenario = _stages(recipe, seed, free_at), recipe.scenario
    training = _training(recipe, stages)
    cut = _cut(recipe, stages, training)
    begun = _begun(stages, cut)
    opening, closing = _moments(recipe, stages, begun, cut)
    end, late = stages["saving"][1], _lasting(recipe, scenario.events_late_s)
    stuck_at = cut.at if cut and cut.error is None else None
    # Where it is stuck nothing ends, so that the end lies past all that is seen.
    ends = max(end, stuck_at + late + TICK) if stuck_at is not None else cut.at if cut else end
    last_late = NO_TIME if stuck_at is not None else _lasting(recipe, scenario.last_event_late_s)
    counted = stages["validation"][1]
    diverges_at = _step(scenario.loss_diverges_at_step, training)
    return Plan(
        version=VERSION,
        phases=_phases(recipe, begun),
        ends=ends,
        outcome=Status.FAILED if cut and cut.error else Status.SUCCEEDED,
        error=cut.error if cut else None,
        opening=opening,
        training=_made(recipe, training, cut),
        closing=closing,
        curve=replace(curves.draw(seed, steps=training.steps), diverges_at=diverges_at),
        has_validation=recipe.validation is not None,
        counted=counted if cut is None or counted <= cut.at else ends + last_late + TICK,
        expected_end=end,
        told=recipe.told,
        stuck_at=stuck_at,
        late=late,
        last_late=last_late,
        twice_every=scenario.events_twice_every or 0,
        cancel_takes=_lasting(recipe, scenario.cancel_takes_s),
        missing_file=scenario.missing_file,
        metrics_file=recipe.metrics_file,
    )


def count_steps(recipe: Recipe) -> int:
    """Return the steps of one epoch: ceil(packs / batch_size), packs = tokens / context_length, or rows unpacked.

    A guess that fits the recordings: 800 rows of about 255k tokens, batch 32, 5 epochs made 5 steps; 53k tokens,
    batch 8, 1 epoch made 1.
    """
    packs = -(-recipe.training.tokens // recipe.context_length) if recipe.packing else recipe.training.rows
    return max(1, -(-packs // recipe.batch_size))


def refusal(recipe: Recipe) -> JobError | None:
    """Return why validation refuses the data, or None.

    Where the provider's words are not given, the codes are unverified: no real one is recorded.
    """
    ours = _refusal(recipe, recipe.training, "training") or _refusal(recipe, recipe.validation, "validation")
    return recipe.refusal or ours


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


def _lasting(recipe: Recipe, seconds: float) -> timedelta:
    return timedelta(seconds=seconds * min(PACE_MAX, recipe.pace * recipe.scenario.pace))


def _stages(recipe: Recipe, seed: str, free_at: timedelta) -> Stages:
    rng = Random(f"{seed}/durations")

    def lasts(seconds: float) -> timedelta:
        # Every stage lasts: a job is never created in the state in which it ends.
        return max(TICK, _lasting(recipe, seconds * rng.uniform(0.9, 1.1)))

    documented, long = recipe.lifecycle is Lifecycle.DOCUMENTED, recipe.durations
    lengths: dict[Stage, timedelta] = {"validation": lasts(long.validation_s)}
    if documented:
        lengths["queue"] = lasts(long.queue_s)
    elif free_at or "queue" in (recipe.scenario.fails_in, recipe.scenario.sticks_in):
        # Jobs that were seen ran from the first answer. One that must wait does so before: nothing leads back there.
        lengths = {"queue": free_at or max(TICK, _lasting(recipe, long.queue_s)), **lengths}
    each_epoch_s = long.token_s * recipe.training.tokens + long.step_s * count_steps(recipe)
    lengths["loading"] = lasts(long.loading_s)
    lengths["training"] = lasts(long.training_s + each_epoch_s * recipe.n_epochs)
    lengths["saving"] = lasts(long.saving_s)
    stages: dict[Stage, tuple[timedelta, timedelta]] = {}
    ends = NO_TIME
    for stage, length in lengths.items():
        begins, ends = ends, ends + length
        if stage == "queue":
            ends = max(ends, free_at)
        stages[stage] = begins, ends
    return stages


def _training(recipe: Recipe, stages: Stages) -> Training:
    steps_per_epoch = count_steps(recipe)
    begins, ends = stages["training"]
    return Training(
        begins=begins,
        ends=ends,
        steps=steps_per_epoch * recipe.n_epochs,
        steps_per_epoch=steps_per_epoch,
        tokens_per_epoch=recipe.training.tokens,
        stops_after=steps_per_epoch * recipe.n_epochs,
        step_events=recipe.step_events,
        checkpoint_events=Kind.CHECKPOINT in recipe.told and not recipe.keep_last,
        checkpoints=recipe.scenario.checkpoints,
        keep_last=recipe.keep_last,
    )


def _step(asked: int | None, training: Training) -> int | None:
    """Return a step that was asked for, or the last there is."""
    return asked and min(asked, training.steps)


def _cut(recipe: Recipe, stages: Stages, training: Training) -> Cut | None:
    """Return where a job goes no further: whichever comes first of its data, where it is stuck and where it fails."""
    scenario = recipe.scenario
    half = -(-training.steps // 2)
    cuts = []
    if error := refusal(recipe):
        cuts.append(Cut(stages["validation"][1], "validation", 0, error))
    if stage := scenario.sticks_in:
        begins, ends = stages[stage]
        step = _step(scenario.stuck_at_step, training) or half
        at = training.at(step) if stage == "training" else begins + (ends - begins) // 2
        cuts.append(Cut(at, stage, _steps_made(stage, step, training), None))
    if stage := scenario.fails_in:
        step = _step(scenario.fails_at_step, training) or half
        at = training.at(step) + TICK if stage == "training" else stages[stage][1]
        cuts.append(Cut(at, stage, _steps_made(stage, step, training), _error(scenario, stage, step, training)))
    return min(cuts, key=lambda cut: cut.at, default=None)


def _steps_made(stage: Stage, step: int, training: Training) -> int:
    return step if stage == "training" else training.steps if stage == "saving" else 0


def _error(scenario: Scenario, stage: Stage, step: int, training: Training) -> JobError:
    message = scenario.error_message or WORDS[stage].format(step=step, steps=training.steps)
    return JobError(scenario.error_code or "job_failed", message, scenario.error_param)


def _is_read(cut: Cut | None) -> bool:
    """Say whether the data are read to their end, so that the steps are known."""
    return cut is None or cut.stage != "validation"


def _made(recipe: Recipe, training: Training, cut: Cut | None) -> Training | None:
    """Return the training as far as it comes; a job that fails keeps no checkpoint where they come when it is over."""
    if not _is_read(cut):
        return None
    lost = bool(recipe.keep_last and cut and cut.error)
    stops_after = cut.step if cut else training.steps
    return replace(training, stops_after=stops_after, checkpoints=training.checkpoints and not lost)


def _begun(stages: Stages, cut: Cut | None) -> Stages:
    """Return the stages that a job comes to."""
    names = [*stages]
    return {name: stages[name] for name in (names if cut is None else names[: names.index(cut.stage) + 1])}


def _phases(recipe: Recipe, begun: Stages) -> tuple[Phase, ...]:
    validating = Status.RUNNING if recipe.lifecycle is Lifecycle.OBSERVED else Status.VALIDATING_FILES
    usual: Mapping[Stage, Status] = {
        "validation": validating,
        "queue": Status.QUEUED,
        "loading": Status.RUNNING,
    }
    shown = {**usual, **recipe.shows}
    return tuple(Phase(NAMES[stage], shown[stage], begins) for stage, (begins, _) in begun.items() if stage in shown)


def _moments(
    recipe: Recipe, stages: Stages, begun: Stages, cut: Cut | None
) -> tuple[tuple[Moment, ...], tuple[Moment, ...]]:
    """Return what is told before and after the training, as far as it comes to that and the provider tells of it."""
    opening = [Moment(NO_TIME, Kind.SUBMITTED)]
    for stage, (begins, ends) in begun.items():
        if stage == "validation":
            opening += [Moment(begins, Kind.VALIDATING), *_validated(recipe, begins, ends, cut)]
        elif stage == "queue":
            opening.append(Moment(begins, Kind.QUEUED))
        elif stage == "loading":
            opening.append(Moment(begins, Kind.STARTED))
    begins, ends = stages["saving"]
    closing = _trained(recipe, begins, cut) if "saving" in begun else []
    if cut is None:
        closing.append(Moment(ends, Kind.SUCCEEDED))
    elif cut.error:
        closing.append(Moment(cut.at, Kind.FAILED, cut.stage))
    told = recipe.told
    return tuple(each for each in opening if each.kind in told), tuple(each for each in closing if each.kind in told)


def _trained(recipe: Recipe, at: timedelta, cut: Cut | None) -> list[Moment]:
    """Return what is told when the training is over.

    Where only some checkpoints are kept they are told of then, but for the last: that one is the model itself (observed
    of OpenAI, the one provider that keeps some). Of a job that makes none, or fails, there is nothing to tell.
    """
    if not recipe.keep_last:
        return [Moment(at, Kind.TRAINED)]
    if not recipe.scenario.checkpoints or (cut and cut.error):
        return []
    per_epoch, first = count_steps(recipe), max(1, recipe.n_epochs - recipe.keep_last + 1)
    kept = [Moment(at, Kind.CHECKPOINT, step=epoch * per_epoch) for epoch in range(first, recipe.n_epochs)]
    return [*kept, Moment(at, Kind.TRAINED)]


def _validated(recipe: Recipe, begins: timedelta, ends: timedelta, cut: Cut | None) -> list[Moment]:
    """Return what is told of each data set. When one of two is refused, the other was still read."""
    splits = [("validation", begins + (ends - begins) * 28 // 30)] if recipe.validation else []
    splits.append(("training", ends))
    if not _is_read(cut):
        blamed = cut.error.param if cut and cut.error else None
        splits = [(name, at) for name, at in splits if blamed not in (None, f"{name}_file")]
    return [Moment(at, Kind.VALIDATED, name) for name, at in splits]
