"""What one account sees of another's: nothing."""

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.walk import Walk
from contract_tests.openai.conftest import Cancellation, upload
from contract_tests.openai.envelope import invalid
from contract_tests.openai.orders import TEXT, refusable
from contract_tests.openai.provider import CHECKPOINTS, FILES, JOBS, MODELS, PAGE, UPLOADS


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        pytest.param(*told, marks=fact(name, "of another account's file is a 404", known="documented"), id=name)
        for name, told in {
            "files.retrieve": ("GET", ""),
            "files.content": ("GET", "/content"),
            "files.delete": ("DELETE", ""),
        }.items()
    ],
)
@free
def test_a_file_is_its_accounts_own(stranger: Line, line: Line, training_file: Obj, method: str, rest: str) -> None:
    path = f"{FILES}/{training_file['id']}"

    invalid(stranger.send(method, f"{path}{rest}"), 404)
    assert line.get(path).ok() == training_file


@free
@fact("files.list", "does not list another account's files", known="documented")
def test_files_are_listed_to_their_account(stranger: Line, training_file: Obj) -> None:
    assert training_file["id"] not in [file["id"] for file in stranger.get(FILES, limit=PAGE).rows()]


@free
@fact("files.list", "after another account's file is empty, as after an unknown one", known="unverified")
def test_another_accounts_file_is_no_cursor(run: Run, stranger: Line, training_file: Obj) -> None:
    upload(run, TEXT, line=stranger).ok()

    assert stranger.get(FILES, order="asc", after=training_file["id"]).rows() == []


@free
@fact("jobs.create", "on another account's file is refused as on an unknown one", known="documented")
def test_a_file_is_trained_on_by_its_account(stranger: Line, training_file: Obj) -> None:
    body = refusable(training_file=training_file["id"])
    error = invalid(stranger.send("POST", JOBS, json=body, priced=True))

    assert error["message"] == f"invalid training_file: {training_file['id']}"


@pytest.fixture(scope="module")
def announced(run: Run) -> Obj:
    """A pending upload."""
    told = {"filename": f"{run.name()}.jsonl", "purpose": "batch", "bytes": 1, "mime_type": "text/jsonl"}
    return run.line.post(UPLOADS, told).ok()


@free
@fact("uploads.cancel", "of another account's upload is a 404", known="documented")
def test_an_upload_is_cancelled_by_its_account(stranger: Line, announced: Obj) -> None:
    invalid(stranger.post(f"{UPLOADS}/{announced['id']}/cancel"), 404)


@free
@fact("uploads.parts.create", "of another account's upload is a 404", known="documented")
def test_an_upload_takes_its_accounts_parts(stranger: Line, announced: Obj) -> None:
    invalid(stranger.send("POST", f"{UPLOADS}/{announced['id']}/parts", files={"data": ("part", b"x")}), 404)


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(rest, marks=fact(name, "of another account's job is a 404", known="documented"), id=name)
        for name, rest in (
            ("jobs.retrieve", ""),
            ("jobs.events", "/events"),
            ("jobs.checkpoints", "/checkpoints"),
        )
    ],
)
@spends
def test_a_job_is_its_accounts_own(stranger: Line, plain: Answer, rest: str) -> None:
    error = invalid(stranger.get(f"{JOBS}/{plain.ok()['id']}{rest}"), 404)

    assert error["code"] == "fine_tune_not_found"


@spends
@fact("jobs.cancel", "of another account's job is a 404, and leaves it going on", known="documented")
def test_a_job_is_cancelled_by_its_account(stranger: Line, cancellation: Cancellation) -> None:
    assert cancellation.stranger
    assert cancellation.untouched

    invalid(cancellation.stranger, 404)
    assert cancellation.untouched.ok()["status"] != "cancelled"


@spends
@fact("jobs.list", "does not list another account's jobs", known="documented")
def test_jobs_are_listed_to_their_account(stranger: Line, plain: Answer) -> None:
    assert plain.ok()["id"] not in [job["id"] for job in stranger.get(JOBS, limit=PAGE).rows()]


@spends
@fact("jobs.pause", "of another account's job is a 404", known="documented")
def test_a_job_is_paused_by_its_account(stranger: Line, plain: Answer) -> None:
    invalid(stranger.post(f"{JOBS}/{plain.ok()['id']}/pause"), 404)


@spends
@fact("models.list", "does not list another account's tuned models", known="documented")
def test_tuned_models_are_listed_to_their_account(stranger: Line, tuned: str) -> None:
    assert tuned not in [model["id"] for model in stranger.get(MODELS).rows()]


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(method, marks=fact(name, "of another account's model is a 404", known="documented"), id=name)
        for name, method in (("models.retrieve", "GET"), ("models.delete", "DELETE"))
    ],
)
@spends
def test_a_tuned_model_is_its_accounts_own(stranger: Line, line: Line, tuned: str, method: str) -> None:
    invalid(stranger.send(method, f"{MODELS}/{tuned}"), 404)
    assert line.get(f"{MODELS}/{tuned}").status == 200


@spends
@fact("files.content", "of another account's result is a 404", known="documented")
def test_a_result_is_its_accounts_own(stranger: Line, walk: Walk) -> None:
    (id_,) = walk.last.job["result_files"]

    invalid(stranger.get(f"{FILES}/{id_}/content"), 404)


@spends
@fact("permissions.list", "of another account's checkpoint is a 404", known="documented")
def test_a_checkpoints_permissions_are_its_accounts_own(stranger: Line, tuned: str) -> None:
    answer = stranger.get(f"{CHECKPOINTS}/{tuned}/permissions")
    if answer.status in (401, 403):
        pytest.skip("permissions take an admin key")

    invalid(answer, 404)


@spends
@fact("jobs.retrieve", "names another organization for another account", known="observed")
def test_accounts_have_organizations_of_their_own(stranger: Line, line: Line) -> None:
    ours, theirs = (each.get(FILES, limit=1).headers.get("openai-project") for each in (line, stranger))

    assert ours != theirs
