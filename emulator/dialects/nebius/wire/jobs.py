"""Fine-tuning jobs on the wire: the request, the job, its events and its checkpoints, and their lists.

All names, bounds and texts are those of the published OpenAPI document, version 20260630 (documented). Times are unix
seconds. Lists run from oldest to newest for events and checkpoints (observed).
"""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from emulator.dialects.nebius.wire.integrations import (
    FTCheckpointParameters,
    HFCheckpointParametersRequest,
    HFCheckpointParametersResponse,
    IntegrationRequest,
    IntegrationResponse,
)
from emulator.dialects.nebius.wire.methods import Method, SupervisedHParameters
from emulator.dialects.nebius.wire.model import OpenModel, WireModel

Suffix = Annotated[str, Field(max_length=64)]
JobStatus = Literal["validating_files", "queued", "running", "succeeded", "failed", "cancelled"]

_MODELS = [
    "meta-llama/Llama-3.1-70B-Instruct",
    "meta-llama/Llama-3.1-70B",
    "meta-llama/Llama-3.1-8B-Instruct",
    "meta-llama/Llama-3.1-8B",
]


class FineTuningRequest(OpenModel):
    """What a client asks for. ``extra_body`` is a member like any other, not openai-python's argument of that name."""

    model: str = Field(description="Id of a base model", examples=_MODELS)
    from_checkpoint: HFCheckpointParametersRequest | FTCheckpointParameters | None = Field(
        default=None, description="Weights to start from instead of the base model's"
    )
    training_file: str = Field(description="Id of an upload to train on", examples=["file_123456"])
    validation_file: str | None = Field(
        default=None, description="Id of an upload to measure the validation loss on", examples=["file_123456"]
    )
    hyperparameters: SupervisedHParameters | None = Field(
        default=None, description="Of supervised fine-tuning; not beside `method`"
    )
    method: Method | None = Field(
        default=None, description="The method and its hyperparameters; not beside `hyperparameters`"
    )
    integrations: list[IntegrationRequest] | None = Field(
        default=None, description="Where to report to or export to; checked and echoed, never contacted"
    )
    seed: int | None = Field(
        default=None, description="The same seed, model and epochs give the same losses", examples=[42]
    )
    suffix: Suffix | None = Field(default=None, description="Part of the tuned model's name")
    tags: list[str] | None = Field(default=None, description="Taken, and not answered", examples=["my-ft-job"])
    extra_body: dict[str, Any] | None = Field(default=None, description="Taken, and ignored")

    @model_validator(mode="after")
    def _one_place_for_hyperparameters(self) -> Self:
        """Refuse hyperparameters in both places; the sentence is third-party evidence, its 422 is unverified."""
        if self.hyperparameters is not None and self.method is not None:
            raise ValueError("Only one of 'method' or 'hyperparameters' must be provided")
        return self


class Error(OpenModel):
    """Why a job failed."""

    code: str
    message: str
    param: str | None = None


class FineTuningJob(OpenModel):
    """A job as every operation answers it: dump it whole, for absent members are null here and not left out.

    There is no ``fine_tuned_model`` (documented; null after success in a recording).
    """

    id: str
    created_at: int
    error: Error | None = None
    finished_at: int | None = None
    hyperparameters: SupervisedHParameters | None = None
    method: Method | None = None
    integrations: list[IntegrationResponse] | None = None
    from_checkpoint: HFCheckpointParametersResponse | FTCheckpointParameters | None = None
    model: str
    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    organization_id: str = ""
    result_files: list[str] = Field(default=[])
    seed: int = 0
    suffix: Suffix | None = None
    status: JobStatus
    trained_tokens: int | None = None
    training_file: str
    validation_file: str | None = None
    estimated_finish: int | None = None
    trained_steps: int | None = None
    total_steps: int | None = None


class FineTuningJobListResponse(WireModel):
    """A page of jobs."""

    object: str = Field(default="list", description="Always `list`")
    data: list[FineTuningJob] = Field(description="Newest first")
    has_more: bool = Field(description="Whether `after` the last one there are more")


class FineTuningJobEvent(OpenModel):
    """One line of a job's log; give ``source`` and ``job_uuid`` too, which are real but outside the schema (observed).

    Recordings have neither ``data`` nor ``type``: leave them unset and dump with ``exclude_unset=True``.
    """

    id: str
    created_at: int
    level: Literal["info", "warn", "error"]
    message: str
    object: Literal["fine_tuning.job.event"]
    data: Any | None = None
    type: Literal["message", "metrics"] | None = None


class ListEventsResponse(WireModel):
    """A page of events: ``page.model_dump_json(exclude_unset=True)`` leaves out ``data`` and ``type`` of its events.

    That dump leaves out what else was not set, so always give ``has_more``. An ``object`` left unset is absent as in
    the recordings; set, it is ``"list"`` as in the schema.
    """

    object: str = Field(default="list", description="Always `list`")
    data: list[FineTuningJobEvent]
    has_more: bool = False


class Metrics(OpenModel):
    """What a checkpoint measured: losses in nats a token, accuracies from 0 to 1; null where there was nothing to do.

    Recorded checkpoints carry ``train_loss`` and ``valid_loss`` (observed).
    """

    full_valid_loss: float | None = None
    full_valid_mean_token_accuracy: float | None = None
    step: float | None = None
    train_loss: float | None = None
    train_mean_token_accuracy: float | None = None
    valid_loss: float | None = None
    valid_mean_token_accuracy: float | None = None


class FineTuningJobCheckpoint(OpenModel):
    """A checkpoint on its own: without ``result_files`` in the schema, which allows them all the same."""

    id: str
    created_at: int
    fine_tuned_model_checkpoint: str
    fine_tuning_job_id: str
    metrics: Metrics
    object: Literal["fine_tuning.job.checkpoint"]
    step_number: int


class ListedFineTuningJobCheckpoint(FineTuningJobCheckpoint):
    """A checkpoint in a list, with the ids of its files."""

    model_config = ConfigDict(title="FineTuningJobCheckpoint")
    result_files: list[str]


class ListCheckpointsResponse(WireModel):
    """A page of checkpoints."""

    object: str = "list"
    data: list[ListedFineTuningJobCheckpoint]
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False
