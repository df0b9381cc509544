"""Scenarios: where a plan is cut short, how its losses and events misbehave, and which knobs are none."""

import math
from dataclasses import fields
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.timeline.actions import Action, Deed
from emulator.timeline.history import History, checkpoints
from emulator.timeline.job import Dataset, JobError, Kind, Lifecycle, Problem, Status
from emulator.timeline.plan import TICK, Plan
from emulator.timeline.planning import make_plan
from emulator.timeline.scenario import BOUNDS, KNOBS, Scenario, Stage
from emulator.timeline.view import JobView, view
from tests.timeline.recipes import CREATED_AT, a_job, a_recipe

STAGES: list[Stage] = ["validation", "queue", "loading", "training", "saving"]
FILES = Dataset("conversational", rows=800, tokens=255_000, longest_tokens=900, longest_line=3)


def plan_of(lifecycle: Lifecycle = Lifecycle.DOCUMENTED, /, **knobs: Any) -> Plan:
    """Give the plan of a job of five steps, one an epoch."""
    return make_plan(a_recipe(lifecycle=lifecycle, scenario=Scenario(**knobs), validation=FILES), seed="x")


def at_end(plan: Plan) -> JobView:
    return view(a_job(), plan, [], CREATED_AT + plan.reaches)


def kinds(plan: Plan) -> list[tuple[Kind, str]]:
    return [(event.kind, event.subject) for event in History(at_end(plan)).page(0, 99)]


@pytest.mark.parametrize("lifecycle", Lifecycle)
@pytest.mark.parametrize(
    ("stage", "steps", "message"),
    [
        ("validation", 0, "The job failed while its files were validated"),
        ("queue", 0, "The job failed while it was queued"),
        ("loading", 0, "The job failed while the model was loaded"),
        ("training", 3, "Training failed after step 3 of 5"),
        ("saving", 5, "The job failed while its results were saved"),
    ],
)
def test_a_job_fails_in_each_stage_with_the_steps_that_it_made(
    lifecycle: Lifecycle, stage: Stage, steps: int, message: str
) -> None:
    end = at_end(plan_of(lifecycle, fails_at=stage))

    assert (end.status, end.steps, end.error) == (Status.FAILED, steps, JobError("job_failed", message))
    assert len(checkpoints(end)) == steps
    assert kinds(end.plan)[-1] == (Kind.FAILED, stage)


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        ("validation", []),
        ("queue", [Kind.VALIDATED, Kind.VALIDATED, Kind.QUEUED]),
        ("loading", [Kind.VALIDATED, Kind.VALIDATED, Kind.QUEUED, Kind.STARTED]),
        ("saving", [Kind.VALIDATED, Kind.VALIDATED, Kind.QUEUED, Kind.STARTED, *[Kind.CHECKPOINT] * 5, Kind.TRAINED]),
    ],
)
def test_what_a_job_does_not_come_to_is_not_told(stage: Stage, told: list[Kind]) -> None:
    plans = plan_of(fails_at=stage), plan_of(stuck_in=stage)
    failed, stuck = ([kind for kind, _ in kinds(plan)] for plan in plans)

    begun = [Kind.SUBMITTED, Kind.VALIDATING]
    assert failed == [*begun, *told, Kind.FAILED]
    assert stuck == [*begun, *told]


@pytest.mark.parametrize(
    ("stage", "status"),
    [
        ("validation", Status.VALIDATING_FILES),
        ("queue", Status.QUEUED),
        ("loading", Status.RUNNING),
        ("training", Status.RUNNING),
        ("saving", Status.RUNNING),
    ],
)
@pytest.mark.parametrize("pace", [0.0, 1.0])
def test_a_job_is_stuck_in_each_stage_in_the_status_of_that_stage(stage: Stage, status: Status, pace: float) -> None:
    stuck = view(a_job(), plan_of(stuck_in=stage, pace=pace), [], CREATED_AT + timedelta(days=900))

    assert (stuck.status, stuck.changes_at) == (status, None)


def test_the_file_that_an_error_blames_is_not_processed_and_the_other_one_is() -> None:
    blamed = plan_of(fails_at="validation", error_param="training_file")

    begun = [(Kind.SUBMITTED, ""), (Kind.VALIDATING, "")]
    assert kinds(blamed) == [*begun, (Kind.VALIDATED, "validation"), (Kind.FAILED, "validation")]


@pytest.mark.parametrize(("asked", "made"), [(1, 1), (4, 4), (5, 5), (40, 5)])
def test_a_step_past_the_last_one_is_the_last(asked: int, made: int) -> None:
    failed, stuck = at_end(plan_of(fails_at_step=asked)), at_end(plan_of(stuck_at_step=asked))

    assert (failed.status, failed.steps, stuck.status, stuck.steps) == (Status.FAILED, made, Status.RUNNING, made)
    assert [made.step for made in checkpoints(failed)] == [*range(1, made + 1)]


def test_a_step_says_more_than_a_stage_and_what_comes_first_happens() -> None:
    assert at_end(plan_of(fails_at="loading", fails_at_step=2)).steps == 2
    assert at_end(plan_of(fails_at_step=2, stuck_at_step=3)).status is Status.FAILED
    assert at_end(plan_of(fails_at_step=3, stuck_at_step=2)).status is Status.RUNNING


def test_data_that_cannot_be_read_fail_a_job_before_its_scenario_does() -> None:
    broken = a_recipe(training=Dataset(problem=Problem(1, "is broken")), scenario=Scenario(fails_at_step=2))
    error = make_plan(broken, seed="x").error

    assert error
    assert error.code == "invalid_training_file"


def test_losses_are_no_numbers_from_the_step_on_and_the_same_ones_before() -> None:
    honest, diverging = (checkpoints(at_end(plan)) for plan in (plan_of(), plan_of(loss_diverges_at_step=4)))

    assert honest[:3] == diverging[:3]
    for made in diverging[3:]:
        numbers = (made.train_loss, made.valid_loss, made.train_accuracy, made.valid_accuracy)
        assert all(number is not None and math.isnan(number) for number in numbers)


def told_by(plan: Plan, at: timedelta) -> list[Kind]:
    return [event.kind for event in History(view(a_job(), plan, [], CREATED_AT + at)).page(0, 99)]


def test_the_last_event_alone_comes_after_the_end() -> None:
    plan = plan_of(last_event_late_s=20.0)
    last = plan.ends + timedelta(seconds=20)

    assert plan.reaches == last
    assert told_by(plan, last - TICK) == told_by(plan, plan.ends) == told_by(plan_of(), plan.ends)[:-1]
    assert told_by(plan, last) == told_by(plan_of(), plan.ends)


def test_events_are_late_until_the_end_where_all_are_told() -> None:
    honest, late = plan_of(), plan_of(events_late_s=20.0)
    at = timedelta(seconds=45)

    assert told_by(late, at) == told_by(honest, at - timedelta(seconds=20)) != told_by(honest, at)
    assert told_by(late, late.ends) == told_by(honest, honest.ends)
    assert told_by(late, late.ends - TICK)[-1] is not Kind.SUCCEEDED


HOUR = timedelta(hours=1)


def seen(plan: Plan, actions: list[Action], at: timedelta) -> JobView:
    return view(a_job(), plan, actions, CREATED_AT + at)


def test_a_cancellation_that_came_too_late_leaves_no_trace() -> None:
    plan = plan_of(cancel_takes_s=3600.0)
    asked = [Action(Deed.CANCEL, CREATED_AT + plan.ends / 2)]

    assert seen(plan, asked, plan.ends) == seen(plan, asked, plan.ends + 2 * HOUR) == seen(plan, [], plan.ends)


def test_a_job_that_is_stuck_can_be_cancelled_after_the_end_that_it_would_have_had() -> None:
    plan = plan_of(stuck_in="queue")
    cancelled = seen(plan, [Action(Deed.CANCEL, CREATED_AT + 99 * HOUR)], 100 * HOUR)

    assert (cancelled.status, cancelled.ended_at) == (Status.CANCELLED, CREATED_AT + 99 * HOUR)


@pytest.mark.parametrize("late", [Scenario(events_late_s=20.0), Scenario(last_event_late_s=20.0)])
@pytest.mark.parametrize("saving", [False, True])
@pytest.mark.parametrize("stops", [False, True])
def test_a_pause_among_late_events_keeps_its_place_in_the_history(late: Scenario, *, saving: bool, stops: bool) -> None:
    # Without an event of success, the last one is that training is completed: a job can be paused after it.
    plan = make_plan(a_recipe(scenario=late, told=frozenset(Kind) - {Kind.SUCCEEDED}), seed="x")
    assert plan.training
    at = plan.training.ends + TICK if saving else timedelta(seconds=45)
    deeds = [Action(Deed.PAUSE, CREATED_AT + at), Action(Deed.RESUME, CREATED_AT + at + HOUR)]
    deeds += [Action(Deed.CANCEL, CREATED_AT + at + HOUR + timedelta(seconds=3))] * stops
    instants = [at, at + HOUR, at + HOUR + timedelta(seconds=5), plan.reaches + HOUR]
    histories = [[*History(seen(plan, deeds, instant)).page(0, 99)] for instant in instants]

    for before, after in pairwise(histories):
        assert after[: len(before)] == before
    assert [event.kind for event in histories[0] if event.kind is not Kind.PAUSED] == told_by(plan, at)
    assert [event.ordinal for event in histories[-1]] == [*range(len(histories[-1]))]
    assert len({(event.kind, event.subject, event.step) for event in histories[-1]}) == len(histories[-1])
    assert {Kind.PAUSED, Kind.RESUMED} < {event.kind for event in histories[-1]}


@pytest.mark.parametrize("lifecycle", Lifecycle)
def test_a_job_that_there_is_no_room_for_waits_in_the_queue_and_then_lasts_as_long(lifecycle: Lifecycle) -> None:
    recipe, free_at = a_recipe(lifecycle=lifecycle), timedelta(days=1)
    soon, later = (make_plan(recipe, seed="x", free_at=at) for at in (timedelta(0), free_at))
    begins = {plan: plan.training.begins for plan in (soon, later) if plan.training}
    statuses = [later.status_at(free_at - TICK), later.status_at(free_at)]

    assert statuses == [Status.QUEUED, Status.RUNNING]
    assert later.ends - begins[later] == soon.ends - begins[soon]


@given(st.sampled_from([*BOUNDS]), st.integers(-(10**12), 10**12) | st.just(math.nan))
def test_a_knob_out_of_its_bounds_is_refused_by_name(knob: str, value: float) -> None:
    low, high = BOUNDS[knob]
    if low <= value <= high:
        assert getattr(Scenario(**{knob: value}), knob) == value  # type: ignore[arg-type]
        return
    with pytest.raises(ValueError, match=rf"{knob}: got .*, takes {low} to {high}"):
        Scenario(**{knob: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["x" * 1001, "\ud800"])
def test_a_text_that_no_answer_could_carry_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="error_message: takes up to 1000 letters"):
        Scenario(error_message=text)


def test_refused_jobs_cannot_be_counted() -> None:
    with pytest.raises(ValueError, match="times: it counts jobs"):
        Scenario(refused="quota", times=1)


def test_every_number_has_bounds() -> None:
    numbers = {field.name for field in fields(Scenario) if field.type in (int | None, float)}

    assert numbers == set(BOUNDS) < set(KNOBS)


def test_no_scenario_lasts_longer_than_a_thousand_times_the_realistic() -> None:
    slow = make_plan(a_recipe(pace=1000.0, scenario=Scenario(pace=1000.0)), seed="x")

    assert slow == make_plan(a_recipe(pace=1000.0), seed="x")
