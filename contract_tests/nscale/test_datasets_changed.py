"""Datasets that are changed, and datasets that are deleted."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.nscale.conftest import put_together, upload
from contract_tests.nscale.envelope import instant, invalid, missing
from contract_tests.nscale.orders import NO_FILE
from contract_tests.nscale.provider import DATASETS, PAGE

pytestmark = free


Change = Callable[..., tuple[Obj, Answer]]


@pytest.fixture
def change(run: Run, line: Line, training_file: Obj, validation_file: Obj) -> Change:
    """Make a dataset of both files and change it: as it was made, and the answer to the change."""

    def changed(**changes: Any) -> tuple[Obj, Answer]:
        before = put_together(run, training_file, validation_file).ok()
        return before, line.send("PATCH", f"{DATASETS}/{before['id']}", json=changes)

    return changed


@fact("datasets.update", "answers the whole dataset", known="documented")
def test_a_change_answers_the_dataset(change: Change, schema: Schema) -> None:
    before, answer = change(name="contract-tests")

    schema.holds("Dataset", answer.ok())
    assert set(answer.ok()) == set(before)


@fact("datasets.update", "changes the name, and nothing else", known="documented")
def test_a_name_may_be_changed(run: Run, change: Change) -> None:
    name = run.name()
    before, answer = change(name=name)

    assert answer.ok() == before | {"name": name, "updated_at": answer.ok()["updated_at"]}


@fact("datasets.update", "lasts", known="documented")
def test_a_change_lasts(run: Run, line: Line, change: Change) -> None:
    before, answer = change(name=run.name())

    assert line.get(f"{DATASETS}/{before['id']}").ok() == answer.ok()


@fact("datasets.update", "tells when it was", known="documented")
def test_a_change_tells_when_it_was(change: Change) -> None:
    before, answer = change(name="contract-tests")

    assert instant(answer.ok()["updated_at"]) > instant(before["updated_at"])


@fact("datasets.update", "leaves the creation as it is", known="documented")
def test_a_change_is_no_creation(change: Change) -> None:
    before, answer = change(name="contract-tests")

    assert [answer.ok()[name] for name in ("id", "created_at")] == [before["id"], before["created_at"]]


@fact("datasets.update", "changes the training file, with its size", known="documented")
def test_a_training_file_may_be_changed(change: Change, validation_file: Obj) -> None:
    _, answer = change(training_file_id=validation_file["id"])
    after = answer.ok()

    assert after["training_file_id"] == after["training_file"]["id"] == validation_file["id"]
    assert after["total_bytes"] == 2 * validation_file["bytes"]


@fact("datasets.update", "changes the validation file, with its size", known="documented")
def test_a_validation_file_may_be_changed(change: Change, training_file: Obj) -> None:
    _, answer = change(validation_file_id=training_file["id"])
    after = answer.ok()

    assert after["validation_file_id"] == after["validation_file"]["id"] == training_file["id"]
    assert after["total_bytes"] == 2 * training_file["bytes"]


@fact("datasets.update", "takes the validation file out where unset says so", known="documented")
def test_a_validation_file_may_be_taken_out(change: Change, training_file: Obj) -> None:
    _, answer = change(unset={"validation_file_id": True})
    after = answer.ok()

    assert after["validation_file_id"] is None
    assert after.get("validation_file") is None
    assert after["total_bytes"] == training_file["bytes"]


@fact("datasets.update", "takes an empty unset", known="documented")
def test_nothing_may_be_unset(change: Change) -> None:
    before, answer = change(name="contract-tests", unset={})

    assert answer.ok()["validation_file_id"] == before["validation_file_id"]


@fact("datasets.update", "needs no unset", known="unverified")
def test_unset_need_not_be_sent(change: Change) -> None:
    before, answer = change()

    assert answer.ok() == before | {"updated_at": answer.ok()["updated_at"]}


@fact("datasets.update", "takes null for what stays", known="unverified")
def test_null_changes_nothing(change: Change) -> None:
    before, answer = change(name=None, training_file_id=None, validation_file_id=None)

    assert answer.ok() == before | {"updated_at": answer.ok()["updated_at"]}


@fact("datasets.update", "to a file that there is not is a 404 that names it, and changes nothing", known="unverified")
def test_an_unknown_file_changes_nothing(line: Line, change: Change) -> None:
    before, answer = change(name="contract-tests", training_file_id=NO_FILE)

    assert NO_FILE in missing(answer)
    assert line.get(f"{DATASETS}/{before['id']}").ok() == before


@pytest.mark.parametrize(
    ("body", "named"),
    [
        pytest.param(
            body,
            named,
            marks=fact("datasets.update", f"with {words} is a 400 that says where", known="unverified"),
            id=words,
        )
        for words, body, named in (
            ("an empty name", {"name": ""}, "name"),
            ("a number for a name", {"name": 7}, "name"),
            ("a number to unset", {"unset": 1}, "unset"),
            ("a text to unset by", {"unset": {"validation_file_id": "yes"}}, "unset.validation_file_id"),
        )
    ],
)
def test_a_bad_change_is_refused(change: Change, body: dict[str, Any], named: str) -> None:
    assert named in invalid(change(**body)[1])


@pytest.fixture(scope="module")
def deletion(run: Run, line: Line, training_file: Obj) -> tuple[Obj, Answer]:
    """A dataset, and the answer to its deletion."""
    dataset = put_together(run, training_file).ok()
    return dataset, line.delete(f"{DATASETS}/{dataset['id']}")


@fact("datasets.delete", "answers 204 and no body", known="unverified")
def test_a_deletion_answers_204(deletion: tuple[Obj, Answer]) -> None:
    assert (deletion[1].status, deletion[1].content) == (204, b"")


@fact("datasets.delete", "leaves nothing to retrieve", known="documented")
def test_a_deleted_dataset_is_gone(line: Line, deletion: tuple[Obj, Answer]) -> None:
    assert deletion[0]["id"] in missing(line.get(f"{DATASETS}/{deletion[0]['id']}"))


@fact("datasets.delete", "leaves nothing to list", known="documented")
def test_a_deleted_dataset_is_not_listed(line: Line, deletion: tuple[Obj, Answer]) -> None:
    assert deletion[0]["id"] not in [dataset["id"] for dataset in line.get(DATASETS, limit=PAGE).rows()]


@fact("datasets.delete", "cannot be done twice", known="unverified")
def test_a_dataset_is_deleted_once(line: Line, deletion: tuple[Obj, Answer]) -> None:
    missing(line.delete(f"{DATASETS}/{deletion[0]['id']}"))


@fact("datasets.delete", "leaves the files, and what else is made of them", known="unverified")
@pytest.mark.usefixtures("deletion")
def test_a_deletion_leaves_the_files(line: Line, training_file: Obj, single: Obj) -> None:
    line.get(f"/files/{training_file['id']}").ok()

    assert line.get(f"{DATASETS}/{single['id']}").ok() == single


@fact("files.delete", "leaves a dataset that names the file without showing it", known="unverified")
def test_a_dataset_outlives_its_file(run: Run, line: Line, training_file: Obj) -> None:
    file = upload(run, b"a,b\n1,2\n").ok()
    dataset = put_together(run, training_file, file).ok()
    line.delete(f"/files/{file['id']}")
    after = line.get(f"{DATASETS}/{dataset['id']}").ok()

    assert after["validation_file_id"] == file["id"]
    assert after.get("validation_file") is None
    assert after["training_file"] == dataset["training_file"]
