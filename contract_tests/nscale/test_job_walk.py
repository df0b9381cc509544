"""A job from its creation to its end: queued, starting, running, completed."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nscale.envelope import instant
from contract_tests.nscale.provider import JOBS

pytestmark = spends
WAY = ("queued", "starting", "running", "completed")
STAYS = ("id", "name", "base_model", "base_model_id", "dataset", "hyperparameters", "created_at")


@pytest.fixture
def done(walk: Walk) -> Obj:
    """The job at its end."""
    return walk.last.job


@fact("jobs.retrieve", "ends completed where nothing is wrong", known="documented")
def test_a_job_ends_completed(done: Obj) -> None:
    assert done["status"] == "completed"


@fact("jobs.retrieve", "answers a job flat, not under job", known="documented")
def test_a_job_is_answered_flat(done: Obj) -> None:
    assert "job" not in done
    assert done["id"]


@fact("jobs.retrieve", "answers a job in its documented shape, each time", known="documented")
def test_a_job_is_always_as_published(walk: Walk, schema: Schema) -> None:
    for look in walk.all:
        schema.holds("Job", look.job)


@fact("jobs.retrieve", "answers the members that its creation did", known="unverified")
def test_a_job_has_the_same_members_all_the_way(walk: Walk) -> None:
    assert [set(look.job) for look in walk.all] == [set(walk.created)] * len(walk.all)


@fact("jobs.retrieve", "goes from queued by starting and running to completed", known="documented")
def test_a_job_goes_its_way(walk: Walk, observe: Callable[..., None]) -> None:
    observe(statuses=walk.statuses)

    assert walk.statuses == [status for status in WAY if status in walk.statuses]
    assert walk.statuses[-1] == "completed"


@fact("jobs.retrieve", "shows a job that is queued, starting and running", known="documented")
def test_every_status_is_seen(walk: Walk) -> None:
    assert walk.statuses == [*WAY]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=fact("jobs.retrieve", f"answers the same {name} all the way", known="documented"), id=name
        )
        for name in STAYS
    ],
)
def test_what_was_asked_stays(walk: Walk, name: str) -> None:
    assert [look.job[name] for look in walk.all] == [walk.created[name]] * len(walk.all)


@fact("jobs.retrieve", "has a start once the job is running, and none before", known="unverified")
def test_a_job_has_started_once_it_runs(walk: Walk) -> None:
    for look in walk.all:
        assert (look.job["started_at"] is not None) == (look.job["status"] in ("running", "completed"))


@fact("jobs.retrieve", "tells the start as RFC 3339 in UTC, and always the same", known="documented")
def test_a_job_started_once(walk: Walk) -> None:
    told = {look.job["started_at"] for look in walk.all if look.job["started_at"] is not None}

    assert len(told) == 1
    instant(*told)


@fact("jobs.retrieve", "has an end once the job is completed, and none before", known="documented")
def test_a_job_has_an_end_once_it_is_completed(walk: Walk) -> None:
    for look in walk.all:
        assert (look.job["completed_at"] is not None) == (look.job["status"] == "completed")


@fact("jobs.retrieve", "was made, then started, then completed", known="documented")
def test_the_times_are_in_their_order(done: Obj) -> None:
    made, started, completed = (instant(done[name]) for name in ("created_at", "started_at", "completed_at"))

    assert made < started < completed


@fact("jobs.retrieve", "has no error where nothing is wrong", known="unverified")
def test_a_job_without_a_flaw_has_no_error(walk: Walk) -> None:
    assert [look.job.get("error") for look in walk.all] == [None] * len(walk.all)


@fact("jobs.retrieve", "answers the same of a completed job for ever", known="documented")
def test_a_completed_job_stays_as_it_is(walk: Walk, done: Obj) -> None:
    assert [look.job for look in walk.after] == [done, done]


@fact("jobs.retrieve", "is told as JSON", known="observed")
def test_a_job_is_json(walk: Walk) -> None:
    assert {look.retrieved.media_type for look in walk.all} == {"application/json"}


@fact("jobs.retrieve", "does not end before it started to be looked at", known="unverified")
def test_statuses_never_go_back(walk: Walk) -> None:
    places = [WAY.index(str(look.job["status"])) for look in walk.all]

    assert all(earlier <= later for earlier, later in pairwise(places))


@fact("jobs.retrieve", "takes a request that calls its empty body JSON", known="observed")
def test_a_look_may_be_called_json(line: Line, walk: Walk, done: Obj) -> None:
    answer = line.send("GET", f"{JOBS}/{walk.created['id']}", headers={"content-type": "application/json"})

    assert answer.ok() == done


@fact("jobs.cancel", "of a completed job is refused, and changes nothing", known="unverified")
def test_a_completed_job_is_not_cancelled(line: Line, walk: Walk, done: Obj) -> None:
    answer = line.post(f"{JOBS}/{walk.created['id']}/cancel")

    assert answer.status == 400
    assert answer.json()["code"] == "failed_precondition"
    assert "completed" in answer.json()["message"]
    assert line.get(f"{JOBS}/{walk.created['id']}").ok() == done
