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
from contract_tests.openai import published
from contract_tests.openai.conftest import Cancellation, look
from contract_tests.openai.envelope import invalid
from contract_tests.openai.provider import JOBS

pytestmark = spends
WAIT_S_MAX = 60
"""How long is waited at the longest for a cancelled job to do what it must not."""


@pytest.fixture
def cancelled(cancellation: Cancellation) -> Obj:
    """What the cancellation answered."""
    return cancellation.cancelled.ok()


@pytest.fixture(scope="module")
def settled(run: Run, cancellation: Cancellation, walk: Walk) -> Look:
    """The same job after the time that another took to its end, so that it could have gone on."""
    since = time.monotonic() - cancellation.at
    time.sleep(min(WAIT_S_MAX, max(0.0, walk.last.elapsed_s - since)))
    return look(run.line, cancellation.created.ok()["id"], 0)


@fact("jobs.cancel", "answers the job, with 200", known="observed")
def test_a_cancellation_answers_the_job(cancellation: Cancellation, cancelled: Obj) -> None:
    assert cancelled["id"] == cancellation.created.ok()["id"]


@fact("jobs.cancel", "answers a job in its published shape", known="documented")
def test_a_cancellation_is_answered_as_published(cancelled: Obj, schema: Schema) -> None:
    schema.holds("FineTuningJob", published.job(cancelled))


@fact("jobs.cancel", "answers a job that is cancelled already", known="observed")
def test_a_job_is_cancelled_at_once(cancelled: Obj) -> None:
    assert cancelled["status"] == "cancelled"


@fact("jobs.cancel", "gives the job no end, no model and no error", known="observed")
def test_a_cancelled_job_has_no_end(cancelled: Obj) -> None:
    assert (cancelled["finished_at"], cancelled["fine_tuned_model"]) == (None, None)
    assert cancelled["error"] in (None, {})


@fact("jobs.cancel", "leaves no result files and no tokens", known="observed")
def test_a_cancelled_job_has_no_result(cancelled: Obj) -> None:
    assert (cancelled["result_files"], cancelled["trained_tokens"]) == ([], None)


@fact("jobs.cancel", "changes nothing of what was asked", known="observed")
def test_what_was_asked_stays(cancellation: Cancellation, cancelled: Obj) -> None:
    names = (
        "model",
        "training_file",
        "method",
        "seed",
        "user_provided_suffix",
        "created_at",
        "integrations",
        "metadata",
    )

    assert {name: cancelled[name] for name in names} == {name: cancellation.created.ok()[name] for name in names}


def validated(cancellation: Cancellation) -> bool:
    """Say whether the files had been read when the cancellation came, as an event tells."""
    return any(event["message"].startswith("Files validated") for event in cancellation.soon.events.rows())


@fact("jobs.cancel", "leaves auto undecided where the files were not read yet", known="observed")
def test_auto_stays_undecided(cancellation: Cancellation, cancelled: Obj) -> None:
    told = cancelled["method"]["supervised"]["hyperparameters"].values()

    assert ("auto" in told) == (not validated(cancellation))


@fact("jobs.retrieve", "answers of a cancelled job what the cancellation answered", known="documented")
def test_a_cancelled_job_is_what_its_cancellation_said(cancelled: Obj, cancellation: Cancellation) -> None:
    assert cancellation.soon.job == cancelled


@fact("jobs.retrieve", "answers the same of a cancelled job for ever", known="documented")
def test_a_cancelled_job_stays_cancelled(settled: Look, cancellation: Cancellation) -> None:
    assert settled.job == cancellation.soon.job


@fact("jobs.list", "tells that a job is cancelled", known="documented")
def test_the_list_tells_a_cancelled_job(line: Line, cancelled: Obj) -> None:
    listed = {job["id"]: job["status"] for job in line.get(JOBS, limit=100).rows()}

    assert listed.get(cancelled["id"]) == "cancelled"


@fact("jobs.checkpoints", "do not come to a cancelled job", known="documented")
def test_a_cancelled_job_gets_no_checkpoints(settled: Look, cancellation: Cancellation) -> None:
    assert cancellation.soon.checkpoints.rows() == []
    assert settled.checkpoints.rows() == []


@fact("jobs.checkpoints", "of which there are none name no first and no last", known="unverified")
def test_no_checkpoints_have_no_ends(cancellation: Cancellation) -> None:
    page = cancellation.soon.checkpoints.ok()

    assert (page["first_id"], page["last_id"], page["has_more"]) == (None, None, False)


@fact("jobs.events", "do not go on after a cancellation", known="documented")
def test_a_cancelled_job_tells_nothing_more(settled: Look, cancellation: Cancellation) -> None:
    assert settled.events.rows() == cancellation.soon.events.rows()


@fact("jobs.events", "of a job that is cancelled while it is validated end with the validation", known="observed")
def test_a_cancellation_is_not_told(cancellation: Cancellation, observe: Callable[..., None]) -> None:
    told = [event["message"] for event in cancellation.soon.events.rows()]
    observe(told=told)

    assert not [message for message in told if "cancel" in message]
    assert (
        validated(cancellation) or told[0] == f"Validating training file: {cancellation.created.ok()['training_file']}"
    )


@fact("jobs.cancel", "of a cancelled job is a 400 that names its status", known="unverified")
def test_a_job_is_cancelled_once(cancellation: Cancellation, observe: Callable[..., None]) -> None:
    observe(answer=seen(cancellation.again))

    assert 'already has status "cancelled"' in invalid(cancellation.again)["message"]


@fact("jobs.cancel", "of a job that has succeeded is a 400 that names its status", known="unverified")
def test_a_job_that_succeeded_is_not_cancelled(line: Line, walk: Walk) -> None:
    assert walk.last.job["status"] == "succeeded"

    error = invalid(line.post(f"{JOBS}/{walk.created['id']}/cancel"))
    assert 'already has status "succeeded"' in error["message"]


@fact("jobs.retrieve", "is not changed by a cancellation that came too late", known="documented")
def test_a_late_cancellation_changes_nothing(line: Line, walk: Walk) -> None:
    line.post(f"{JOBS}/{walk.created['id']}/cancel")

    assert line.get(f"{JOBS}/{walk.created['id']}").ok() == walk.last.job


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param(deed, marks=fact(f"jobs.{deed}", "of a job that has ended is a 400", known="unverified"), id=deed)
        for deed in ("pause", "resume")
    ],
)
def test_a_job_that_has_ended_neither_rests_nor_goes_on(line: Line, cancelled: Obj, deed: str) -> None:
    invalid(line.post(f"{JOBS}/{cancelled['id']}/{deed}"))
