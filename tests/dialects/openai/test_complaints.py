"""What a refused request is told, in the provider's words."""

import json
from typing import Any

import pytest
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from emulator.dialects.openai import wire
from tests.dialects.openai.api import JOBS, Api

Json = dict[str, Any]

ASKED: Json = {"model": "gpt-4o-mini", "training_file": "file-abc123"}
CANARY = "canary-51f0"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def errors(model: type[BaseModel], members: Any) -> list[Any]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(members)
    return [*caught.value.errors()]


def told(**members: Any) -> tuple[str, str | None, str | None]:
    """Return message, param and code of what is told as it is everywhere."""
    error = wire.complaint(errors(wire.CreateFineTuningJobRequest, {**ASKED, **members}))
    assert error.type == "invalid_request_error"
    return error.message, error.param, error.code


def told_of_a_job(**members: Any) -> tuple[str, str | None, str | None]:
    """Return message, param and code of what is told of a new job."""
    error = wire.job_complaint(errors(wire.CreateFineTuningJobRequest, {**ASKED, **members}))
    assert error.type == "invalid_request_error"
    return error.message, error.param, error.code


def test_a_wrong_type_is_told_as_recorded() -> None:
    assert told(metadata={"modified": True}) == (
        "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.",
        "metadata.modified",
        "invalid_type",
    )


def test_a_missing_member_is_told_as_recorded() -> None:
    class Responses(BaseModel):
        input: str

    error = wire.complaint(errors(Responses, {}))

    assert error.model_dump_json() == (
        '{"message":"Missing required parameter: \'input\'.","type":"invalid_request_error","param":"input",'
        '"code":"missing_required_parameter"}'
    )


def test_an_unknown_purpose_is_told_as_recorded() -> None:
    error = wire.complaint(errors(wire.CreateFileRequest, {"file": "", "purpose": "world_domination"}))

    assert (error.message, error.param, error.code) == (
        (
            "'world_domination' is not one of ['fine-tune', 'assistants', 'batch', 'user_data', 'vision', 'evals']"
            " - 'purpose'"
        ),
        "purpose",
        None,
    )


def test_an_unknown_hyperparameter_of_a_job_is_told_as_reported() -> None:
    assert told_of_a_job(hyperparameters={"nepochs": 2}) == (
        "invalid nepochs: 2, extra inputs are not permitted",
        "nepochs",
        None,
    )


def test_a_suffix_that_is_too_long_is_told_in_the_same_form() -> None:
    assert told_of_a_job(suffix="x" * 65) == (
        f"invalid suffix: {'x' * 65}, string should have at most 64 characters",
        "suffix",
        None,
    )


def test_what_the_emulator_itself_says_is_told_without_pydantics_own_word(api: Api) -> None:
    job = {"model": "gpt-4o-mini", "training_file": api.upload()}
    of_suffix = api.refused("POST", JOBS, json={**job, "suffix": "emu:nosuch"})
    of_header = api.refused("POST", JOBS, json=job, headers={"x-emulator-scenario": "nosuch"})

    assert of_suffix["message"].startswith("Invalid 'suffix': there is no scenario 'nosuch'")
    assert "there is no scenario 'nosuch'" in of_header["message"]
    assert "value error" not in of_header["message"].lower()


def test_what_a_validator_says_elsewhere_is_told_without_pydantics_own_word() -> None:
    flaw = {"type": "value_error", "loc": ("body", "name"), "msg": "Value error, it is taken", "input": "a"}

    assert wire.complaint([flaw]).message == "Invalid 'name': it is taken."


@pytest.mark.parametrize("name", ["a", "python", "multi", "string_check", "grader", "graders", "object", "array"])
@pytest.mark.parametrize("part", [{"type": "python"}, {"type": "python", "source": 5}, {}, 5])
def test_a_part_of_a_multigrader_is_named_as_it_was_sent(name: str, part: Any) -> None:
    grader = {"type": "multi", "graders": {name: part}, "calculate_output": name}
    _, param, _ = told(method={"type": "reinforcement", "reinforcement": {"grader": grader}})

    below = {} if part == 5 else {"source" if part else "type"}
    assert param == ".".join(["method.reinforcement.grader.graders", name, *below])


@pytest.mark.parametrize(("graders", "place"), [([{"type": "python"}], "graders[0]"), ({"type": "python"}, "graders")])
def test_a_part_without_a_name_of_its_own_is_named_by_its_place(graders: Any, place: str) -> None:
    grader = {"type": "multi", "graders": graders, "calculate_output": "a"}
    _, param, _ = told(method={"type": "reinforcement", "reinforcement": {"grader": grader}})

    assert param == f"method.reinforcement.grader.{place}.source"


def test_what_a_job_lacks_is_told_as_everywhere() -> None:
    error = wire.job_complaint(errors(wire.CreateFineTuningJobRequest, {"model": "m"}))

    assert (error.message, error.code) == (
        "Missing required parameter: 'training_file'.",
        "missing_required_parameter",
    )


@pytest.mark.parametrize(
    ("members", "message", "code"),
    [
        (
            {"hyperparameters": {"n_epochs": 0}},
            (
                "Invalid 'hyperparameters.n_epochs': integer below minimum value."
                " Expected a value >= 1, but got 0 instead."
            ),
            "integer_below_min_value",
        ),
        (
            {"hyperparameters": {"n_epochs": 51}},
            (
                "Invalid 'hyperparameters.n_epochs': integer above maximum value."
                " Expected a value <= 50, but got 51 instead."
            ),
            "integer_above_max_value",
        ),
        (
            {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 2.5}}}},
            (
                "Invalid 'method.dpo.hyperparameters.beta': decimal above maximum value."
                " Expected a value <= 2, but got 2.5 instead."
            ),
            "decimal_above_max_value",
        ),
        (
            {"hyperparameters": {"learning_rate_multiplier": 0}},
            (
                "Invalid 'hyperparameters.learning_rate_multiplier': decimal below minimum value."
                " Expected a value > 0, but got 0 instead."
            ),
            "decimal_below_min_value",
        ),
        (
            {"suffix": "x" * 74},
            (
                "Invalid 'suffix': string too long."
                " Expected a string with maximum length 64, but got a string with length 74 instead."
            ),
            "string_above_max_length",
        ),
        (
            {"suffix": ""},
            "Invalid 'suffix': empty string. Expected a string with minimum length 1, but got an empty string instead.",
            "empty_string",
        ),
        (
            {"metadata": {str(number): "" for number in range(24)}},
            (
                "Invalid 'metadata': too many properties."
                " Expected an object with at most 16 properties, but got an object with 24 properties instead."
            ),
            "object_above_max_properties",
        ),
        (
            {"integrations": [{"type": "wandb", "wandb": {"project": "p"}}] * 6},
            (
                "Invalid 'integrations': array too long."
                " Expected an array with maximum length 5, but got an array with length 6 instead."
            ),
            "array_above_max_length",
        ),
        ({"reasoning": 1}, "Unknown parameter: 'reasoning'.", "unknown_parameter"),
        (
            {"method": {"type": "magic"}},
            "Invalid value: 'magic'. Supported values are: 'supervised', 'dpo', and 'reinforcement'.",
            "invalid_value",
        ),
        (
            {"integrations": [{"type": "wandb"}]},
            "Missing required parameter: 'integrations[0].wandb'.",
            "missing_required_parameter",
        ),
        (
            {"method": {"type": "reinforcement", "reinforcement": {"grader": {"type": "magic"}}}},
            (
                "Invalid value: 'magic'. Supported values are:"
                " 'string_check', 'text_similarity', 'python', 'score_model', and 'multi'."
            ),
            "invalid_value",
        ),
        (
            {"method": {"type": "reinforcement", "reinforcement": {"grader": {}}}},
            "Missing required parameter: 'method.reinforcement.grader.type'.",
            "missing_required_parameter",
        ),
        (
            {"method": {"type": "reinforcement", "reinforcement": {"grader": {"type": "string_check"}}}},
            "Missing required parameter: 'method.reinforcement.grader.input'.",
            "missing_required_parameter",
        ),
    ],
)
def test_other_errors_are_told_in_the_provider_s_sentences(members: Json, message: str, code: str) -> None:
    assert told(**members)[::2] == (message, code)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "an integer"),
        (1.5, "a decimal number"),
        ([], "an array"),
        ({}, "an object"),
    ],
)
def test_what_came_is_named_by_its_json_type(value: Any, words: str) -> None:
    assert told(model=value)[0] == f"Invalid type for 'model': expected a string, but got {words} instead."


async def refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return JSONResponse(wire.complaint(error.errors()).model_dump(), status_code=400)


async def create(body: wire.CreateFineTuningJobRequest) -> None: ...
async def index(limit: int = Query(default=20, ge=0)) -> None: ...


def service() -> TestClient:
    app = FastAPI(exception_handlers={RequestValidationError: refused})
    app.add_api_route("/jobs", create, methods=["POST"])
    app.add_api_route("/jobs", index, methods=["GET"])
    return TestClient(app)


CLIENT = service()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null"])
def test_a_body_that_is_no_object_could_not_be_parsed(body: bytes) -> None:
    answer = CLIENT.post("/jobs", content=body, headers={"content-type": "application/json"}).json()

    assert answer["message"].startswith("We could not parse the JSON body of your request.")
    assert (answer["param"], answer["code"]) == (None, None)


def test_a_parameter_of_the_query_is_named_without_its_place() -> None:
    answer = CLIENT.get("/jobs", params={"limit": "many"}).json()

    assert answer["message"] == "Invalid type for 'limit': expected an integer, but got a string instead."


@pytest.mark.parametrize(
    "members",
    [
        {"wandb_api_key": CANARY},
        {"hyperparameters": {"token": CANARY}},
        {"integrations": {"wandb": {"api_key": CANARY}}},
        {"integrations": [{"type": "wandb", "wandb": {"project": 1, "api_key": CANARY}}] * 6},
        {"suffix": {"password": CANARY}},
        {"suffix": f'{{"api_key": "{CANARY}"}}' + " " * 64},
    ],
)
def test_a_secret_is_never_told(members: Json) -> None:
    assert CANARY not in str(told(**members)) + str(told_of_a_job(**members))


def test_a_long_value_is_told_in_part() -> None:
    assert len(told_of_a_job(suffix="x" * 10**6)[0]) < 11_000
    assert len(told_of_a_job(metadata=["x" * 9_999] * 100)[0]) < 11_000


@pytest.mark.parametrize("members", [{"suffix": "\ud800"}, {"metadata": {"\ud800": ""}}, {"\ud800": 1}])
def test_half_a_letter_is_refused_with_its_escape(members: Json) -> None:
    found = errors(wire.CreateFineTuningJobRequest, {**ASKED, **members})

    for complaint in (wire.complaint, wire.job_complaint):
        assert complaint(found).model_dump_json().encode()


@given(members=st.dictionaries(st.sampled_from([*wire.CreateFineTuningJobRequest.model_fields, "x"]), JSON, max_size=4))
def test_any_refused_body_has_a_complaint_that_json_can_carry(members: Json) -> None:
    found = errors(wire.CreateFineTuningJobRequest, {**members, "model": None})

    for complaint in (wire.complaint, wire.job_complaint):
        assert json.loads(complaint(found).model_dump_json())["message"]
