"""Orders that are refused, each in a sentence that names the place; their dataset is none, so that no job can be."""

import json
from typing import Any

import pytest

from contract_tests.harness.answers import Answer
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.nscale.envelope import invalid, missing
from contract_tests.nscale.orders import COLUMNS, NO_DATASET, NO_MODEL, refusable
from contract_tests.nscale.provider import JOBS

pytestmark = free


def ordered(line: Line, **changes: Any) -> Answer:
    return line.post(JOBS, refusable(**changes))


BEYOND: dict[str, tuple[Any, ...]] = {
    "n_epochs": (0, -1, 21),
    "n_evals": (-1, 101),
    "batch_size": (0, -4, 1, 5, 36, 64),
    "learning_rate": (0, -1e-5, 9e-9, 0.011, 1),
    "warmup_ratio": (-0.1, 1.1),
    "weight_decay": (-0.1,),
    "evaluation_epochs": (-1,),
    "warmup_epochs": (-1,),
}
LORA_BEYOND: dict[str, tuple[Any, ...]] = {
    "enabled": (False,),
    "r": (0, 65),
    "alpha": (0, 65),
    "dropout": (-0.1, 1.1),
    "trainable_modules": (["lm_head"], ["q_proj", "all-linear"]),
}
MISTYPED: dict[str, tuple[Any, ...]] = {
    "n_epochs": ("3", 1.5, True, [1]),
    "n_evals": ("1", 0.5),
    "batch_size": ("8", 4.5),
    "learning_rate": ("auto", "1e-5", False),
    "warmup_ratio": ("0.1",),
    "weight_decay": ("0",),
    "best_checkpoints": ("yes", 1),
    "mask_prompt_labels": ("true", 0),
    "evaluation_epochs": ("1", 0.5),
    "warmup_epochs": ("0", 0.5),
    "lora": (True, [], "r=8"),
}
LORA_MISTYPED: dict[str, tuple[Any, ...]] = {
    "enabled": ("true", 1),
    "r": ("8", 8.5),
    "alpha": ("16",),
    "dropout": ("0",),
    "trainable_modules": ("q_proj,v_proj", [1], {}),
}


def each(table: dict[str, tuple[Any, ...]], words: str, known: str, within: str = "") -> list[object]:
    return [
        pytest.param(
            name,
            value,
            marks=fact("jobs.create", f"{words} {within}{name} of {json.dumps(value)}", known=known),
            id=f"{name}-{json.dumps(value)}",
        )
        for name, values in table.items()
        for value in values
    ]


@pytest.mark.parametrize(("name", "value"), each(BEYOND, "refuses, by name,", "documented"))
def test_a_hyperparameter_beyond_its_bounds_is_refused(line: Line, name: str, value: Any) -> None:
    assert f"hyperparameters.{name}" in invalid(ordered(line, hyperparameters={name: value}))


@pytest.mark.parametrize(("name", "value"), each(LORA_BEYOND, "refuses, by name,", "documented", "lora."))
def test_a_setting_of_the_adapter_beyond_its_bounds_is_refused(line: Line, name: str, value: Any) -> None:
    assert f"hyperparameters.lora.{name}" in invalid(ordered(line, hyperparameters={"lora": {name: value}}))


@pytest.mark.parametrize(("name", "value"), each(MISTYPED, "takes, by name, no", "unverified"))
def test_a_hyperparameter_of_another_type_is_refused(line: Line, name: str, value: Any) -> None:
    assert f"hyperparameters.{name}" in invalid(ordered(line, hyperparameters={name: value}))


@pytest.mark.parametrize(("name", "value"), each(LORA_MISTYPED, "takes, by name, no", "unverified", "lora."))
def test_a_setting_of_the_adapter_of_another_type_is_refused(line: Line, name: str, value: Any) -> None:
    assert f"hyperparameters.lora.{name}" in invalid(ordered(line, hyperparameters={"lora": {name: value}}))


@fact("jobs.create", "lists the batch sizes that a model takes", known="unverified")
def test_the_batch_sizes_are_listed(line: Line) -> None:
    said = invalid(ordered(line, hyperparameters={"batch_size": 5}))

    assert "4, 8, 12, 16, 20, 24, 28, 32" in said
    assert "DeepSeek-R1-Distill-Qwen-1.5B" in said


@fact("jobs.create", "lists the modules that there are", known="unverified")
def test_the_modules_are_listed(line: Line) -> None:
    said = invalid(ordered(line, hyperparameters={"lora": {"trainable_modules": ["lm_head"]}}))

    assert "gate_proj" in said


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=fact("jobs.create", f"refuses an order without {name}, by name", known="documented"), id=name
        )
        for name in ("name", "base_model_id", "dataset")
    ],
)
def test_a_required_member_must_be_sent(line: Line, name: str) -> None:
    body = {member: value for member, value in refusable().items() if member != name}

    assert invalid(line.post(JOBS, body)).startswith(f"{name}:")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=fact("jobs.create", f"refuses an order without dataset.{name}, by name", known="documented"),
            id=name,
        )
        for name in ("id", "answer_column")
    ],
)
def test_a_required_member_of_the_dataset_must_be_sent(line: Line, name: str) -> None:
    dataset = {member: value for member, value in refusable()["dataset"].items() if member != name}

    assert f"dataset.{name}:" in invalid(ordered(line, dataset=dataset))


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an empty name": ({"name": ""}, "name"),
    "a number for a name": ({"name": 7}, "name"),
    "null for a name": ({"name": None}, "name"),
    "a number for a base model": ({"base_model_id": 7}, "base_model_id"),
    "a text for a dataset": ({"dataset": NO_DATASET}, "dataset"),
    "null for a dataset": ({"dataset": None}, "dataset"),
    "a number for the dataset's id": ({"dataset": {"id": 7, **COLUMNS}}, "dataset.id"),
    "a list for an answer column": (
        {"dataset": {"id": NO_DATASET, "answer_column": ["answer"]}},
        "dataset.answer_column",
    ),
    "an empty answer column": ({"dataset": {"id": NO_DATASET, "answer_column": ""}}, "dataset.answer_column"),
    "a number for a prompt column": (
        {"dataset": {**refusable()["dataset"], "prompt_column": 1}},
        "dataset.prompt_column",
    ),
    "a list of hyperparameters": ({"hyperparameters": []}, "hyperparameters"),
    "a text for a dry run": ({"dry_run": "true"}, "dry_run"),
}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param(
            *flaw, marks=fact("jobs.create", f"takes no {words}, and says where", known="unverified"), id=words
        )
        for words, flaw in WRONG.items()
    ],
)
def test_a_member_of_another_type_is_refused(line: Line, changes: dict[str, Any], named: str) -> None:
    assert f"{named}:" in invalid(ordered(line, **changes))


@fact("jobs.create", "tells several flaws in one pass", known="unverified")
def test_several_flaws_are_told_at_once(line: Line) -> None:
    said = invalid(ordered(line, name="", hyperparameters={"n_epochs": 0, "lora": {"r": 0}}))

    assert [name for name in ("name", "n_epochs", "lora.r") if f"{name}:" not in said] == []


@fact("jobs.create", "names base_model_id where there is no such model", known="observed")
def test_an_unknown_model_is_refused(line: Line) -> None:
    said = invalid(ordered(line, base_model_id=NO_MODEL))

    assert said.startswith("base_model_id:")
    assert NO_MODEL in said


@fact("jobs.create", "takes no model's name for its id, and names the id", known="unverified")
def test_a_models_name_is_no_id(line: Line) -> None:
    said = invalid(ordered(line, base_model_id="Meta-Llama-3.1-8B-Instruct"))

    assert "base_model_id" in said
    assert "5b912da4-4a68-43eb-9224-38239535d934" in said


@fact("jobs.create", "on a dataset that there is not is a 404 that names it", known="unverified")
def test_an_unknown_dataset_is_missing(line: Line) -> None:
    said = missing(ordered(line))

    assert said.startswith("dataset.id:")
    assert NO_DATASET in said


RAW = {
    "half an object": b'{"name": "contract-tests"',
    "a list": b"[]",
    "a text": b'"text"',
    "a number": b"7",
    "null": b"null",
    "nothing": b"",
    "no JSON": b"name=contract-tests",
    "what is not UTF-8": b'{"name": "\xff"}',
    "half of a surrogate pair": b'{"name": "\\ud800"}',
}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(raw, marks=fact("jobs.create", f"of {words} is a 400", known="unverified"), id=words)
        for words, raw in RAW.items()
    ],
)
def test_what_is_no_order_is_refused(line: Line, content: bytes) -> None:
    invalid(line.send("POST", JOBS, content=content, headers={"content-type": "application/json"}))


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(
            number, marks=fact("jobs.create", f"takes no {number} for a number", known="unverified"), id=number
        )
        for number in ("NaN", "Infinity", "-Infinity", "1e999")
    ],
)
def test_what_is_no_number_is_refused(line: Line, number: str) -> None:
    body = json.dumps(refusable(hyperparameters={"weight_decay": "number"})).replace('"number"', number)
    answer = line.send("POST", JOBS, content=body.encode(), headers={"content-type": "application/json"})

    invalid(answer)


@fact("jobs.create", "takes no form for JSON", known="unverified")
def test_a_form_is_refused(line: Line) -> None:
    invalid(line.send("POST", JOBS, data={"name": "contract-tests"}))
