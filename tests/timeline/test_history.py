"""Histories: pages of what was told, however long the job."""

from datetime import timedelta

from emulator.timeline.actions import Action, Deed
from emulator.timeline.history import History, checkpoints
from emulator.timeline.job import Dataset, Kind, Status
from emulator.timeline.planning import make_plan
from emulator.timeline.view import view
from tests.timeline.recipes import CREATED_AT, a_job, a_recipe

HOUR = timedelta(hours=1)


def test_a_page_deep_in_a_long_job_is_derived_without_what_lies_before_it() -> None:
    training = Dataset("text", rows=10**6, tokens=10**6, longest_tokens=10)
    recipe = a_recipe(training=training, packing=False, batch_size=1, n_epochs=1, step_events=1)
    history = History(view(a_job(), make_plan(recipe, seed="x"), [], CREATED_AT + 1000 * HOUR))
    page = [*history.page(900_000, 900_003)]

    assert len(history) > 10**6
    assert [event.kind for event in page] == [Kind.STEP] * 3
    assert [event.step - page[0].step for event in page] == [0, 1, 2]
    assert next(history.page(-5, 1)).kind is Kind.SUBMITTED
    assert [*history.page(10**9, 10**9 + 1)] == []


def test_a_pause_moves_what_follows_and_is_told_where_it_happened() -> None:
    plan = make_plan(a_recipe(), seed="x")
    end = CREATED_AT + plan.ends
    pause = CREATED_AT + plan.ends / 2
    deeds = [Action(Deed.PAUSE, pause), Action(Deed.RESUME, pause + HOUR)]
    untouched, paused = (view(a_job(), plan, actions, end + HOUR) for actions in ([], deeds))
    told = [*History(paused).page(0, 100)]

    assert untouched.ended_at == end
    assert paused.ended_at == end + HOUR
    assert [event.at for event in told] == sorted(event.at for event in told)
    assert [event.kind for event in told if event.kind in (Kind.PAUSED, Kind.RESUMED)] == [Kind.PAUSED, Kind.RESUMED]
    assert [(made.step, made.train_loss) for made in checkpoints(untouched)] == [
        (made.step, made.train_loss) for made in checkpoints(paused)
    ]


def test_a_second_pause_changes_nothing_and_a_paused_job_can_be_cancelled() -> None:
    plan = make_plan(a_recipe(), seed="x")
    pause = CREATED_AT + plan.ends / 2
    deeds = [Action(Deed.PAUSE, pause), Action(Deed.PAUSE, pause + HOUR), Action(Deed.CANCEL, pause + 2 * HOUR)]
    during, after = (view(a_job(), plan, deeds, pause + hours * HOUR) for hours in (1, 3))

    assert (during.status, during.changes_at, during.estimated_end) == (Status.PAUSED, None, None)
    assert (after.status, after.ended_at) == (Status.CANCELLED, pause + 2 * HOUR)
    assert after.steps == during.steps


def test_deleting_the_training_file_fails_a_job_that_still_reads_it_and_no_other() -> None:
    plan = make_plan(a_recipe(), seed="x")
    early, late = (
        view(a_job(), plan, [Action(Deed.TRAINING_FILE_DELETED, CREATED_AT + at)], CREATED_AT + plan.ends)
        for at in (plan.counted / 2, plan.counted)
    )

    assert early.status is Status.FAILED
    assert early.error
    assert early.error.param == "training_file"
    assert [event.kind for event in History(early).page(0, 9)] == [Kind.SUBMITTED, Kind.VALIDATING, Kind.FAILED]
    assert late.status is Status.SUCCEEDED


def test_what_is_not_yet_known_is_not_shown() -> None:
    plan = make_plan(a_recipe(), seed="x")
    assert plan.training
    loading, stepping = plan.training.begins, plan.training.at(1)
    validating, queued, running, started, ended = (
        view(a_job(), plan, [], CREATED_AT + at)
        for at in (plan.counted / 2, plan.counted, loading, stepping, plan.ends)
    )

    assert (validating.steps_total, validating.estimated_end, validating.tokens) == (None, None, 0)
    assert (queued.status, queued.steps_total, queued.estimated_end) == (Status.QUEUED, 5, None)
    assert (running.status, running.steps, running.estimated_end) == (Status.RUNNING, 0, None)
    assert (started.steps, started.estimated_end) == (1, CREATED_AT + plan.ends)
    assert (ended.steps, ended.estimated_end) == (5, CREATED_AT + plan.ends)


def test_a_job_in_the_future_of_a_clock_that_was_set_back_is_as_it_will_be_at_first() -> None:
    plan = make_plan(a_recipe(), seed="x")
    before, at_first = (view(a_job(), plan, [], now) for now in (CREATED_AT - HOUR, CREATED_AT))

    assert before == at_first
