"""What AI Studio of 2025 has of its own: its order of members, no method, one integration, a list without pages."""

from typing import Any

import httpx
import pytest

from emulator.client import Tenant
from emulator.dialects.nebius.wire import studio as wire
from tests.conftest import Serve, client_of
from tests.test_sdk_walk import MODEL, dataset

JOBS = "fine_tuning/jobs"
LORA_FIRST = [*("lora", "lora_r", "lora_alpha", "lora_dropout"), *("packing", "max_grad_norm", "context_length")]
METHOD = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 9}}}
CANARY = "canary-of-a-token"


def upload(client: httpx.Client) -> str:
    form: dict[str, Any] = {"files": {"file": ("a.jsonl", dataset(), "application/jsonl")}}
    return str(client.post("files", data={"purpose": "fine-tune"}, **form).raise_for_status().json()["id"])


def create(client: httpx.Client, **more: Any) -> dict[str, Any]:
    body = {"model": MODEL, "training_file": upload(client), **more}
    job: dict[str, Any] = client.post(JOBS, json=body).raise_for_status().json()
    return job


def test_a_job_has_the_members_of_its_page_in_their_order_wherever_it_is_shown(plain: httpx.Client) -> None:
    created = create(plain)
    path = f"{JOBS}/{created['id']}"
    shown = [created, plain.get(path).json(), plain.get(JOBS).json()["data"][0], plain.post(f"{path}/cancel").json()]

    assert {(*job,) for job in shown} == {(*wire.FineTuningJob.model_fields,)}
    assert {(*job["hyperparameters"],)[5:] for job in shown} == {(*LORA_FIRST,)}


def test_a_method_and_a_start_are_unknown_members_and_change_nothing(plain: httpx.Client) -> None:
    start = {"type": "hf", "repo": "a/b", "token": CANARY}
    job = create(plain, method=METHOD, from_checkpoint=start, hyperparameters={"n_epochs": 2})

    assert job["hyperparameters"]["n_epochs"] == 2
    assert job.keys().isdisjoint({"method", "from_checkpoint"})


def test_hyperparameters_are_answered_with_their_defaults_where_null_was_sent(plain: httpx.Client) -> None:
    assert create(plain, hyperparameters=None)["hyperparameters"] == wire.HParameters().model_dump()


def test_an_unknown_hyperparameter_comes_back_behind_the_others(plain: httpx.Client) -> None:
    told = create(plain, hyperparameters={"learning_rate_multiplier": 2, "packing": False})["hyperparameters"]

    assert [*told][-1] == "learning_rate_multiplier"
    assert told["packing"] is False


@pytest.mark.parametrize("kind", ["hf", "mlflow"])
def test_an_integration_that_came_later_is_a_422_that_repeats_no_secret(plain: httpx.Client, kind: str) -> None:
    later = {"type": kind, kind: {"output_repo_name": "a/b", "api_token": CANARY, "password": CANARY}}
    refused = plain.post(JOBS, json={"model": MODEL, "training_file": "file-0", "integrations": [later]})

    assert refused.status_code == 422
    assert [flaw["loc"] for flaw in refused.json()["detail"]] == [["body", "integrations", 0, "wandb"]]
    assert CANARY not in refused.text


def test_the_list_of_jobs_is_whole_whatever_is_asked_of_its_pages(plain: httpx.Client) -> None:
    made = [create(plain)["id"] for _ in range(25)]
    listed = plain.get(JOBS, params={"limit": "1", "after": made[3]}).json()

    assert [job["id"] for job in listed["data"]] == made[::-1]
    assert listed["has_more"] is False


def test_the_list_of_jobs_is_that_of_a_project(plain: httpx.Client) -> None:
    body = {"model": MODEL, "training_file": upload(plain)}
    made = plain.post(JOBS, params={"ai_project_id": "p"}, json=body).json()["id"]
    create(plain)

    assert [job["id"] for job in plain.get(JOBS, params={"ai_project_id": "p"}).json()["data"]] == [made]


def test_ids_are_those_of_the_time_those_of_checkpoints_files_too(tenant: Tenant, plain: httpx.Client) -> None:
    tenant.clock.set(mode="manual")
    job = create(plain)
    tenant.clock.advance(days=1)
    [*_, made] = plain.get(f"{JOBS}/{job['id']}/checkpoints").json()["data"]

    assert {id_.removeprefix("file-")[14] for id_ in (job["training_file"], *made["result_files"])} == {"4"}
    assert made["id"].removeprefix("ftckpt_")[14] == "4"
    assert plain.get(f"files/{made['result_files'][0]}").json()["id"] == made["result_files"][0]


def test_it_has_a_state_of_its_own_beside_that_of_token_factory(tenant: Tenant, plain: httpx.Client) -> None:
    job = create(plain)["id"]
    with httpx.Client(base_url=tenant.base_url("nebius"), headers=plain.headers) as today:
        answer = today.get(f"{JOBS}/{job}")

        assert answer.status_code == 404
        assert today.get("files").json()["data"] == []


@pytest.mark.parametrize("path", ["datasets", "operations", "files/file-0/link", "../v0/dedicated_endpoints"])
def test_what_came_later_is_a_404(plain: httpx.Client, path: str) -> None:
    answer = plain.get(path.replace("../", str(plain.base_url).removesuffix("v1/")))

    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def test_what_it_had_and_this_emulator_has_not_is_a_501_under_its_name(plain: httpx.Client) -> None:
    answer = plain.get("batches")

    assert answer.status_code == 501
    assert "Nebius AI Studio" in answer.json()["detail"]


def test_it_is_at_the_root_where_that_is_asked_for(serve: Serve) -> None:
    with client_of(serve(dialect="nebius-studio", lifecycle="observed")) as client:
        client.base_url = httpx.URL(f"{client.base_url}/v1")
        job = create(client)

    assert (job["status"], [*job]) == ("running", [*wire.FineTuningJob.model_fields])
