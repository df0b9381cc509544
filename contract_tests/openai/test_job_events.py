"""What is told of a job, the newest first: the wording of recordings, the numbers of each step, the pages."""

import re
from itertools import pairwise

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.openai import published
from contract_tests.openai.provider import CHECKPOINTS_KEPT, EVENTS, JOBS

pytestmark = spends
LOSS = r"(?:\d+\.\d\d|nan)"
COMPLETED = "The job has successfully completed"
SUPERVISED = {"step", "train_loss", "total_steps", "train_mean_token_accuracy"}
VALIDATED = {"valid_loss", "valid_mean_token_accuracy"}
FULLY = {"full_valid_loss", "full_valid_mean_token_accuracy"}


@pytest.fixture
def events(walk: Walk) -> list[Obj]:
    """All events of the job that was walked, the newest first."""
    return walk.last.events.rows()


@pytest.fixture
def told(events: list[Obj]) -> list[Obj]:
    """The same, the oldest first."""
    return events[::-1]


@pytest.fixture
def steps(told: list[Obj]) -> list[Obj]:
    """The events of steps, the first step first."""
    return [event for event in told if event["type"] == "metrics"]


@pytest.fixture
def path(walk: Walk) -> str:
    return f"{JOBS}/{walk.created['id']}/events"


@fact("jobs.events", "answer a list in its published shape", known="documented")
def test_the_list_is_as_published(walk: Walk, schema: Schema) -> None:
    for look in walk.all:
        schema.holds("ListFineTuningJobEventsResponse", published.events(look.events.ok()))


@fact("jobs.events", "have exactly the members object, data and has_more", known="observed")
def test_the_list_has_its_three_members(walk: Walk) -> None:
    assert set(walk.last.events.ok()) == {"object", "data", "has_more"}
    assert walk.last.events.ok()["object"] == "list"


@fact("jobs.events", "have seven members each", known="observed")
def test_an_event_has_its_members(events: list[Obj]) -> None:
    assert {tuple(event) for event in events} == {("object", "id", "created_at", "level", "message", "data", "type")}
    assert {event["object"] for event in events} == {"fine_tuning.job.event"}


@fact("jobs.events", "have ids of ftevent- and 24 letters, each its own", known="observed")
def test_an_events_id_is_24_letters_behind_its_prefix(events: list[Obj]) -> None:
    ids = [event["id"] for event in events]

    assert all(re.fullmatch(r"ftevent-[0-9A-Za-z]{24}", id_) for id_ in ids)
    assert len(set(ids)) == len(ids)


@fact("jobs.events", "begin with the creation", known="observed")
def test_the_creation_is_told_first(told: list[Obj], walk: Walk) -> None:
    assert told[0]["message"] == f"Created fine-tuning job: {walk.created['id']}"


@fact("jobs.events", "go on with the validation of both files", known="observed")
def test_the_validation_names_both_files(told: list[Obj], order: Obj) -> None:
    training, validation = order["training_file"], order["validation_file"]

    assert told[1]["message"] == f"Validating training file: {training} and validation file: {validation}"


@fact("jobs.events", "name one file where there is no other", known="observed")
def test_the_validation_names_one_file(plain_walk: Walk) -> None:
    told = plain_walk.last.events.rows()[::-1]

    assert told[1]["message"] == f"Validating training file: {plain_walk.created['training_file']}"


@fact("jobs.events", "tell that the files are validated, and then the start", known="observed")
def test_queue_and_start_are_told(told: list[Obj]) -> None:
    said = [event["message"] for event in told[2:4]]

    assert said == ["Files validated, moving job to queued state", "Fine-tuning job started"]


@fact("jobs.events", "of the start have null for their data, other messages an object of nothing", known="observed")
def test_the_data_of_messages_are_empty(told: list[Obj]) -> None:
    messages = [event for event in told if event["type"] == "message"]

    assert [event["message"] for event in messages if event["data"] is None] == ["Fine-tuning job started"]
    assert all(event["data"] in (None, {}) for event in messages)


@fact("jobs.events", "end with the completion", known="observed")
def test_the_completion_is_told_last(told: list[Obj]) -> None:
    assert told[-1]["message"] == COMPLETED


@fact("jobs.events", "tell the model before the completion", known="observed")
def test_the_model_is_told_before_the_completion(told: list[Obj], walk: Walk) -> None:
    assert told[-2]["message"] == f"New fine-tuned model created: {walk.last.job['fine_tuned_model']}"


@fact("jobs.events", "tell the checkpoints but the last after all steps, the oldest first", known="observed")
def test_checkpoints_are_told_at_the_end(told: list[Obj], walk: Walk) -> None:
    kept = walk.last.checkpoints.rows()[::-1]
    said = [event["message"] for event in told[-2 - (len(kept) - 1) : -2]]

    assert said == [
        f"Checkpoint created at step {made['step_number']} with Snapshot ID: {made['fine_tuned_model_checkpoint']}"
        for made in kept[:-1]
    ]
    assert sum("Checkpoint created" in event["message"] for event in told) == min(CHECKPOINTS_KEPT, len(kept)) - 1


@fact("jobs.events", "are of the level info where nothing is wrong", known="observed")
def test_nothing_wrong_is_info(events: list[Obj]) -> None:
    assert {event["level"] for event in events} == {"info"}


@fact("jobs.events", "are messages and metrics, and nothing else", known="documented")
def test_an_event_is_a_message_or_metrics(events: list[Obj]) -> None:
    if {event["type"] for event in events} - {"message", "metrics"} == {"moderation_checks"}:
        pytest.skip("the target tells moderation_checks, which its guide documents and its schema forbids")

    assert {event["type"] for event in events} == {"message", "metrics"}


@fact("jobs.events", "tell each step once, in their order", known="observed")
def test_each_step_is_told(steps: list[Obj], order: Obj) -> None:
    numbers = [event["data"]["step"] for event in steps]

    assert numbers == list(range(1, len(steps) + 1))
    assert {event["data"]["total_steps"] for event in steps} == {len(steps)}


@fact("jobs.events", "tell as many steps as epochs have batches", known="observed")
def test_steps_are_batches_times_epochs(steps: list[Obj], order: Obj) -> None:
    sent = order["method"]["supervised"]["hyperparameters"]

    assert len(steps) == -(-10 // sent["batch_size"]) * sent["n_epochs"]


@fact("jobs.events", "of a step tell its losses with two decimals, the full one where an epoch ends", known="observed")
def test_a_step_is_told_in_the_observed_words(steps: list[Obj], order: Obj) -> None:
    total, epoch = len(steps), len(steps) // order["method"]["supervised"]["hyperparameters"]["n_epochs"]
    for event in steps:
        step = event["data"]["step"]
        end = rf", full validation loss={LOSS}" if step % epoch == 0 else ""
        words = rf"Step {step}/{total}: training loss={LOSS}, validation loss={LOSS}{end}"
        assert re.fullmatch(words, event["message"])


@fact("jobs.events", "of a step tell no validation where there is none", known="observed")
def test_without_validation_none_is_told(plain_walk: Walk) -> None:
    steps = [event for event in plain_walk.last.events.rows() if event["type"] == "metrics"]

    assert steps
    for event in steps:
        assert set(event["data"]) == SUPERVISED
        assert re.fullmatch(rf"Step \d+/{len(steps)}: training loss={LOSS}", event["message"])


@fact("jobs.events", "of a step have loss and accuracy as data, and of the validation as well", known="observed")
def test_the_data_of_a_step_are_its_numbers(steps: list[Obj]) -> None:
    for event in steps:
        full = FULLY if "full validation" in event["message"] else set()
        assert set(event["data"]) == SUPERVISED | VALIDATED | full


@fact("jobs.events", "say of a step in words what the data say", known="observed")
def test_the_words_of_a_step_are_its_data(steps: list[Obj]) -> None:
    names = {"training loss": "train_loss", "validation loss": "valid_loss", "full validation loss": "full_valid_loss"}
    for event in steps:
        for name, value in re.findall(rf"((?:full )?(?:training|validation) loss)=({LOSS})", event["message"]):
            assert value == f"{event['data'][names[name]]:.2f}"


@fact("jobs.events", "tell accuracies between 0 and 1, and losses that are none below 0", known="observed")
def test_losses_and_accuracies_are_in_bounds(steps: list[Obj]) -> None:
    for event in steps:
        for name, value in event["data"].items():
            assert isinstance(value, int | float)
            assert "accuracy" not in name or 0 <= value <= 1
            assert "loss" not in name or value >= 0


@fact("jobs.events", "tell a loss that falls from the first step to the last", known="observed")
def test_the_loss_falls(plain_walk: Walk) -> None:
    losses = [event["data"]["train_loss"] for event in plain_walk.last.events.rows() if event["type"] == "metrics"]

    assert losses[0] < losses[-1]  # the newest is first


@fact("jobs.events", "are told newest first, in whole unix seconds", known="observed")
def test_the_newest_is_first(events: list[Obj]) -> None:
    times = [event["created_at"] for event in events]

    assert {type(at) for at in times} == {int}
    assert times == sorted(times, reverse=True)


@fact("jobs.events", "lie within the time from the creation to a few seconds after the end", known="observed")
def test_events_lie_within_the_jobs_life(walk: Walk, told: list[Obj]) -> None:
    job = walk.last.job

    assert job["created_at"] <= told[0]["created_at"]
    assert told[-1]["created_at"] <= job["finished_at"] + 60


@fact("jobs.events", "that were seen stay as they were, and stay last", known="observed")
def test_what_was_told_stays_told(walk: Walk) -> None:
    for earlier, later in pairwise(walk.all):
        before = earlier.events.rows()
        assert not before or later.events.rows()[-len(before) :] == before


@fact("jobs.events", "are no more once the job has ended and the completion is told", known="observed")
def test_nothing_is_told_after_the_end(walk: Walk) -> None:
    assert [look.events.rows() for look in walk.after] == [walk.last.events.rows()] * 2


@fact("jobs.events", "do not tell the completion before the job runs", known="observed")
def test_the_completion_is_not_told_beforehand(walk: Walk) -> None:
    for earlier, later in pairwise(walk.looks):
        if later.job["status"] in ("validating_files", "queued"):
            assert COMPLETED not in [event["message"] for event in earlier.events.rows()]


@fact("jobs.events", "have no more where all are told", known="documented")
def test_the_whole_list_announces_no_more(walk: Walk) -> None:
    assert walk.last.events.ok()["has_more"] is False


@fact("jobs.events", "are as many as limit says, the newest", known="observed")
def test_a_limit_is_kept(line: Line, path: str, events: list[Obj]) -> None:
    assert [line.get(path, limit=limit).rows() for limit in (1, 2)] == [events[:1], events[:2]]


@fact("jobs.events", "say that there are more where a page leaves some out", known="observed")
def test_more_events_are_announced(line: Line, path: str) -> None:
    assert line.get(path, limit=1).ok()["has_more"] is True


@fact("jobs.events", "go on after an event, which is not in the page", known="documented")
def test_a_page_begins_behind_its_cursor(line: Line, path: str, events: list[Obj]) -> None:
    assert line.get(path, limit=2, after=events[0]["id"]).rows() == events[1:3]


@fact("jobs.events", "in pages have every event once", known="documented")
def test_pages_have_neither_gap_nor_overlap(line: Line, path: str, events: list[Obj]) -> None:
    assert line.pages(path, limit=7) == events


@fact("jobs.events", "say at the end of the pages that there are no more", known="documented")
def test_the_last_page_announces_none(line: Line, path: str, events: list[Obj]) -> None:
    last = line.get(path, limit=EVENTS, after=events[-2]["id"]).ok()

    assert (last["data"], last["has_more"]) == (events[-1:], False)


@fact("jobs.events", "have nothing after the oldest", known="documented")
def test_nothing_comes_after_the_oldest(line: Line, path: str, events: list[Obj]) -> None:
    page = line.get(path, after=events[-1]["id"]).ok()

    assert (page["data"], page["has_more"]) == ([], False)


@fact("jobs.events", "are 20 where no limit is given", known="documented")
def test_a_page_has_20_unless_asked_otherwise(line: Line, plain_walk: Walk) -> None:
    page = line.get(f"{JOBS}/{plain_walk.created['id']}/events").ok()

    assert (page["data"], page["has_more"]) == (plain_walk.last.events.rows()[:20], True)


@fact("jobs.events", "after an unknown event are none", known="unverified")
def test_an_unknown_cursor_is_an_empty_page(line: Line, path: str) -> None:
    page = line.get(path, after="ftevent-000000000000000000000000").ok()

    assert (page["data"], page["has_more"]) == ([], False)
