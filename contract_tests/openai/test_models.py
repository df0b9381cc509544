"""The models: a list in the usual form, one by its name, and what jobs have made among them."""

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, free, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.openai.envelope import invalid, refused
from contract_tests.openai.provider import CHECKPOINTS_KEPT, JOBS, MODEL, MODELS


def listed(line: Line) -> dict[str, Obj]:
    return {model["id"]: model for model in line.get(MODELS).rows()}


@free
@fact("models.list", "is a list in its published shape", known="documented")
def test_the_list_is_as_published(line: Line, schema: Schema) -> None:
    schema.holds("ListModelsResponse", line.get(MODELS).ok())


@free
@fact("models.list", "has exactly the members object and data", known="observed")
def test_the_list_has_its_two_members(line: Line) -> None:
    body = line.get(MODELS).ok()

    assert (set(body), body["object"]) == ({"object", "data"}, "list")


@free
@fact("models.list", "has models of the form {id, object, created, owned_by}", known="observed")
def test_a_model_has_its_four_members(line: Line) -> None:
    for model in line.get(MODELS).rows():
        assert {"id", "object", "created", "owned_by"} <= model.keys()
        assert model["object"] == "model"
        assert type(model["created"]) is int


@free
@fact("models.list", "names each model once", known="observed")
def test_a_model_is_listed_once(line: Line) -> None:
    assert len(line.get(MODELS).rows()) == len(listed(line))


@free
@fact("models.list", "names the model that jobs are trained on", known="observed")
def test_the_base_model_is_listed(line: Line, model: str) -> None:
    assert model in listed(line)


@free
@fact("models.list", "is the same when asked again", known="unverified")
def test_the_list_stays(line: Line) -> None:
    assert line.get(MODELS).ok() == line.get(MODELS).ok()


@free
@fact("models.list", "takes no notice of a limit: it is never paged", known="documented")
def test_the_list_is_never_paged(line: Line) -> None:
    assert len(line.get(MODELS, limit=1).rows()) == len(line.get(MODELS).rows())


@free
@fact("models.retrieve", "is the entry of the list", known="observed")
def test_a_model_is_what_the_list_says_of_it(line: Line, model: str) -> None:
    assert line.get(f"{MODELS}/{model}").ok() == listed(line)[model]


@free
@fact("models.retrieve", "answers a model in its published shape", known="documented")
def test_a_model_is_as_published(line: Line, schema: Schema) -> None:
    schema.holds("Model", line.get(f"{MODELS}/{MODEL}").ok())


@free
@fact("models.delete", "of a base model is refused, and leaves it", known="unverified")
def test_a_base_model_is_nobodys_to_delete(line: Line, model: str) -> None:
    answer = line.delete(f"{MODELS}/{model}")

    assert answer.status in (400, 403)
    refused(answer, answer.status)
    assert line.get(f"{MODELS}/{model}").status == 200


@spends
@fact("models.list", "lists the model of a job", known="observed")
def test_a_tuned_model_is_listed(line: Line, walk: Walk, tuned: str) -> None:
    model = listed(line)[tuned]

    assert model["object"] == "model"
    assert abs(model["created"] - walk.last.job["finished_at"]) <= 60


@spends
@fact("models.list", "lists the models of a job's checkpoints as well", known="observed")
def test_checkpoints_are_listed(line: Line, walk: Walk) -> None:
    names = {made["fine_tuned_model_checkpoint"] for made in walk.last.checkpoints.rows()}

    assert len(names) == min(CHECKPOINTS_KEPT, len(names)) > 0
    assert names <= listed(line).keys()


@spends
@fact("models.list", "says of a tuned model that the organization owns it", known="observed")
def test_a_tuned_model_has_an_owner(line: Line, tuned: str) -> None:
    owner = listed(line)[tuned]["owned_by"]

    assert owner
    assert owner not in ("openai", "system")


@spends
@fact("models.retrieve", "answers the model of a job as the list does", known="observed")
def test_a_tuned_model_is_what_the_list_says_of_it(line: Line, tuned: str) -> None:
    assert line.get(f"{MODELS}/{tuned}").ok() == listed(line)[tuned]


@spends
@fact("models.retrieve", "takes a name whose colons are encoded", known="observed")
def test_colons_may_be_encoded(line: Line, tuned: str) -> None:
    assert line.get(f"{MODELS}/{tuned.replace(':', '%3A')}").ok()["id"] == tuned


@pytest.fixture(scope="module")
def gone(line: Line, plain_walk: Walk) -> tuple[str, Obj]:
    """The model of another job, and what its deletion answered."""
    name = plain_walk.last.job["fine_tuned_model"]
    assert name in listed(line)
    return name, line.delete(f"{MODELS}/{name}").ok()


@spends
@fact("models.delete", "answers {id, object, deleted}", known="documented")
def test_a_deletion_answers_the_name(gone: tuple[str, Obj], schema: Schema) -> None:
    assert gone[1] == {"id": gone[0], "object": "model", "deleted": True}
    schema.holds("DeleteModelResponse", gone[1])


@spends
@fact("models.retrieve", "of a deleted model is a 404", known="documented")
def test_a_deleted_model_is_gone(line: Line, gone: tuple[str, Obj]) -> None:
    assert invalid(line.get(f"{MODELS}/{gone[0]}"), 404)["code"] == "model_not_found"


@spends
@fact("models.delete", "of a deleted model is a 404", known="documented")
def test_a_model_is_deleted_once(line: Line, gone: tuple[str, Obj]) -> None:
    invalid(line.delete(f"{MODELS}/{gone[0]}"), 404)


@spends
@fact("models.list", "does not list a deleted model", known="documented")
def test_a_deleted_model_is_not_listed(line: Line, gone: tuple[str, Obj]) -> None:
    assert gone[0] not in listed(line)


@spends
@fact("jobs.retrieve", "names the model of the job when it is deleted, too", known="unverified")
def test_a_job_remembers_its_model(line: Line, plain_walk: Walk, gone: tuple[str, Obj]) -> None:
    assert line.get(f"{JOBS}/{plain_walk.created['id']}").ok()["fine_tuned_model"] == gone[0]
