"""What belongs to another: neither another token nor another organization comes to it."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.walk import Walk
from contract_tests.nscale.conftest import Cancellation
from contract_tests.nscale.envelope import missing
from contract_tests.nscale.orders import COLUMNS
from contract_tests.nscale.provider import DATASETS, FILES, GOING, JOBS, PAGE

ELSEWHERE = "5d0e9f3a-2b41-4c67-8a90-1f2e3d4c5b6a"


def not_shown(answer: Answer, id_: str) -> None:
    """Hold that a list is refused, or does not have something."""
    if answer.status == 200:
        assert id_ not in [row["id"] for row in answer.rows()]
    else:
        assert answer.status in (401, 403, 404), f"neither a list nor a refusal: {answer!r}"


@free
@fact("files.retrieve", "of another token's file is a 404", known="unverified")
def test_anothers_file_is_not_told(stranger: Line, training_file: Obj) -> None:
    assert training_file["id"] in missing(stranger.get(f"{FILES}/{training_file['id']}"))


@free
@fact("files.list", "has no other token's files", known="unverified")
def test_anothers_files_are_not_listed(stranger: Line, training_file: Obj) -> None:
    not_shown(stranger.get(FILES, limit=PAGE), training_file["id"])


@free
@fact("files.delete", "of another token's file is a 404, and the file stays", known="unverified")
def test_anothers_file_is_not_deleted(line: Line, stranger: Line, training_file: Obj) -> None:
    missing(stranger.delete(f"{FILES}/{training_file['id']}"))

    assert line.get(f"{FILES}/{training_file['id']}").ok()["id"] == training_file["id"]


@free
@fact("datasets.retrieve", "of another token's dataset is a 404", known="unverified")
def test_anothers_dataset_is_not_told(stranger: Line, dataset: Obj) -> None:
    missing(stranger.get(f"{DATASETS}/{dataset['id']}"))


@free
@fact("datasets.list", "has no other token's datasets", known="unverified")
def test_anothers_datasets_are_not_listed(stranger: Line, dataset: Obj) -> None:
    not_shown(stranger.get(DATASETS, limit=PAGE), dataset["id"])


@free
@fact("datasets.update", "of another token's dataset is a 404, and it stays as it is", known="unverified")
def test_anothers_dataset_is_not_changed(line: Line, stranger: Line, dataset: Obj) -> None:
    missing(stranger.send("PATCH", f"{DATASETS}/{dataset['id']}", json={"name": "contract-tests"}))

    assert line.get(f"{DATASETS}/{dataset['id']}").ok() == dataset


@free
@fact("datasets.delete", "of another token's dataset is a 404, and it stays", known="unverified")
def test_anothers_dataset_is_not_deleted(line: Line, stranger: Line, dataset: Obj) -> None:
    missing(stranger.delete(f"{DATASETS}/{dataset['id']}"))

    assert line.get(f"{DATASETS}/{dataset['id']}").ok() == dataset


@free
@fact("datasets.create", "of another token's file is a 404", known="unverified")
def test_no_dataset_is_made_of_anothers_file(run: Run, stranger: Line, training_file: Obj) -> None:
    missing(stranger.post(DATASETS, {"name": run.name(), "training_file_id": training_file["id"]}))


@free
@fact("jobs.create", "on another token's dataset is a 404", known="unverified")
def test_anothers_dataset_is_not_trained_on(run: Run, stranger: Line, model: str, dataset: Obj) -> None:
    body = {"name": run.name(), "base_model_id": model, "dataset": {"id": dataset["id"], **COLUMNS}, "dry_run": True}

    missing(stranger.send("POST", JOBS, json=body, reckoned=True))


@spends
@pytest.mark.parametrize(
    "below",
    [
        pytest.param("", marks=fact("jobs.retrieve", "of another token's job is a 404", known="unverified"), id="job"),
        pytest.param("/metrics", marks=fact("jobs.metrics", "of another token's job are a 404", known="unverified")),
        pytest.param("/download", marks=fact("jobs.download", "of another token's job is a 404", known="unverified")),
        pytest.param("/exports", marks=fact("exports.list", "of another token's job is a 404", known="unverified")),
    ],
)
def test_anothers_job_is_not_told(stranger: Line, walk: Walk, below: str) -> None:
    missing(stranger.get(f"{JOBS}/{walk.created['id']}{below}"))


@spends
@fact("jobs.list", "has no other token's jobs", known="unverified")
def test_anothers_jobs_are_not_listed(stranger: Line, walk: Walk) -> None:
    not_shown(stranger.get(JOBS, limit=PAGE), walk.created["id"])


@spends
@pytest.mark.usefixtures("stranger")
@fact("jobs.cancel", "of another token's job is a 404", known="unverified")
def test_anothers_job_is_not_cancelled(cancellation: Cancellation) -> None:
    assert cancellation.stranger
    missing(cancellation.stranger)


@spends
@pytest.mark.usefixtures("stranger")
@fact("jobs.retrieve", "goes on where another token tried to cancel the job", known="unverified")
def test_another_token_stops_no_job(cancellation: Cancellation) -> None:
    assert cancellation.untouched
    assert cancellation.untouched.ok()["status"] in GOING


Elsewhere = Callable[[str], str]


@pytest.fixture
def elsewhere(run: Run, organization: str) -> Elsewhere:
    """Say where a path lies in another organization, under the same token."""
    parts = urlsplit(run.target.url)
    base = parts._replace(path=parts.path.replace(organization, ELSEWHERE)).geturl()
    return lambda path: f"{base}{path}"


def not_there(answer: Answer) -> None:
    """Hold that nothing is answered: the service may refuse the organization, where the emulator knows all."""
    assert answer.status in (401, 403, 404), f"a refusal was expected of {answer!r}"


@free
@fact("files.list", "has no other organization's files", known="documented")
def test_files_are_an_organizations(line: Line, elsewhere: Elsewhere, training_file: Obj) -> None:
    not_shown(line.get(elsewhere(FILES)), training_file["id"])


@free
@fact("files.retrieve", "has no other organization's file", known="documented")
def test_a_file_is_an_organizations(line: Line, elsewhere: Elsewhere, training_file: Obj) -> None:
    not_there(line.get(elsewhere(f"{FILES}/{training_file['id']}")))


@free
@fact("datasets.list", "has no other organization's datasets", known="documented")
def test_datasets_are_an_organizations(line: Line, elsewhere: Elsewhere, dataset: Obj) -> None:
    not_shown(line.get(elsewhere(DATASETS)), dataset["id"])


@free
@fact("datasets.retrieve", "has no other organization's dataset", known="documented")
def test_a_dataset_is_an_organizations(line: Line, elsewhere: Elsewhere, dataset: Obj) -> None:
    not_there(line.get(elsewhere(f"{DATASETS}/{dataset['id']}")))


@spends
@fact("jobs.list", "has no other organization's jobs", known="documented")
def test_jobs_are_an_organizations(line: Line, elsewhere: Elsewhere, walk: Walk) -> None:
    not_shown(line.get(elsewhere(JOBS)), walk.created["id"])


@spends
@pytest.mark.parametrize(
    "below",
    [
        pytest.param("", marks=fact("jobs.retrieve", "has no other organization's job", known="documented"), id="job"),
        pytest.param("/metrics", marks=fact("jobs.metrics", "has no other organization's job", known="documented")),
        pytest.param("/download", marks=fact("jobs.download", "has no other organization's job", known="documented")),
        pytest.param("/exports", marks=fact("exports.list", "has no other organization's job", known="documented")),
    ],
)
def test_a_job_is_an_organizations(line: Line, elsewhere: Elsewhere, walk: Walk, below: str) -> None:
    not_there(line.get(elsewhere(f"{JOBS}/{walk.created['id']}{below}")))
