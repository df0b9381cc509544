"""Fine-tuning jobs on the wire: the request, the job, its events and its checkpoints, and their lists.

Names and bounds are those of the published document 2.3.0 (documented), the order of a job's members that of a
recording of 2025 (observed). What recordings have and the document does not is answered and not described. Times are
unix seconds.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from emulator.dialects.openai.wire.methods import BatchSize, Epochs, FineTuneMethod, RateMultiplier
from emulator.dialects.openai.wire.model import (
    LEFT_OUT,
    NULL_UNTOLD,
    NUMERIC,
    EmptyObject,
    ExactModel,
    UnixSeconds,
    WireModel,
)

INTEGRATIONS_MAX = 5
MODELS = ("babbage-002", "davinci-002", "gpt-3.5-turbo", "gpt-4o-mini")
"""The models that the document names; any other name is as good to its schema."""

# The bounds of metadata are in the document's words only.
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]],
    Field(max_length=16),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "string"}}),
]
"""Notes of the client: 16 pairs at most, of 64 and 512 characters."""

Suffix = Annotated[str, Field(min_length=1, max_length=64)]
Seed = Annotated[int, Field(ge=0, le=2_147_483_647), NUMERIC]
BaseModelName = Annotated[
    str, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "string", "enum": list(MODELS)}]})
]

JobStatus = Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]


class WandbSettings(WireModel):
    """The Weights & Biases run that a job reports to; the key to it is no member, and is kept by the organisation."""

    project: str
    name: str | None = None
    entity: str | None = None
    tags: list[str] = Field(default_factory=list)


class CreateFineTuningJobIntegration(WireModel):
    """Where a job reports to, as asked."""

    type: Literal["wandb"]
    wandb: WandbSettings


class WandbRun(WandbSettings):
    """The same as answered: the document's example adds a ``run_id``, which is the job's own id."""

    name: Annotated[str | None, LEFT_OUT] = None
    run_id: Annotated[str | None, SkipJsonSchema(), LEFT_OUT] = None


class FineTuningIntegration(WireModel):
    """Where a job reports to, as answered."""

    type: Literal["wandb"]
    wandb: WandbRun


class CreateFineTuningJobHyperparameters(ExactModel):
    """Hyperparameters in their old place, which ``method`` has replaced."""

    n_epochs: Epochs = Field(default="auto", description="Passes over the data")
    batch_size: BatchSize = Field(default="auto", description="Examples a step")
    learning_rate_multiplier: RateMultiplier = Field(default="auto", description="Of the model's own learning rate")


def _unbounded(schema: dict[str, Any]) -> None:
    """Take a bound out of a schema that is checked and not published."""
    for one in schema.get("anyOf", ()):
        one.pop("maxItems", None)


class CreateFineTuningJobRequest(ExactModel):
    """What a client asks for.

    Unknown members are refused: observed of hyperparameters in 2024, reported of members beside them in 2023.
    """

    model: BaseModelName = Field(description="Name of a base model or of a tuned one")
    training_file: str = Field(description="Id of a file of purpose `fine-tune`")
    validation_file: str | None = Field(default=None, description="Id of another, which is measured on")
    hyperparameters: Annotated[CreateFineTuningJobHyperparameters | None, NULL_UNTOLD] = Field(
        default=None, json_schema_extra={"deprecated": True}, description="Of supervised fine-tuning; give `method`"
    )
    suffix: Suffix | None = Field(default=None, description="Part of the tuned model's name")
    # The published schema bounds the list in a job and not here.
    integrations: list[CreateFineTuningJobIntegration] | None = Field(
        default=None,
        max_length=INTEGRATIONS_MAX,
        json_schema_extra=_unbounded,
        description="Where to report to; echoed, never contacted",
    )
    seed: Seed | None = Field(default=None, description="The same seed and data give the same losses")
    method: Annotated[FineTuneMethod | None, NULL_UNTOLD] = Field(
        default=None, description="Supervised, unless it is given"
    )
    metadata: Metadata | None = Field(default=None, description="Notes of the client")


class FineTuningJobError(WireModel):
    """Why a job failed."""

    code: str
    message: str
    param: str | None = Field(description="`training_file` or `validation_file`, mostly")


class FineTuningJobHyperparameters(WireModel):
    """The hyperparameters of a job: "auto" until it is queued, numbers from then on (observed)."""

    n_epochs: Epochs = "auto"
    batch_size: BatchSize | None = "auto"
    learning_rate_multiplier: RateMultiplier = "auto"


class FineTuningJob(WireModel):
    """A job as every operation answers it: dump it whole.

    Outside the published schema, for the quirk ``faithful``: ``error`` as ``{}`` and no hyperparameters (observed), and
    the status ``paused`` (the document's example). ``user_provided_suffix``, ``usage_metrics``, ``shared_with_openai``
    and ``eval_id`` are in every recording.
    """

    object: Literal["fine_tuning.job"]
    id: str
    model: str = Field(description="The snapshot that is trained")
    created_at: UnixSeconds
    finished_at: UnixSeconds | None = Field(description="Null unless it succeeded")
    fine_tuned_model: str | None
    organization_id: str
    result_files: list[str]
    status: JobStatus | SkipJsonSchema[Literal["paused"]]
    validation_file: str | None
    training_file: str
    hyperparameters: Annotated[FineTuningJobHyperparameters | None, NULL_UNTOLD]
    trained_tokens: int | None
    error: FineTuningJobError | SkipJsonSchema[EmptyObject] | None
    user_provided_suffix: Annotated[str | None, SkipJsonSchema()] = None
    seed: int
    estimated_finish: UnixSeconds | None = None
    integrations: Annotated[list[FineTuningIntegration], Field(max_length=INTEGRATIONS_MAX)] | None = None
    metadata: Metadata | None = None
    usage_metrics: Annotated[dict[str, Any] | None, SkipJsonSchema()] = None
    shared_with_openai: Annotated[bool, SkipJsonSchema()] = False
    eval_id: Annotated[str | None, SkipJsonSchema()] = None
    method: Annotated[FineTuneMethod | None, NULL_UNTOLD, LEFT_OUT] = None


class ListPaginatedFineTuningJobsResponse(WireModel):
    """A page of jobs, newest first; these three members and no other (observed)."""

    object: Literal["list"]
    data: list[FineTuningJob]
    has_more: bool


class FineTuningJobEvent(WireModel):
    """One line of a job's log.

    Outside the published schema: null for ``data`` (observed), and the type ``moderation_checks`` of the safety
    evaluation (the provider's guide).
    """

    object: Literal["fine_tuning.job.event"]
    id: str
    created_at: UnixSeconds
    level: Literal["info", "warn", "error"]
    message: str
    data: Annotated[dict[str, Any] | None, WithJsonSchema({"type": "object"})] = None
    type: Annotated[
        Literal["message", "metrics"] | SkipJsonSchema[Literal["moderation_checks"]] | None, NULL_UNTOLD, LEFT_OUT
    ] = None


class ListFineTuningJobEventsResponse(WireModel):
    """A page of events, newest first (observed)."""

    object: Literal["list"]
    data: list[FineTuningJobEvent]
    has_more: bool


Measured = Annotated[float | None, NULL_UNTOLD, LEFT_OUT]


class FineTuningJobCheckpointMetrics(WireModel):
    """What a checkpoint measured: losses in nats a token, accuracies from 0 to 1; absent where nothing was measured.

    ``type`` is the method, in recordings of 2025 and not in the document.
    """

    step: Annotated[int | None, LEFT_OUT, WithJsonSchema({"type": "number"})] = None  # never seen with a fraction
    train_loss: Measured = None
    train_mean_token_accuracy: Measured = None
    valid_loss: Measured = None
    valid_mean_token_accuracy: Measured = None
    full_valid_loss: Measured = None
    full_valid_mean_token_accuracy: Measured = None
    type: Annotated[str | None, SkipJsonSchema(), LEFT_OUT] = None


class FineTuningJobCheckpoint(WireModel):
    """A checkpoint, in the order of the document's example."""

    object: Literal["fine_tuning.job.checkpoint"]
    id: str
    created_at: UnixSeconds
    fine_tuned_model_checkpoint: str = Field(description="Name of the model of this checkpoint")
    fine_tuning_job_id: str
    metrics: FineTuningJobCheckpointMetrics
    step_number: int


class ListFineTuningJobCheckpointsResponse(WireModel):
    """A page of checkpoints, newest first (observed)."""

    object: Literal["list"]
    data: list[FineTuningJobCheckpoint]
    has_more: bool
    first_id: str | None = None
    last_id: str | None = None
