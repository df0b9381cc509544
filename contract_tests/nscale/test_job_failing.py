"""A job on a table that cannot be read to its end: it is taken, and fails while it is queued."""

from collections.abc import Callable

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nscale.envelope import impossible, instant
from contract_tests.nscale.orders import pushed
from contract_tests.nscale.provider import JOBS

pytestmark = spends


@pytest.fixture
def failed(failing: Walk) -> Obj:
    """The job at its end."""
    return failing.last.job


@fact("jobs.create", "takes a job on a table with a row that is too short", known="unverified")
def test_a_job_on_bad_data_is_taken(failing: Walk) -> None:
    assert failing.created["status"] == "queued"


@fact("jobs.retrieve", "ends in failure where the data cannot be read", known="documented")
def test_a_job_on_bad_data_fails(failed: Obj) -> None:
    assert failed["status"] == "failed"


@fact("jobs.retrieve", "answers a failed job in its documented shape", known="documented")
def test_a_failed_job_is_as_published(failed: Obj, schema: Schema) -> None:
    schema.holds("Job", failed)


@fact("jobs.retrieve", "goes from queued to failed where the data cannot be read", known="unverified")
def test_a_job_fails_while_it_is_queued(failing: Walk, observe: Callable[..., None]) -> None:
    observe(statuses=failing.statuses)

    assert failing.statuses == ["queued", "failed"]


@fact("jobs.retrieve", "says in a sentence why a job failed", known="observed")
def test_a_failed_job_says_why(failed: Obj, observe: Callable[..., None]) -> None:
    observe(error=failed["error"])

    assert isinstance(failed["error"], str)
    assert failed["error"]


@fact("jobs.retrieve", "names the line by which a job failed", known="unverified")
def test_a_failed_job_names_the_line(failed: Obj) -> None:
    assert "line 3" in str(failed["error"])


@fact("jobs.retrieve", "has no error before the job failed", known="unverified")
def test_there_is_no_error_before_the_failure(failing: Walk) -> None:
    for look in failing.all:
        assert (look.job.get("error") is not None) == (look.job["status"] == "failed")


@fact("jobs.retrieve", "gives a failed job an end, and no start where it never ran", known="unverified")
def test_a_failed_job_has_an_end(failed: Obj) -> None:
    assert instant(failed["completed_at"]) > instant(failed["created_at"])
    assert failed["started_at"] is None


@fact("jobs.retrieve", "answers the same of a failed job for ever", known="unverified")
def test_a_failed_job_stays_failed(failing: Walk, failed: Obj) -> None:
    assert [look.job for look in failing.after] == [failed, failed]


@fact("jobs.metrics", "has nothing measured of a job that failed before it ran", known="unverified")
def test_a_job_that_failed_early_measured_nothing(failing: Walk) -> None:
    for look in failing.all:
        metrics = look.metrics.ok()
        assert [metrics[name] for name in ("data", "training_steps", "training_tokens", "validation_steps")] == [
            *(None, 0, 0, 0)
        ]


@fact("jobs.download", "of a failed job is refused in a sentence that says what it is", known="documented")
def test_a_failed_job_has_no_model(line: Line, failed: Obj) -> None:
    assert "failed" in impossible(line.get(f"{JOBS}/{failed['id']}/download"))


@fact("exports.create", "of a failed job is refused in a sentence that says what it is", known="documented")
def test_a_failed_job_is_not_exported(line: Line, failed: Obj) -> None:
    assert "failed" in impossible(line.post(f"{JOBS}/{failed['id']}/exports/hugging-face", pushed()))


@fact("jobs.cancel", "of a failed job is refused in a sentence that says what it is", known="unverified")
def test_a_failed_job_is_not_cancelled(line: Line, failed: Obj) -> None:
    assert "failed" in impossible(line.post(f"{JOBS}/{failed['id']}/cancel"))
