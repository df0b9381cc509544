"""The models: a list in the usual form, and one by its name."""

from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.nebius.provider import MODELS

pytestmark = free


@fact("models.list", "is a list in its published shape", known="documented")
def test_the_list_is_as_published(line: Line, schema: Schema) -> None:
    schema.holds("ModelListResponse", line.get(MODELS).ok())


@fact("models.list", "says that it is a list", known="documented")
def test_the_list_calls_itself_one(line: Line) -> None:
    assert line.get(MODELS).ok()["object"] == "list"


@fact("models.list", "names at least one model", known="documented")
def test_there_are_models(line: Line) -> None:
    assert line.get(MODELS).rows()


@fact("models.list", "has models of the form {id, created, object, owned_by}", known="documented")
def test_a_model_has_its_four_members(line: Line) -> None:
    for model in line.get(MODELS).rows():
        assert {"id", "created", "object", "owned_by"} <= model.keys()
        assert model["object"] == "model"


@fact("models.list", "tells creations in whole unix seconds", known="documented")
def test_creations_are_whole_seconds(line: Line) -> None:
    for model in line.get(MODELS).rows():
        assert type(model["created"]) is int
        assert 1_500_000_000 < model["created"] < 5_000_000_000


@fact("models.list", "names each model once", known="unverified")
def test_a_model_is_listed_once(line: Line) -> None:
    ids = [model["id"] for model in line.get(MODELS).rows()]

    assert len(set(ids)) == len(ids)


@fact("models.list", "is told as JSON", known="documented")
def test_the_list_is_json(line: Line) -> None:
    assert line.get(MODELS).media_type == "application/json"


@fact("models.list", "is the same when asked again", known="unverified")
def test_the_list_stays(line: Line) -> None:
    assert line.get(MODELS).ok() == line.get(MODELS).ok()


@fact("models.list", "tells more when verbose, in its published shape", known="documented")
def test_a_verbose_list_is_as_published(line: Line, schema: Schema) -> None:
    schema.holds("RichModelListResponse", line.get(MODELS, verbose="true").ok())


@fact("models.list", "names the same models when verbose", known="unverified")
def test_a_verbose_list_has_the_same_models(line: Line) -> None:
    plain, rich = (line.get(MODELS, verbose=told).rows() for told in ("false", "true"))

    assert {model["id"] for model in plain} == {model["id"] for model in rich}


@fact("models.retrieve", "is the entry of the list", known="unverified")
def test_a_model_is_what_the_list_says_of_it(line: Line) -> None:
    listed = line.get(MODELS).rows()
    assert listed

    assert line.get(f"{MODELS}/{listed[0]['id']}").ok() == listed[0]


@fact("models.retrieve", "takes a name whose slash is encoded", known="unverified")
def test_a_slash_in_a_name_may_be_encoded(line: Line) -> None:
    name = next(model["id"] for model in line.get(MODELS).rows() if "/" in model["id"])

    assert line.get(f"{MODELS}/{name.replace('/', '%2F')}").ok()["id"] == name
