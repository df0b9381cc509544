"""What a job's order may be: each bound from both sides, what is refused and in which words, and what is echoed."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from emulator.server import Emulator
from tests.dialects.nscale.api import LLAMA, NOBODY, Api, Json, asked, ids, table, written
from tests.dialects.nscale.conftest import Tenants

DEFAULTS: Json = {
    "n_epochs": 1,
    "n_evals": 0,
    "batch_size": 4,
    "learning_rate": 0.00001,
    "warmup_ratio": 0.0,
    "weight_decay": 0.0,
    "best_checkpoints": False,
    "mask_prompt_labels": False,
    "lora": {"enabled": True, "r": 8, "alpha": 8, "dropout": 0.0, "trainable_modules": []},
}
"""The guide's (documented)."""
OLDER = ("evaluation_epochs", "warmup_epochs")


@pytest.fixture(scope="module")
def shop(server: Emulator) -> Iterator[tuple[Api, str]]:
    """A tenant with a dataset, which all orders of this module are about."""
    with closing(Api(server, "orders")) as tenant:
        yield tenant, tenant.dataset()["id"]


def reckoned(shop: tuple[Api, str], status: int = 200, **changes: Any) -> Any:
    """Return the answer to an order that is only reckoned; None takes a member out."""
    api, dataset = shop
    body = {"name": "n", "base_model_id": LLAMA, "dataset": asked(dataset), "dry_run": True, **changes}
    sent = {name: value for name, value in body.items() if value is not None}
    if status == 200:
        return api.call("POST", "/jobs", json=sent)
    return api.refused("POST", "/jobs", status, json=sent)


def nested(path: str, value: Any) -> Json:
    """Return a value under a dotted path."""
    for name in reversed(path.split(".")):
        value = {name: value}
    return dict(value)


TAKEN: dict[str, list[Any]] = {
    "n_epochs": [1, 20],
    "n_evals": [0, 100],
    "batch_size": [4, 8, 12, 16, 20, 24, 28, 32],
    "learning_rate": [0.00000001, 0.01],
    "warmup_ratio": [0, 0.0, 1, 1.0, 0.5],
    "weight_decay": [0, 0.0, 1e6],
    "best_checkpoints": [True, False],
    "mask_prompt_labels": [True, False],
    "evaluation_epochs": [0, 1, 100],
    "warmup_epochs": [0, 1, 20],
    "lora.enabled": [True],
    "lora.r": [1, 64],
    "lora.alpha": [1, 64],
    "lora.dropout": [0, 0.0, 1, 1.0],
    "lora.trainable_modules": [
        [],
        ["k_proj", "up_proj", "o_proj", "q_proj", "down_proj", "v_proj", "gate_proj"],
        ["q_proj"],
    ],
}
REFUSED: dict[str, list[Any]] = {
    "n_epochs": [0, 21, -1, 1.5, "1", True, [1], 10**30],
    "n_evals": [-1, 101, 0.5, "0"],
    "batch_size": [0, -4, 1, 3, 5, 6, 33, 36, 64, 4.5, "4", True],
    "learning_rate": [0.000000009, 0.0101, 0, 1, -1e-5, "1e-5", True],
    "warmup_ratio": [-0.1, 1.1, "0", 2],
    "weight_decay": [-0.01, "0", -1],
    "best_checkpoints": ["true", 1, 0],
    "mask_prompt_labels": ["false", 1],
    "evaluation_epochs": [-1, 101, "1", 1.5],
    "warmup_epochs": [-1, 21, "0"],
    "lora.enabled": [False, "true", 1],
    "lora.r": [0, 65, "8", 8.5],
    "lora.alpha": [0, 65, "16"],
    "lora.dropout": [-0.1, 1.01, "0.1"],
    "lora.trainable_modules": ["q_proj", ["all-linear"], ["q_proj,k_proj"], [1], {"q_proj": True}],
    "lora": [True, "on", []],
}


@pytest.mark.parametrize(("path", "value"), [(path, value) for path in TAKEN for value in TAKEN[path]])
def test_a_hyperparameter_within_its_bounds_is_taken_and_echoed(shop: tuple[Api, str], path: str, value: Any) -> None:
    api, dataset = shop
    body = {"name": "n", "base_model_id": LLAMA, "dataset": asked(dataset), "hyperparameters": nested(path, value)}
    told = api.post("/jobs", body)["job"]["hyperparameters"]
    outer, _, inner = path.partition(".")
    rest = {name: each for name, each in DEFAULTS.items() if name != outer}

    assert (told[outer][inner] if inner else told[outer]) == value
    assert {name: each for name, each in told.items() if name != outer} == rest


@pytest.mark.parametrize(("path", "value"), [(path, value) for path in REFUSED for value in REFUSED[path]])
def test_a_hyperparameter_beyond_its_bounds_is_refused_by_its_name(
    shop: tuple[Api, str], path: str, value: Any
) -> None:
    said = reckoned(shop, 400, hyperparameters=nested(path, value))

    assert said.startswith(f"hyperparameters.{path}")


def test_the_defaults_are_those_of_the_guide_and_the_older_names_are_told_only_where_they_were_sent(api: Api) -> None:
    assert api.order()["hyperparameters"] == DEFAULTS
    assert api.order(hyperparameters={"lora": {}})["hyperparameters"] == DEFAULTS


def test_what_older_and_newer_clients_send_can_be_mixed_as_in_the_guides_own_example(api: Api) -> None:
    older = {"evaluation_epochs": 3, "warmup_epochs": 1}
    both = {**older, "n_evals": 5, "warmup_ratio": 0.1, "mask_prompt_labels": True}

    assert api.order(hyperparameters=older)["hyperparameters"] == {**DEFAULTS, **older}
    assert api.order(hyperparameters=both)["hyperparameters"] == {**DEFAULTS, **both}


MEMBERS: dict[str, list[Any]] = {
    "name": [None, "", 5, ["n"]],
    "base_model_id": [None, 5, [LLAMA], {}],
    "dataset": [None, "id", [], {}],
    "dry_run": ["true", 1, "yes"],
    "hyperparameters": ["auto", [], 5],
}


@pytest.mark.parametrize(("member", "value"), [(member, value) for member in MEMBERS for value in MEMBERS[member]])
def test_a_member_that_is_missing_or_of_another_type_is_refused_by_its_name(
    shop: tuple[Api, str], member: str, value: Any
) -> None:
    assert reckoned(shop, 400, **{member: value}).startswith(member)


def test_null_is_as_absent_where_a_member_may_be(shop: tuple[Api, str]) -> None:
    api, dataset = shop
    whole = {"name": "n", "base_model_id": LLAMA, "dataset": asked(dataset)}
    nulls = {**dict.fromkeys(DEFAULTS), "evaluation_epochs": None, "lora": dict.fromkeys(DEFAULTS["lora"])}
    for further in (
        {"hyperparameters": None, "dry_run": None},
        {"hyperparameters": nulls},
        {"hyperparameters": {"lora": None}},
    ):
        assert api.post("/jobs", {**whole, **further})["job"]["hyperparameters"] == DEFAULTS
    for member in whole:
        assert api.refused("POST", "/jobs", json={**whole, member: None}).startswith(member)


def test_unknown_members_are_dropped(shop: tuple[Api, str]) -> None:
    api, dataset = shop
    body = {"name": "n", "base_model_id": LLAMA, "dataset": {**asked(dataset), "x": 1}, "seed": 7, "suffix": "s"}
    job = api.post("/jobs", {**body, "hyperparameters": {"epochs": 9, "lora": {"rank": 4}}})["job"]

    assert job["hyperparameters"] == DEFAULTS
    assert [*job["dataset"]] == ["id", "answer_column", "prompt_column"]
    assert not {"seed", "suffix"} & {*job}


def test_everything_that_is_wrong_is_told_in_one_message_and_no_more_than_eight_of_it(shop: tuple[Api, str]) -> None:
    two = reckoned(shop, 400, name="", hyperparameters={"n_epochs": 0})
    wrong = {**dict.fromkeys(("n_epochs", "n_evals", "learning_rate", "warmup_ratio", "weight_decay"), -1), "lora": {}}
    many = reckoned(shop, 400, name="", base_model_id=5, dataset={}, hyperparameters={**wrong, "batch_size": "x"})

    assert [each.partition(":")[0] for each in two.split("; ")] == ["name", "hyperparameters.n_epochs"]
    assert len(many.split("; ")) == 9
    assert many.endswith("; and 2 more")


def test_an_unknown_model_is_refused_and_its_name_leads_to_its_id(shop: tuple[Api, str]) -> None:
    by_name = reckoned(shop, 400, base_model_id="Meta-Llama-3.1-8B-Instruct")
    with_maker = reckoned(shop, 400, base_model_id="meta-llama/Meta-Llama-3.1-8B-Instruct")
    mistyped = reckoned(shop, 400, base_model_id=LLAMA.replace("5b9", "5b8"))

    for said in (by_name, with_maker, mistyped):
        assert said.startswith("base_model_id: there is no base model")
        assert said.endswith(f"did you mean {LLAMA}, which is Meta-Llama-3.1-8B-Instruct?")
    assert "did you mean" not in reckoned(shop, 400, base_model_id=NOBODY)
    assert len(reckoned(shop, 400, base_model_id="x" * 10_000)) < 500


def test_an_older_id_of_a_model_is_taken_and_told_as_it_was_sent(api: Api) -> None:
    older = "e082db90-cf4a-4be9-a0e6-b2f8067c1cf6"
    job = api.order(base_model_id=older)

    assert (job["base_model"], job["base_model_id"]) == ("DeepSeek-R1-Distill-Qwen-1.5B", older)
    assert older not in ids(api.listed("/base-models"))


def test_a_batch_that_the_model_does_not_take_is_refused_with_those_that_it_takes(shop: tuple[Api, str]) -> None:
    said = reckoned(shop, 400, hyperparameters={"batch_size": 6})

    assert said == (
        "hyperparameters.batch_size: Meta-Llama-3.1-8B-Instruct is trained in batches of "
        "4, 8, 12, 16, 20, 24, 28, 32, got 6"
    )


def test_the_setting_adds_models_by_id_name_and_context_and_replaces_those_of_an_id(api_of: Tenants) -> None:
    api = api_of(model=(f"{LLAMA}=Mine@512", "my-own", "acme/tiny=@64", f"{NOBODY}=Odd@name@2048", "*"))
    known = {each["id"]: each for each in api.listed("/base-models")}
    shown = {id_: (known[id_]["name"], known[id_]["context_length"]) for id_ in (LLAMA, "my-own", NOBODY)}

    assert shown == {LLAMA: ("Mine", 512), "my-own": ("my-own", 8192), NOBODY: ("Odd@name", 2048)}
    assert (known["acme/tiny"]["name"], known["acme/tiny"]["context_length"]) == ("acme/tiny", 64)
    assert known["acme/tiny"]["organization"] == "acme"
    assert len(known) == 13
    assert api.order(base_model_id=LLAMA)["base_model"] == "Mine"
    assert api.order(base_model_id="whatever")["base_model"] == "whatever"


def test_without_the_setting_only_the_models_of_the_guide_are_there(api: Api) -> None:
    models = api.listed("/base-models")

    assert len(models) == 10
    assert {each["context_length"] for each in models} == {8192}
    assert {each["training_precision"] for each in models} == {"Float16"}
    assert {tuple(each["batch_sizes"]) for each in models} == {(4, 8, 12, 16, 20, 24, 28, 32)}
    assert len(api.listed("/base-models", limit=3)) == 3


def test_an_unknown_dataset_is_not_found(shop: tuple[Api, str]) -> None:
    said = reckoned(shop, 404, dataset=asked(NOBODY))

    assert said == f"dataset.id: the dataset {NOBODY!r} does not exist"


def test_a_column_that_is_not_there_is_refused_with_those_that_are_and_the_nearest(shop: tuple[Api, str]) -> None:
    dataset = shop[1]
    answer = reckoned(shop, 400, dataset=asked(dataset, answer_column="answr"))
    prompt = reckoned(shop, 400, dataset=asked(dataset, prompt_column="zzz"))

    assert answer == (
        "dataset.answer_column: the training file has no column 'answr', it has 'question', 'answer'; "
        "did you mean 'answer'?"
    )
    assert prompt == "dataset.prompt_column: the training file has no column 'zzz', it has 'question', 'answer'"
    for columns in ({"answer_column": ""}, {"answer_column": None}, {"answer_column": 5}):
        assert reckoned(shop, 400, dataset=asked(dataset, **columns)).startswith("dataset.answer_column")


def test_a_prompt_column_is_optional_and_null_where_none_is_named(api: Api) -> None:
    dataset = api.dataset()["id"]
    told = api.order(dataset={"id": dataset, "answer_column": "question"})["dataset"]

    assert told == {"id": dataset, "answer_column": "question", "prompt_column": None}
    assert api.order(dataset=asked(dataset, prompt_column=None))["dataset"]["prompt_column"] is None


def test_a_validation_file_needs_the_same_columns(api: Api) -> None:
    other = api.dataset(table(20), written([["question", "reply"], ["a", "b"]]))["id"]
    said = api.refused("POST", "/jobs", json=api.asking(dataset=asked(other)))

    assert said == "dataset.answer_column: the validation file has no column 'answer', it has 'question', 'reply'"


def test_columns_may_have_any_names(api: Api) -> None:
    odd = api.dataset(written([["prompt, please", "Antwört\n2"], *[["a", "b"]] * 20]))["id"]
    job = api.done(dataset={"id": odd, "prompt_column": "prompt, please", "answer_column": "Antwört\n2"})

    assert job["status"] == "completed"


def test_a_file_without_a_header_has_no_columns_and_makes_no_job(api: Api) -> None:
    empty = api.upload(b"")
    dataset = api.post("/datasets", {"name": "d", "training_file_id": empty["id"]})["id"]
    said = api.refused("POST", "/jobs", json=api.asking(dataset=asked(dataset)))

    assert empty["columns"] is None
    assert said.startswith("dataset.answer_column: the training file has no columns: ")


BROKEN = {
    "a record with more fields": table(5) + b"a,b,c\n",
    "a record with fewer fields": table(5) + b"a\n",
    "an open quote": table(5) + b'"a,b\n',
    "no rows": b"question,answer\n",
    "no UTF-8": table(5) + b"\xff,b\n",
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_broken_below_its_header_makes_a_job_that_fails_and_says_why(api: Api, what: str) -> None:
    for files in ((BROKEN[what], None), (table(5), BROKEN[what])):
        job = api.order(dataset=asked(api.dataset(*files)["id"]))
        assert (job["status"], "error" in job) == ("queued", False)
        api.advance(10**6)
        over = api.job(job["id"])

        assert over["status"] == "failed"
        assert over["error"]
        assert over["started_at"] is None
        assert over["completed_at"] > over["created_at"]


def test_a_deleted_training_file_makes_no_job_and_one_that_is_being_read_fails(api: Api) -> None:
    dataset = api.dataset()
    job = api.order(dataset=asked(dataset["id"]))["id"]
    api.call("DELETE", f"/files/{dataset['training_file_id']}", 204)
    said = api.refused("POST", "/jobs", 404, json=api.asking(dataset=asked(dataset["id"])))
    api.advance(10**6)

    assert dataset["training_file_id"] in said
    assert api.job(job)["status"] == "failed"


def test_a_dry_run_makes_no_job_and_refuses_what_a_job_would_be_refused_for(api: Api) -> None:
    body = api.asking(dry_run=True)
    told = api.post("/jobs", body)

    assert told["job"] is None
    assert told["dry_run"] is True
    assert api.listed("/jobs") == []
    api.refused("POST", "/jobs", json={**body, "dataset": asked(body["dataset"]["id"], answer_column="x")})
    api.refused("POST", "/jobs", 404, json={**body, "dataset": asked(NOBODY)})
