"""The list of jobs: its order, its pages, and the jobs with a note."""

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.openai import published
from contract_tests.openai.conftest import Cancellation
from contract_tests.openai.envelope import invalid
from contract_tests.openai.orders import METADATA, NO_JOB
from contract_tests.openai.provider import JOBS, PAGE


@pytest.fixture
def own(walk: Walk, plain: Answer, cancellation: Cancellation) -> list[str]:
    """The ids of three jobs, the newest first."""
    return [walk.created["id"], cancellation.created.ok()["id"], plain.ok()["id"]]


def ids(answer: Answer) -> list[str]:
    return [row["id"] for row in answer.rows()]


@free
@fact("jobs.list", "answers a list in its published shape", known="documented")
def test_the_list_is_as_published(line: Line, schema: Schema) -> None:
    schema.holds("ListPaginatedFineTuningJobsResponse", published.jobs(line.get(JOBS).ok()))


@free
@fact("jobs.list", "has exactly the members object, data and has_more", known="observed")
def test_the_list_has_its_three_members(line: Line) -> None:
    body = line.get(JOBS).ok()

    assert set(body) == {"object", "data", "has_more"}
    assert body["object"] == "list"


@spends
@fact("jobs.list", "has the newest job first", known="observed")
def test_the_newest_job_is_first(line: Line, own: list[str]) -> None:
    assert [id_ for id_ in ids(line.get(JOBS, limit=PAGE)) if id_ in own] == own


@spends
@fact("jobs.list", "answers what the look at a job answers", known="observed")
def test_a_listed_job_is_the_job(line: Line, walk: Walk) -> None:
    listed = {row["id"]: row for row in line.get(JOBS, limit=PAGE).rows()}

    assert listed[walk.created["id"]] == line.get(f"{JOBS}/{walk.created['id']}").ok() == walk.last.job


@spends
@fact("jobs.create", "makes one job of an order", known="documented")
def test_an_order_is_one_job(line: Line, own: list[str], order: Obj) -> None:
    listed = line.get(JOBS, limit=PAGE).rows()

    assert [job["id"] for job in listed if job["user_provided_suffix"] == order["suffix"]] == own[:1]


@spends
@fact("jobs.list", "keeps a limit", known="observed")
def test_a_limit_is_kept(line: Line, own: list[str]) -> None:
    listed = ids(line.get(JOBS, limit=PAGE))

    assert [ids(line.get(JOBS, limit=limit)) for limit in (1, 2)] == [listed[:1], listed[:2]]


@spends
@fact("jobs.list", "says that there is more where a page leaves some out", known="observed")
def test_more_jobs_are_announced(line: Line, own: list[str]) -> None:
    assert line.get(JOBS, limit=1).ok()["has_more"] is True


@spends
@fact("jobs.list", "goes on after a job, which is not in the page", known="observed")
def test_a_page_begins_behind_its_cursor(line: Line, own: list[str]) -> None:
    listed = ids(line.get(JOBS, limit=PAGE))
    at = listed.index(own[0])

    assert ids(line.get(JOBS, limit=2, after=own[0])) == listed[at + 1 : at + 3]


@spends
@fact("jobs.list", "lists the jobs with a note alone where it is asked", known="documented")
def test_jobs_with_a_note_may_be_asked_for(line: Line, own: list[str]) -> None:
    (name, value), *_ = METADATA.items()
    listed = ids(line.get(JOBS, **{f"metadata[{name}]": value}))

    assert own[0] in listed
    assert not {*own[1:]} & {*listed}


@spends
@fact("jobs.list", "lists the jobs with all of several notes", known="documented")
def test_jobs_with_several_notes_may_be_asked_for(line: Line, own: list[str]) -> None:
    all_of, one_wrong = METADATA, METADATA | {"kind": "another"}

    assert own[0] in ids(line.get(JOBS, **{f"metadata[{name}]": value for name, value in all_of.items()}))
    assert own[0] not in ids(line.get(JOBS, **{f"metadata[{name}]": value for name, value in one_wrong.items()}))


@spends
@fact("jobs.list", "lists the jobs without notes where metadata is null", known="documented")
def test_jobs_without_notes_may_be_asked_for(line: Line, own: list[str]) -> None:
    listed = ids(line.get(JOBS, metadata="null", limit=PAGE))

    assert own[2] in listed
    assert not {*own[:2]} & {*listed}


@free
@fact("jobs.list", "with a note that no job has is empty", known="documented")
def test_a_note_that_no_job_has_is_an_empty_list(line: Line) -> None:
    body = line.get(JOBS, **{"metadata[contract-tests-nothing]": "x"}).ok()

    assert (body["object"], body["data"], body["has_more"]) == ("list", [], False)


@free
@fact("jobs.list", "after an unknown job is empty", known="unverified")
def test_an_unknown_cursor_is_an_empty_page(line: Line) -> None:
    body = line.get(JOBS, after=NO_JOB).ok()

    assert (body["data"], body["has_more"]) == ([], False)


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(limit, marks=fact("jobs.list", f"does not take {words}", known="unverified"), id=words)
        for words, limit in {"a limit below 0": "-1", "a limit that is no number": "many"}.items()
    ],
)
@free
def test_a_limit_that_cannot_be_is_refused(line: Line, limit: str) -> None:
    assert invalid(line.get(JOBS, limit=limit))["param"] == "limit"
