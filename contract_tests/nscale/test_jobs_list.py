"""The list of jobs, and its filter by status."""

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nscale.conftest import Cancellation
from contract_tests.nscale.envelope import instant, invalid
from contract_tests.nscale.provider import JOBS, PAGE, STATUSES

GUIDE = ("queued", "running", "completed", "failed")
"""The statuses that the guide filters by; the reference has two more."""


@pytest.fixture
def ended(walk: Walk, cancellation: Cancellation, failing: Walk) -> dict[str, Obj]:
    """The three jobs of a run at their ends, by their statuses."""
    jobs = {"completed": walk.last.job, "cancelled": cancellation.soon.job, "failed": failing.last.job}
    assert {status: job["status"] for status, job in jobs.items()} == dict(zip(jobs, jobs, strict=True))
    return jobs


def of_ours(rows: list[Obj], ended: dict[str, Obj]) -> list[Obj]:
    known = [job["id"] for job in ended.values()]
    return [row for row in rows if row["id"] in known]


@free
@fact("jobs.list", "answers 200 in JSON", known="observed")
def test_the_list_is_json(line: Line) -> None:
    answer = line.get(JOBS)

    assert (answer.status, answer.media_type) == (200, "application/json")


@free
@fact("jobs.list", "has jobs under data, and nothing beside", known="unverified")
def test_there_is_nothing_beside_the_data(line: Line) -> None:
    assert list(line.get(JOBS).ok()) == ["data"]


@spends
@pytest.mark.usefixtures("ended")
@fact("jobs.list", "is as its schema says", known="unverified")
def test_the_list_is_as_published(line: Line, schema: Schema) -> None:
    schema.holds("Jobs", line.get(JOBS).ok())


@spends
@fact("jobs.list", "shows a job as it is on its own", known="observed")
def test_a_job_is_listed_as_it_is(line: Line, ended: dict[str, Obj]) -> None:
    listed = {job["id"]: job for job in line.get(JOBS, limit=PAGE).rows()}

    assert [listed.get(job["id"]) for job in ended.values()] == [*ended.values()]


@spends
@pytest.mark.usefixtures("ended")
@fact("jobs.list", "shows the newest first", known="unverified")
def test_the_newest_comes_first(line: Line) -> None:
    made = [instant(job["created_at"]) for job in line.get(JOBS, limit=PAGE).rows()]

    assert made == sorted(made, reverse=True)


@spends
@pytest.mark.usefixtures("ended")
@fact("jobs.list", "shows each job once", known="unverified")
def test_a_job_is_listed_once(line: Line) -> None:
    listed = [job["id"] for job in line.get(JOBS, limit=PAGE).rows()]

    assert len(set(listed)) == len(listed)


@spends
@pytest.mark.usefixtures("ended")
@fact("jobs.list", "has as many entries as the limit says", known="observed")
def test_a_limit_is_heeded(line: Line) -> None:
    assert line.get(JOBS, limit=2).rows() == line.get(JOBS, limit=PAGE).rows()[:2]


@spends
@pytest.mark.usefixtures("ended")
@fact("jobs.list", "takes pagination=False, as Python writes it", known="observed")
def test_no_pagination_may_be_asked_for(line: Line) -> None:
    assert line.get(JOBS, pagination="False").ok() == line.get(JOBS).ok()


@spends
@pytest.mark.parametrize(
    "status",
    [
        pytest.param(
            status,
            marks=fact(
                "jobs.list",
                f"has jobs that are {status} where only those are asked for",
                known="documented" if status in GUIDE else "unverified",
            ),
            id=status,
        )
        for status in ("completed", "cancelled", "failed")
    ],
)
def test_jobs_of_one_status_are_listed(line: Line, ended: dict[str, Obj], status: str) -> None:
    assert of_ours(line.get(JOBS, status=status, limit=PAGE).rows(), ended) == [ended[status]]


@spends
@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize(
    "status",
    [
        pytest.param(
            status,
            marks=fact("jobs.list", f"has no others where those are asked for that are {status}", known="documented"),
            id=status,
        )
        for status in STATUSES
    ],
)
def test_jobs_of_other_statuses_are_not_listed(line: Line, status: str) -> None:
    assert {job["status"] for job in line.get(JOBS, status=status, limit=PAGE).rows()} <= {status}


@spends
@fact("jobs.list", "filters before it cuts", known="unverified")
def test_a_limit_is_of_those_that_are_asked_for(line: Line, ended: dict[str, Obj]) -> None:
    told = [line.get(JOBS, status=status, limit=1).rows() for status in ended]

    assert [[job["status"] for job in rows] for rows in told] == [[status] for status in ended]


@spends
@fact("jobs.list", "takes limit, pagination and status together", known="observed")
def test_all_parameters_may_come_together(line: Line, ended: dict[str, Obj]) -> None:
    rows = line.get(JOBS, limit=5, pagination="False", status="completed").rows()

    assert ended["completed"] in rows


@free
@pytest.mark.parametrize(
    "status",
    [
        pytest.param(
            status,
            marks=fact("jobs.list", f"takes no status {status!r}, and lists those there are", known="unverified"),
            id=status,
        )
        for status in ("succeeded", "COMPLETED", "nope", "pending")
    ],
)
def test_an_unknown_status_is_refused(line: Line, status: str) -> None:
    said = invalid(line.get(JOBS, status=status))

    assert "status" in said
    assert [known for known in STATUSES if known not in said] == []


@free
@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(
            limit, marks=fact("jobs.list", f"takes no limit of {limit}", known="unverified"), id=f"limit-{limit}"
        )
        for limit in ("0", "-1", "nope")
    ],
)
def test_a_limit_of_nothing_is_refused(line: Line, limit: str) -> None:
    assert "limit" in invalid(line.get(JOBS, limit=limit))


@free
@fact("jobs.list", "takes no notice of a parameter that it does not know", known="unverified")
def test_an_unknown_parameter_is_passed_over(line: Line) -> None:
    line.get(JOBS, contract_tests="1").ok()
