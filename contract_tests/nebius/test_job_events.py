"""The events of the job that is walked: append-only, oldest first, in the observed words."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.evidence import shape
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nebius.provider import ENDED, JOBS

pytestmark = spends


@pytest.fixture
def events(walk: Walk) -> list[Obj]:
    """The events at the end."""
    return walk.last.events.rows()


@pytest.fixture
def path(walk: Walk) -> str:
    return f"{JOBS}/{walk.created['id']}/events"


@fact("jobs.events", "are a list in its published shape at every time", known="documented")
def test_events_are_as_published(walk: Walk, schema: Schema, observe: Callable[..., None]) -> None:
    observe(events=shape(walk.last.events.ok()))

    for look in walk.all:
        schema.holds("ListEventsResponse", look.events.ok())


@fact("jobs.events", "come without an object in their envelope", known="observed")
def test_the_envelope_has_no_object(walk: Walk) -> None:
    assert walk.last.events.ok().keys() == {"data", "has_more"}


@fact("jobs.events", "are told oldest first", known="observed")
def test_the_oldest_event_is_first(events: list[Obj], observe: Callable[..., None]) -> None:
    observe(told=[[event.get("level"), event.get("source"), event.get("message")] for event in events])
    times = [event["created_at"] for event in events]

    assert len(times) >= 2
    assert times == sorted(times)


@fact("jobs.events", "begin with the submission, from api", known="observed")
def test_the_first_event_is_the_submission(events: list[Obj]) -> None:
    assert (events[0]["message"], events[0]["source"]) == ("Job is submitted", "api")


@fact("jobs.events", "tell the submission from the first look on", known="unverified")
def test_the_submission_is_there_at_once(walk: Walk) -> None:
    assert walk.looks[0].events.rows()


@fact("jobs.events", "tell that both data sets were processed, by the split's name, from datasets", known="observed")
def test_both_data_sets_are_processed(events: list[Obj]) -> None:
    told = {event["message"] for event in events if event["source"] == "datasets"}

    assert told == {"Dataset 'training' processed successfully", "Dataset 'validation' processed successfully"}


@fact("jobs.events", "end with the completion, from training", known="observed")
def test_the_last_event_is_the_completion(events: list[Obj]) -> None:
    assert (events[-1]["message"], events[-1]["source"]) == ("Training completed successfully", "training")


@fact("jobs.events", "tell the completion no later than the status", known="observed")
def test_the_completion_is_told_before_the_status(walk: Walk, events: list[Obj]) -> None:
    assert walk.last.job["status"] == "succeeded"
    assert events[-1]["created_at"] <= walk.last.job["finished_at"]


@fact("jobs.events", "are four of a job with two data sets that succeeds", known="observed")
def test_there_are_four_events(events: list[Obj]) -> None:
    assert len(events) == 4


@fact("jobs.events", "have ids that are bare UUIDs", known="observed")
def test_an_events_id_is_a_uuid(events: list[Obj]) -> None:
    for event in events:
        assert [len(part) for part in str(event["id"]).split("-")] == [8, 4, 4, 4, 12]
        assert set(event["id"]) <= set("0123456789abcdef-")


@fact("jobs.events", "have ids of version 4", known="observed")
def test_an_events_uuid_is_of_version_4(events: list[Obj]) -> None:
    assert {str(event["id"])[14] for event in events} == {"4"}


@fact("jobs.events", "have an id each", known="documented")
def test_no_two_events_have_one_id(events: list[Obj]) -> None:
    assert len({event["id"] for event in events}) == len(events)


@fact("jobs.events", "name their job", known="observed")
def test_an_event_names_its_job(walk: Walk, events: list[Obj]) -> None:
    assert {event["job_uuid"] for event in events} == {walk.created["id"]}


@fact("jobs.events", "come without data and type", known="observed")
def test_an_event_has_neither_data_nor_type(events: list[Obj]) -> None:
    assert all(event.get("data") is None and event.get("type") is None for event in events)


@fact("jobs.events", "are infos where all goes well", known="observed")
def test_all_is_information(events: list[Obj]) -> None:
    assert {event["level"] for event in events} == {"info"}


@fact("jobs.events", "are called fine_tuning.job.event", known="observed")
def test_they_are_called_events(events: list[Obj]) -> None:
    assert {event["object"] for event in events} == {"fine_tuning.job.event"}


@fact("jobs.events", "are told in whole unix seconds within the job's life", known="observed")
def test_events_lie_within_the_jobs_life(walk: Walk, events: list[Obj]) -> None:
    job = walk.last.job

    for event in events:
        assert type(event["created_at"]) is int
        assert job["created_at"] <= event["created_at"] <= job["finished_at"]


@fact("jobs.events", "that were seen stay as they were, and stay first", known="observed")
def test_what_was_told_stays_told(walk: Walk) -> None:
    for earlier, later in pairwise(walk.all):
        before = earlier.events.rows()
        assert later.events.rows()[: len(before)] == before


@fact("jobs.events", "do not tell the completion before the job runs", known="observed")
def test_the_completion_is_not_told_beforehand(walk: Walk) -> None:
    # A look reads the job first, so its events may be ahead of it; those of the look before may not.
    for earlier, later in pairwise(walk.looks):
        if later.job["status"] in ("validating_files", "queued"):
            assert "Training completed successfully" not in [event["message"] for event in earlier.events.rows()]


@fact("jobs.events", "are no more once the job has ended", known="observed")
def test_nothing_is_told_after_the_end(walk: Walk) -> None:
    assert walk.last.job["status"] in ENDED
    assert [look.events.rows() for look in walk.after] == [walk.last.events.rows()] * 2


@fact("jobs.events", "have no more where all are told", known="documented")
def test_the_whole_list_announces_no_more(walk: Walk) -> None:
    assert walk.last.events.ok()["has_more"] is False


@fact("jobs.events", "are as many as limit says, the oldest", known="documented")
def test_a_limit_is_kept(line: Line, path: str, events: list[Obj]) -> None:
    assert [line.get(path, limit=limit).rows() for limit in (1, 2)] == [events[:1], events[:2]]


@fact("jobs.events", "say that there are more where a page leaves some out", known="documented")
def test_more_events_are_announced(line: Line, path: str) -> None:
    assert line.get(path, limit=1).ok()["has_more"] is True


@fact("jobs.events", "go on after an event, which is not in the page", known="documented")
def test_a_page_begins_behind_its_cursor(line: Line, path: str, events: list[Obj]) -> None:
    assert line.get(path, limit=2, after=events[0]["id"]).rows() == events[1:3]


@fact("jobs.events", "in pages of one have every event once", known="documented")
def test_pages_have_neither_gap_nor_overlap(line: Line, path: str, events: list[Obj]) -> None:
    assert line.pages(path, limit=1) == events


@fact("jobs.events", "say at the end of the pages that there are no more", known="documented")
def test_the_last_page_announces_none(line: Line, path: str, events: list[Obj]) -> None:
    last = line.get(path, limit=len(events), after=events[-2]["id"]).ok()

    assert (last["data"], last["has_more"]) == (events[-1:], False)


@fact("jobs.events", "have nothing after the last", known="documented")
def test_nothing_comes_after_the_last(line: Line, path: str, events: list[Obj]) -> None:
    assert line.get(path, after=events[-1]["id"]).rows() == []


@fact("jobs.events", "are told whole where no limit is given", known="unverified")
def test_all_are_told_unless_asked_otherwise(line: Line, path: str, events: list[Obj]) -> None:
    assert line.get(path).rows() == events


@fact("jobs.events", "after an unknown event are a 404", known="unverified")
def test_an_unknown_cursor_is_a_404(line: Line, path: str) -> None:
    line.get(path, after="00000000-0000-4000-8000-000000000000").refused(404)


@fact("jobs.events", "with a limit of 0 are a 422 at query, limit", known="unverified")
def test_a_limit_of_0_is_a_422(line: Line, path: str) -> None:
    line.get(path, limit=0).flaw("query", "limit")
