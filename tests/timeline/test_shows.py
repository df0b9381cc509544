"""What stages show: the lifecycle's statuses, or those that a recipe names, each seen when its stage begins."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.timeline.actions import Action, Deed
from emulator.timeline.job import TRANSITIONS, Recipe, Status
from emulator.timeline.plan import TICK, Plan
from emulator.timeline.planning import make_plan
from emulator.timeline.view import JobView, came_to, view
from tests.timeline.recipes import CREATED_AT, SHOWS, a_job, a_recipe, instants, recipes, seeds, stories

WALK = [Status.QUEUED, Status.STARTING, Status.RUNNING, Status.SUCCEEDED]


def seen(recipe: Recipe, at: timedelta | datetime, *actions: Action) -> JobView:
    now = at if isinstance(at, datetime) else CREATED_AT + at
    return view(a_job(), make_plan(recipe, seed="s"), [*actions], now)


def walked(recipe: Recipe) -> list[tuple[Status, datetime]]:
    """Return the statuses of a job that is left alone, and when each was first seen."""
    now, path = CREATED_AT, []
    while True:
        here = seen(recipe, now)
        path.append((here.status, now))
        if here.changes_at is None:
            return path
        now = here.changes_at


def test_a_walk_of_its_own_shows_queued_then_starting_then_running() -> None:
    path = walked(a_recipe(shows=SHOWS))

    assert [status for status, _ in path] == WALK
    assert all(before < after for (_, before), (_, after) in pairwise(path))


def test_without_one_a_job_starts_with_the_loading() -> None:
    assert [status for status, _ in walked(a_recipe())] == [
        Status.VALIDATING_FILES,
        *(Status.QUEUED, Status.RUNNING, Status.SUCCEEDED),
    ]
    assert Status.STARTING not in {phase.status for phase in make_plan(a_recipe(), seed="s").phases}


def test_what_it_shows_changes_nothing_else_of_a_plan() -> None:
    usual, own = (make_plan(a_recipe(shows=shows), seed="s") for shows in ({}, SHOWS))

    assert (usual.ends, usual.training, usual.curve) == (own.ends, own.training, own.curve)
    (running,) = (phase for phase in own.phases if phase.status is Status.RUNNING)
    (starting,) = (phase for phase in own.phases if phase.status is Status.STARTING)
    (loading,) = (phase for phase in usual.phases if phase.status is Status.RUNNING)
    assert starting.begins == loading.begins < running.begins
    assert own.training
    assert running.begins < own.training.at(1)


@pytest.mark.parametrize("status", WALK[1:3])
def test_when_a_status_was_first_shown_is_known_from_then_on_and_never_changes(status: Status) -> None:
    recipe = a_recipe(shows=SHOWS)
    at = dict(walked(recipe))[status]

    assert came_to(seen(recipe, at - TICK), status) is None
    for later in (at, at + TICK, at + timedelta(days=9)):
        assert came_to(seen(recipe, later), status) == at
    assert came_to(seen(recipe, at + timedelta(days=9)), Status.VALIDATING_FILES) is None


def test_a_job_that_was_cancelled_before_never_came_to_a_status() -> None:
    recipe = a_recipe(shows=SHOWS)
    at = dict(walked(recipe))[Status.RUNNING]
    early = Action(Deed.CANCEL, at - TICK)

    assert came_to(seen(recipe, at + timedelta(days=9), early), Status.RUNNING) is None
    assert (
        came_to(seen(recipe, at + timedelta(days=9), early), Status.STARTING) == dict(walked(recipe))[Status.STARTING]
    )


def test_a_pause_before_a_status_delays_when_it_is_first_shown() -> None:
    recipe, hour = a_recipe(shows=SHOWS), timedelta(hours=1)
    at = dict(walked(recipe))[Status.RUNNING]
    held = Action(Deed.PAUSE, at - 2 * TICK), Action(Deed.RESUME, at - 2 * TICK + hour)

    assert came_to(seen(recipe, at + timedelta(days=9), *held), Status.RUNNING) == at + hour
    assert came_to(seen(recipe, at + hour - TICK, *held), Status.RUNNING) is None


@given(st.data(), stories())
def test_a_status_that_was_come_to_is_shown_at_that_instant(
    data: st.DataObject, story: tuple[Plan, list[Action]]
) -> None:
    plan, actions = story
    now = data.draw(instants(plan))
    here = view(a_job(), plan, actions, now)
    for status in (Status.STARTING, Status.RUNNING):
        at = came_to(here, status)
        if at is not None:
            then = view(a_job(), plan, [action for action in actions if action.at <= at], at)
            assert at <= now
            assert then.status is status or then.status is Status.PAUSED or then.status.terminal


@given(recipes, seeds)
def test_nothing_leads_back_to_starting(recipe: Recipe, seed: str) -> None:
    shown = [phase.status for phase in make_plan(recipe, seed=seed).phases]

    assert shown.count(Status.STARTING) <= 1
    assert all(before is after or after in TRANSITIONS[before] for before, after in pairwise(shown))
    assert Status.STARTING not in TRANSITIONS[Status.RUNNING] | TRANSITIONS[Status.STARTING]
