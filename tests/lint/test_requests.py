"""What a client says in its requests: members, ids, secrets, paths and content types."""

import json
from typing import Any

import httpx
import openai
import pytest

from emulator.server import Emulator
from tests.conftest import client_of
from tests.lint.clients import DATA, FILES, JOBS, MODEL, bad, finding, lint, names, official, order, upload

SECRET = "sk-" + "c4n4ry" * 5


def test_members_that_do_nothing_are_told_with_what_may_have_been_meant(plain: httpx.Client) -> None:
    order(
        plain,
        hyperparameters={"learning_rate_multiplier": 2e-5, "lora_rank": 16, "n_epoch": 2, "lora": True},
        metadata={"team": "a"},
        n_epochs=3,
        zebra=1,
    )
    found = finding(plain, "unknown_members")
    assert (found["severity"], found["count"]) == ("warning", 1)
    assert found["what"].split(", `") == [
        "`metadata` (dropped)",
        "n_epochs` (dropped; did you mean `hyperparameters.n_epochs`?)",
        "zebra` (dropped)",
        "hyperparameters.learning_rate_multiplier` (taken, without effect; did you mean `learning_rate`?)",
        "hyperparameters.lora_rank` (taken, without effect; did you mean `lora_r`?) and 1 more",
    ]


def test_every_member_that_is_published_is_known(plain: httpx.Client) -> None:
    every = {
        "batch_size": 8,
        "learning_rate": 1e-5,
        "n_epochs": 1,
        "warmup_ratio": 0.0,
        "weight_decay": 0.0,
        "packing": True,
        "max_grad_norm": 1.0,
        "context_length": 8192,
        "lora": True,
        "lora_r": 8,
        "lora_alpha": 8,
        "lora_dropout": 0.0,
    }
    file = upload(plain)
    wandb = {"type": "wandb", "wandb": {"project": "p", "api_key": SECRET}}
    top = {"suffix": "s", "seed": 1, "tags": ["a"], "validation_file": file, "integrations": [wandb], "extra_body": {}}
    body = {"model": MODEL, "training_file": file, **top}
    method = {"type": "supervised", "supervised": {"hyperparameters": every}}
    for how in ({"hyperparameters": every}, {"method": method}, {"hyperparameters": None, "method": None}):
        plain.post(JOBS, json={**body, **how}).raise_for_status()
    assert bad(plain) == ["stops_watching"]


def test_an_unknown_member_of_the_method_is_told(manual: Emulator, plain: httpx.Client, key: str) -> None:
    hyperparameters: Any = {"learning_rate_multiplier": 2}
    with official(manual, key) as sdk:
        sdk.fine_tuning.jobs.create(
            model=MODEL,
            training_file=upload(plain),
            method={"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
        )
    where = "`method.supervised.hyperparameters.learning_rate_multiplier`"
    assert where in finding(plain, "unknown_members")["what"]


def test_a_body_that_is_too_long_to_be_kept_is_not_judged(plain: httpx.Client) -> None:
    order(plain, tags=["t" * 20_000], lora_rank=8)
    found = lint(plain)
    assert "unknown_members" not in [each["name"] for each in found["findings"]]
    assert {"name": "unknown_members", "why": "1 of the create requests had a body that is not kept"} in found[
        "not_judged"
    ]


def test_secrets_out_of_place_are_told_by_their_place_and_never_themselves(plain: httpx.Client) -> None:
    hyperparameters = {"wandb_api_key": "canary-7c1", "n_epochs": 1}
    order(plain, suffix=SECRET, metadata={"note": f"use {SECRET}"}, hyperparameters=hyperparameters)
    plain.get(f"{FILES}/{SECRET}")
    plain.get(FILES, params={"api_key": "canary-7c1"})
    plain.post(FILES, files={"file": (f"{SECRET}.jsonl", DATA)}, data={"purpose": "fine-tune"})
    plain.get(f"/v1files/{SECRET}")
    order(plain, **{SECRET: 1})
    found = finding(plain, "exposes_secrets")
    assert found["severity"] == "error"
    for place in (
        "`suffix`",
        "`metadata.note`",
        "`hyperparameters.wandb_api_key`",
        "the path",
        "the query's `api_key`",
    ):
        assert place in found["what"]
    assert (found["requests"], found["count"]) == ([2, 3, 4, 5, 6], 5)
    assert {"wrong_base_url", "unknown_members"} <= {*names(plain)}
    assert "canary" not in json.dumps(lint(plain))
    assert SECRET not in json.dumps(lint(plain))


def test_a_clients_own_key_in_a_path_is_told(manual: Emulator) -> None:
    key = "v1.a-key-of-this-test-alone"
    with client_of(manual, key) as client:
        client.get(f"{JOBS}/{key}")
        assert finding(client, "exposes_secrets")["what"] == "1 request; jobs.retrieve: the path"


def test_secrets_in_their_places_and_names_that_only_look_like_one_are_not_told(plain: httpx.Client) -> None:
    wandb = {"type": "wandb", "wandb": {"project": "p", "api_key": SECRET}}
    hub = {"type": "hf", "hf": {"output_repo_name": "me/mine", "api_token": SECRET}}
    start = {"type": "hf", "repo": "me/base", "token": SECRET}
    order(plain, integrations=[wandb, hub], from_checkpoint=start, hyperparameters={"pad_token": "<pad>"})
    order(plain, metadata={"key": "value", "eos_token": "</s>"}, suffix="sk-short")
    assert "exposes_secrets" not in names(plain)


@pytest.mark.parametrize("nothing", ["None", "undefined", "null", "[object Object]", "<job_ID>", "{file_id}"])
def test_what_a_program_makes_of_no_id_is_told(plain: httpx.Client, nothing: str) -> None:
    plain.get(f"{FILES}/{nothing}")
    plain.get(f"/v1/models/{nothing}")
    plain.get(JOBS, params={"after": nothing})
    plain.post(JOBS, json={"model": MODEL, "training_file": nothing})
    found = finding(plain, "asks_for_nothing")
    assert (found["severity"], found["requests"]) == ("error", [1, 2, 3, 4])
    assert f"files.retrieve with '{nothing}' as its file_id" in found["what"]
    assert found["source"] == "observed: fine_tuned_model is null even after success"


def test_of_an_empty_id_each_provider_has_its_own_source(plain: httpx.Client) -> None:
    plain.get(f"/openai{FILES}/None")
    assert finding(plain, "asks_for_nothing")["source"].startswith("documented: fine_tuned_model is null while")


def test_an_id_that_is_not_there_is_no_nothing(plain: httpx.Client) -> None:
    plain.get(f"{FILES}/file-nope")
    plain.get("/v1/models/Nonesuch/Model")
    assert names(plain) == []


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/v1files", "/v1/files"),
        ("/v1fine_tuning/jobs", JOBS),
        ("/v1/v1/fine_tuning/jobs", JOBS),
        ("//v1/files", "/v1/files"),
        ("/files", "/v1/files"),
        ("/nebius/v1files", "/v1/files"),
    ],
)
def test_a_base_url_that_was_put_together_wrongly_is_told(manual: Emulator, key: str, path: str, meant: str) -> None:
    with httpx.Client(headers={"authorization": f"Bearer {key}"}) as client:
        assert client.get(httpx.URL(manual.url, raw_path=path.encode())).status_code == 404
    with client_of(manual, key) as client:
        found = finding(client, "wrong_base_url")
        assert found["severity"] == "error"
        assert f"GET {path}, where {meant} was meant" in found["what"]


def test_the_sdk_with_a_base_url_that_lacks_the_version_is_told(
    manual: Emulator, plain: httpx.Client, key: str
) -> None:
    with openai.OpenAI(base_url=manual.url, api_key=key) as sdk, pytest.raises(openai.NotFoundError):
        sdk.files.list()
    assert finding(plain, "wrong_base_url")["count"] == 1


def test_calls_that_the_provider_has_and_this_does_not_and_other_paths_are_not_told(plain: httpx.Client) -> None:
    for path in ("/v0/models", "/v1/batches", "/robots.txt", "/v2/assistants"):
        plain.get(path)
    assert names(plain) == []


def test_json_that_is_called_a_form_is_told_and_other_refusals_are_not(plain: httpx.Client) -> None:
    plain.post(JOBS, json={"model": MODEL})
    assert "wrong_content_type" not in names(plain)
    content = json.dumps({"model": MODEL, "training_file": "file-a"})
    plain.post(JOBS, content=content, headers={"content-type": "application/x-www-form-urlencoded"})
    found = finding(plain, "wrong_content_type")
    assert (found["severity"], found["requests"]) == ("error", [2])
    assert "jobs.create was sent as application/x-www-form-urlencoded, and takes application/json" in found["what"]
