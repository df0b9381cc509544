"""Sabotages of how datasets are made, shown and listed."""

from typing import Any

from tests.contract.sabotages.changes import (
    Begin,
    answers,
    asked,
    at,
    begins,
    data,
    drop,
    inside,
    limit_off_by,
    parameter,
    put,
    remembering,
    renamed,
    reversed_,
    shown,
    without_limit,
)
from tests.contract.sabotages.nscale.changes import (
    DATASETS,
    answered,
    of_nscale,
    passed,
    refusing,
    says,
    taken,
    told,
    with_status,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer

CREATE, LIST, ALONE = "datasets.create", "datasets.list", "datasets.retrieve"

CHANGE, DELETE = "datasets.update", "datasets.delete"


def _by_name() -> Filter:
    """Answer a name that there is with the dataset that has it."""
    known: dict[str, Answer] = {}

    async def answering(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation != CREATE or answer.status != 200:
            return answer
        return known.setdefault(answer.json()["name"], answer)

    return answering


def _pairs(member: str, change: Any) -> Begin:
    return shown(DATASETS, at(member, change))


DATASETS_SABOTAGED = of_nscale(
    {
        "dataset_201": ("A dataset is answered 201.", with_status(CREATE, 201)),
        "dataset_deeper": ("A new dataset stands under dataset.", answers(CREATE, inside("dataset"))),
        "dataset_id_alone": ("A new dataset is its id alone.", answers(CREATE, lambda body: {"id": body["id"]})),
        "dataset_id_prefixed": ("A dataset's id has a prefix.", answers(CREATE, at("id", lambda id_: f"ds-{id_}"))),
        "dataset_name_lost": ("A dataset has no name.", shown(DATASETS, put("name", ""))),
        "dataset_title": ("A dataset's name stands under title.", shown(DATASETS, renamed("name", "title"))),
        "dataset_training_file_lost": (
            "A dataset names no training file.",
            shown(DATASETS, put("training_file_id", "")),
        ),
        "dataset_files_swapped": (
            "A dataset's files are swapped.",
            shown(
                DATASETS,
                lambda one: {
                    **one,
                    "training_file_id": one["validation_file_id"] or one["training_file_id"],
                    "validation_file_id": one["validation_file_id"] and one["training_file_id"],
                },
            ),
        ),
        "dataset_validation_file_lost": (
            "A dataset names no validation file.",
            shown(DATASETS, put("validation_file_id", None)),
        ),
        "dataset_validation_file_empty": (
            "A dataset without a validation file has an empty one.",
            shown(DATASETS, lambda one: {**one, "validation_file_id": one["validation_file_id"] or ""}),
        ),
        "dataset_validation_file_shown_always": (
            "A dataset without a validation file shows its training file for it.",
            shown(DATASETS, lambda one: {"validation_file": one.get("training_file"), **one}),
        ),
        "dataset_files_not_shown": (
            "A dataset does not show its training file.",
            shown(DATASETS, drop("training_file")),
        ),
        "dataset_validation_not_shown": (
            "A dataset does not show its validation file.",
            shown(DATASETS, drop("validation_file")),
        ),
        "dataset_files_nameless": ("A dataset's files have no names.", _pairs("training_file", put("name", ""))),
        "dataset_files_sizeless": ("A dataset's files have no bytes.", _pairs("training_file", drop("bytes"))),
        "dataset_files_with_columns": ("A dataset's files have columns.", _pairs("training_file", put("columns", []))),
        "dataset_columns": ("A dataset tells columns.", shown(DATASETS, put("columns", ["question", "answer"]))),
        "dataset_bytes_of_training": (
            "A dataset's bytes are those of its training file.",
            shown(
                DATASETS,
                lambda one: {
                    **one,
                    "total_bytes": (one.get("training_file") or one.get("validation_file") or {"bytes": 0})["bytes"],
                },
            ),
        ),
        "dataset_bytes_twice": ("A dataset's bytes are twice as many.", _pairs("total_bytes", lambda size: 2 * size)),
        "dataset_bytes_missing": ("A dataset has no bytes.", shown(DATASETS, drop("total_bytes"))),
        "dataset_workspace_other": ("A dataset is of another workspace.", shown(DATASETS, put("workspace_id", "w"))),
        "dataset_workspace_missing": ("A dataset is of no workspace.", shown(DATASETS, drop("workspace_id"))),
        "dataset_created_at_unix": (
            "A dataset was made in unix seconds.",
            shown(DATASETS, put("created_at", 1_800_000_000)),
        ),
        "dataset_created_at_early": (
            "A dataset was made an hour ago.",
            _pairs("created_at", lambda at_: f"2020{at_[4:]}"),
        ),
        "dataset_updated_at_missing": ("A dataset was never updated.", shown(DATASETS, drop("updated_at"))),
        "dataset_updated_at_null": ("A new dataset was not updated.", answers(CREATE, put("updated_at", None))),
        "dataset_updated_later": (
            "A new dataset was updated later.",
            answers(CREATE, at("updated_at", lambda at_: f"2099{at_[4:]}")),
        ),
        "dataset_name_taken": ("A name is the same dataset.", _by_name),
        "dataset_both_refused": (
            "One file cannot be both.",
            refusing(
                CREATE,
                lambda body: body.get("training_file_id") == body.get("validation_file_id"),
                "validation_file_id: is the training file",
            ),
        ),
        "dataset_null_refused": (
            "Null for a validation file is refused.",
            refusing(
                CREATE,
                lambda body: body.get("validation_file_id", "") is None,
                "validation_file_id: Input should be a valid string",
            ),
        ),
        "dataset_strange_member_refused": (
            "A member that there is not makes no dataset.",
            refusing(CREATE, lambda body: "contract_tests" in body, "contract_tests: Extra inputs are not permitted"),
        ),
        "dataset_strange_member_kept": (
            "A member that there is not is kept in a dataset.",
            remembering((CREATE,), lambda _, ask, body: {**ask.json(), **body}),
        ),
        "dataset_name_not_needed": (
            "A dataset needs no name.",
            taken(CREATE, says("name: Field required"), put("name", "dataset")),
        ),
        "dataset_name_may_be_empty": (
            "A dataset's name may be empty.",
            taken(CREATE, says("name: String should have"), put("name", "dataset")),
        ),
        "dataset_name_coerced": (
            "A dataset's name may be a number.",
            taken(CREATE, says("name: Input should be a valid string"), at("name", str)),
        ),
        "dataset_file_not_needed": (
            "A dataset needs no training file.",
            passed(
                CREATE,
                says("training_file_id: Field required"),
                lambda _: json_answer(404, {"code": "not_found", "message": "training_file_id"}),
            ),
        ),
        "dataset_file_list_500": (
            "A list of training files is a 500.",
            answered(500, of=says("training_file_id: Input should")),
        ),
        "dataset_file_number": (
            "A validation file's id may be a number.",
            taken(CREATE, says("validation_file_id: Input should"), at("validation_file_id", str)),
        ),
        "dataset_flaw_unnamed": (
            "What is wrong with a dataset is not said.",
            told(put("message", "The request is not valid."), of=says(":"), operations=(CREATE,)),
        ),
        "dataset_first_flaw_alone": (
            "Only the first flaw of a dataset is told.",
            told(at("message", lambda text: text.partition(";")[0]), of=says("; "), operations=(CREATE,)),
        ),
        "dataset_torn_json_500": (
            "Half an object for a dataset is a 500.",
            answered(500, of=says("not JSON that can be read"), operations=(CREATE,)),
        ),
        "dataset_list_taken": ("A list for a dataset is taken.", passed(CREATE, says("no JSON object"))),
        "dataset_nothing_taken": (
            "Nothing makes a dataset.",
            passed(CREATE, lambda found: "a body is required" in found["message"]),
        ),
        "dataset_unknown_file_taken": (
            "A dataset is made of a training file that there is not.",
            passed(CREATE, says("training_file", "does not exist")),
        ),
        "dataset_unknown_file_400": (
            "A dataset of a file that there is not is a 400.",
            answered(400, of=says("does not exist"), operations=(CREATE,)),
        ),
        "dataset_unknown_file_unnamed": (
            "A dataset of a file that there is not does not say which.",
            told(put("message", "the file does not exist"), of=says("does not exist"), operations=(CREATE,)),
        ),
        "dataset_unknown_validation_taken": (
            "A dataset is made without the validation file that there is not.",
            taken(CREATE, says("validation_file", "does not exist"), put("validation_file_id", None)),
        ),
        "dataset_alone_other": ("A dataset on its own shows no files.", answers(ALONE, drop("training_file"))),
        "datasets_listed_with_more": ("The list of datasets has a total.", answers(LIST, put("total", 3))),
        "datasets_listed_bare": ("Datasets are a bare list.", answers(LIST, lambda body: body["data"])),
        "datasets_listed_oldest_first": ("The oldest dataset is listed first.", answers(LIST, data(reversed_))),
        "datasets_listed_brief": (
            "Listed datasets show no files.",
            answers(LIST, data(lambda rows: [drop("training_file")(row) for row in rows])),
        ),
        "datasets_listed_undated": (
            "Listed datasets have no instants.",
            answers(LIST, data(lambda rows: [drop("updated_at")(row) for row in rows])),
        ),
        "datasets_limit_unheard": ("A limit of datasets is not heeded.", without_limit(LIST)),
        "datasets_limit_less": ("There is a dataset less than the limit.", limit_off_by(LIST, -1)),
        "datasets_limit_zero": (
            "A limit of no datasets is taken.",
            passed(LIST, says("limit"), lambda _: json_answer(200, {"data": []})),
        ),
        "datasets_capital_false": (
            "Datasets are not listed for Python's False.",
            begins(
                lambda ask, forward: forward(
                    asked(ask, pagination="none")
                    if ask.operation == LIST and parameter(ask, "pagination") == "False"
                    else ask
                )
            ),
        ),
    }
)
