"""Two accounts: what one has, the other cannot see, take or undo."""

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.walk import Walk
from contract_tests.nebius.conftest import Cancellation, create
from contract_tests.nebius.orders import TRAINING
from contract_tests.nebius.provider import FILES, GOING, JOBS


@free
@fact("files.retrieve", "of another account's file is a 404", known="documented")
def test_anothers_file_is_not_described(stranger: Line, training_file: Obj) -> None:
    stranger.get(f"{FILES}/{training_file['id']}").refused(404)


@free
@fact("files.content", "of another account's file is a 404", known="documented")
def test_anothers_file_is_not_read(stranger: Line, training_file: Obj) -> None:
    stranger.get(f"{FILES}/{training_file['id']}/content").refused(404)


@free
@fact("files.list", "has no other account's files", known="documented")
def test_anothers_files_are_not_listed(stranger: Line, training_file: Obj) -> None:
    assert training_file["id"] not in [file["id"] for file in stranger.get(FILES, limit=100).rows()]


@free
@fact("files.delete", "of another account's file is a 404, and the file stays", known="documented")
def test_anothers_file_is_not_deleted(line: Line, stranger: Line, training_file: Obj) -> None:
    stranger.delete(f"{FILES}/{training_file['id']}").refused(404)

    assert line.get(f"{FILES}/{training_file['id']}").ok() == training_file


@spends
@pytest.mark.parametrize(
    "below",
    [
        pytest.param(
            "", marks=fact("jobs.retrieve", "of another account's job is a 404", known="documented"), id="job"
        ),
        pytest.param("/events", marks=fact("jobs.events", "of another account's job are a 404", known="documented")),
        pytest.param(
            "/checkpoints", marks=fact("jobs.checkpoints", "of another account's job are a 404", known="documented")
        ),
    ],
)
def test_anothers_job_is_not_told(stranger: Line, walk: Walk, below: str) -> None:
    stranger.get(f"{JOBS}/{walk.created['id']}{below}").refused(404)


@spends
@fact("jobs.checkpoint", "of another account's job is a 404", known="documented")
def test_anothers_checkpoint_is_not_told(stranger: Line, walk: Walk) -> None:
    made = walk.last.checkpoints.rows()
    assert made

    stranger.get(f"{JOBS}/{walk.created['id']}/checkpoints/{made[0]['id']}").refused(404)


@spends
@fact("files.content", "of another account's result file is a 404", known="documented")
def test_anothers_result_file_is_not_read(stranger: Line, walk: Walk) -> None:
    made = walk.last.checkpoints.rows()
    assert made

    stranger.get(f"{FILES}/{made[-1]['result_files'][0]}/content").refused(404)


@spends
@fact("jobs.list", "has no other account's jobs", known="documented")
def test_anothers_jobs_are_not_listed(stranger: Line, walk: Walk) -> None:
    assert walk.created["id"] not in [job["id"] for job in stranger.get(JOBS, limit=100).rows()]


@spends
@pytest.mark.usefixtures("stranger")
@fact("jobs.cancel", "of another account's job is a 404", known="documented")
def test_anothers_job_is_not_cancelled(cancellation: Cancellation) -> None:
    cancellation.created.ok()
    assert cancellation.stranger
    cancellation.stranger.refused(404)


@spends
@pytest.mark.usefixtures("stranger")
@fact("jobs.retrieve", "goes on where another account tried to cancel the job", known="documented")
def test_another_account_stops_no_job(cancellation: Cancellation) -> None:
    cancellation.created.ok()
    assert cancellation.untouched
    assert cancellation.untouched.ok()["status"] in GOING


@spends
@fact("jobs.create", "on another account's file is a 404", known="documented")
def test_anothers_file_is_not_trained_on(run: Run, stranger: Line, model: str, training_file: Obj) -> None:
    body = {"model": model, "training_file": training_file["id"], "suffix": run.name()}

    create(run, body, data=[TRAINING], epochs=3, line=stranger).refused(404)
