"""How a job trains: hyperparameters with their ranges, and the two methods that carry them.

All names, ranges, defaults and texts are those of the published OpenAPI document, version 20260630 (documented).
Recorded jobs echo every hyperparameter with its default filled in (observed), so these models serve both ways.
"""

from typing import Annotated, Literal

from pydantic import Field

from emulator.dialects.nebius.wire.model import OpenModel, WireModel

BatchSize = Annotated[int, Field(ge=1, le=64, description="Packs a step, or rows where nothing is packed")]
LearningRate = Annotated[float, Field(ge=0, description="Step size")]
Epochs = Annotated[int, Field(ge=1, le=20, description="Passes over the data, each ending in a checkpoint")]
WarmupRatio = Annotated[float, Field(ge=0, le=1, description="Share of the steps with a rising learning rate")]
WeightDecay = Annotated[float, Field(ge=0, description="L2 penalty")]
Packing = Annotated[bool, Field(description="Several rows in one context")]
MaxGradNorm = Annotated[float, Field(gt=0, description="Gradients are clipped above it")]
ContextLength = Annotated[int, Field(ge=8192, le=131072, description="Tokens; a longer row fails the job")]
IsLora = Annotated[bool, Field(description="Train an adapter instead of all weights")]
LoraRank = Annotated[int, Field(ge=8, le=128, description="Rank of the adapter")]
LoraAlpha = Annotated[int, Field(ge=8, description="Scale of the adapter")]
LoraDropout = Annotated[float, Field(ge=0, le=1, description="Dropout within the adapter")]


class _HParameters(OpenModel):
    """What both methods share. Lengths are in tokens; unknown members are accepted and do nothing (observed)."""

    batch_size: BatchSize = 8
    learning_rate: float
    n_epochs: int
    warmup_ratio: WarmupRatio = 0.0
    weight_decay: WeightDecay = 0.0
    packing: Packing = True
    max_grad_norm: MaxGradNorm = 1.0
    context_length: ContextLength = 8192


class SupervisedHParameters(_HParameters):
    """Hyperparameters of supervised fine-tuning; full fine-tuning unless ``lora`` is true."""

    learning_rate: LearningRate = 1e-5
    n_epochs: Epochs = 3
    lora: IsLora = False
    lora_r: LoraRank = 8
    lora_alpha: LoraAlpha = 8
    lora_dropout: LoraDropout = 0.0


class SpecDraftLossParams(WireModel):
    """Which loss a draft model is trained with."""

    type: Literal["kl", "lk_alpha", "lk_hybrid"] = "kl"


class SpecDraftHParameters(_HParameters):
    """Hyperparameters of training a draft model for speculative decoding."""

    learning_rate: float = Field(default=0.0075, gt=0, lt=1, description="Step size")
    n_epochs: Epochs = 1
    architecture: str = "eagle3_original"
    num_decoding_heads: int = Field(default=3, ge=1, le=10, description="Tokens drafted ahead")
    loss: SpecDraftLossParams = Field(
        default_factory=SpecDraftLossParams, description="What the drafter is trained with"
    )


class SupervisedConfig(WireModel):
    """The settings of the supervised method."""

    hyperparameters: SupervisedHParameters


class SupervisedMethodConfig(WireModel):
    """The supervised method."""

    type: Literal["supervised"] = "supervised"
    supervised: SupervisedConfig


class SpecDraftConfig(WireModel):
    """The settings of the draft-model method."""

    hyperparameters: SpecDraftHParameters


class SpecDraftMethodConfig(WireModel):
    """The draft-model method (a private beta, by the console)."""

    type: Literal["spec-draft"] = "spec-draft"
    spec_draft: SpecDraftConfig


Method = Annotated[SupervisedMethodConfig | SpecDraftMethodConfig, Field(discriminator="type")]
"""A method, told by its ``type``, which must be present although the models have a default for it."""
