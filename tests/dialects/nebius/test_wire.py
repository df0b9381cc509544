import json
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from emulator.dialects.nebius import wire
from emulator.drift import differences

Json = dict[str, Any]

# The provider's published documents are no part of this project; a copy beside the checkout is the judge.
SPEC = Path(__file__).parents[3].parent / "shared" / "spec"
CANARY = "canary-51f0"
SECRET = "**********"

Project = Annotated[str | None, Query(description="Project ID to list fine tuning jobs")]


def published(name: str) -> Json:
    """Return a published document, or skip the test that asks for it."""
    path = SPEC / name
    if not path.exists():
        pytest.skip(f"the provider's document is not here: no {path}")
    yaml = pytest.importorskip("yaml")
    document: Json = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


async def refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"detail": wire.masked(error.errors())}, status_code=422)


async def create(body: wire.FineTuningRequest, ai_project_id: Project = None) -> None: ...
async def index(limit: int | None = None, after: str | None = None, ai_project_id: Project = None) -> None: ...
async def show(job_id: str) -> None: ...
async def page(job_id: str, limit: int | None = None, after: str | None = None) -> None: ...
async def checkpoint(job_id: str, checkpoint_id: str) -> None: ...


ROUTES: list[tuple[str, str, Any, Any]] = [
    ("POST", "", create, wire.FineTuningJob),
    ("GET", "", index, wire.FineTuningJobListResponse),
    ("GET", "/{job_id}", show, wire.FineTuningJob),
    ("POST", "/{job_id}/cancel", show, wire.FineTuningJob),
    ("GET", "/{job_id}/events", page, wire.ListEventsResponse),
    ("GET", "/{job_id}/checkpoints", page, wire.ListCheckpointsResponse),
    ("GET", "/{job_id}/checkpoints/{checkpoint_id}", checkpoint, wire.FineTuningJobCheckpoint),
]


def service() -> FastAPI:
    """Return an application with the provider's seven operations, which only check what they are asked."""
    app = FastAPI(exception_handlers={RequestValidationError: refused})
    for method, path, endpoint, model in ROUTES:
        app.add_api_route("/v1/fine_tuning/jobs" + path, endpoint, methods=[method], response_model=model)
    return app


CLIENT = TestClient(service())
ASKED: Json = {"model": "m", "training_file": "f"}


def post(body: Any) -> tuple[int, Any]:
    """Send a body (NaN and infinity included, as Python's encoder writes them) and return the status and the JSON."""
    headers = {"content-type": "application/json"}
    answer = CLIENT.post("/v1/fine_tuning/jobs", content=json.dumps(body).encode(), headers=headers)
    return answer.status_code, answer.json()


def complaints(**members: Any) -> list[Json]:
    """Return what a request with these members besides the required ones is told."""
    status, answer = post({**ASKED, **members})
    assert status == 422
    detail: list[Json] = answer["detail"]
    return detail


def accepted(**members: Any) -> wire.FineTuningRequest:
    return wire.FineTuningRequest.model_validate({**ASKED, **members})


def test_the_document_differs_in_nothing_from_the_published_one() -> None:
    ours = wire.openapi_names(service().openapi())
    assert differences(ours, published("nebius-fine-tuning.openapi.yaml"), extra=True) == []


def without_texts(node: Any) -> Any:
    """Return a JSON value without what is written for people: our words are our own."""
    if isinstance(node, dict):
        return {key: without_texts(value) for key, value in node.items() if key not in {"description", "examples"}}
    return [without_texts(value) for value in node] if isinstance(node, list) else node


def test_every_component_is_the_published_one_but_for_texts_and_in_its_order() -> None:
    ours = without_texts(json.loads(json.dumps(wire.openapi_names(service().openapi())))["components"]["schemas"])
    theirs = without_texts(published("nebius-fine-tuning.openapi.yaml")["components"]["schemas"])

    assert ours == theirs
    assert list(ours) == list(theirs)
    for name in theirs:
        assert list(ours[name]["properties"]) == list(theirs[name]["properties"])


def test_files_are_those_of_the_published_pages() -> None:
    document = published("nebius-neighbours.openapi.yaml")
    app = FastAPI()
    app.add_api_route("/v1/files/{file_id}", show, response_model=wire.OpenAIFile)
    app.add_api_route("/v1/files", index, response_model=wire.FileListResponse)
    theirs = {**document, "paths": {path: document["paths"][path] for path in ("/v1/files", "/v1/files/{file_id}")}}
    # Uploading and deleting have no route here, nor has the list its parameters.
    assert [line for line in differences(app.openapi(), theirs) if " 200" in line] == []


def test_renaming_components_leaves_the_document_as_it_was() -> None:
    schemas = {"Metrics": {}, "ListedFineTuningJobCheckpoint": {"title": "FineTuningJobCheckpoint"}}
    reference = {"$ref": "#/components/schemas/FineTuningJobCheckpoint"}
    document: Json = {"paths": reference, "components": {"schemas": schemas}}
    before = deepcopy(document)
    renamed = wire.openapi_names(document)
    assert document == before
    assert renamed["paths"]["$ref"] == "#/components/schemas/" + wire.RENAMED["FineTuningJobCheckpoint"]
    assert list(renamed["components"]["schemas"]) == ["Metrics", "app__models__fine_tuning__FineTuningJobCheckpoint"]


JOB: Json = {"id": "ftjob-1", "created_at": 1, "model": "m", "status": "running", "training_file": "f"}


def test_a_dumped_job_has_every_key_of_the_schema() -> None:
    dumped = json.loads(wire.FineTuningJob.model_validate(JOB).model_dump_json())
    assert list(dumped) == list(wire.FineTuningJob.model_fields)
    assert (dumped["error"], dumped["object"], dumped["result_files"]) == (None, "fine_tuning.job", [])


def test_hyperparameters_come_with_their_defaults() -> None:
    assert wire.SupervisedHParameters().model_dump() == json.loads(
        '{"batch_size":8,"learning_rate":1e-05,"n_epochs":3,"warmup_ratio":0.0,"weight_decay":0.0,"packing":true,'
        '"max_grad_norm":1.0,"context_length":8192,"lora":false,"lora_r":8,"lora_alpha":8,"lora_dropout":0.0}'
    )


def test_a_dumped_page_of_events_leaves_out_what_recordings_leave_out() -> None:
    event = {"object": "fine_tuning.job.event", "id": "e", "created_at": 1, "level": "info", "message": "Hi"}
    event |= {"source": "api", "job_uuid": "ftjob-1"}
    page = wire.ListEventsResponse(data=[wire.FineTuningJobEvent.model_validate(event)], has_more=False)
    assert json.loads(page.model_dump_json(exclude_unset=True)) == {"data": [event], "has_more": False}


def test_unknown_members_of_a_request_and_its_hyperparameters_are_accepted() -> None:
    body = accepted(colour="red", hyperparameters={"learning_rate_multiplier": 2e-5})
    assert body.model_extra == {"colour": "red"}
    assert body.hyperparameters is not None
    assert body.hyperparameters.model_extra == {"learning_rate_multiplier": 2e-5}


def test_unknown_members_of_a_closed_object_are_dropped() -> None:
    body = accepted(integrations=[{"type": "hf", "hf": {"output_repo_name": "a/b", "api_token": "x", "more": 1}}])
    assert body.integrations is not None
    assert "more" not in str(body.integrations[0].model_dump())


def test_values_are_coerced_as_pydantic_does() -> None:
    sent = {"batch_size": "16", "lora_r": 16.0, "n_epochs": True, "learning_rate": "1e-4", "lora": "true", "packing": 0}
    taken = {"batch_size": 16, "lora_r": 16, "n_epochs": 1, "learning_rate": 1e-4, "lora": True, "packing": False}
    assert wire.SupervisedHParameters.model_validate(sent).model_dump(exclude_unset=True) == taken


@pytest.mark.parametrize("sent", [{"batch_size": 16.5}, {"batch_size": "many"}, {"lora": 2}, {"n_epochs": None}])
def test_values_that_pydantic_does_not_coerce_are_refused(sent: Json) -> None:
    with pytest.raises(ValidationError):
        accepted(hyperparameters=sent)


@pytest.mark.parametrize(
    ("name", "value", "limits"),
    [
        ("batch_size", 65, {"le": 64}),
        ("batch_size", 0, {"ge": 1}),
        ("n_epochs", 21, {"le": 20}),
        ("max_grad_norm", 0, {"gt": 0}),
        ("context_length", 8191, {"ge": 8192}),
        ("lora_r", 129, {"le": 128}),
    ],
)
def test_a_hyperparameter_out_of_range_is_told_its_limit(name: str, value: float, limits: Json) -> None:
    [error] = complaints(hyperparameters={name: value})
    assert error["loc"] == ["body", "hyperparameters", name]
    assert (error["input"], error["ctx"]) == (value, limits)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", ["learning_rate", "weight_decay", "max_grad_norm"])
def test_a_number_that_is_none_is_refused_and_answered_as_null(name: str, value: float) -> None:
    [error] = complaints(hyperparameters={name: value})
    assert (error["type"], error["input"]) == ("finite_number", None)


def test_hyperparameters_in_both_places_are_refused() -> None:
    [error] = complaints(hyperparameters={}, method={"type": "supervised", "supervised": {"hyperparameters": {}}})
    assert (error["type"], error["loc"], error["ctx"]) == ("value_error", ["body"], {"error": {}})
    assert error["msg"] == "Value error, Only one of 'method' or 'hyperparameters' must be provided"


def test_a_null_beside_a_method_is_no_second_place() -> None:
    body = accepted(hyperparameters=None, method={"type": "supervised", "supervised": {"hyperparameters": {}}})
    assert isinstance(body.method, wire.SupervisedMethodConfig)


def test_every_missing_member_is_told_in_one_pass() -> None:
    status, answer = post({"seed": 1})
    missing = {"type": "missing", "msg": "Field required", "input": {"seed": 1}}
    assert status == 422
    assert answer["detail"] == [{**missing, "loc": ["body", "model"]}, {**missing, "loc": ["body", "training_file"]}]


def test_union_errors_are_told_under_the_names_of_the_provider() -> None:
    places = [error["loc"][1:] for error in complaints(from_checkpoint={"type": 5}, integrations=[{"type": "wandb"}])]
    assert ["from_checkpoint", "HFCheckpointParametersRequest", "repo"] in places
    assert ["from_checkpoint", "FTCheckpointParameters", "type", "str"] in places
    assert ["integrations", 0, "WandbIntegrationRequest", "wandb"] in places
    assert ["integrations", 0, "MlflowIntegrationRequest", "type"] in places
    assert ["integrations", 0, "HfExportIntegrationRequest", "hf"] in places


def test_a_method_is_told_by_its_type_and_needs_one() -> None:
    [unknown] = complaints(method={"type": "dpo"})
    assert (unknown["type"], unknown["loc"]) == ("union_tag_invalid", ["body", "method"])
    assert unknown["ctx"] == {"discriminator": "'type'", "tag": "dpo", "expected_tags": "'supervised', 'spec-draft'"}
    [missing] = complaints(method={"supervised": {"hyperparameters": {}}})
    assert missing["type"] == "union_tag_not_found"


def test_an_error_inside_a_method_is_placed_under_its_type() -> None:
    [error] = complaints(method={"type": "supervised", "supervised": {"hyperparameters": {"batch_size": 65}}})
    assert error["loc"] == ["body", "method", "supervised", "supervised", "hyperparameters", "batch_size"]


@pytest.mark.parametrize("checkpoint", [{"repo": "a/b"}, {"type": "ft", "repo": "a/b"}])
def test_a_checkpoint_with_a_repo_is_one_of_hugging_face(checkpoint: Json) -> None:
    assert isinstance(accepted(from_checkpoint=checkpoint).from_checkpoint, wire.HFCheckpointParametersRequest)


@pytest.mark.parametrize("checkpoint", [{}, {"type": "ft"}, {"type": "hf"}, {"type": "any"}])
def test_a_checkpoint_without_a_repo_is_one_of_an_earlier_job(checkpoint: Json) -> None:
    assert isinstance(accepted(from_checkpoint=checkpoint).from_checkpoint, wire.FTCheckpointParameters)


MLFLOW = {"tracking_uri": "u", "experiment_name": None, "run_name": None, "username": "n"}
WITH_SECRETS: Json = {
    **ASKED,
    "from_checkpoint": {"type": "hf", "repo": "a/b", "token": CANARY},
    "integrations": [
        {"type": "wandb", "wandb": {"project": "p", "api_key": CANARY}},
        {"type": "mlflow", "mlflow": {**MLFLOW, "certificate_file": CANARY, "password": CANARY}},
        {"type": "hf", "hf": {"output_repo_name": "a/b", "api_token": CANARY}},
    ],
}


def test_secrets_are_taken_and_show_nowhere() -> None:
    body = wire.FineTuningRequest.model_validate(WITH_SECRETS)
    assert isinstance(body.from_checkpoint, wire.HFCheckpointParametersRequest)
    assert body.from_checkpoint.token is not None
    assert body.from_checkpoint.token.get_secret_value() == CANARY
    shown = [repr(body), str(body), body.model_dump_json(), repr(body.model_dump())]
    assert all(text.count(SECRET) == 5 and CANARY not in text for text in shown)


def test_an_answer_made_of_a_request_leaves_out_its_secrets() -> None:
    asked = accepted(**WITH_SECRETS).model_dump(include={"from_checkpoint", "integrations"})
    dumped = wire.FineTuningJob.model_validate(JOB | asked).model_dump_json()
    assert CANARY not in dumped
    assert SECRET not in dumped
    assert '"output_repo_name":"a/b"' in dumped


@pytest.mark.parametrize(
    "spoiled",
    [
        {"model": None},
        {"from_checkpoint": {"repo": 1, "type": 1, "token": CANARY}},
        {"from_checkpoint": {"repo": "a", "type": 1, "token": [CANARY]}},
        {"integrations": [{"type": "wandb", "wandb": {"api_key": CANARY}}]},
        {"integrations": [{"type": "wandb", "wandb": {"project": "p", "api_key": {"value": CANARY}}}]},
        {"integrations": {"wandb": {"api_key": CANARY}}},
        {"hyperparameters": {}, "method": {"type": "supervised", "supervised": {"hyperparameters": {}}}},
        {"extra_body": json.dumps({"api_key": CANARY})},
        {"seed": "api_token=" + CANARY},
    ],
)
def test_a_refusal_repeats_no_secret(spoiled: Json) -> None:
    status, answer = post(WITH_SECRETS | spoiled)
    assert status == 422
    assert CANARY not in json.dumps(answer)
    with pytest.raises(ValidationError) as printed:
        wire.FineTuningRequest.model_validate(WITH_SECRETS | spoiled)
    assert CANARY not in str(printed.value)


def test_a_body_sent_without_its_content_type_is_not_repeated_with_its_secrets() -> None:
    answer = CLIENT.post("/v1/fine_tuning/jobs", content=json.dumps(WITH_SECRETS).encode())
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["input"] == SECRET


SECRET_NAMES = ["api_key", "api_token", "token", "password", "certificate_file", "WANDB_API_KEY", "hfToken", "Api-Key"]
plain_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.characters(categories=["Cs"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
secrets = st.sampled_from(SECRET_NAMES).flatmap(
    lambda name: st.sampled_from([CANARY, [CANARY], {"value": CANARY}]).map(lambda value: {name: value})
)
planted = st.recursive(
    secrets,
    lambda inner: st.one_of(
        st.builds(lambda beside, value: [beside, value], plain_json, inner),
        st.builds(lambda beside, value: {"x": beside, "y": value}, plain_json, inner),
        inner.map(json.dumps),
    ),
    max_leaves=5,
)


@given(planted, st.sampled_from(["input", "ctx"]))
def test_masked_errors_never_let_a_secret_through(value: Any, where: str) -> None:
    answer = wire.masked([{"type": "missing", "loc": ("body",), "msg": "m", where: {"value": value}}])
    assert CANARY not in json.dumps(answer)


@given(plain_json, st.sampled_from(SECRET_NAMES))
def test_an_input_found_at_a_secret_member_is_hidden_whatever_it_is(value: Any, name: str) -> None:
    [error] = wire.masked([{"type": "string_type", "loc": ("body", name, "str"), "msg": "m", "input": [value, CANARY]}])
    assert error["input"] == SECRET


@given(plain_json)
def test_masked_errors_can_be_sent(value: Any) -> None:
    answer = wire.masked([{"type": "t", "loc": ("\ud800",), "msg": "\ud800", "input": value, "ctx": {"a": value}}])
    assert json.loads(json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()) == answer


def test_what_is_no_secret_is_echoed_as_it_was() -> None:
    body = {"a": [1, 2.5, True, None, "text"], "max_tokens": 5, "tokenizer": "t", "path": "a/token/b"}
    error = {"type": "t", "loc": ("body", 0), "msg": "m", "input": body, "ctx": {"le": 64}}
    assert wire.masked([{**error, "url": "https://errors.pydantic.dev"}]) == [{**error, "loc": ["body", 0]}]


def test_long_texts_are_cut_and_say_so() -> None:
    [error] = complaints(suffix="s" * 1_000_000)
    assert (error["type"], error["input"]) == ("string_too_long", "s" * 10_000 + "…")


def test_a_long_tag_is_cut_in_the_message_too() -> None:
    [error] = complaints(method={"type": "t" * 1_000_000})
    assert len(error["msg"]) == len(error["ctx"]["tag"]) == 10_001


def test_a_deep_input_is_cut_and_says_so() -> None:
    deep: Any = "bottom"
    for _ in range(900):
        deep = [deep]
    text = json.dumps(complaints(seed=deep))
    assert "bottom" not in text
    assert text.count("[") < 60
    assert "\\u2026" in text


def test_a_lone_surrogate_is_answered_as_its_escape() -> None:
    [error] = complaints(suffix="\ud800")
    assert (error["type"], error["input"]) == ("string_unicode", "\\ud800")


def test_what_json_has_no_word_for_is_an_empty_object() -> None:
    [error] = wire.masked([{"type": "t", "loc": (), "msg": "m", "input": object(), "ctx": {"error": ValueError()}}])
    assert (error["input"], error["ctx"]) == ({}, {"error": {}})


def test_models_and_deletions_are_dumped_with_their_constants() -> None:
    model = {"id": "m", "created": 1, "object": "model", "owned_by": "system"}
    models = wire.ModelListResponse(data=[wire.Model(id="m", created=1)])
    assert models.model_dump() == {"object": "list", "data": [model]}
    rich = wire.RichModel(id="m", name="M", created=1, pricing={"prompt": "0.00000003"})
    assert rich.model_dump().items() >= model.items()
    deleted = wire.FileDeletedResponse(id="file-1", deleted=True)
    assert deleted.model_dump() == {"id": "file-1", "deleted": True, "object": "file"}
