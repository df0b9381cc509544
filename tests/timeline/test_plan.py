"""Plans: steps, durations and refusals, held against the recorded jobs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.timeline.job import Dataset, JobError, Kind, Lifecycle, Problem, Status
from emulator.timeline.planning import count_steps, make_plan, refusal
from tests.timeline.recipes import a_recipe, recipes, seeds


def data(tokens: int, rows: int = 100) -> Dataset:
    return Dataset("conversational", rows=rows, tokens=tokens, longest_tokens=500, longest_line=1)


@pytest.mark.parametrize(
    ("tokens", "batch_size", "steps"),
    [(255_000, 32, 1), (53_110, 8, 1), (8192 * 8, 8, 1), (8192 * 8 + 1, 8, 2), (1_825_000, 32, 7)],
)
def test_steps_of_an_epoch_are_packs_by_batch_size(tokens: int, batch_size: int, steps: int) -> None:
    assert count_steps(a_recipe(training=data(tokens), batch_size=batch_size)) == steps


def test_without_packing_every_row_is_a_pack() -> None:
    assert count_steps(a_recipe(training=data(1000, rows=800), packing=False, batch_size=32)) == 25


@pytest.mark.parametrize(
    ("tokens", "n_epochs", "low_s", "high_s"),
    # Recorded: succeeded between 274 and 305 s, at about 210 s, between 789 and 850 s (there without a queue).
    [(255_000, 5, 230, 330), (250_000, 1, 180, 290), (1_825_000, 10, 740, 960)],
)
def test_at_pace_1_a_job_lasts_about_as_long_as_its_recording(
    tokens: int, n_epochs: int, low_s: float, high_s: float
) -> None:
    recipe = a_recipe(training=data(tokens), n_epochs=n_epochs, lifecycle=Lifecycle.OBSERVED)
    lengths = sorted(make_plan(recipe, seed=str(seed)).ends.total_seconds() for seed in range(21))

    assert low_s <= lengths[10] <= high_s


def test_at_the_default_pace_the_cookbooks_job_lasts_under_5_s() -> None:
    plans = [make_plan(a_recipe(pace=0.01), seed=str(seed)) for seed in range(100)]

    assert max(plan.ends for plan in plans) < timedelta(seconds=5)


@given(recipes, seeds)
def test_the_same_recipe_and_seed_give_the_same_plan(recipe: object, seed: str) -> None:
    assert make_plan(recipe, seed=seed) == make_plan(recipe, seed=seed)  # type: ignore[arg-type]


def test_another_seed_gives_another_plan() -> None:
    assert make_plan(a_recipe(), seed="a") != make_plan(a_recipe(), seed="b")


def test_pace_scales_a_plan() -> None:
    slow, fast = (make_plan(a_recipe(pace=pace), seed="x") for pace in (10.0, 1.0))

    assert slow.ends / fast.ends == pytest.approx(10, rel=1e-6)


def test_documented_jobs_queue_and_observed_jobs_run_from_the_start() -> None:
    documented, observed = (make_plan(a_recipe(lifecycle=each), seed="x") for each in Lifecycle)

    assert [phase.status for phase in documented.phases] == [Status.VALIDATING_FILES, Status.QUEUED, Status.RUNNING]
    assert {phase.status for phase in observed.phases} == {Status.RUNNING}


def test_training_is_told_as_completed_some_time_before_the_job_succeeds() -> None:
    plan = make_plan(a_recipe(), seed="x")
    told = {moment.kind: moment.at for moment in plan.closing}

    assert told[Kind.TRAINED] + timedelta(seconds=20) < told[Kind.SUCCEEDED] == plan.ends


def test_whole_epochs_see_whole_data_sets() -> None:
    # Recorded: 238,844 tokens are 4 epochs of 59,711.
    plan = make_plan(a_recipe(training=data(59_711), n_epochs=4, batch_size=3), seed="x")

    assert plan.training
    assert plan.training.tokens_by(plan.training.steps) == 238_844
    assert plan.training.tokens_by(plan.training.steps_per_epoch) == 59_711


@pytest.mark.parametrize(
    ("dataset", "error"),
    [
        (
            Dataset(problem=Problem(3, "is not valid JSON")),
            JobError(
                "invalid_training_file", "Dataset 'training' is invalid: line 3: is not valid JSON", "training_file"
            ),
        ),
        (
            Dataset(problem=Problem(0, "the file has no rows")),
            JobError("invalid_training_file", "Dataset 'training' is invalid: the file has no rows", "training_file"),
        ),
        (
            replace(data(9000), longest_tokens=8193, longest_line=7),
            JobError(
                "invalid_training_file",
                "Sequence length is too long: 8193 > 8192 (dataset 'training', line 7)",
                "training_file",
            ),
        ),
        (replace(data(9000), longest_tokens=8192), None),
    ],
)
def test_bad_data_are_refused_with_the_line(dataset: Dataset, error: JobError | None) -> None:
    assert refusal(a_recipe(training=dataset)) == error


def test_a_bad_validation_file_fails_the_job_too_and_is_not_told_as_processed() -> None:
    plan = make_plan(a_recipe(validation=Dataset(problem=Problem(1, "x"))), seed="x")

    assert plan.outcome is Status.FAILED
    assert plan.error
    assert plan.error.param == "validation_file"
    assert [(moment.kind, moment.subject) for moment in plan.opening] == [
        (Kind.SUBMITTED, ""),
        (Kind.VALIDATING, ""),
        (Kind.VALIDATED, "training"),
    ]


@given(recipes, seeds, st.data())
def test_the_steps_done_by_the_instant_of_a_step_are_that_step(recipe: object, seed: str, draw: st.DataObject) -> None:
    training = make_plan(recipe, seed=seed).training  # type: ignore[arg-type]
    if training is None or training.stops_after == 0:
        return
    step = draw.draw(st.integers(1, training.stops_after))

    assert training.steps_by(training.at(step)) >= step
    assert training.steps_by(training.at(step) - timedelta(microseconds=1)) < step


@given(recipes, seeds, st.data())
def test_every_moment_is_counted_where_it_falls(recipe: object, seed: str, draw: st.DataObject) -> None:
    plan = make_plan(recipe, seed=seed)  # type: ignore[arg-type]

    def told_by(at: timedelta) -> int:
        return plan.moments_by(plan.seen_by(at))

    if told := told_by(plan.reaches):
        ordinal = draw.draw(st.integers(0, told - 1))
        at = plan.told_at(ordinal)

        assert told_by(at) > ordinal
        assert told_by(at - timedelta(microseconds=1)) <= ordinal
