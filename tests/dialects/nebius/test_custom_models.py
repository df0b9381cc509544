"""Adapters that are deployed under a name of their own: validated first, then asked by it."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from emulator.dialects.nebius.custom_models import DEPLOYABLE
from emulator.server import Emulator
from tests.conftest import Serve, client_of
from tests.inference.data import chat
from tests.inference.walk import LORA, asking, checkpoints, order, waited

TRAINED, BASE = "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Meta-Llama-3.1-8B-Instruct"
MODELS, CHAT = "/v0/models", "/v1/chat/completions"
ROWS = [chat("Who are you?", "Your own model.")]


@pytest.fixture(scope="module")
def shared(server: Emulator) -> Iterator[httpx.Client]:
    """A client whose tenant has a job with a checkpoint."""
    with client_of(server, "nebius-custom-models") as client:
        yield client


@pytest.fixture(scope="module")
def source(shared: httpx.Client) -> str:
    """A checkpoint of a LoRA job, as it is deployed."""
    return trained(shared)


def trained(client: httpx.Client, model: str = TRAINED, **further: Any) -> str:
    job = waited(client, order(client, ROWS, model, **(further or LORA)))
    return f"{job['id']}:{checkpoints(client, job)[0]['id']}"


def deploy(client: httpx.Client, source: str, base: str = BASE, **further: Any) -> httpx.Response:
    return client.post(MODELS, json={"name": "mine", "base_model": base, "source": source, **further})


def settled(client: httpx.Client, name: str) -> dict[str, Any]:
    """Look at a model until it is validated."""
    while (told := client.get(f"{MODELS}/{name}").raise_for_status().json())["status"] == "validating":
        pass
    return dict(told)


def test_a_deployed_model_answers_once_it_is_active(serve: Serve) -> None:
    with client_of(serve(clock="manual", pace=2)) as client:
        job = order(client, ROWS, TRAINED, **LORA)
        client.post("/_emulator/clock/advance", json={"seconds": 10**6})
        made = deploy(client, f"{job['id']}:{checkpoints(client, job)[0]['id']}", description="Fine tuned model").json()
        body = asking(made["name"], "Who are you?")

        assert made["status"] == "validating"
        assert client.post(CHAT, json=body).status_code == 404
        client.post("/_emulator/clock/advance", json={"seconds": 19.9})
        assert client.get(f"{MODELS}/{made['name']}").json()["status"] == "validating"
        client.post("/_emulator/clock/advance", json={"seconds": 0.1})
        assert client.get(f"{MODELS}/{made['name']}").json()["status"] == "active"
        assert client.post(CHAT, json=body).json()["choices"][0]["message"]["content"] == "Your own model."


def test_a_name_is_the_base_the_own_name_and_four_letters(shared: httpx.Client, source: str) -> None:
    one, two = (deploy(shared, source).json()["name"] for _ in range(2))

    assert all(re.fullmatch(re.escape(BASE) + r"-LoRa:mine-[A-Za-z]{4}", name) for name in (one, two))
    assert one != two


def test_both_answers_have_the_members_of_the_recorded_ones(shared: httpx.Client, source: str) -> None:
    made = deploy(shared, source, description="Fine tuned model").json()
    told = settled(shared, made["name"])
    job, checkpoint = source.split(":")

    assert {name: made[name] for name in made if name not in {"name", "created_at"}} == {
        "base_model": BASE,
        "source": source,
        "description": "Fine tuned model",
        "status": "validating",
    }
    assert told == {
        "type": "text2text",
        "name": made["name"],
        "status": "active",
        "status_reason": None,
        "checkpoint_id": checkpoint,
        "job_id": job,
        "file_id": None,
        "url": None,
        "created_at": made["created_at"],
        "description": "Fine tuned model",
        "vendor": "meta",
        "tags": ["128K context", "small", "JSON mode", "lora"],
        "use_cases": ["lora"],
        "quality": 73,
        "context_window_k": 128,
        "size_b": 8.03,
    }


def test_a_model_is_found_by_its_short_name_and_with_its_slash_encoded(shared: httpx.Client, source: str) -> None:
    name = deploy(shared, source).json()["name"]
    told = settled(shared, name)

    for written in (name.split(":")[1], quote(name, safe=""), quote(name)):
        assert shared.get(f"{MODELS}/{written}").json() == told


def test_the_list_is_a_bare_array_the_newest_last(server: Emulator, key: str) -> None:
    with client_of(server, key) as client:
        assert client.get(MODELS).json() == []
        source = trained(client)
        names = [deploy(client, source, name=f"n{number}").json()["name"] for number in range(3)]
        listed = client.get(MODELS).json()

    assert [each["name"] for each in listed] == names
    assert listed[0].keys() >= {"type", "status_reason", "job_id"}


def test_skipping_time_comes_to_a_model_that_becomes_active(serve: Serve) -> None:
    with client_of(serve(clock="manual")) as client:
        job = order(client, ROWS, TRAINED, **LORA)
        client.post("/_emulator/clock/advance", json={"seconds": 10**6})
        name = deploy(client, f"{job['id']}:{checkpoints(client, job)[0]['id']}").json()["name"]
        moved = [client.post("/_emulator/clock/skip").json()["moved"] for _ in range(2)]

        assert moved == [True, False]
        assert client.get(f"{MODELS}/{name}").json()["status"] == "active"


def test_a_client_that_looks_at_the_list_alone_sees_its_model_become_active(server: Emulator, key: str) -> None:
    with client_of(server, key) as client:
        deploy(client, "huggingface.co/a/b")
        seen = [client.get(MODELS).json()[0]["status"] for _ in range(3)]

    assert seen == ["validating", "active", "active"]


def test_models_of_a_project_are_listed_by_it(server: Emulator, key: str) -> None:
    with client_of(server, key) as client:
        source = trained(client)
        deploy(client, source)
        params = {"ai_project_id": "project-1"}
        body = {"name": "mine", "base_model": BASE, "source": source}
        name = client.post(MODELS, json=body, params=params).json()["name"]

        assert [each["name"] for each in client.get(MODELS, params=params).json()] == [name]
        assert len(client.get(MODELS).json()) == 2


@pytest.mark.parametrize("path", ["/v1/models/{short}", "/v0/models/{short}", "/v0/models/{name}", "/v1/models/{name}"])
def test_a_deleted_model_is_gone(shared: httpx.Client, source: str, path: str) -> None:
    made = deploy(shared, source).json()
    settled(shared, made["name"])
    before = len(shared.get(MODELS).json())
    gone = shared.delete(path.format(name=made["name"], short=made["name"].split(":")[1]))

    assert (gone.status_code, gone.json()) == (200, {**made, "status": "deleted"})
    assert len(shared.get(MODELS).json()) == before - 1
    assert shared.get(f"{MODELS}/{made['name']}").status_code == 404
    assert shared.post(CHAT, json=asking(made["name"], "hi")).status_code == 404
    assert shared.delete(path.format(name=made["name"], short="mine-none")).json() == {
        "detail": f"The model `{made['name'] if 'name' in path else 'mine-none'}` does not exist."
    }


def test_nobody_else_sees_a_model(server: Emulator, shared: httpx.Client, source: str) -> None:
    name = deploy(shared, source).json()["name"]
    with client_of(server, "somebody-else") as another:
        assert another.get(f"{MODELS}/{name}").status_code == another.delete(f"{MODELS}/{name}").status_code == 404


@pytest.mark.parametrize("base", ["Qwen/Qwen3-0.6B", TRAINED, "", "x" * 9999])
def test_a_base_that_cannot_be_deployed_is_refused(shared: httpx.Client, source: str, base: str) -> None:
    answer = deploy(shared, source, base)

    assert answer.status_code == 400
    taken = ", ".join(f"`{each}`" for each in DEPLOYABLE)
    said = f"The base model `{base[:200]}` does not support custom models. Those that do: {taken}."
    assert answer.json()["detail"] == said


def test_a_base_that_a_server_was_told_of_can_be_deployed(serve: Serve) -> None:
    with client_of(serve(model=("my/base",), clock="poll")) as client:
        name = deploy(client, trained(client, "my/base"), "my/base").json()["name"]
        told = settled(client, name)

    assert (told["status"], told["vendor"], told["tags"]) == ("active", "my", ["lora"])
    assert "size_b" not in told


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("ftjob-none:ftckpt_none", "The job `ftjob-none` does not exist."),
        ("{job}:ftckpt_none", "The checkpoint `ftckpt_none` does not exist."),
        ("{job}", "The checkpoint `` does not exist."),
        ("file-none", "The file `file-none` does not exist."),
        ("{full}", "The checkpoint is not a LoRA adapter."),
        ("{other}", "The checkpoint was trained on `Qwen/Qwen3-4B`, not on `" + BASE + "`."),
        ("somewhere", "The source is neither a checkpoint of a job, nor a file, nor a Hugging Face repository."),
    ],
)
def test_a_source_that_cannot_be_deployed_ends_in_an_error(shared: httpx.Client, source: str, reason: str) -> None:
    makers = {
        "{full}": lambda: trained(shared, hyperparameters={"lora": False, "n_epochs": 1}),
        "{other}": lambda: trained(shared, "Qwen/Qwen3-4B"),
    }
    job = trained(shared).split(":")[0]
    written = makers[source]() if source in makers else source.format(job=job)
    name = deploy(shared, written).json()["name"]
    told = settled(shared, name)

    assert (told["status"], told["status_reason"]) == ("error", reason)
    assert shared.post(CHAT, json=asking(name, "hi")).status_code == 404


@pytest.mark.parametrize(
    "source", ["huggingface.co/a/b", "https://huggingface.co/a/b", "file"], ids=["bare", "url", "file"]
)
def test_a_model_from_elsewhere_answers_without_its_data(server: Emulator, key: str, source: str) -> None:
    with client_of(server, key) as client:
        if source == "file":
            files = {"file": ("adapter.zip", b"PK")}
            source = client.post("/v1/files", files=files, data={"purpose": "batch"}).json()["id"]
        told = settled(client, deploy(client, source).json()["name"])
        answer = client.post(CHAT, json=asking(told["name"], "hi")).json()

    assert told["status"] == "active"
    assert [told["file_id"], told["url"]].count(source) == 1
    assert told["name"] in answer["choices"][0]["message"]["content"]


def test_a_model_whose_fast_flavour_is_deployed_is_the_same_model(shared: httpx.Client, source: str) -> None:
    name = deploy(shared, source, f"{BASE}-fast").json()["name"]

    assert settled(shared, name)["status"] == "active"
    assert name.startswith(f"{BASE}-fast-LoRa:")


@pytest.mark.parametrize(
    "change",
    [{"name": ""}, {"name": 5}, {"name": "x" * 101}, {"base_model": None}, {"source": ["x"]}],
)
def test_what_is_wrong_is_a_422_that_names_it(shared: httpx.Client, change: dict[str, Any]) -> None:
    body = {"name": "mine", "base_model": BASE, "source": "file-1", **change}
    answer = shared.post(MODELS, json=body)

    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["body", *change]]


def test_the_same_calls_make_the_same_names(serve: Serve) -> None:
    def walk() -> list[str]:
        with client_of(serve(clock="poll")) as client:
            return [deploy(client, f"huggingface.co/a/{number}").json()["name"] for number in range(3)]

    assert walk() == walk()


def test_models_are_part_of_the_state(server: Emulator, serve: Serve, shared: httpx.Client, source: str) -> None:
    name = deploy(shared, source).json()["name"]
    settled(shared, name)
    with client_of(serve(clock="poll"), "nebius-custom-models") as other:
        other.put("/_emulator/state", json=shared.get("/_emulator/state").json()).raise_for_status()

        answer = other.post(CHAT, json=asking(name, "Who are you?")).json()
        assert answer["choices"][0]["message"]["content"] == "Your own model."


def test_calls_are_met_by_faults_by_their_names(client: httpx.Client) -> None:
    client.post("/_emulator/faults", json={"match": {"operation": "custom_models.*"}, "effects": "status=503"})
    asked = [client.post(MODELS), client.get(MODELS), client.get(f"{MODELS}/a/b"), client.delete(f"{MODELS}/a/b")]

    assert [answer.status_code for answer in asked] == [503] * 4
    assert client.delete("/v1/models/a/b").status_code == 404


def test_every_base_that_can_be_deployed_can_be_asked(client: httpx.Client) -> None:
    answers = [client.post(CHAT, json=asking(base, "hi")).status_code for base in DEPLOYABLE]

    assert answers == [200] * len(DEPLOYABLE)
