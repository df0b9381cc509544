"""A job that is cancelled: at once, for good, and once."""

import time
from collections.abc import Callable

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.evidence import seen
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Look, Walk
from contract_tests.nebius.conftest import Cancellation, look
from contract_tests.nebius.provider import JOBS

pytestmark = spends
WAIT_S_MAX = 60
"""How long is waited at the longest for a cancelled job to do what it must not."""


@pytest.fixture
def cancelled(cancellation: Cancellation) -> Obj:
    """What the cancellation answered."""
    return cancellation.cancelled.ok()


@pytest.fixture
def soon(cancellation: Cancellation) -> Look:
    """The job right after its cancellation."""
    return cancellation.soon


@pytest.fixture(scope="module")
def settled(run: Run, cancellation: Cancellation, walk: Walk) -> Look:
    """The same job after the time that another took to its end, so that it could have gone on."""
    since = time.monotonic() - cancellation.at
    time.sleep(min(WAIT_S_MAX, max(0.0, walk.last.elapsed_s - since)))
    return look(run.line, cancellation.created.ok()["id"], 0)


@fact("jobs.cancel", "answers the job, with 200", known="documented")
def test_a_cancellation_answers_the_job(cancellation: Cancellation, cancelled: Obj) -> None:
    assert cancelled["id"] == cancellation.created.ok()["id"]


@fact("jobs.cancel", "answers a job in its published shape", known="documented")
def test_a_cancellation_is_answered_as_published(cancelled: Obj, schema: Schema) -> None:
    schema.holds("FineTuningJob", cancelled)


@fact("jobs.cancel", "answers a job that is cancelled already", known="documented")
def test_a_job_is_cancelled_at_once(cancelled: Obj) -> None:
    assert cancelled["status"] == "cancelled"


@fact("jobs.cancel", "gives the job an end", known="documented")
def test_a_cancelled_job_has_an_end(cancelled: Obj) -> None:
    assert type(cancelled["finished_at"]) is int
    assert cancelled["finished_at"] >= cancelled["created_at"]


@fact("jobs.cancel", "is no error", known="unverified")
def test_a_cancelled_job_has_no_error(cancelled: Obj) -> None:
    assert cancelled["error"] is None


@fact("jobs.cancel", "leaves no result files", known="documented")
def test_a_cancelled_job_has_no_result_files(cancelled: Obj) -> None:
    assert cancelled["result_files"] == []


@fact("jobs.cancel", "changes nothing of what was asked", known="documented")
def test_what_was_asked_stays(cancellation: Cancellation, cancelled: Obj) -> None:
    for name in ("model", "training_file", "hyperparameters", "seed", "suffix", "created_at", "object"):
        assert cancelled[name] == cancellation.created.ok()[name]


@fact("jobs.retrieve", "answers of a cancelled job what the cancellation answered", known="documented")
def test_a_cancelled_job_is_what_its_cancellation_said(cancelled: Obj, soon: Look) -> None:
    assert soon.job == cancelled


@fact("jobs.retrieve", "answers the same of a cancelled job for ever", known="documented")
def test_a_cancelled_job_stays_cancelled(settled: Look, soon: Look) -> None:
    assert settled.job == soon.job


@fact("jobs.list", "tells that a job is cancelled", known="documented")
def test_the_list_tells_a_cancelled_job(line: Line, cancelled: Obj) -> None:
    listed = {job["id"]: job["status"] for job in line.get(JOBS, limit=100).rows()}

    assert listed.get(cancelled["id"]) == "cancelled"


@fact("jobs.checkpoints", "are none of a job that was cancelled before it ran", known="documented")
def test_a_cancelled_job_has_no_checkpoints(soon: Look) -> None:
    assert soon.checkpoints.rows() == []


@fact("jobs.checkpoints", "do not come to a cancelled job later", known="documented")
def test_a_cancelled_job_gets_no_checkpoints(settled: Look) -> None:
    assert settled.checkpoints.rows() == []


@fact("jobs.events", "do not go on after a cancellation", known="documented")
def test_a_cancelled_job_tells_nothing_more(settled: Look, soon: Look) -> None:
    assert settled.events.rows() == soon.events.rows()


@fact("jobs.events", "begin with the submission, of a cancelled job too", known="observed")
def test_a_cancelled_job_was_submitted(soon: Look) -> None:
    assert [event["message"] for event in soon.events.rows()][:1] == ["Job is submitted"]


@fact("jobs.events", "tell no completion of a cancelled job", known="documented")
def test_a_cancelled_job_was_not_completed(settled: Look) -> None:
    assert "Training completed successfully" not in [event["message"] for event in settled.events.rows()]


@fact("jobs.events", "tell the cancellation last", known="unverified")
def test_a_cancellation_is_told(soon: Look, observe: Callable[..., None]) -> None:
    observe(told=[event.get("message") for event in soon.events.rows()])

    assert [event["message"] for event in soon.events.rows()][-1:] == ["Job is cancelled"]


@fact("jobs.cancel", "of a cancelled job is a 400", known="unverified")
def test_a_job_is_cancelled_once(cancellation: Cancellation, observe: Callable[..., None]) -> None:
    observe(answer=seen(cancellation.again))

    cancellation.again.refused(400)


@fact("jobs.cancel", "of a job that has succeeded is a 400", known="unverified")
def test_a_job_that_succeeded_is_not_cancelled(line: Line, walk: Walk) -> None:
    assert walk.last.job["status"] == "succeeded"
    line.post(f"{JOBS}/{walk.created['id']}/cancel").refused(400)


@fact("jobs.retrieve", "is not changed by a cancellation that came too late", known="documented")
def test_a_late_cancellation_changes_nothing(line: Line, walk: Walk) -> None:
    line.post(f"{JOBS}/{walk.created['id']}/cancel")

    assert line.get(f"{JOBS}/{walk.created['id']}").ok() == walk.last.job
