"""How a job trains: hyperparameters with their ranges, and the two methods that carry them.

All names, ranges, defaults and texts are those of the published OpenAPI document, version 20260630 (documented).
Recorded jobs echo every hyperparameter with its default filled in (observed), so these models serve both ways.
"""

from typing import Annotated, Literal

from pydantic import Field

from emulator.dialects.nebius.wire.model import OpenModel, WireModel


class _HParameters(OpenModel):
    """What both methods share. Lengths are in tokens; unknown members are accepted and do nothing (observed)."""

    batch_size: int = Field(default=8, ge=1, le=64, description="Packs a step, or rows where nothing is packed")
    learning_rate: float
    n_epochs: int
    warmup_ratio: float = Field(default=0.0, ge=0, le=1, description="Share of the steps with a rising learning rate")
    weight_decay: float = Field(default=0.0, ge=0, description="L2 penalty")
    packing: bool = Field(default=True, description="Several rows in one context")
    max_grad_norm: float = Field(default=1.0, gt=0, description="Gradients are clipped above it")
    context_length: int = Field(default=8192, ge=8192, le=131072, description="Tokens; a longer row fails the job")


class SupervisedHParameters(_HParameters):
    """Hyperparameters of supervised fine-tuning; full fine-tuning unless ``lora`` is true."""

    learning_rate: float = Field(default=1e-5, ge=0, description="Step size")
    n_epochs: int = Field(default=3, ge=1, le=20, description="Passes over the data, each ending in a checkpoint")
    lora: bool = Field(default=False, description="Train an adapter instead of all weights")
    lora_r: int = Field(default=8, ge=8, le=128, description="Rank of the adapter")
    lora_alpha: int = Field(default=8, ge=8, description="Scale of the adapter")
    lora_dropout: float = Field(default=0.0, ge=0, le=1, description="Dropout within the adapter")


class SpecDraftLossParams(WireModel):
    """Which loss a draft model is trained with."""

    type: Literal["kl", "lk_alpha", "lk_hybrid"] = "kl"


class SpecDraftHParameters(_HParameters):
    """Hyperparameters of training a draft model for speculative decoding."""

    learning_rate: float = Field(default=0.0075, gt=0, lt=1, description="Step size")
    n_epochs: int = Field(default=1, ge=1, le=20, description="Passes over the data, each ending in a checkpoint")
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
