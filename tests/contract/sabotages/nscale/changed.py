"""Sabotages of how datasets are changed and deleted."""

from collections.abc import Callable
from dataclasses import replace

from tests.contract.sabotages.changes import (
    SUCCESS,
    Begin,
    answers,
    asks,
    begins,
    drop,
    remembering,
)
from tests.contract.sabotages.nscale.changes import (
    DELETED,
    Json,
    answered,
    deaf,
    listed_after_deletion,
    of_nscale,
    passed,
    refusing,
    says,
    shifted,
    taken,
    with_status,
)
from tests.contract.sabotages.wrapping import Answer, Ask, Filter, Forward, json_answer

CREATE, LIST, ALONE = "datasets.create", "datasets.list", "datasets.retrieve"

CHANGE, DELETE = "datasets.update", "datasets.delete"


def _changed(change: Callable[[Json], Json]) -> Begin:
    """Return a sabotage that changes a request to change a dataset, where it is sound."""
    return asks(CHANGE, lambda ask: ask.with_json(change(ask.json())) if isinstance(ask.json(), dict) else ask)


def _forgetful() -> Begin:
    """Return a sabotage that shows a dataset as it was made, whatever was changed since."""

    def shown_as_made(memory: Json, ask: Ask, body: Json) -> Json:
        if ask.operation == CREATE:
            memory[body["id"]] = body
        return memory.get(body["id"], body) if ask.operation == ALONE else body

    return remembering((CREATE, ALONE), shown_as_made)


def _replacing() -> Begin:
    """Return a sabotage whose change of a dataset takes its validation file out where none is sent."""

    async def replacing(ask: Ask, forward: Forward) -> Answer:
        body = ask.json() if ask.operation == CHANGE else None
        if not isinstance(body, dict) or body.get("validation_file_id") or "unset" in body:
            return await forward(ask)
        return await forward(ask.with_json({**body, "unset": {"validation_file_id": True}}))

    return begins(replacing)


def _half_done() -> Begin:
    """Return a sabotage that changes the name where a change is refused for its file."""

    async def doing(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        body = ask.json() if ask.operation == CHANGE else None
        if answer.status == 404 and isinstance(body, dict) and body.get("training_file_id"):
            await forward(ask.with_json({"name": "half"}))
        return answer

    return begins(doing)


def _with_its_files() -> Filter:
    """Delete a dataset's file with it."""
    files: dict[str, str] = {}

    async def deleting(ask: Ask, forward: Forward) -> Answer:
        answer = await forward(ask)
        if ask.operation == CREATE and answer.status == 200:
            files[answer.json()["id"]] = answer.json()["training_file_id"]
        file = files.get(ask.path.rpartition("/")[2]) if ask.operation == DELETE else None
        if file and answer.status == DELETED:
            await forward(_file(ask, file))
        return answer

    return deleting


def _file(ask: Ask, id_: str) -> Ask:
    return replace(ask, path=f"{ask.path.rpartition('/datasets/')[0]}/files/{id_}")


def _gone(_: Ask, __: Answer) -> Answer:
    return Answer(DELETED, (), b"")


async def _unbuilt(ask: Ask, forward: Forward) -> Answer:
    """Take no change of a dataset."""
    if ask.operation != CHANGE:
        return await forward(ask)
    return json_answer(405, {"code": "unimplemented", "message": "PATCH is no operation"})


async def _silent(ask: Ask, forward: Forward) -> Answer:
    """Answer nothing to a change."""
    answer = await forward(ask)
    return Answer(DELETED, (), b"") if ask.operation == CHANGE and answer.status == SUCCESS else answer


CHANGED = of_nscale(
    {
        "change_refused": ("A dataset cannot be changed.", begins(_unbuilt)),
        "change_204": (
            "A change of a dataset answers nothing.",
            begins(_silent),
        ),
        "change_brief": (
            "A change answers what was changed alone.",
            answers(CHANGE, lambda body: {"id": body["id"], "name": body["name"]}),
        ),
        "change_unheard": ("A change of a name is answered and not done.", _forgetful()),
        "change_name_lost": ("A change does not change the name.", _changed(drop("name"))),
        "change_undated": (
            "A change does not tell when it was.",
            answers(CHANGE, lambda body: {**body, "updated_at": body["created_at"]}),
        ),
        "change_recreates": (
            "A change makes a dataset anew.",
            answers(CHANGE, lambda body: {**body, "created_at": body["updated_at"]}),
        ),
        "change_training_lost": ("A change does not change the training file.", _changed(drop("training_file_id"))),
        "change_validation_lost": (
            "A change does not change the validation file.",
            _changed(drop("validation_file_id")),
        ),
        "change_size_stays": ("A change leaves the bytes as they were.", answers(CHANGE, shifted("total_bytes", 1))),
        "change_unset_unheard": ("Nothing can be unset.", _changed(drop("unset"))),
        "change_unset_always": (
            "An empty unset unsets.",
            _changed(lambda body: {**body, "unset": {"validation_file_id": True}} if body.get("unset") == {} else body),
        ),
        "change_unset_needed": (
            "A change needs unset.",
            refusing(CHANGE, lambda body: "unset" not in body, "unset: Field required"),
        ),
        "change_replaces": ("A change takes out what it does not name.", _replacing()),
        "change_null_refused": (
            "Null for what stays is refused.",
            refusing(CHANGE, lambda body: None in body.values(), "name: Input should be a valid string"),
        ),
        "change_half_done": ("A change that is refused changes the name.", _half_done()),
        "change_unknown_file_400": (
            "A change to a file that there is not is a 400.",
            answered(400, of=says("does not exist"), operations=(CHANGE,)),
        ),
        "change_empty_name_taken": (
            "A name may be changed to an empty one.",
            taken(CHANGE, says("name: String should have"), drop("name")),
        ),
        "change_number_taken": (
            "A name may be changed to a number.",
            taken(CHANGE, says("name: Input should be a valid string"), drop("name")),
        ),
        "change_unset_number_taken": (
            "A number may be unset.",
            taken(CHANGE, says("unset: Input should"), drop("unset")),
        ),
        "change_unset_text_taken": (
            "A text may be unset by.",
            taken(CHANGE, says("unset.validation_file_id"), drop("unset")),
        ),
        "dataset_delete_200": ("A deletion of a dataset is answered 200.", with_status(DELETE, 200, of=DELETED)),
        "dataset_delete_unheard": ("A deletion of a dataset is answered and not done.", deaf(DELETE, _gone)),
        "dataset_delete_twice": (
            "A dataset can be deleted twice.",
            passed(DELETE, says("dataset"), lambda _: Answer(DELETED, (), b"")),
        ),
        "dataset_deleted_listed": ("A deleted dataset is listed.", listed_after_deletion("datasets")),
        "dataset_deleted_with_files": ("A dataset's file is deleted with it.", _with_its_files),
        "dataset_file_forgotten": (
            "A dataset forgets a file that was deleted.",
            answers(ALONE, lambda body: body if "validation_file" in body else {**body, "validation_file_id": None}),
        ),
        "dataset_file_remembered": (
            "A dataset shows a file that was deleted.",
            answers(
                ALONE,
                lambda body: (
                    {"validation_file": {"id": body["validation_file_id"], "name": "", "bytes": 0}, **body}
                    if body["validation_file_id"]
                    else body
                ),
            ),
        ),
    }
)
