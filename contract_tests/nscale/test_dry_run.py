"""Dry runs: what a job would use, without a job; and what of an order is taken, which they tell for nothing."""

from typing import Any

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.nscale.conftest import Reckon
from contract_tests.nscale.envelope import invalid, missing
from contract_tests.nscale.orders import NO_DATASET
from contract_tests.nscale.provider import JOBS, PAGE

ALL_LAYERS = ["k_proj", "up_proj", "o_proj", "q_proj", "down_proj", "v_proj", "gate_proj"]


@pytest.fixture(scope="module")
def reckoned(reckon: Reckon) -> Answer:
    """The answer to a plain dry run."""
    return reckon()


def usage(answer: Answer) -> Obj:
    """Return what a job would use."""
    found = answer.ok()["estimated_usage"]
    assert isinstance(found, Obj), f"an object was expected in {answer!r}"
    return found


@free
@fact("jobs.create", "answers a dry run in its documented shape", known="documented")
def test_a_dry_run_is_answered_as_published(reckoned: Answer, schema: Schema) -> None:
    schema.holds("CreateJobResponse", reckoned.ok())


@free
@fact("jobs.create", "says of a dry run that it is one", known="documented")
def test_a_dry_run_calls_itself_one(reckoned: Answer) -> None:
    assert reckoned.ok()["dry_run"] is True


@free
@fact("jobs.create", "answers a dry run with the members of a creation", known="documented")
def test_a_dry_run_has_three_members(reckoned: Answer) -> None:
    assert set(reckoned.ok()) == {"dry_run", "estimated_usage", "job"}


@free
@fact("jobs.create", "makes no job of a dry run", known="documented")
def test_a_dry_run_has_no_job(line: Line, reckoned: Answer, reckon: Reckon) -> None:
    before = line.get(JOBS, limit=PAGE).ok()
    reckon()

    assert reckoned.ok()["job"] is None
    assert [job["id"] for job in line.get(JOBS, limit=PAGE).rows()] == [job["id"] for job in before["data"]]


@free
@fact("jobs.create", "tells cost and tokens, and nothing else", known="documented")
def test_a_usage_has_two_members(reckoned: Answer) -> None:
    assert set(usage(reckoned)) == {"cost", "tokens"}


@free
@fact("jobs.create", "reckons 2.00 at least", known="documented")
def test_a_small_job_costs_the_minimum(reckoned: Answer) -> None:
    assert usage(reckoned)["cost"] == 2


@free
@fact("jobs.create", "counts tokens in whole numbers", known="documented")
def test_tokens_are_whole(reckoned: Answer) -> None:
    tokens = usage(reckoned)["tokens"]

    assert type(tokens) is int
    assert 20 < tokens < 5000


@free
@fact("jobs.create", "counts a file's tokens once an epoch", known="documented")
def test_epochs_are_counted(reckon: Reckon) -> None:
    one, two, three = (usage(reckon(hyperparameters={"n_epochs": epochs}))["tokens"] for epochs in (1, 2, 3))

    assert two > one
    assert three - two == two - one


@free
@fact("jobs.create", "counts the tokens of the validation file once an evaluation", known="documented")
def test_evaluations_are_counted(reckon: Reckon) -> None:
    one, two, five = (usage(reckon(hyperparameters={"n_evals": count}))["tokens"] for count in (1, 2, 5))

    assert two > one
    assert five - two == 3 * (two - one)


@free
@fact("jobs.create", "counts evaluations under their older name as well", known="unverified")
def test_evaluations_have_an_older_name(reckon: Reckon) -> None:
    newer, older = (usage(reckon(hyperparameters={name: 5}))["tokens"] for name in ("n_evals", "evaluation_epochs"))

    assert newer == older


@free
@fact("jobs.create", "counts the tokens of the columns that are used", known="unverified")
def test_unused_columns_are_not_counted(reckon: Reckon, dataset: Obj, reckoned: Answer) -> None:
    alone = [
        usage(reckon(dataset={"id": dataset["id"], "answer_column": name}))["tokens"] for name in ("answer", "question")
    ]

    assert 0 < min(alone) < max(alone) < usage(reckoned)["tokens"]


@free
@fact("jobs.create", "reckons the same each time", known="unverified")
def test_a_reckoning_stays(reckoned: Answer, reckon: Reckon) -> None:
    assert reckon().ok() == reckoned.ok()


@free
@fact("jobs.create", "reckons many epochs of a small table at the minimum", known="unverified")
def test_the_minimum_holds_for_twenty_epochs(reckon: Reckon) -> None:
    assert usage(reckon(hyperparameters={"n_epochs": 20}))["cost"] == 2


@spends
@fact("jobs.create", "tells of a job what its dry run told", known="documented")
def test_a_job_uses_what_was_reckoned(creation: Answer, order: Obj, reckon: Reckon) -> None:
    changes = {name: order[name] for name in ("base_model_id", "dataset", "hyperparameters")}

    assert usage(reckon(**changes)) == usage(creation)


@free
@fact("jobs.create", "refuses a dry run as it would the job: without its columns", known="unverified")
def test_a_dry_run_is_refused_as_the_job_would_be(reckon: Reckon) -> None:
    assert "learning_rate" in invalid(reckon(hyperparameters={"learning_rate": 1}))


@free
@fact("jobs.create", "refuses a dry run on a dataset that there is not", known="unverified")
def test_a_dry_run_needs_its_dataset(reckon: Reckon) -> None:
    assert NO_DATASET in missing(reckon(dataset={"id": NO_DATASET, "answer_column": "answer"}))


@free
@pytest.mark.parametrize(
    "member",
    [
        pytest.param(
            member,
            marks=fact("jobs.create", f"names {member} where the data have no such column", known="unverified"),
            id=member,
        )
        for member in ("answer_column", "prompt_column")
    ],
)
def test_a_column_that_there_is_not_is_refused(reckon: Reckon, dataset: Obj, member: str) -> None:
    columns = {"answer_column": "answer", "prompt_column": "question", member: "contract-tests"}
    said = invalid(reckon(dataset={"id": dataset["id"], **columns}))

    assert f"dataset.{member}" in said
    assert "contract-tests" in said


@free
@fact("jobs.create", "names the columns that there are where one is none of them", known="unverified")
def test_the_columns_that_there_are_are_named(reckon: Reckon, dataset: Obj) -> None:
    said = invalid(reckon(dataset={"id": dataset["id"], "answer_column": "answr"}))

    assert "question" in said
    assert "answer'" in said


@free
@fact("jobs.create", "minds capitals in the name of a column", known="unverified")
def test_capitals_in_a_column_matter(reckon: Reckon, dataset: Obj) -> None:
    assert "Answer" in invalid(reckon(dataset={"id": dataset["id"], "answer_column": "Answer"}))


@free
@fact("jobs.create", "takes one column for both", known="unverified")
def test_one_column_may_be_both(reckon: Reckon, dataset: Obj) -> None:
    both = {"id": dataset["id"], "answer_column": "answer", "prompt_column": "answer"}

    assert usage(reckon(dataset=both))["tokens"] > 0


@free
@fact("jobs.create", "takes null for no prompt column", known="unverified")
def test_a_prompt_column_may_be_null(reckon: Reckon, dataset: Obj) -> None:
    reckon(dataset={"id": dataset["id"], "answer_column": "answer", "prompt_column": None}).ok()


@free
@fact("jobs.create", "takes a dataset without a validation file", known="documented")
def test_a_dataset_needs_no_validation_file(reckon: Reckon, single: Obj) -> None:
    reckon(dataset={"id": single["id"], "answer_column": "answer"}).ok()


BOUNDS: dict[str, tuple[Any, ...]] = {
    "n_epochs": (1, 20),
    "n_evals": (0, 100),
    "batch_size": (4, 8, 12, 16, 20, 24, 28, 32),
    "learning_rate": (1e-8, 0.01),
    "warmup_ratio": (0, 1, 0.0, 1.0),
    "weight_decay": (0, 0.5, 7.0),
    "best_checkpoints": (True, False),
    "mask_prompt_labels": (True, False),
    "evaluation_epochs": (0, 1),
    "warmup_epochs": (0, 1),
}
LORA_BOUNDS: dict[str, tuple[Any, ...]] = {
    "enabled": (True,),
    "r": (1, 64),
    "alpha": (1, 64),
    "dropout": (0, 1, 0.5),
    "trainable_modules": ([], ["q_proj"], ALL_LAYERS),
}


def taken(table: dict[str, tuple[Any, ...]], within: str = "") -> list[object]:
    def one(name: str, value: Any) -> object:
        words = f"takes {within}{name} of {value!r}"
        known = (
            "observed" if value == [] else "unverified" if "_epochs" in name and name != "n_epochs" else "documented"
        )
        return pytest.param(name, value, marks=fact("jobs.create", words, known=known), id=f"{name}-{value!r}")

    return [one(name, value) for name, values in table.items() for value in values]


@free
@pytest.mark.parametrize(("name", "value"), taken(BOUNDS))
def test_a_hyperparameter_within_its_bounds_is_taken(reckon: Reckon, name: str, value: Any) -> None:
    reckon(hyperparameters={name: value}).ok()


@free
@pytest.mark.parametrize(("name", "value"), taken(LORA_BOUNDS, "lora."))
def test_a_setting_of_the_adapter_within_its_bounds_is_taken(reckon: Reckon, name: str, value: Any) -> None:
    reckon(hyperparameters={"lora": {name: value}}).ok()


@free
@pytest.mark.parametrize(
    "hyperparameters",
    [
        pytest.param(
            value, marks=fact("jobs.create", f"takes {words} for hyperparameters", known="unverified"), id=words
        )
        for words, value in {
            "an empty object": {},
            "an unknown one": {"contract_tests": 1},
            "no adapter": {"lora": {}},
        }.items()
    ],
)
def test_hyperparameters_may_be_few(reckon: Reckon, hyperparameters: dict[str, Any]) -> None:
    reckon(hyperparameters=hyperparameters).ok()


@free
@fact("jobs.create", "takes an id under which a model was used before", known="observed")
def test_a_model_has_an_older_id(reckon: Reckon) -> None:
    reckon(base_model_id="e082db90-cf4a-4be9-a0e6-b2f8067c1cf6").ok()


@free
@fact("jobs.create", "takes each base model that is listed", known="documented")
def test_each_listed_model_is_taken(line: Line, reckon: Reckon) -> None:
    models = [model["id"] for model in line.get("/base-models").rows()]
    assert models

    assert [id_ for id_ in models if reckon(base_model_id=id_).status != 200] == []
