"""A job that is paused, and goes on. Of the service only the published example of a pause is known."""

import time
from dataclasses import dataclass

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Look, Walk, Walker
from contract_tests.openai import orders, published
from contract_tests.openai.conftest import create, look
from contract_tests.openai.provider import GOING, JOBS, PAUSED

pytestmark = spends
RESTS_S = 0.5
"""How long a job rests, at the least: longer than its files are validated at a target of this machine."""
LOOKS_OF_FOREIGN = 2


@dataclass(frozen=True)
class Held:
    """A job that was paused, looked at twice, and let go on until it ended."""

    created: Obj
    paused: Answer
    looks: tuple[Look, Look]
    again: Answer
    resumed: Answer
    walk: Walk


@pytest.fixture(scope="session")
def held(run: Run, model: str, training_file: Obj, walker: Walker) -> Held:
    """A job that was paused at once."""
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1, "batch_size": 5}}}
    body = {"model": model, "training_file": training_file["id"], "method": method, "suffix": run.name()}
    created = create(run, body, data=[orders.TRAINING]).ok()
    path = f"{JOBS}/{created['id']}"
    paused, first = run.line.post(f"{path}/pause"), look(run.line, created["id"], 0)
    time.sleep(max(RESTS_S, LOOKS_OF_FOREIGN * run.options.poll_s if run.target.foreign else 0))
    second, again = look(run.line, created["id"], 0), run.line.post(f"{path}/pause")
    resumed = run.line.post(f"{path}/resume")
    return Held(created, paused, (first, second), again, resumed, walker.walk(created))


@fact("jobs.pause", "answers the job, with 200, in its published shape but for paused", known="documented")
def test_a_pause_answers_the_job(held: Held, schema: Schema) -> None:
    assert held.paused.ok()["id"] == held.created["id"]
    schema.holds("FineTuningJob", published.job(held.paused.ok()))


@fact("jobs.pause", "answers paused, or the state in which the job rests", known="documented")
def test_a_paused_job_says_so_or_rests(held: Held) -> None:
    assert held.paused.ok()["status"] in GOING | {PAUSED}


@fact("jobs.retrieve", "of a paused job does not change", known="documented")
def test_a_paused_job_stands_still(held: Held) -> None:
    first, second = held.looks

    assert first.job == second.job == held.paused.ok()


@fact("jobs.events", "of a paused job are no more while it rests", known="documented")
def test_a_paused_job_tells_nothing(held: Held) -> None:
    first, second = held.looks

    assert first.events.rows() == second.events.rows()


@fact("jobs.pause", "of a paused job leaves it paused", known="unverified")
def test_a_job_may_be_paused_twice(held: Held) -> None:
    assert held.again.ok() == held.paused.ok()


@fact("jobs.resume", "answers the job, with 200, in its published shape", known="documented")
def test_a_resumption_answers_the_job(held: Held, schema: Schema) -> None:
    assert held.resumed.ok()["id"] == held.created["id"]
    assert held.resumed.ok()["status"] != PAUSED
    schema.holds("FineTuningJob", published.job(held.resumed.ok()))


@fact("jobs.retrieve", "of a job that was paused ends as if it had not been", known="documented")
def test_a_job_that_rested_succeeds(held: Held) -> None:
    assert held.walk.last.job["status"] == "succeeded"
    assert held.walk.last.checkpoints.rows()[0]["step_number"] == 2


@fact("jobs.retrieve", "of a job that was paused has an end after its rest", known="documented")
def test_the_rest_is_no_training(held: Held) -> None:
    told = held.walk.last.events.rows()[::-1]
    queued = next(event for event in told if event["message"].startswith("Files validated"))
    if queued in held.looks[0].events.rows():
        pytest.skip("the files were read before the pause came")

    assert queued not in held.looks[1].events.rows()
    assert held.walk.last.job["finished_at"] >= queued["created_at"] >= held.created["created_at"]
