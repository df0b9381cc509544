"""Orders that must not become jobs. The words for most of them are in no recording: they are a pydantic model's.

An account that may not train is told so whatever else is wrong; then none of this is tried.
"""

from typing import Any

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.openai import orders
from contract_tests.openai.conftest import create, upload
from contract_tests.openai.envelope import invalid
from contract_tests.openai.orders import GRADER, NO_FILE, NO_MODEL, refusable
from contract_tests.openai.provider import JOBS


def method(kind: str, **hyperparameters: Any) -> dict[str, Any]:
    """Return the method of a job with some hyperparameters, and a grader where it takes one."""
    grader = {"grader": GRADER} if kind == "reinforcement" else {}
    return {"method": {"type": kind, kind: {"hyperparameters": hyperparameters, **grader}}}


@free
@fact("jobs.create", "of an unknown training file is a 400 that names it, in the observed words", known="observed")
def test_an_unknown_training_file_is_refused(line: Line) -> None:
    error = invalid(line.post(JOBS, refusable()))

    assert error["message"] == f"invalid training_file: {NO_FILE}"
    assert (error["param"], error["code"]) == ("training_file", None)


@free
@fact("jobs.create", "of an unknown model is a 400 of the code model_not_available", known="observed")
def test_an_unknown_model_is_refused(line: Line) -> None:
    error = invalid(line.post(JOBS, refusable(model=NO_MODEL)))

    assert error["message"] == f"Model {NO_MODEL} is not available for fine-tuning or does not exist."
    assert (error["param"], error["code"]) == (None, "model_not_available")


@free
@fact("jobs.create", "of a model that is not tuned is refused as an unknown one is", known="unverified")
def test_a_model_that_is_not_for_tuning_is_refused(line: Line) -> None:
    assert invalid(line.post(JOBS, refusable(model="whisper-1")))["code"] == "model_not_available"


@free
@fact("jobs.create", "on a tuned model that there is not is refused as of an unknown one", known="unverified")
def test_an_unknown_tuned_model_is_refused(line: Line) -> None:
    assert invalid(line.post(JOBS, refusable(model=orders.NO_TUNED)))["code"] == "model_not_available"


@spends
@fact("jobs.create", "of an unknown validation file is a 400 that names it, in the observed words", known="observed")
def test_an_unknown_validation_file_is_refused(run: Run, model: str, training_file: Obj) -> None:
    body = {"model": model, "training_file": training_file["id"], "validation_file": "7"}
    error = invalid(create(run, body, data=[orders.TRAINING]))

    assert error["message"] == "invalid validation_file: 7"
    assert (error["param"], error["code"]) == ("validation_file", None)


@spends
@fact("jobs.create", "on a file for something else is a 400 for the param training_file", known="unverified")
def test_a_file_of_another_purpose_is_refused(run: Run, model: str) -> None:
    file = upload(run, orders.TRAINING, purpose="user_data").ok()

    refused = create(run, {"model": model, "training_file": file["id"]}, data=[orders.TRAINING])
    assert invalid(refused)["param"] == "training_file"


@spends
@fact("jobs.create", "on a deleted file is a 400, as on one that never was", known="unverified")
def test_a_deleted_file_is_refused(run: Run, line: Line, model: str) -> None:
    file = upload(run, orders.TRAINING).ok()["id"]
    line.delete(f"/files/{file}").ok()
    error = invalid(create(run, {"model": model, "training_file": file}, data=[orders.TRAINING]))

    assert error["message"] == f"invalid training_file: {file}"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=fact("jobs.create", f"does not go without {name}", known="documented"), id=name)
        for name in ("model", "training_file")
    ],
)
@free
def test_an_order_names_model_and_file(line: Line, name: str) -> None:
    body = {key: value for key, value in refusable().items() if key != name}
    error = invalid(line.post(JOBS, body))

    assert error["param"] == name


@free
@fact("jobs.create", "calls a missing member a missing_required_parameter", known="unverified")
def test_a_missing_member_is_told_as_of_other_calls(line: Line) -> None:
    error = invalid(line.post(JOBS, {"training_file": NO_FILE}))

    assert error["message"] == "Missing required parameter: 'model'."
    assert error["code"] == "missing_required_parameter"


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "a suffix of 65 letters": ({"suffix": "x" * 65}, "suffix", "documented"),
    "an empty suffix": ({"suffix": ""}, "suffix", "documented"),
    "a suffix that is a number": ({"suffix": 7}, "suffix", "documented"),
    "a seed below 0": ({"seed": -1}, "seed", "documented"),
    "a seed beyond 32 bits": ({"seed": 2**31}, "seed", "documented"),
    "a seed that is a word": ({"seed": "many"}, "seed", "documented"),
    "a value of metadata that is no text": ({"metadata": {"a": True}}, "metadata", "documented"),
    "17 pairs of metadata": ({"metadata": {f"k{n}": "v" for n in range(17)}}, "metadata", "documented"),
    "a key of metadata of 65 letters": ({"metadata": {"k" * 65: "v"}}, "metadata", "documented"),
    "a value of metadata of 513 letters": ({"metadata": {"k": "v" * 513}}, "metadata", "documented"),
    "0 epochs": ({"hyperparameters": {"n_epochs": 0}}, "n_epochs", "documented"),
    "51 epochs": ({"hyperparameters": {"n_epochs": 51}}, "n_epochs", "documented"),
    "half an epoch": ({"hyperparameters": {"n_epochs": 1.5}}, "n_epochs", "documented"),
    "epochs that are another word than auto": ({"hyperparameters": {"n_epochs": "many"}}, "n_epochs", "documented"),
    "batches of 0": ({"hyperparameters": {"batch_size": 0}}, "batch_size", "documented"),
    "batches of 257": ({"hyperparameters": {"batch_size": 257}}, "batch_size", "documented"),
    "a learning rate of 0": (
        {"hyperparameters": {"learning_rate_multiplier": 0}},
        "learning_rate_multiplier",
        "documented",
    ),
    "51 epochs of a method": (method("supervised", n_epochs=51), "n_epochs", "documented"),
    "a beta of 0": (method("dpo", beta=0), "beta", "documented"),
    "a beta above 2": (method("dpo", beta=2.1), "beta", "documented"),
    "a compute multiplier above 10": (
        method("reinforcement", compute_multiplier=10.5),
        "compute_multiplier",
        "documented",
    ),
    "an evaluation at each 0 steps": (method("reinforcement", eval_interval=0), "eval_interval", "documented"),
    "an effort that is none": (method("reinforcement", reasoning_effort="vast"), "reasoning_effort", "documented"),
    "a method that is none": ({"method": {"type": "osmosis"}}, "type", "documented"),
    "an integration that is none": ({"integrations": [{"type": "post"}]}, "type", "documented"),
    "an integration without its project": ({"integrations": [{"type": "wandb", "wandb": {}}]}, "project", "documented"),
    "six integrations": ({"integrations": [orders.WANDB] * 6}, "integrations", "documented"),
    "a member that there is not": ({"contract_tests_member": 1}, "contract_tests_member", "observed"),
}


def bad(names: dict[str, tuple[dict[str, Any], str, str]]) -> list[object]:
    return [
        pytest.param(*told[:2], marks=fact("jobs.create", f"does not take {words}", known=told[2]), id=words)
        for words, told in names.items()
    ]


@pytest.mark.parametrize(("changes", "param"), bad(BAD))
@free
def test_a_member_that_cannot_be_is_refused(line: Line, changes: dict[str, Any], param: str) -> None:
    error = invalid(line.post(JOBS, refusable(**changes)))

    assert error["message"] != f"invalid training_file: {NO_FILE}"
    assert param in str(error["param"]) or param == "metadata"


WORDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "its name, its value and why, as pydantic says it": (
        {"suffix": "x" * 65},
        f"invalid suffix: {'x' * 65}, ",
        "observed",
    ),
    "a bound that it exceeds": (
        {"hyperparameters": {"n_epochs": 51}},
        "invalid n_epochs: 51, input should be less than or equal to 50",
        "unverified",
    ),
    "that it is not permitted, where there is no such member": (
        {"hyperparameters": {"contract": 2}},
        "invalid contract: 2, extra inputs are not permitted",
        "observed",
    ),
}


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        pytest.param(*told[:2], marks=fact("jobs.create", f"tells of a bad member {words}", known=told[2]), id=words)
        for words, told in WORDS.items()
    ],
)
@free
def test_a_bad_member_is_told_in_these_words(line: Line, changes: dict[str, Any], begins: str) -> None:
    error = invalid(line.post(JOBS, refusable(**changes)))

    assert error["message"].startswith(begins)
    assert error["code"] is None


TAKEN: dict[str, dict[str, Any]] = {
    "a suffix of 64 letters": {"suffix": "x" * 64},
    "a seed of 0": {"seed": 0},
    "the largest seed": {"seed": 2**31 - 1},
    "auto for every hyperparameter": {
        "hyperparameters": {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
    },
    "the largest hyperparameters": {"hyperparameters": {"n_epochs": 50, "batch_size": 256}},
    "16 pairs of metadata": {"metadata": {f"k{n}": "v" for n in range(16)}},
    "the longest pair of metadata": {"metadata": {"k" * 64: "v" * 512}},
    "null for what may be left out": dict.fromkeys(("suffix", "seed", "validation_file", "integrations", "metadata")),
    "a beta of 2": method("dpo", beta=2),
    "a method with the blocks of the others": {
        "method": {"type": "supervised", "supervised": {}, "dpo": {}, "reinforcement": {"grader": GRADER}}
    },
    "every hyperparameter of reinforcement": method(
        "reinforcement",
        compute_multiplier=10,
        eval_interval=1,
        eval_samples=1,
        reasoning_effort="high",
        n_epochs=1,
    ),
    "five integrations": {"integrations": [orders.WANDB] * 5},
}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(changes, marks=fact("jobs.create", f"takes {words}", known="documented"), id=words)
        for words, changes in TAKEN.items()
    ],
)
@free
def test_what_is_sound_is_not_what_is_refused(line: Line, changes: dict[str, Any]) -> None:
    assert invalid(line.post(JOBS, refusable(**changes)))["message"] == f"invalid training_file: {NO_FILE}"


BODIES: dict[str, bytes] = {
    "no JSON": b"{",
    "a list": b"[]",
    "a text": b'"order"',
    "null": b"null",
    "nothing": b"",
    "bytes that are no text": b"\xff\xfe",
}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(body, marks=fact("jobs.create", f"of {words} is a 400", known="unverified"), id=words)
        for words, body in BODIES.items()
    ],
)
@free
def test_a_body_that_is_no_object_is_refused(line: Line, body: bytes) -> None:
    invalid(line.send("POST", JOBS, content=body, headers={"content-type": "application/json"}))


@free
@fact("jobs.create", "of no JSON says that the body could not be parsed", known="observed")
def test_a_body_that_is_no_json_is_told_so(line: Line) -> None:
    answer = line.send("POST", JOBS, content=b"{", headers={"content-type": "application/json"})

    assert invalid(answer)["message"].startswith("We could not parse the JSON body of your request.")


def listed(line: Line) -> Answer:
    return line.get(JOBS, limit=1)


@free
@fact("jobs.list", "does not list what was refused", known="documented")
def test_an_order_that_is_refused_leaves_no_job(line: Line) -> None:
    before = listed(line).rows()
    invalid(line.post(JOBS, refusable()))

    assert listed(line).rows() == before
