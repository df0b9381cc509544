"""The four laws of the timeline, and what follows from them."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from emulator.timeline.actions import Action
from emulator.timeline.history import Checkpoint, Event, History, checkpoints, next_moment
from emulator.timeline.job import TRANSITIONS, Recipe
from emulator.timeline.plan import Plan, make_plan
from emulator.timeline.view import JobView, view
from tests.timeline.recipes import CREATED_AT, a_job, instants, recipes, seeds, stories

Story = tuple[Plan, list[Action]]
LIMIT = 20


def seen(plan: Plan, actions: list[Action], now: datetime) -> JobView:
    return view(a_job(), plan, actions, now)


def events(of: JobView) -> list[Event]:
    history = History(of)
    ends = [*history.page(0, LIMIT), *history.page(len(history) - LIMIT, len(history))]
    return sorted(set(ends), key=lambda event: event.ordinal)


def prefix(of: JobView, length: int) -> list[Event]:
    return [*History(of).page(0, min(length, LIMIT))]


@given(st.data(), stories())
def test_history_is_append_only(data: st.DataObject, story: Story) -> None:
    plan, actions = story
    a, b = sorted([data.draw(instants(plan)), data.draw(instants(plan))])
    earlier, later = seen(plan, actions, a), seen(plan, actions, b)

    assert prefix(earlier, LIMIT) == prefix(later, len(History(earlier)))
    assert checkpoints(earlier) == checkpoints(later)[: len(checkpoints(earlier))]
    assert earlier.steps <= later.steps
    assert earlier.tokens <= later.tokens


@given(st.data(), stories())
def test_the_future_cannot_change_the_past(data: st.DataObject, story: Story) -> None:
    plan, actions = story
    now = data.draw(instants(plan))
    known = [action for action in actions if action.at <= now]

    assert seen(plan, known, now) == seen(plan, actions, now)


@given(stories())
def test_every_path_is_in_the_table(story: Story) -> None:
    plan, actions = story
    known: list[Action] = []
    now, path, coming = CREATED_AT, [seen(plan, [], CREATED_AT).status], [*actions]
    while coming or seen(plan, known, now).changes_at:
        change = seen(plan, known, now).changes_at
        if coming and (change is None or coming[0].at < change):
            known.append(coming.pop(0))
            now = known[-1].at
        elif change:
            now = change
        path.append(seen(plan, known, now).status)

    assert all(before == after or after in TRANSITIONS[before] for before, after in pairwise(path))


@given(st.data(), stories())
def test_the_end_is_the_end(data: st.DataObject, story: Story) -> None:
    plan, actions = story
    a, b = sorted([data.draw(instants(plan)), data.draw(instants(plan))])
    earlier, later = seen(plan, actions, a), seen(plan, actions, b)
    if earlier.status.terminal:
        assert earlier == later
        assert events(earlier) == events(later)


@given(stories())
def test_a_job_is_never_created_in_the_state_in_which_it_ends(story: Story) -> None:
    plan, _ = story

    assert not seen(plan, [], CREATED_AT).status.terminal


@given(stories())
def test_a_job_left_alone_ends_as_planned(story: Story) -> None:
    plan, _ = story
    end = seen(plan, [], CREATED_AT + plan.ends)

    assert end.status == plan.outcome
    assert end.ended_at == CREATED_AT + plan.ends
    assert not seen(plan, [], CREATED_AT + plan.ends - timedelta(microseconds=1)).status.terminal


@given(st.data(), stories())
def test_every_event_that_is_seen_has_happened_and_is_told_in_order(data: st.DataObject, story: Story) -> None:
    plan, actions = story
    now = data.draw(instants(plan))
    told = events(seen(plan, actions, now))

    assert all(event.at <= now for event in told)
    assert told == sorted(told, key=lambda event: (event.at, event.ordinal))


@given(st.data(), stories())
def test_walking_from_moment_to_moment_misses_no_event_and_no_checkpoint(data: st.DataObject, story: Story) -> None:
    plan, actions = story
    now = data.draw(instants(plan))
    here = seen(plan, actions, now)
    if (then := next_moment(here)) is None:
        return
    before = seen(plan, [action for action in actions if action.at <= now], then - timedelta(microseconds=1))

    assert then > now
    assert (len(History(before)), before.status, checkpoints(before)) == (
        len(History(here)),
        here.status,
        checkpoints(here),
    )


@given(stories(), st.integers(0, 10**5))
def test_a_checkpoint_has_the_loss_of_the_step_at_which_it_was_made(story: Story, ordinal: int) -> None:
    plan, _ = story
    made: tuple[Checkpoint, ...] = checkpoints(seen(plan, [], CREATED_AT + plan.ends))
    if made:
        checkpoint = made[ordinal % len(made)]

        assert plan.curve.train_loss(checkpoint.step) == checkpoint.train_loss
        assert plan.training is not None
        assert plan.training.at(checkpoint.step) == checkpoint.at - CREATED_AT


@given(st.data(), stories())
def test_every_checkpoint_that_is_seen_has_been_made(data: st.DataObject, story: Story) -> None:
    plan, actions = story
    now = data.draw(instants(plan))
    here = seen(plan, actions, now)

    assert all(checkpoint.at <= now and checkpoint.step <= here.steps for checkpoint in checkpoints(here))


@given(recipes, seeds)
def test_a_job_that_succeeds_has_a_checkpoint_an_epoch_the_last_at_its_last_step(recipe: Recipe, seed: str) -> None:
    plan = make_plan(recipe, seed=seed)
    end = seen(plan, [], CREATED_AT + plan.ends)
    if plan.training:
        assert len(checkpoints(end)) == recipe.n_epochs
        assert checkpoints(end)[-1].step == end.steps == end.steps_total
        assert end.tokens == recipe.n_epochs * recipe.training.tokens
