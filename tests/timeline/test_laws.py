"""The four laws of the timeline, and what follows from them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from emulator.timeline.actions import Action, Deed
from emulator.timeline.history import Checkpoint, Event, History, checkpoints, next_moment
from emulator.timeline.job import TRANSITIONS, Recipe, Status
from emulator.timeline.plan import TICK, Plan
from emulator.timeline.planning import make_plan
from emulator.timeline.view import JobView, view
from tests.timeline.recipes import CREATED_AT, a_job, instants, plans, recipes, seeds, stories

Story = tuple[Plan, list[Action]]
LIMIT = 20


def seen(plan: Plan, actions: list[Action], now: datetime) -> JobView:
    return view(a_job(), plan, actions, now)


def events(of: JobView) -> list[Event]:
    history = History(of)
    ends = [*history.page(0, LIMIT), *history.page(len(history) - LIMIT, len(history))]
    return sorted(set(ends), key=lambda event: event.ordinal)


def told(of: Iterable[Checkpoint]) -> list[str]:
    """Return checkpoints so that they compare as they read: a loss that is no number is not equal to itself."""
    return [repr(each) for each in of]


def prefix(of: JobView, length: int) -> list[Event]:
    return [*History(of).page(0, min(length, LIMIT))]


@given(st.data(), stories())
def test_history_is_append_only(data: st.DataObject, story: Story) -> None:
    plan, actions = story
    a, b = sorted([data.draw(instants(plan)), data.draw(instants(plan))])
    earlier, later = seen(plan, actions, a), seen(plan, actions, b)

    assert prefix(earlier, LIMIT) == prefix(later, len(History(earlier)))
    assert told(checkpoints(earlier)) == told(checkpoints(later))[: len(checkpoints(earlier))]
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
def test_the_end_is_the_end_for_all_but_events_whose_last_one_is_late(data: st.DataObject, story: Story) -> None:
    plan, actions = story
    a, b = sorted([data.draw(instants(plan)), data.draw(instants(plan))])
    earlier, later = seen(plan, actions, a), seen(plan, actions, b)
    if earlier.status.terminal:
        if plan.last_late:
            # Plan time goes on for the sake of that event; nothing else shows it.
            earlier, later = (replace(each, course=earlier.course) for each in (earlier, later))
        assert earlier == later
        assert events(earlier) == events(later)


@given(stories())
def test_a_job_is_never_created_in_the_state_in_which_it_ends(story: Story) -> None:
    plan, _ = story

    assert not seen(plan, [], CREATED_AT).status.terminal


@given(plans)
def test_a_job_left_alone_ends_as_planned_or_is_stuck(plan: Plan) -> None:
    end = seen(plan, [], CREATED_AT + plan.ends)
    before = seen(plan, [], CREATED_AT + plan.ends - timedelta(microseconds=1))

    assert not before.status.terminal
    if plan.stuck_at is None:
        assert (end.status, end.ended_at) == (plan.outcome, CREATED_AT + plan.ends)
    else:
        # As it is there it stays for ever; only what is told of it may be late.
        there, stuck = (seen(plan, [], CREATED_AT + at) for at in (plan.stuck_at, 2 * plan.ends))
        assert (stuck.status, stuck.steps, stuck.changes_at) == (there.status, there.steps, None)
        assert not there.status.terminal
        assert stuck == replace(end, estimated_end=stuck.estimated_end)


@given(plans, st.data())
def test_a_job_that_is_stuck_can_be_cancelled_at_any_time(plan: Plan, data: st.DataObject) -> None:
    at = data.draw(instants(plan))
    if plan.stuck_at is not None:
        end = seen(plan, [Action(Deed.CANCEL, at)], at + plan.cancel_takes)

        assert (end.status, end.ended_at) == (Status.CANCELLED, at + plan.cancel_takes)


@given(plans, st.data())
def test_a_cancellation_takes_as_long_as_planned_and_a_job_that_ends_first_has_won(
    plan: Plan, data: st.DataObject
) -> None:
    at = data.draw(instants(plan))
    asked = seen(plan, [Action(Deed.CANCEL, at)], at)
    end = seen(plan, [Action(Deed.CANCEL, at)], CREATED_AT + 9 * (plan.reaches + plan.expected_end + plan.cancel_takes))
    if plan.cancel_takes and not asked.status.terminal:
        assert asked.status == seen(plan, [], at).status
    if plan.stuck_at is None and at + plan.cancel_takes >= CREATED_AT + plan.ends:
        assert (end.status, end.ended_at) == (plan.outcome, CREATED_AT + plan.ends)
    else:
        assert (end.status, end.ended_at) == (Status.CANCELLED, at + plan.cancel_takes)


@given(st.data(), stories())
def test_every_event_that_is_seen_has_happened_and_is_told_in_order(data: st.DataObject, story: Story) -> None:
    plan, actions = story
    now = data.draw(instants(plan))
    told = events(seen(plan, actions, now))

    assert all(event.at <= now for event in told)
    assert [event.ordinal for event in told] == sorted({event.ordinal for event in told})
    if not plan.last_late:  # one that comes after all others may have happened before some of them
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
    assert (len(History(before)), before.status, told(checkpoints(before))) == (
        len(History(here)),
        here.status,
        told(checkpoints(here)),
    )


@given(stories(), st.integers(0, 10**5))
def test_a_checkpoint_has_the_loss_of_the_step_at_which_it_was_made(story: Story, ordinal: int) -> None:
    plan, _ = story
    made: tuple[Checkpoint, ...] = checkpoints(seen(plan, [], CREATED_AT + plan.ends))
    if made:
        checkpoint = made[ordinal % len(made)]

        # Within tuples: a loss that is no number is equal to itself there.
        assert (plan.curve.train_loss(checkpoint.step),) == (checkpoint.train_loss,)
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
    if end.status is Status.SUCCEEDED:
        assert end.steps == end.steps_total
        assert end.tokens == recipe.n_epochs * recipe.training.tokens
        kept = min(recipe.n_epochs, recipe.keep_last or recipe.n_epochs) * recipe.scenario.checkpoints
        per_epoch = end.steps // recipe.n_epochs
        epochs = range(recipe.n_epochs - kept + 1, recipe.n_epochs + 1)
        assert [made.step for made in checkpoints(end)] == [epoch * per_epoch for epoch in epochs]


def whole(plan: Plan) -> list[Event]:
    """Give all that is ever told of a job that is left alone."""
    history = History(seen(plan, [], CREATED_AT + plan.reaches))
    return [*history.page(0, 3 * LIMIT)] if len(history) <= 3 * LIMIT else []


@given(recipes, seeds)
def test_checkpoints_of_which_only_the_last_are_kept_are_seen_when_the_training_is_over(
    recipe: Recipe, seed: str
) -> None:
    plan = make_plan(replace(recipe, keep_last=2), seed=seed)
    training = plan.training
    lost = plan.outcome is Status.FAILED and plan.stuck_at is None
    if training is None or training.stops_after < training.steps or lost:
        assert not checkpoints(seen(plan, [], CREATED_AT + plan.reaches))
        return

    assert not checkpoints(seen(plan, [], CREATED_AT + training.ends - TICK))
    told = [made.step for made in checkpoints(seen(plan, [], CREATED_AT + training.ends))]
    assert told == [*range(training.steps_per_epoch, training.steps + 1, training.steps_per_epoch)][-2:] * (
        recipe.scenario.checkpoints
    )


@given(recipes, seeds)
def test_late_and_repeated_events_are_in_the_end_those_of_an_honest_job(recipe: Recipe, seed: str) -> None:
    honest = replace(recipe.scenario, events_late_s=0.0, last_event_late_s=0.0, events_twice_every=None)
    told = whole(make_plan(recipe, seed=seed))
    expected = whole(make_plan(replace(recipe, scenario=honest), seed=seed))
    if not told or not expected:
        return
    every = recipe.scenario.events_twice_every
    repeated = [event for place, event in enumerate(expected, 1) for _ in range(1 + bool(every and place % every == 0))]

    assert told == [replace(event, ordinal=ordinal) for ordinal, event in enumerate(repeated)]


@given(plans)
def test_skipping_from_moment_to_moment_comes_to_all_that_is_ever_told(plan: Plan) -> None:
    if len(whole(plan)) == 0 or (plan.training and plan.training.steps > LIMIT):
        return
    now = CREATED_AT
    while then := next_moment(seen(plan, [], now)):
        assert then > now
        now = then

    assert len(History(seen(plan, [], now))) == len(whole(plan))
    assert now <= CREATED_AT + plan.reaches


@given(st.data(), plans)
def test_an_event_is_seen_as_late_as_planned_and_the_last_one_last(data: st.DataObject, plan: Plan) -> None:
    if not (told := whole(plan)) or plan.stuck_at is not None:
        return
    event = data.draw(st.sampled_from(told))
    at = event.at - CREATED_AT
    is_last = bool(plan.last_late) and (event.at, event.kind, event.step, event.subject) == (
        (told[-1].at, told[-1].kind, told[-1].step, told[-1].subject)
    )
    due = plan.ends + plan.last_late if is_last else min(at + plan.late, plan.ends)

    assert event.ordinal < len(History(seen(plan, [], CREATED_AT + due)))
    if due:
        assert event.ordinal >= len(History(seen(plan, [], CREATED_AT + due - timedelta(microseconds=1))))
