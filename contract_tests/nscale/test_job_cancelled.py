"""A job that is cancelled at once, as the provider's own client does it: with an empty body that it calls JSON."""

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.nscale.conftest import Cancellation
from contract_tests.nscale.envelope import impossible, instant
from contract_tests.nscale.orders import pushed
from contract_tests.nscale.provider import JOBS

pytestmark = spends


def cancelled(cancellation: Cancellation) -> Obj:
    return cancellation.cancelled.ok()


def at(cancellation: Cancellation, below: str = "") -> str:
    return f"{JOBS}/{cancellation.created['id']}{below}"


@fact("jobs.cancel", "takes an empty body that calls itself JSON", known="observed")
def test_a_cancellation_needs_no_body(cancellation: Cancellation) -> None:
    assert cancellation.cancelled.status == 200


@fact("jobs.cancel", "answers the job", known="observed")
def test_a_cancellation_answers_the_job(cancellation: Cancellation, schema: Schema) -> None:
    schema.holds("Job", cancelled(cancellation))
    assert cancelled(cancellation)["id"] == cancellation.created["id"]


@fact("jobs.cancel", "answers a job that is cancelled", known="observed")
def test_a_cancelled_job_says_so(cancellation: Cancellation) -> None:
    assert cancelled(cancellation)["status"] == "cancelled"


@fact("jobs.retrieve", "is cancelled right after the cancellation", known="unverified")
def test_a_job_is_cancelled_at_once(cancellation: Cancellation) -> None:
    assert cancellation.soon.job == cancelled(cancellation)


@fact("jobs.cancel", "keeps what was asked", known="unverified")
def test_a_cancelled_job_keeps_what_was_asked(cancellation: Cancellation) -> None:
    kept = ("id", "name", "base_model", "dataset", "hyperparameters", "created_at")

    assert [cancelled(cancellation)[name] for name in kept] == [cancellation.created[name] for name in kept]


@fact("jobs.cancel", "gives the job an end", known="unverified")
def test_a_cancelled_job_has_an_end(cancellation: Cancellation) -> None:
    job = cancelled(cancellation)

    assert instant(job["completed_at"]) >= instant(job["created_at"])


@fact("jobs.cancel", "leaves a job that was queued without a start", known="unverified")
def test_a_job_that_was_queued_never_started(cancellation: Cancellation) -> None:
    assert cancelled(cancellation)["started_at"] is None


@fact("jobs.cancel", "is no failure", known="unverified")
def test_a_cancelled_job_has_no_error(cancellation: Cancellation) -> None:
    assert cancelled(cancellation).get("error") is None


@fact("jobs.cancel", "of a cancelled job is refused in a sentence that says what it is", known="unverified")
def test_a_job_is_cancelled_once(cancellation: Cancellation) -> None:
    said = impossible(cancellation.again)

    assert "is cancelled" in said
    assert cancellation.created["id"] in said


@fact("jobs.retrieve", "answers the same of a cancelled job for ever", known="unverified")
def test_a_cancelled_job_stays_cancelled(line: Line, cancellation: Cancellation) -> None:
    assert line.get(at(cancellation)).ok() == cancellation.soon.job


@fact("jobs.metrics", "has nothing measured of a job that never ran", known="documented")
def test_a_job_that_never_ran_measured_nothing(cancellation: Cancellation) -> None:
    assert cancellation.soon.metrics.ok() == {
        "data": None,
        "training_steps": 0,
        "training_tokens": 0,
        "validation_steps": 0,
    }


@fact("jobs.download", "of a cancelled job is refused in a sentence that says what it is", known="documented")
def test_a_cancelled_job_has_no_model(line: Line, cancellation: Cancellation) -> None:
    said = impossible(line.get(at(cancellation, "/download")))

    assert "cancelled" in said
    assert cancellation.created["id"] in said


@fact("jobs.download", "of a cancelled job is refused to who asks for JSON too", known="unverified")
def test_a_cancelled_job_has_no_link(line: Line, cancellation: Cancellation) -> None:
    impossible(line.send("GET", at(cancellation, "/download"), headers={"accept": "application/json"}))


@fact("exports.create", "of a cancelled job is refused in a sentence that says what it is", known="documented")
def test_a_cancelled_job_is_not_exported(line: Line, cancellation: Cancellation) -> None:
    assert "cancelled" in impossible(line.post(at(cancellation, "/exports/hugging-face"), pushed()))


@fact("exports.list", "has none of a cancelled job", known="unverified")
def test_a_cancelled_job_has_no_exports(line: Line, cancellation: Cancellation) -> None:
    assert line.get(at(cancellation, "/exports")).rows() == []


@fact("jobs.list", "shows a cancelled job as it is", known="unverified")
def test_a_cancelled_job_is_listed(line: Line, cancellation: Cancellation) -> None:
    assert cancellation.soon.job in line.get(JOBS, status="cancelled", limit=100).rows()


@fact("jobs.cancel", "leaves other jobs as they are", known="documented")
def test_a_cancellation_is_of_one_job(creation: Answer, line: Line, cancellation: Cancellation) -> None:
    assert cancelled(cancellation)["id"] != creation.ok()["job"]["id"]
    assert line.get(f"{JOBS}/{creation.ok()['job']['id']}").ok()["status"] != "cancelled"
