"""Orders on files that cannot be trained on: refused, and if they are taken, they have a price like any other job."""

import pytest

from contract_tests.harness.answers import Answer
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.nebius.conftest import create, upload
from contract_tests.nebius.orders import TRAINING, VALIDATION
from contract_tests.nebius.provider import FILES

pytestmark = spends


@pytest.fixture
def misfiled(run: Run, model: str) -> Answer:
    """The answer to an order on a file that is for a batch."""
    file_id = upload(run, TRAINING, purpose="batch").ok()["id"]
    body = {"model": model, "training_file": file_id, "suffix": run.name(), "hyperparameters": {"n_epochs": 1}}
    return create(run, body, data=[TRAINING], epochs=1)


@fact("jobs.create", "on a file for a batch is a 400", known="unverified")
def test_a_file_for_a_batch_is_refused(misfiled: Answer) -> None:
    assert isinstance(misfiled.refused(400), str)


def without_file(run: Run, line: Line, model: str) -> Answer:
    """Order a job on a file that was deleted."""
    file_id = upload(run, VALIDATION).ok()["id"]
    assert line.delete(f"{FILES}/{file_id}").status == 200
    body = {"model": model, "training_file": file_id, "suffix": run.name(), "hyperparameters": {"n_epochs": 1}}
    return create(run, body, data=[VALIDATION], epochs=1)


@fact("jobs.create", "on a deleted file is a 404", known="unverified")
def test_a_deleted_file_is_refused(run: Run, line: Line, model: str) -> None:
    without_file(run, line, model).refused(404)


@fact("jobs.create", "with an unknown validation file is a 404", known="unverified")
def test_an_unknown_validation_file_is_refused(run: Run, model: str) -> None:
    unknown = "file-00000000-0000-7000-8000-000000000001"
    body = {
        "model": model,
        "training_file": upload(run, TRAINING).ok()["id"],
        "validation_file": unknown,
        "suffix": run.name(),
        "hyperparameters": {"n_epochs": 1},
    }

    assert unknown in create(run, body, data=[TRAINING], epochs=1).refused(404)
