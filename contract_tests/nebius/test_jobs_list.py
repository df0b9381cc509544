"""The list of jobs: its shape, its parameters; with jobs of the run's own, its order and pages."""

import pytest

from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nebius.conftest import Cancellation
from contract_tests.nebius.provider import JOBS


@free
@fact("jobs.list", "is a list in its published shape", known="documented")
def test_the_list_is_as_published(line: Line, schema: Schema) -> None:
    schema.holds("FineTuningJobListResponse", line.get(JOBS).ok())


@free
@fact("jobs.list", "says that it is a list", known="documented")
def test_the_list_calls_itself_one(line: Line) -> None:
    assert line.get(JOBS).ok()["object"] == "list"


@free
@fact("jobs.list", "has data, has_more and object, and nothing else", known="documented")
def test_the_list_has_three_members(line: Line) -> None:
    assert line.get(JOBS).ok().keys() == {"data", "has_more", "object"}


@free
@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(value, marks=fact("jobs.list", f"with a limit of {value} is a 422 there", known=known), id=value)
        for value, known in (("0", "unverified"), ("-1", "unverified"), ("many", "documented"), ("1.5", "documented"))
    ],
)
def test_a_limit_that_cannot_be_is_a_422(line: Line, limit: str) -> None:
    assert line.get(JOBS, limit=limit).flaw("query", "limit")["input"] == limit


@free
@fact("jobs.list", "after an unknown job is a 404", known="unverified")
def test_an_unknown_cursor_is_a_404(line: Line) -> None:
    line.get(JOBS, after="ftjob-unknown").refused(404)


@free
@fact("jobs.list", "takes parameters that it does not know", known="unverified")
def test_an_unknown_parameter_is_no_error(line: Line) -> None:
    line.get(JOBS, contract_tests="yes").ok()


@pytest.fixture(scope="module")
def ids(walk: Walk, cancellation: Cancellation, failing: Walk) -> list[str]:
    """The run's jobs."""
    jobs = [walk.last.job, cancellation.created.ok(), failing.created]
    return [job["id"] for job in jobs]


@spends
@fact("jobs.list", "has every job of the run once", known="documented")
def test_a_created_job_is_listed_once(line: Line, ids: list[str]) -> None:
    listed = [job["id"] for job in line.get(JOBS, limit=100).rows()]

    assert sorted(id_ for id_ in listed if id_ in ids) == sorted(ids)


@spends
@fact("jobs.list", "tells of a job what retrieving it tells", known="documented")
def test_a_listed_job_is_the_retrieved_one(line: Line, walk: Walk) -> None:
    job = walk.last.job
    listed = {each["id"]: each for each in line.get(JOBS, limit=100).rows()}

    assert listed.get(job["id"]) == line.get(f"{JOBS}/{job['id']}").ok()


@spends
@fact("jobs.list", "is newest first", known="unverified")
@pytest.mark.usefixtures("ids")
def test_the_newest_job_is_first(run: Run, line: Line) -> None:
    created = [entry.id for entry in run.ledger.entries if entry.kind == "job" and entry.id]
    listed = [job["id"] for job in line.get(JOBS, limit=100).rows() if job["id"] in created]

    assert listed == created[::-1]


@spends
@fact("jobs.list", "has as many entries as limit says", known="documented")
@pytest.mark.usefixtures("ids")
def test_a_limit_is_kept(line: Line) -> None:
    assert [len(line.get(JOBS, limit=limit).rows()) for limit in (1, 2)] == [1, 2]


@spends
@fact("jobs.list", "says that there are more where a page leaves some out", known="documented")
@pytest.mark.usefixtures("ids")
def test_more_jobs_are_announced(line: Line) -> None:
    assert line.get(JOBS, limit=1).ok()["has_more"] is True


@spends
@fact("jobs.list", "says at its end that there are no more", known="documented")
@pytest.mark.usefixtures("ids")
def test_the_last_page_announces_none(line: Line) -> None:
    pages = line.pages(JOBS, limit=100)

    assert line.get(JOBS, limit=100, after=pages[-2]["id"]).ok()["has_more"] is False


@spends
@fact("jobs.list", "goes on after a job, which is not in the page", known="documented")
@pytest.mark.usefixtures("ids")
def test_a_page_begins_behind_its_cursor(line: Line) -> None:
    whole = [job["id"] for job in line.get(JOBS, limit=3).rows()]
    after = [job["id"] for job in line.get(JOBS, limit=2, after=whole[0]).rows()]

    assert after == whole[1:3]


@spends
@fact("jobs.list", "in pages of one has every job once", known="documented")
def test_pages_have_neither_gap_nor_overlap(line: Line, ids: list[str]) -> None:
    listed = [job["id"] for job in line.pages(JOBS, limit=1, pages_max=len(ids))]

    assert listed == [job["id"] for job in line.get(JOBS, limit=len(ids)).rows()]


@spends
@fact("jobs.list", "has nothing after its oldest job", known="documented")
@pytest.mark.usefixtures("ids")
def test_nothing_comes_after_the_oldest(line: Line) -> None:
    oldest = line.pages(JOBS, limit=100)[-1]

    assert line.get(JOBS, after=oldest["id"]).rows() == []


@spends
@fact("jobs.list", "has jobs in their published shape, whatever became of them", known="documented")
@pytest.mark.usefixtures("ids")
def test_listed_jobs_are_as_published(line: Line, schema: Schema) -> None:
    for job in line.get(JOBS, limit=3).rows():
        schema.holds("FineTuningJob", job)
