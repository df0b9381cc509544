"""Jobs whose files are no good: why they fail is told in the job and as its last event."""

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.openai import published

pytestmark = spends


@fact("jobs.retrieve", "of a job on seven examples fails, for ten are the fewest", known="observed")
def test_seven_examples_are_too_few(few: Walk) -> None:
    assert few.last.job["status"] == "failed"
    assert few.last.job["error"] == {
        "code": "invalid_n_examples",
        "message": "Training file has 7 example(s), but must have at least 10 examples",
        "param": "training_file",
    }


@fact(
    "jobs.retrieve", "of a preference job on conversations fails, and says of which format they are", known="observed"
)
def test_conversations_are_no_preferences(mismatched: Walk) -> None:
    file_id = mismatched.created["training_file"]

    assert mismatched.last.job["error"] == {
        "code": "invalid_training_file",
        "message": (
            "The job failed due to an invalid training file. Invalid file format. Input file "
            f"{file_id} is in the fine-tune-chat format, but the specified fine-tuning job is not using 'supervised'"
            " as the training method (provided method=dpo). "
        ),
        "param": "training_file",
    }


@fact("jobs.retrieve", "of a job whose training file is deleted while it is read fails", known="observed")
def test_a_training_file_is_needed_until_it_is_read(forsaken: Walk) -> None:
    assert forsaken.last.job["status"] == "failed"
    assert forsaken.last.job["error"] == {
        "code": "deleted_training_file",
        "message": "The job failed because the training file was deleted",
        "param": "training_file",
    }


@fact("jobs.retrieve", "of a failed job has no end, no model, no tokens and no result", known="observed")
def test_a_failed_job_has_nothing(few: Walk, forsaken: Walk) -> None:
    for walk in (few, forsaken):
        job = walk.last.job
        assert (job["finished_at"], job["fine_tuned_model"], job["trained_tokens"]) == (None, None, None)
        assert job["result_files"] == []


@fact("jobs.retrieve", "of a failed job is a job in its published shape", known="documented")
def test_a_failed_job_is_as_published(few: Walk, schema: Schema) -> None:
    schema.holds("FineTuningJob", published.job(few.last.job))


@fact("jobs.retrieve", "of a job that fails in validation leaves auto undecided", known="observed")
def test_auto_stays_undecided(few: Walk) -> None:
    assert set(few.last.job["hyperparameters"].values()) == {"auto"}


@fact("jobs.retrieve", "of a job that fails in validation was never queued nor running", known="observed")
def test_a_failed_job_never_ran(few: Walk) -> None:
    assert few.statuses == ["validating_files", "failed"]


@fact("jobs.retrieve", "answers the same of a failed job for ever", known="documented")
def test_a_failure_is_final(few: Walk) -> None:
    assert [look.job for look in few.after] == [few.last.job] * 2


@fact("jobs.checkpoints", "are none of a failed job", known="documented")
def test_a_failed_job_has_no_checkpoints(few: Walk) -> None:
    assert few.after[-1].checkpoints.rows() == []


@pytest.fixture
def last(few: Walk) -> Obj:
    """The newest event of the failed job."""
    event: Obj = few.last.events.rows()[0]
    return event


@fact("jobs.events", "end with the failure, of the level error", known="unverified")
def test_a_failure_is_told_as_an_error(last: Obj) -> None:
    assert (last["level"], last["type"]) == ("error", "message")


@fact("jobs.events", "tell a failure in the words of the job's error", known="unverified")
def test_a_failure_is_told_in_the_errors_words(few: Walk, last: Obj) -> None:
    assert last["message"] == few.last.job["error"]["message"]


@fact("jobs.events", "of a failed job begin as any other's, and tell no completion", known="observed")
def test_a_failed_jobs_events_begin_as_any_others(few: Walk) -> None:
    told = [event["message"] for event in few.last.events.rows()[::-1]]

    assert told[0] == f"Created fine-tuning job: {few.created['id']}"
    assert told[1] == f"Validating training file: {few.created['training_file']}"
    assert "The job has successfully completed" not in told
    assert len(told) == 3
