"""Datasets: a training file and perhaps a validation file under a name; made and listed."""

import time
from typing import Any

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.nscale.conftest import put_together
from contract_tests.nscale.envelope import instant, invalid, is_uuid, missing
from contract_tests.nscale.orders import NO_FILE
from contract_tests.nscale.provider import DATASETS, PAGE

pytestmark = free
SKEW_S = 300
"""How far a target's clock may be from ours."""


@fact("datasets.create", "answers 200, not 201", known="observed")
def test_a_creation_answers_200(gathering: Answer) -> None:
    assert gathering.status == 200


@fact("datasets.create", "is told as JSON", known="observed")
def test_a_creation_is_answered_in_json(gathering: Answer) -> None:
    assert gathering.media_type == "application/json"


@fact("datasets.create", "answers a dataset in its documented shape", known="documented")
def test_a_creation_is_answered_as_published(dataset: Obj, schema: Schema) -> None:
    schema.holds("Dataset", dataset)


@fact("datasets.create", "answers every documented member", known="documented")
def test_a_creation_answers_all_members(dataset: Obj, schema: Schema) -> None:
    assert set(dataset) == schema.members("Dataset")


@fact("datasets.create", "gives UUIDs for ids", known="observed")
def test_a_datasets_id_is_a_uuid(dataset: Obj) -> None:
    assert is_uuid(dataset["id"])


@fact("datasets.create", "keeps the name", known="observed")
def test_the_name_is_kept(run: Run, dataset: Obj) -> None:
    assert str(dataset["name"]).startswith(f"ct-{run.id}-")


@fact("datasets.create", "names the training file", known="observed")
def test_the_training_file_is_named(dataset: Obj, training_file: Obj) -> None:
    assert dataset["training_file_id"] == training_file["id"]


@fact("datasets.create", "names the validation file", known="observed")
def test_the_validation_file_is_named(dataset: Obj, validation_file: Obj) -> None:
    assert dataset["validation_file_id"] == validation_file["id"]


@fact("datasets.create", "shows id, name and bytes of its files", known="documented")
def test_the_files_are_shown(dataset: Obj, training_file: Obj, validation_file: Obj) -> None:
    shown = [{name: file[name] for name in ("id", "name", "bytes")} for file in (training_file, validation_file)]

    assert [dataset["training_file"], dataset["validation_file"]] == shown


@fact("datasets.create", "counts the bytes of its files", known="documented")
def test_the_bytes_are_counted(dataset: Obj, training_file: Obj, validation_file: Obj) -> None:
    assert dataset["total_bytes"] == training_file["bytes"] + validation_file["bytes"]


@fact("datasets.create", "counts the bytes of one file alone", known="unverified")
def test_the_bytes_of_one_file_are_counted(single: Obj, training_file: Obj) -> None:
    assert single["total_bytes"] == training_file["bytes"]


@fact("datasets.create", "needs no validation file", known="documented")
def test_a_validation_file_need_not_be(single: Obj) -> None:
    assert single["validation_file_id"] is None


@fact("datasets.create", "shows no validation file where there is none", known="unverified")
def test_no_validation_file_is_shown(single: Obj) -> None:
    assert single.get("validation_file") is None


@fact("datasets.create", "takes null for no validation file", known="unverified")
def test_a_validation_file_may_be_null(run: Run, training_file: Obj) -> None:
    assert put_together(run, training_file, validation_file_id=None).ok()["validation_file_id"] is None


@fact("datasets.create", "is of the workspace of its files", known="unverified")
def test_the_workspace_is_that_of_the_files(dataset: Obj, training_file: Obj) -> None:
    assert dataset["workspace_id"] == training_file["workspace_id"]


@fact("datasets.create", "tells the creation as RFC 3339 in UTC, by the clock that all have", known="documented")
def test_the_creation_is_now(dataset: Obj) -> None:
    assert abs(instant(dataset["created_at"]).timestamp() - time.time()) < SKEW_S


@fact("datasets.create", "was updated when it was made", known="unverified")
def test_a_new_dataset_was_updated_when_it_was_made(dataset: Obj) -> None:
    assert dataset["updated_at"] == dataset["created_at"]


@fact("datasets.create", "takes no columns", known="observed")
def test_columns_are_not_asked_for(gathering: Answer) -> None:
    assert not [name for name in gathering.ok() if "column" in name]


@fact("datasets.create", "takes one file for both", known="unverified")
def test_one_file_may_be_both(run: Run, training_file: Obj) -> None:
    both = put_together(run, training_file, training_file).ok()

    assert both["training_file_id"] == both["validation_file_id"]


@fact("datasets.create", "takes a name twice", known="unverified")
def test_the_same_name_is_another_dataset(run: Run, training_file: Obj) -> None:
    name = run.name()

    assert (
        put_together(run, training_file, name=name).ok()["id"] != put_together(run, training_file, name=name).ok()["id"]
    )


@fact("datasets.create", "takes no notice of a member that it does not know", known="unverified")
def test_an_unknown_member_is_passed_over(run: Run, training_file: Obj) -> None:
    assert "contract_tests" not in put_together(run, training_file, contract_tests=1).ok()


FLAWS: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"training_file_id": NO_FILE}, "name"),
    "an empty name": ({"name": "", "training_file_id": NO_FILE}, "name"),
    "a number for a name": ({"name": 1, "training_file_id": NO_FILE}, "name"),
    "null for a name": ({"name": None, "training_file_id": NO_FILE}, "name"),
    "no training file": ({"name": "contract-tests"}, "training_file_id"),
    "null for a training file": ({"name": "contract-tests", "training_file_id": None}, "training_file_id"),
    "a list of training files": ({"name": "contract-tests", "training_file_id": [NO_FILE]}, "training_file_id"),
    "a number for a validation file": (
        {"name": "contract-tests", "training_file_id": NO_FILE, "validation_file_id": 1},
        "validation_file_id",
    ),
}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        pytest.param(
            *flaw, marks=fact("datasets.create", f"with {words} is a 400 that says where", known="unverified"), id=words
        )
        for words, flaw in FLAWS.items()
    ],
)
def test_a_bad_dataset_is_refused(line: Line, body: dict[str, Any], named: str) -> None:
    assert named in invalid(line.post(DATASETS, body))


@fact("datasets.create", "tells all that is missing in one pass", known="unverified")
def test_all_that_is_missing_is_told(line: Line) -> None:
    said = invalid(line.post(DATASETS, {}))

    assert "name" in said.replace("training_file", "")
    assert "training_file_id" in said


RAW = {"half an object": b"{", "a list": b"[]", "a text": b'"text"', "nothing": b"", "null": b"null"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(raw, marks=fact("datasets.create", f"of {words} is a 400", known="unverified"), id=words)
        for words, raw in RAW.items()
    ],
)
def test_what_is_no_object_is_refused(line: Line, content: bytes) -> None:
    invalid(line.send("POST", DATASETS, content=content, headers={"content-type": "application/json"}))


@fact("datasets.create", "of a training file that there is not is a 404 that names it", known="unverified")
def test_an_unknown_training_file_is_missing(line: Line) -> None:
    said = missing(line.post(DATASETS, {"name": "contract-tests", "training_file_id": NO_FILE}))

    assert NO_FILE in said
    assert "training_file" in said


@fact("datasets.create", "of a validation file that there is not is a 404 that names it", known="unverified")
def test_an_unknown_validation_file_is_missing(run: Run, training_file: Obj) -> None:
    said = missing(put_together(run, training_file, Obj(id=NO_FILE)))

    assert NO_FILE in said
    assert "validation_file" in said


@pytest.fixture(scope="module")
def three(run: Run, training_file: Obj) -> list[Obj]:
    """Three datasets, in the order in which they were made."""
    return [put_together(run, training_file).ok() for _ in range(3)]


def listed(line: Line, *, of: list[Obj], **params: Any) -> list[Obj]:
    known = [dataset["id"] for dataset in of]
    return [row for row in line.get(DATASETS, **params).rows() if row["id"] in known]


@fact("datasets.list", "answers 200 in JSON", known="observed")
def test_the_list_is_json(line: Line) -> None:
    answer = line.get(DATASETS, limit=PAGE)

    assert (answer.status, answer.media_type) == (200, "application/json")


@fact("datasets.list", "has datasets under data, and nothing beside", known="unverified")
def test_there_is_nothing_beside_the_data(line: Line) -> None:
    assert list(line.get(DATASETS).ok()) == ["data"]


@fact("datasets.list", "is as its schema says", known="unverified")
@pytest.mark.usefixtures("three")
def test_the_list_is_as_published(line: Line, schema: Schema) -> None:
    schema.holds("Datasets", line.get(DATASETS).ok())


@fact("datasets.list", "shows the newest first, each as its creation did", known="unverified")
def test_datasets_are_listed_as_they_were_made(line: Line, three: list[Obj]) -> None:
    assert listed(line, of=three, limit=PAGE) == three[::-1]


@fact("datasets.list", "has as many entries as the limit says", known="observed")
def test_a_limit_is_heeded(line: Line, three: list[Obj]) -> None:
    assert listed(line, of=three, limit=2) == [three[2], three[1]]


@fact("datasets.list", "takes pagination=False, as Python writes it", known="observed")
@pytest.mark.usefixtures("three")
def test_no_pagination_may_be_asked_for(line: Line) -> None:
    assert line.get(DATASETS, pagination="False").ok() == line.get(DATASETS).ok()


@fact("datasets.list", "takes no limit of 0", known="unverified")
def test_a_limit_of_nothing_is_refused(line: Line) -> None:
    assert "limit" in invalid(line.get(DATASETS, limit=0))


@fact("datasets.retrieve", "answers a dataset as its creation did", known="observed")
def test_a_dataset_is_what_was_made(line: Line, dataset: Obj) -> None:
    assert line.get(f"{DATASETS}/{dataset['id']}").ok() == dataset
