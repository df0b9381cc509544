"""The provider's JSON as models: what they take, what they answer, and that they are the published ones."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from emulator.dialects.openai import wire
from emulator.drift.schemas import Schemas

Json = dict[str, Any]

SPEC = Path(__file__).parents[3].parent / "shared" / "spec" / "openai-fine-tuning.openapi.yaml"

PUBLISHED = [
    *("OpenAIFile", "ListFilesResponse", "DeleteFileResponse", "FileExpirationAfter", "CreateFileRequest"),
    *("Upload", "UploadPart", "CreateUploadRequest", "AddUploadPartRequest", "CompleteUploadRequest"),
    *("CreateFineTuningJobRequest", "FineTuningJob", "FineTuningJobEvent", "FineTuningJobCheckpoint"),
    *("ListPaginatedFineTuningJobsResponse", "ListFineTuningJobEventsResponse"),
    *("ListFineTuningJobCheckpointsResponse", "FineTuningIntegration", "FineTuneMethod"),
    *("FineTuneSupervisedMethod", "FineTuneDPOMethod", "FineTuneReinforcementMethod"),
    *("FineTuneSupervisedHyperparameters", "FineTuneDPOHyperparameters", "FineTuneReinforcementHyperparameters"),
    *("FineTuningCheckpointPermission", "ListFineTuningCheckpointPermissionResponse"),
    *("CreateFineTuningCheckpointPermissionRequest", "DeleteFineTuningCheckpointPermissionResponse"),
    *("Model", "ListModelsResponse", "DeleteModelResponse", "Error", "ErrorResponse"),
]

# Recorded on 2025-09-26 (facts of the provider's own .NET client), with ids made up: the order of the members counts.
RECORDED_JOB = (
    '{"object":"fine_tuning.job","id":"ftjob-GHSN7rot4jyVbB745NTZUtLX","model":"gpt-3.5-turbo-0125",'
    '"created_at":1758849622,"finished_at":null,"fine_tuned_model":null,"organization_id":"org-1","result_files":[],'
    '"status":"validating_files","validation_file":null,"training_file":"file-MNu4SQN4hf2nJmWVXyv8qW",'
    '"hyperparameters":{"n_epochs":"auto","batch_size":"auto","learning_rate_multiplier":"auto"},'
    '"trained_tokens":null,"error":{},"user_provided_suffix":null,"seed":42,"estimated_finish":null,'
    '"integrations":[],"metadata":null,"usage_metrics":null,"shared_with_openai":false,"eval_id":null,'
    '"method":{"type":"supervised","supervised":{"hyperparameters":{"batch_size":"auto",'
    '"learning_rate_multiplier":"auto","n_epochs":"auto"}}}}'
)
RECORDED_FILE = (
    '{"object":"file","id":"file-MNu4SQN4hf2nJmWVXyv8qW","purpose":"fine-tune","filename":"sentiment.jsonl",'
    '"bytes":2676,"created_at":1758849620,"expires_at":null,"status":"processed","status_details":null}'
)
ASKED: Json = {"model": "gpt-4o-mini", "training_file": "file-abc123"}
AUTO_FIELDS = st.sampled_from(["n_epochs", "batch_size", "learning_rate_multiplier"])
MAXIMA = {"n_epochs": 50, "batch_size": 256}


@pytest.fixture(scope="module")
def published() -> Json:
    """Return the provider's document, in the spelling of its own version: a bound that excludes itself is a number."""
    if not SPEC.exists():
        pytest.skip(f"the provider's published document is not at {SPEC}")
    yaml = pytest.importorskip("yaml")
    document: Json = _with_bounds(yaml.safe_load(SPEC.read_text(encoding="utf-8")))
    return document


def _with_bounds(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_bounds(one) for one in node]
    if not isinstance(node, dict):
        return node
    spelled = {key: _with_bounds(value) for key, value in node.items()}
    if spelled.get("exclusiveMinimum") is True:
        spelled["exclusiveMinimum"] = spelled.pop("minimum")
    return spelled


def described(mode: JsonSchemaMode) -> Json:
    """Return the schemas of all models as a document has them."""
    models: list[type[BaseModel]] = [getattr(wire, name) for name in PUBLISHED]
    _, schemas = models_json_schema([(one, mode) for one in models], ref_template="#/components/schemas/{model}")
    return {"components": {"schemas": schemas["$defs"]}}


def differences(name: str, ours: Json, theirs: Json) -> list[str]:
    """Return how a schema differs; graders have tests of their own."""
    found = Schemas(ours, theirs, lenient=False).schema(
        ours["components"]["schemas"][name], theirs["components"]["schemas"][name]
    )
    lines = [str(each).removeprefix(": ").strip() for each in found]
    return [line for line in lines if ".grader" not in line]


def asked(**members: Any) -> wire.CreateFineTuningJobRequest:
    return wire.CreateFineTuningJobRequest.model_validate({**ASKED, **members})


def refused(model: type[BaseModel], /, **members: Any) -> list[tuple[str, tuple[int | str, ...]]]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(members)
    return [(each["type"], each["loc"]) for each in caught.value.errors()]


@pytest.mark.parametrize("mode", ["validation", "serialization"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_model_is_the_published_schema(name: str, mode: JsonSchemaMode, published: Json) -> None:
    found = differences(name, described(mode), published)

    # The document forgets the type of two objects, and spells the null of an upload's file in the way of OpenAPI 3.0.
    assert [
        line for line in found if 'type is "object", theirs absent' not in line and not line.startswith(".file")
    ] == []


def test_a_changed_bound_is_noticed(published: Json) -> None:
    theirs = json.loads(json.dumps(published))
    theirs["components"]["schemas"]["FineTuneDPOHyperparameters"]["properties"]["beta"]["oneOf"][1]["maximum"] = 3

    assert differences("FineTuneDPOHyperparameters", described("validation"), theirs) == [
        ".beta(number): maximum is 2, theirs 3"
    ]


def test_every_published_schema_of_these_calls_has_a_model(published: Json) -> None:
    elsewhere = ("Grader", "RunGrader", "ValidateGrader", "Eval", "Input", "Webhook")
    others = {"Metadata", "ReasoningEffort", "PromptCacheBreakpointConfig"}  # an alias here; a grader's

    assert {name for name in published["components"]["schemas"] if not name.startswith(elsewhere)} - others == {
        *PUBLISHED
    }


def test_a_recorded_job_is_answered_as_it_was_recorded() -> None:
    assert wire.FineTuningJob.model_validate_json(RECORDED_JOB).model_dump_json() == RECORDED_JOB


def test_a_recorded_file_is_answered_as_it_was_recorded() -> None:
    assert wire.OpenAIFile.model_validate_json(RECORDED_FILE).model_dump_json() == RECORDED_FILE


def test_the_same_model_holds_the_quirks_of_the_provider() -> None:
    recorded = json.loads(RECORDED_JOB)
    job = wire.FineTuningJob.model_validate({**recorded, "status": "paused", "hyperparameters": None})

    assert job.error == wire.EmptyObject()
    assert json.loads(job.model_dump_json())["status"] == "paused"


def test_a_failed_job_says_why() -> None:
    error = {"code": "invalid_training_file", "message": "no", "param": "training_file"}
    job = wire.FineTuningJob.model_validate({**json.loads(RECORDED_JOB), "error": error})

    assert json.loads(job.model_dump_json())["error"] == error


def test_members_that_have_no_value_are_left_out_and_not_null() -> None:
    upload = wire.Upload(
        id="upload_1", bytes=1, created_at=1, filename="f", purpose="fine-tune", status="pending", expires_at=3601
    )
    metrics = wire.FineTuningJobCheckpointMetrics(step=10, train_loss=0.5, type="supervised")

    assert '"file"' not in upload.model_dump_json()
    assert metrics.model_dump_json() == '{"step":10,"train_loss":0.5,"type":"supervised"}'


def test_an_event_may_have_no_data() -> None:
    event = wire.FineTuningJobEvent.model_validate(
        {
            "object": "fine_tuning.job.event",
            "id": "ftevent-1",
            "created_at": 1,
            "level": "info",
            "message": "Fine-tuning job started",
            "data": None,
            "type": "message",
        }
    )

    assert '"data":null,"type":"message"' in event.model_dump_json()


@given(field=AUTO_FIELDS, value=st.integers(1, 50))
def test_a_number_in_range_is_taken_as_a_number_or_as_its_digits(field: str, value: int) -> None:
    for given_value in (value, str(value), float(value)):
        taken = asked(hyperparameters={field: given_value}).hyperparameters

        assert taken is not None
        assert getattr(taken, field) == value


@given(field=st.sampled_from([*MAXIMA]), value=st.one_of(st.integers(max_value=0), st.integers(min_value=257)))
def test_a_number_out_of_range_is_one_error_at_its_own_place(field: str, value: int) -> None:
    errors = refused(wire.CreateFineTuningJobRequest, **ASKED, hyperparameters={field: value})

    assert [loc[:2] for _, loc in errors] == [("hyperparameters", field)]


@pytest.mark.parametrize("value", [True, None, "many", [], {}, 1.5, float("inf"), float("nan")])
def test_what_is_neither_auto_nor_a_whole_number_is_refused(value: Any) -> None:
    assert len(refused(wire.CreateFineTuningJobRequest, **ASKED, hyperparameters={"n_epochs": value})) == 1


def test_a_learning_rate_multiplier_of_zero_is_refused_and_the_smallest_above_it_taken() -> None:
    assert refused(wire.FineTuneSupervisedHyperparameters, learning_rate_multiplier=0)
    assert wire.FineTuneSupervisedHyperparameters(learning_rate_multiplier=5e-324).learning_rate_multiplier == 5e-324


def test_settings_of_other_methods_are_taken_beside_the_one_that_is_asked_for() -> None:
    grader = {"type": "string_check", "name": "n", "input": "i", "reference": "r", "operation": "eq"}
    method = asked(
        method={"type": "supervised", "dpo": {}, "reinforcement": {"grader": grader, "hyperparameters": {}}}
    ).method

    assert method is not None
    assert method.type == "supervised"


@pytest.mark.parametrize("method", ["supervised", "dpo", "reinforcement"])
def test_an_unknown_hyperparameter_of_any_method_is_refused(method: str) -> None:
    grader = {"type": "string_check", "name": "n", "input": "i", "reference": "r", "operation": "eq"}
    settings = {"hyperparameters": {"epochs": 3}, "grader": grader}
    errors = refused(wire.CreateFineTuningJobRequest, **ASKED, method={"type": method, method: settings})

    assert errors == [("extra_forbidden", ("method", method, "hyperparameters", "epochs"))]


def test_null_stands_for_what_is_not_asked() -> None:
    members = ["validation_file", "suffix", "seed", "metadata", "integrations", "method", "hyperparameters"]

    assert asked(**dict.fromkeys(members)) == asked()


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"suffix": ""}, ("suffix",)),
        ({"suffix": "x" * 65}, ("suffix",)),
        ({"seed": -1}, ("seed",)),
        ({"seed": 2**31}, ("seed",)),
        ({"metadata": {str(number): "" for number in range(17)}}, ("metadata",)),
        ({"metadata": {"k" * 65: ""}}, ("metadata", "k" * 65, "[key]")),
        ({"metadata": {"k": "v" * 513}}, ("metadata", "k")),
        ({"metadata": {"k": 1}}, ("metadata", "k")),
        ({"integrations": [{"type": "wandb", "wandb": {"project": "p"}}] * 6}, ("integrations",)),
        ({"integrations": [{"type": "mlflow", "wandb": {"project": "p"}}]}, ("integrations", 0, "type")),
        ({"nepochs": 3}, ("nepochs",)),
        ({"hyperparameters": {"nepochs": 3}}, ("hyperparameters", "nepochs")),
    ],
)
def test_a_request_out_of_bounds_is_refused(members: Json, place: tuple[int | str, ...]) -> None:
    assert [loc for _, loc in refused(wire.CreateFineTuningJobRequest, **ASKED, **members)] == [place]


def test_the_bounds_themselves_are_taken() -> None:
    request = asked(
        suffix="x" * 64,
        seed=2**31 - 1,
        metadata={f"{number:064}": "v" * 512 for number in range(16)},
        integrations=[{"type": "wandb", "wandb": {"project": "p"}}] * 5,
    )

    assert request.seed == 2**31 - 1


@pytest.mark.parametrize(("seconds", "taken"), [(3599, False), (3600, True), (2_592_000, True), (2_592_001, False)])
def test_a_file_expires_after_an_hour_at_least_and_thirty_days_at_most(seconds: int, *, taken: bool) -> None:
    form = {"file": "", "purpose": "fine-tune", "expires_after": {"anchor": "created_at", "seconds": str(seconds)}}

    if taken:
        assert wire.CreateFileRequest.model_validate(form).expires_after is not None
    else:
        assert [loc for _, loc in refused(wire.CreateFileRequest, **form)] == [("expires_after", "seconds")]


@pytest.mark.parametrize(("size", "taken"), [(-1, False), (0, True), (2**33, True), (2**33 + 1, False), (2**70, False)])
def test_an_upload_has_from_no_bytes_to_8_gb(size: int, *, taken: bool) -> None:
    body = {"filename": "f", "purpose": "assistants", "bytes": size, "mime_type": "any/thing"}

    if taken:
        assert wire.CreateUploadRequest.model_validate(body).bytes == size
    else:
        assert [loc for _, loc in refused(wire.CreateUploadRequest, **body)] == [("bytes",)]


@pytest.mark.parametrize(
    ("model", "members"),
    [
        (wire.CreateFileRequest, {"file": "", "purpose": "fine-tune"}),
        (wire.CreateUploadRequest, {"filename": "f", "purpose": "batch", "bytes": 0, "mime_type": "m"}),
        (wire.CompleteUploadRequest, {"part_ids": []}),
        (wire.CreateFineTuningCheckpointPermissionRequest, {"project_ids": []}),
    ],
)
def test_a_request_published_as_closed_refuses_unknown_members(model: type[BaseModel], members: Json) -> None:
    assert model.model_validate(members).model_dump(exclude_unset=True) == members
    assert refused(model, **members, more=1) == [("extra_forbidden", ("more",))]


def test_the_key_to_a_report_is_dropped() -> None:
    request = asked(integrations=[{"type": "wandb", "wandb": {"project": "p", "api_key": "canary-51f0"}}])

    assert "canary" not in repr(request) + request.model_dump_json()
