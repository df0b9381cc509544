"""What differed on the wire of Nebius AI Studio in 2025: the order of a job, the job, and the list of jobs.

Members and their order are those of its own pages of creating, retrieving and listing jobs (documented); the order of
the hyperparameters is recorded too (observed, July 2025). There was no ``method`` and no ``from_checkpoint``, Weights &
Biases was the one integration, and hyperparameters were always answered. Their bounds are not on the pages: today's are
taken (unverified), and so are the names of the schemas. Everything else is the wire of today.
"""

from typing import Any, Literal

from pydantic import Field

from emulator.dialects.nebius.wire.integrations import WandbIntegrationRequest, WandbIntegrationResponse
from emulator.dialects.nebius.wire.jobs import Error, JobStatus, Suffix
from emulator.dialects.nebius.wire.methods import (
    BatchSize,
    ContextLength,
    Epochs,
    IsLora,
    LearningRate,
    LoraAlpha,
    LoraDropout,
    LoraRank,
    MaxGradNorm,
    Packing,
    WarmupRatio,
    WeightDecay,
)
from emulator.dialects.nebius.wire.model import OpenModel, WireModel


class HParameters(OpenModel):
    """Hyperparameters in the order of their time, that of LoRA before packing; unknown ones do nothing (observed)."""

    batch_size: BatchSize = 8
    learning_rate: LearningRate = 1e-5
    n_epochs: Epochs = 3
    warmup_ratio: WarmupRatio = 0.0
    weight_decay: WeightDecay = 0.0
    lora: IsLora = False
    lora_r: LoraRank = 8
    lora_alpha: LoraAlpha = 8
    lora_dropout: LoraDropout = 0.0
    packing: Packing = True
    max_grad_norm: MaxGradNorm = 1.0
    context_length: ContextLength = 8192


class FineTuningRequest(OpenModel):
    """What a client asks for. A ``method`` or ``from_checkpoint`` is an unknown member: taken, and ignored."""

    model: str = Field(description="Id of a base model", examples=["meta-llama/Llama-3.1-70B-Instruct"])
    training_file: str = Field(description="Id of an upload to train on", examples=["file_123456"])
    validation_file: str | None = Field(
        default=None, description="Id of an upload to measure the validation loss on", examples=["file_123456"]
    )
    hyperparameters: HParameters | None = Field(default=None, description="Of supervised fine-tuning")
    integrations: list[WandbIntegrationRequest] | None = Field(
        default=None, description="Where to report to; checked and echoed, never contacted"
    )
    seed: int | None = Field(default=None, description="The same seed, model and epochs give the same losses")
    suffix: Suffix | None = Field(default=None, description="Part of the tuned model's name")
    tags: list[str] | None = Field(default=None, description="Taken, and not answered", examples=["my-ft-job"])
    extra_body: dict[str, Any] | None = Field(default=None, description="Taken, and ignored")


class FineTuningJob(OpenModel):
    """A job as every operation answers it, absent members as null; hyperparameters never are (documented)."""

    id: str
    created_at: int
    error: Error | None = None
    finished_at: int | None = None
    hyperparameters: HParameters
    integrations: list[WandbIntegrationResponse] | None = None
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
    """The list of jobs."""

    object: str = Field(default="list", description="Always `list`")
    data: list[FineTuningJob] = Field(description="Newest first")
    has_more: bool = Field(description="Whether there are more than the list holds")
