"""An order with all that one can have: what comes back of it, and what never may."""

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.nebius.conftest import DEFAULTS, Cancellation
from contract_tests.nebius.orders import SECRETS
from contract_tests.nebius.provider import JOBS

pytestmark = spends


@pytest.fixture
def job(cancellation: Cancellation) -> Obj:
    """The answer to the order."""
    return cancellation.adorned.ok()


def integration(job: Obj, kind: str) -> Obj:
    """Return the integration of a kind."""
    listed = job["integrations"]
    assert isinstance(listed, list), f"integrations were expected in {job}"
    found = [each for each in listed if isinstance(each, Obj) and each["type"] == kind]
    assert len(found) == 1, f"one integration of {kind} was expected in {listed}"
    return found[0]


@fact("jobs.create", "takes an order with all that one can have", known="unverified")
def test_an_adorned_order_is_taken(cancellation: Cancellation) -> None:
    assert cancellation.adorned.status == 200


@fact("jobs.create", "answers an order with all that one can have in the published shape", known="documented")
def test_an_adorned_job_is_as_published(job: Obj, schema: Schema) -> None:
    schema.holds("FineTuningJob", job)


@fact("jobs.create", "answers the method that was asked for, with its hyperparameters filled in", known="documented")
def test_a_method_is_answered(job: Obj) -> None:
    filled = {**DEFAULTS, "n_epochs": 1, "batch_size": 8, "lora": True}

    assert job["method"] == {"type": "supervised", "supervised": {"hyperparameters": filled}}


@fact("jobs.create", "answers no hyperparameters where a method was sent", known="unverified")
def test_no_hyperparameters_are_answered_beside_a_method(job: Obj) -> None:
    assert job["hyperparameters"] is None


@fact("jobs.create", "answers a wandb integration without its key", known="documented")
def test_wandb_is_answered_without_its_key(job: Obj) -> None:
    wandb = integration(job, "wandb")["wandb"]

    assert isinstance(wandb, Obj)
    assert (wandb["project"], wandb["name"]) == ("contract", "a-run")
    assert "api_key" not in wandb


@fact("jobs.create", "answers an MLflow integration without its credentials", known="documented")
def test_mlflow_is_answered_without_its_credentials(job: Obj) -> None:
    mlflow = integration(job, "mlflow")["mlflow"]

    assert isinstance(mlflow, Obj)
    assert (mlflow["tracking_uri"], mlflow["experiment_name"]) == ("https://mlflow.invalid", "an-experiment")
    assert not {"certificate_file", "username", "password"} & mlflow.keys()


@fact("jobs.create", "answers a Hugging Face integration without its token", known="documented")
def test_hugging_face_is_answered_without_its_token(job: Obj) -> None:
    assert integration(job, "hf") == {"type": "hf", "hf": {"output_repo_name": "contract/tuned"}}


@fact("jobs.create", "answers integrations in the order in which they were sent", known="unverified")
def test_integrations_keep_their_order(job: Obj) -> None:
    assert isinstance(job["integrations"], list)
    assert [each["type"] for each in job["integrations"]] == ["wandb", "mlflow", "hf"]


@fact("jobs.create", "answers the checkpoint that is started from, without its token", known="documented")
def test_the_start_is_answered_without_its_token(job: Obj) -> None:
    assert job["from_checkpoint"] == {"type": "hf", "repo": "contract/start", "revision": "main"}


@fact("jobs.create", "does not answer tags", known="documented")
def test_tags_are_not_answered(job: Obj) -> None:
    assert "tags" not in job


@fact("jobs.create", "does not answer members that it does not know", known="unverified")
def test_an_unknown_member_is_not_answered(job: Obj) -> None:
    assert "contract_tests_unknown_member" not in job


def secretive(answer: Answer) -> None:
    """Hold that an answer has no secret that was sent."""
    assert answer.status == 200
    for secret in SECRETS:
        assert secret.encode() not in answer.content, "a secret came back"


@fact("jobs.create", "does not answer secrets", known="documented")
def test_a_creation_answers_no_secrets(cancellation: Cancellation) -> None:
    secretive(cancellation.adorned)


@fact("jobs.retrieve", "does not answer secrets", known="documented")
def test_a_job_has_no_secrets(line: Line, job: Obj) -> None:
    secretive(line.get(f"{JOBS}/{job['id']}"))


@fact("jobs.list", "does not answer secrets", known="documented")
def test_the_list_has_no_secrets(line: Line, job: Obj) -> None:
    answer = line.get(JOBS, limit=100)

    assert job["id"].encode() in answer.content
    secretive(answer)


@fact("jobs.cancel", "does not answer secrets", known="documented")
@pytest.mark.usefixtures("job")
def test_a_cancellation_answers_no_secrets(cancellation: Cancellation) -> None:
    secretive(cancellation.cancelled)


@fact("jobs.events", "do not tell secrets", known="documented")
def test_events_tell_no_secrets(line: Line, job: Obj) -> None:
    secretive(line.get(f"{JOBS}/{job['id']}/events"))


@fact("jobs.retrieve", "answers method, integrations and start as the creation did", known="documented")
def test_the_adornments_stay(line: Line, job: Obj) -> None:
    found = line.get(f"{JOBS}/{job['id']}").ok()

    for name in ("method", "integrations", "from_checkpoint", "hyperparameters"):
        assert found[name] == job[name]
