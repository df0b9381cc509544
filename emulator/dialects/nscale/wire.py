"""Nscale's JSON: files, datasets, jobs, their metrics and their exports.

Members and types are those of the provider's API reference (documented), of which two generations are known; their
ranges and defaults are its guide's. What neither has (``error`` of a job, base models, exports) is marked where it
stands. Times are RFC 3339 in UTC. Names of models are our own but for ``FileColumn``.

Numbers are numbers and texts are texts: the service is not seen to coerce (unverified); a whole number is taken for a
float (observed). Unknown members are dropped (unverified).
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, field_validator, model_validator

JobStatus = Literal["queued", "starting", "running", "completed", "failed", "cancelled"]
"""The statuses of the API reference (documented); the guide filters by four of them."""

MODULES = ("k_proj", "up_proj", "o_proj", "q_proj", "down_proj", "v_proj", "gate_proj")
TrainableModule = Literal["k_proj", "up_proj", "o_proj", "q_proj", "down_proj", "v_proj", "gate_proj"]


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


Instant = Annotated[
    datetime,
    PlainSerializer(_rfc3339, return_type=str, when_used="json"),
    Field(json_schema_extra={"format": "date-time"}),
]
"""An instant, to the microsecond, as a job's creation was seen (observed; its end has milliseconds)."""


class WireModel(BaseModel):
    """A JSON object of the provider."""

    model_config = ConfigDict(allow_inf_nan=False, hide_input_in_errors=True, strict=True)


class Asked(WireModel):
    """An object of a request: null is as absent where a member may be (unverified)."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        needed = {name for name, field in cls.model_fields.items() if field.is_required()}
        return {name: value for name, value in given.items() if value is not None or name in needed}


class FileColumn(WireModel):
    """A column of a file: its name, and the first five of its values."""

    name: str
    type: str
    values: list[str]


class File(WireModel):
    """A file; ``columns`` is null where its header cannot be read."""

    id: str
    name: str
    bytes: int
    created_at: Instant
    workspace_id: str
    columns: list[FileColumn] | None


class DownloadableFile(File):
    """A file on its own, with a signed link to its bytes (the provider's own client needs it)."""

    download_url: str


class DatasetFile(WireModel):
    """A file as its dataset shows it."""

    id: str
    name: str
    bytes: int


class Dataset(WireModel):
    """A training file and perhaps a validation file; ``training_file`` is absent once it was deleted."""

    id: str
    name: str
    total_bytes: int
    training_file_id: str
    validation_file_id: str | None
    workspace_id: str
    created_at: Instant
    updated_at: Instant
    training_file: DatasetFile | None = None
    validation_file: DatasetFile | None = None


class CreateDatasetRequest(Asked):
    """A dataset to be made; its columns are named where a job is made (observed)."""

    name: str = Field(min_length=1)
    training_file_id: str = Field(min_length=1)
    validation_file_id: str | None = Field(default=None, min_length=1)


class Unset(Asked):
    """The fields of a dataset to unset: true for each (documented; what it holds is unverified).

    Only the validation file can be done without.
    """

    model_config = ConfigDict(extra="forbid")

    validation_file_id: bool = False


class UpdateDatasetRequest(Asked):
    """Changes of a dataset; what is absent stays. ``unset`` is required by the reference, and need not be here."""

    name: str | None = Field(default=None, min_length=1)
    training_file_id: str | None = Field(default=None, min_length=1)
    validation_file_id: str | None = Field(default=None, min_length=1)
    unset: Unset = Field(default_factory=Unset)


class Lora(Asked):
    """The adapter. Only LoRA is trained (documented); no modules are all of them."""

    enabled: bool = True
    r: int = Field(default=8, ge=1, le=64)
    alpha: int = Field(default=8, ge=1, le=64)
    dropout: float = Field(default=0.0, ge=0, le=1)
    trainable_modules: list[TrainableModule] = Field(default_factory=list)

    @field_validator("enabled")
    @classmethod
    def _is_on(cls, enabled: bool) -> bool:  # noqa: FBT001 -- as pydantic calls it
        if not enabled:
            raise ValueError("full fine-tuning is not supported; it takes true")
        return enabled


class Hyperparameters(Asked):
    """How to train: the guide's names, ranges and defaults, and two older names that its own example still has.

    The batch sizes that a model takes are the catalogue's. Answers have what was sent and the defaults of the rest.
    """

    n_epochs: int = Field(default=1, ge=1, le=20)
    n_evals: int = Field(default=0, ge=0, le=100)
    batch_size: int = 4
    learning_rate: float = Field(default=0.00001, ge=0.00000001, le=0.01)
    warmup_ratio: float = Field(default=0.0, ge=0, le=1)
    weight_decay: float = Field(default=0.0, ge=0)
    best_checkpoints: bool = False
    mask_prompt_labels: bool = False
    lora: Lora = Field(default_factory=Lora)
    evaluation_epochs: int | None = Field(default=None, ge=0, le=100)
    """The older name of ``n_evals`` (what it counts is unverified)."""
    warmup_epochs: int | None = Field(default=None, ge=0, le=20)
    """The older way to say ``warmup_ratio``."""

    @property
    def evaluations(self) -> int:
        """How often the validation data are looked at while it trains."""
        return self.n_evals if "n_evals" in self.model_fields_set else self.evaluation_epochs or 0


class JobDataset(WireModel):
    """The dataset of a job, and which of its columns are used for what."""

    id: str
    answer_column: str = Field(min_length=1)
    prompt_column: str | None = None


class CreateJobRequest(Asked):
    """A job to be made, or with ``dry_run`` to be reckoned only."""

    name: str = Field(min_length=1)
    base_model_id: str
    dataset: JobDataset
    hyperparameters: Hyperparameters = Field(default_factory=Hyperparameters)
    dry_run: bool = False


class Job(WireModel):
    """A job. ``error`` says why it failed, and is there only then (unverified: nothing is documented of failures)."""

    id: str
    name: str
    status: JobStatus
    base_model: str
    base_model_id: str
    base_model_name: str
    dataset: JobDataset
    hyperparameters: Hyperparameters
    created_at: Instant
    started_at: Instant | None
    completed_at: Instant | None
    error: str | None = None


class Usage(WireModel):
    """What a job will use: billable tokens, and US dollars (the unit is unverified)."""

    cost: float
    tokens: int


class CreateJobResponse(WireModel):
    """What making a job answers; of a dry run there is no job (unverified: null)."""

    dry_run: bool
    estimated_usage: Usage
    job: Job | None


class MetricPoint(WireModel):
    """What was measured after a step: losses in nats a token, as texts (documented)."""

    step: int
    timestamp: Instant
    training_loss: str
    validation_loss: str
    perplexity: str


class Metrics(WireModel):
    """The metrics of a job so far; ``data`` is null before there are any."""

    data: list[MetricPoint] | None
    training_steps: int
    training_tokens: int
    validation_steps: int


class ListedMetric(WireModel):
    """A point of the bare list that the provider's client reads, with the guide's names."""

    step: int
    timestamp: Instant
    train_loss: float | None
    eval_loss: float | None
    perplexity: float | None


class BaseModelInfo(WireModel):
    """A model to start from; what there is besides id and name is unverified."""

    id: str
    name: str
    description: str
    organization: str
    context_length: int
    batch_sizes: list[int]
    training_precision: str


class Download(WireModel):
    """Where a model's archive can be fetched for a while."""

    download_url: str


class CreateExportRequest(Asked):
    """A repository at Hugging Face to push a model to. The token is neither kept nor used."""

    huggingface_user_id: str = Field(min_length=1)
    huggingface_access_token: str = Field(min_length=1)
    huggingface_repository_id: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")


class Export(WireModel):
    """A model on its way to Hugging Face, or there (unverified: the guide tells of a running export only)."""

    id: str
    type: Literal["hugging-face"]
    job_id: str
    status: Literal["running", "completed"]
    huggingface_user_id: str
    huggingface_repository_id: str
    created_at: Instant
    completed_at: Instant | None


class Files(WireModel):
    """Files, the newest first."""

    data: list[File]


class Datasets(WireModel):
    """Datasets, the newest first."""

    data: list[Dataset]


class Jobs(WireModel):
    """Jobs, the newest first."""

    data: list[Job]


class BaseModels(WireModel):
    """The models to start from."""

    data: list[BaseModelInfo]


class Exports(WireModel):
    """Exports of a job's model, the newest first."""

    data: list[Export]


class Error(WireModel):
    """What went wrong. ``message`` may be null (observed of ``internal``)."""

    code: str
    message: str | None
