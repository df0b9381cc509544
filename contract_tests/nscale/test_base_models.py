"""The base models: those of the guide's table, in a list without pages."""

import pytest

from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.nscale.envelope import UUID, invalid
from contract_tests.nscale.provider import MODELS

pytestmark = free
GUIDE = {
    "Meta-Llama-3-8B-Instruct": "e5f6a7b8-c9d0-1234-efab-567890123456",
    "Meta-Llama-3-8B": "d4e5f6a7-b8c9-0123-defa-456789012345",
    "Meta-Llama-3.1-8B": "28475dc6-e4be-49a4-8a87-660c4a7bb0ff",
    "Meta-Llama-3.1-8B-Instruct": "5b912da4-4a68-43eb-9224-38239535d934",
    "Mistral-7B-Instruct-v0.1": "f6a7b8c9-d0e1-2345-fabc-678901234567",
    "Mistral-7B-Instruct-v0.2": "a7b8c9d0-e1f2-3456-abcd-789012345678",
    "DeepSeek-R1-Distill-Qwen-1.5B": "b1432ae3-b4ce-4e12-be53-ab0555d00f93",
    "DeepSeek-R1-Distill-Qwen-14B": "c3d4e5f6-a7b8-9012-cdef-345678901234",
    "Qwen2-1.5B-Instruct": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "Qwen2.5-14B-Instruct": "b2c3d4e5-f6a7-8901-bcde-f23456789012",
}
MAKERS = {"Meta-Llama": "Meta", "Mistral": "Mistral AI", "DeepSeek": "Deepseek", "Qwen": "Qwen"}


@fact("models.list", "answers 200 in JSON", known="observed")
def test_the_list_is_json(line: Line) -> None:
    answer = line.get(MODELS)

    assert (answer.status, answer.media_type) == (200, "application/json")


@fact("models.list", "has its models under data", known="observed")
def test_models_stand_under_data(line: Line) -> None:
    assert line.get(MODELS).rows()


@fact("models.list", "has nothing beside data", known="unverified")
def test_there_is_nothing_beside_the_data(line: Line) -> None:
    assert list(line.get(MODELS).ok()) == ["data"]


@fact("models.list", "is as its schema says", known="unverified")
def test_the_list_is_as_published(line: Line, schema: Schema) -> None:
    schema.holds("BaseModels", line.get(MODELS).ok())


@fact("models.list", "gives each model an id and a name", known="observed")
def test_a_model_has_an_id_and_a_name(line: Line) -> None:
    for model in line.get(MODELS).rows():
        assert model["id"]
        assert model["name"]


@fact("models.list", "describes each model", known="observed")
def test_a_model_is_described(line: Line) -> None:
    assert all(isinstance(model["description"], str) and model["description"] for model in line.get(MODELS).rows())


@fact("models.list", "has UUIDs for ids", known="documented")
def test_ids_are_uuids(line: Line) -> None:
    assert [model["id"] for model in line.get(MODELS).rows() if not UUID.fullmatch(str(model["id"]))] == []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=fact("models.list", f"has {name} with the guide's id", known="documented"), id=name)
        for name in GUIDE
    ],
)
def test_a_model_of_the_guide_is_listed(line: Line, name: str) -> None:
    assert {model["name"]: model["id"] for model in line.get(MODELS).rows()}.get(name) == GUIDE[name]


@fact("models.list", "tells a context of 8192 tokens", known="documented")
def test_contexts_are_told(line: Line) -> None:
    told = {model["name"]: model["context_length"] for model in line.get(MODELS).rows()}

    assert {told[name] for name in GUIDE} == {8192}


@fact("models.list", "tells the batch sizes that a model takes", known="documented")
def test_batch_sizes_are_told(line: Line) -> None:
    told = {model["name"]: model["batch_sizes"] for model in line.get(MODELS).rows()}

    assert [told[name] for name in GUIDE] == [[4, 8, 12, 16, 20, 24, 28, 32]] * len(GUIDE)


@fact("models.list", "tells the precision Float16", known="documented")
def test_precisions_are_told(line: Line) -> None:
    assert {model["training_precision"] for model in line.get(MODELS).rows()} == {"Float16"}


@fact("models.list", "tells who made a model", known="documented")
def test_makers_are_told(line: Line) -> None:
    told = {model["name"]: model["organization"] for model in line.get(MODELS).rows()}
    expected = {name: maker for name in GUIDE for prefix, maker in MAKERS.items() if name.startswith(prefix)}

    assert {name: told[name] for name in GUIDE} == expected


@fact("models.list", "names each model once", known="unverified")
def test_a_model_is_listed_once(line: Line) -> None:
    ids = [model["id"] for model in line.get(MODELS).rows()]

    assert len(set(ids)) == len(ids)


@fact("models.list", "is the same when asked again", known="unverified")
def test_the_list_stays(line: Line) -> None:
    assert line.get(MODELS).ok() == line.get(MODELS).ok()


@fact("models.list", "takes a limit of 100", known="observed")
def test_a_limit_of_a_hundred_shows_all(line: Line) -> None:
    assert line.get(MODELS, limit=100).ok() == line.get(MODELS).ok()


@fact("models.list", "has as many entries as the limit says", known="unverified")
def test_a_limit_is_heeded(line: Line) -> None:
    assert line.get(MODELS, limit=2).rows() == line.get(MODELS).rows()[:2]


@fact("models.list", "takes no limit of 0", known="unverified")
def test_a_limit_of_nothing_is_refused(line: Line) -> None:
    assert "limit" in invalid(line.get(MODELS, limit=0))
