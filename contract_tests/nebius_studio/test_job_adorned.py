"""An order with all that one could have: what is held of Token Factory, but for what came later."""

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact
from contract_tests.harness.line import Line
from contract_tests.nebius import test_job_adorned
from contract_tests.nebius.conftest import DEFAULTS
from contract_tests.nebius.provider import JOBS
from contract_tests.nebius_studio.shared import shared

globals().update(
    shared(
        test_job_adorned,
        but=(
            "test_a_method_is_answered",
            "test_no_hyperparameters_are_answered_beside_a_method",
            "test_mlflow_is_answered_without_its_credentials",
            "test_hugging_face_is_answered_without_its_token",
            "test_integrations_keep_their_order",
            "test_the_start_is_answered_without_its_token",
            "test_the_adornments_stay",
        ),
    )
)


@fact("jobs.create", "answers hyperparameters whatever method is sent beside them", known="documented")
def test_hyperparameters_are_never_null(job: Obj) -> None:
    assert job["hyperparameters"] == {**DEFAULTS, "n_epochs": 1, "batch_size": 8, "lora": True}


@fact("jobs.create", "does not answer a method that was sent", known="unverified")
def test_a_method_that_is_sent_is_not_answered(job: Obj) -> None:
    assert "method" not in job


@fact("jobs.create", "does not answer a checkpoint that was sent", known="unverified")
def test_a_start_that_is_sent_is_not_answered(job: Obj) -> None:
    assert "from_checkpoint" not in job


@fact("jobs.create", "answers a wandb integration with project, name, entity and tags", known="documented")
def test_wandb_is_answered_whole(job: Obj) -> None:
    told: dict[str, object] = {"project": "contract", "name": "a-run", "entity": None, "tags": []}

    assert job["integrations"] == [{"type": "wandb", "wandb": told}]


@fact("jobs.retrieve", "answers hyperparameters and integrations as the creation did", known="documented")
def test_the_adornments_stay_as_they_were(line: Line, job: Obj) -> None:
    found = line.get(f"{JOBS}/{job['id']}").ok()

    assert [*found] == [*job]
    for name in ("integrations", "hyperparameters"):
        assert found[name] == job[name]
