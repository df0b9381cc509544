"""A job on a data set that cannot be read: it is taken, and fails while its files are validated."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk

pytestmark = spends


@pytest.fixture
def failed(failing: Walk) -> Obj:
    """The job at its end."""
    return failing.last.job


@fact("jobs.retrieve", "ends in failure where the data cannot be read", known="documented")
def test_a_job_on_bad_data_fails(failed: Obj) -> None:
    assert failed["status"] == "failed"


@fact("jobs.retrieve", "answers a failed job in its published shape", known="documented")
def test_a_failed_job_is_as_published(failed: Obj, schema: Schema) -> None:
    schema.holds("FineTuningJob", failed)


@fact("jobs.retrieve", "says why a job failed, in a code and a message", known="documented")
def test_a_failed_job_says_why(failed: Obj, observe: Callable[..., None]) -> None:
    observe(error=failed["error"])

    assert isinstance(failed["error"], dict), f"an error was expected of {failed}"
    assert failed["error"]["code"]
    assert failed["error"]["message"]


@fact("jobs.retrieve", "names training_file as what a job failed by", known="unverified")
def test_a_failed_job_names_the_parameter(failed: Obj) -> None:
    assert isinstance(failed["error"], dict)
    assert failed["error"]["param"] == "training_file"


@fact("jobs.retrieve", "has no error before the job failed", known="documented")
def test_there_is_no_error_before_the_failure(failing: Walk) -> None:
    for look in failing.all:
        assert (look.job["error"] is not None) == (look.job["status"] == "failed")


@fact("jobs.retrieve", "goes from validating_files to failed", known="documented")
def test_a_job_fails_while_it_is_validated(failing: Walk, observe: Callable[..., None]) -> None:
    observe(statuses=failing.statuses)

    assert failing.statuses == ["validating_files", "failed"]


@fact("jobs.retrieve", "gives a failed job an end", known="documented")
def test_a_failed_job_has_an_end(failed: Obj) -> None:
    assert type(failed["finished_at"]) is int
    assert failed["finished_at"] >= failed["created_at"]


@fact("jobs.retrieve", "answers no result files of a failed job", known="documented")
def test_a_failed_job_has_no_result_files(failed: Obj) -> None:
    assert failed["result_files"] == []


@fact("jobs.retrieve", "answers nothing trained where validation failed", known="documented")
def test_a_job_that_failed_validation_trained_nothing(failed: Obj) -> None:
    assert not failed["trained_tokens"]
    assert not failed["trained_steps"]


@fact("jobs.retrieve", "answers the same of a failed job for ever", known="documented")
def test_a_failed_job_stays_failed(failing: Walk, failed: Obj) -> None:
    assert [look.job for look in failing.after] == [failed, failed]


@fact("jobs.checkpoints", "are none of a job that failed its validation", known="documented")
def test_a_failed_job_has_no_checkpoints(failing: Walk) -> None:
    assert [look.checkpoints.rows() for look in failing.all] == [[]] * len(failing.all)


@fact("jobs.events", "end with an error that says what the job says", known="unverified")
def test_the_failure_is_told_as_an_error(failing: Walk, failed: Obj, observe: Callable[..., None]) -> None:
    told = failing.last.events.rows()
    observe(told=[[event.get("level"), event.get("source"), event.get("message")] for event in told])
    assert told

    assert told[-1]["level"] == "error"
    assert isinstance(failed["error"], dict)
    assert told[-1]["message"] == failed["error"]["message"]


@fact("jobs.events", "do not say that a bad data set was processed", known="documented")
def test_a_bad_data_set_was_not_processed(failing: Walk) -> None:
    told = [event["message"] for event in failing.last.events.rows()]

    assert "Dataset 'training' processed successfully" not in told
    assert "Training completed successfully" not in told


@fact("jobs.events", "stay, of a failing job too", known="documented")
def test_what_was_told_stays_told(failing: Walk) -> None:
    for earlier, later in pairwise(failing.all):
        before = earlier.events.rows()
        assert later.events.rows()[: len(before)] == before


@fact("jobs.events", "come without a failed job's completion, and not again after it", known="documented")
def test_nothing_is_told_after_the_failure(failing: Walk) -> None:
    assert [look.events.rows() for look in failing.after] == [failing.last.events.rows()] * 2
