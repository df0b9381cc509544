"""How a job trains: the methods and their hyperparameters, as asked and as answered.

Names, ranges and defaults are those of the published document 2.3.0 (documented); the order of the members is that of
a recorded job (observed), for ``dpo`` and ``reinforcement`` that of the document's examples. Unknown hyperparameters
are refused (observed: a client's ``nepochs``).
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag
from pydantic.json_schema import SkipJsonSchema

from emulator.dialects.openai.wire.graders import Grader
from emulator.dialects.openai.wire.model import LEFT_OUT, NULL_UNTOLD, NUMERIC, ExactModel, WireModel

AUTO, NUMBER = "<auto>", "<number>"
"""What pydantic calls the two forms of a hyperparameter in the place of an error; no member has such a name."""


def _form(value: Any) -> str:
    """Tell the word from a number, so that a wrong number has one error and not one for each form."""
    return AUTO if value == "auto" else NUMBER


_Auto = Annotated[Literal["auto"], Tag(AUTO)]
_FORM = Discriminator(_form)

BatchSize = Annotated[_Auto | Annotated[int, Field(ge=1, le=256), NUMERIC, Tag(NUMBER)], _FORM]
RateMultiplier = Annotated[_Auto | Annotated[float, Field(gt=0), NUMERIC, Tag(NUMBER)], _FORM]
Epochs = Annotated[_Auto | Annotated[int, Field(ge=1, le=50), NUMERIC, Tag(NUMBER)], _FORM]
Beta = Annotated[_Auto | Annotated[float, Field(gt=0, le=2), NUMERIC, Tag(NUMBER)], _FORM]
ComputeMultiplier = Annotated[_Auto | Annotated[float, Field(gt=0.00001, le=10), NUMERIC, Tag(NUMBER)], _FORM]
Count = Annotated[_Auto | Annotated[int, Field(ge=1), NUMERIC, Tag(NUMBER)], _FORM]


class FineTuneSupervisedHyperparameters(ExactModel):
    """Hyperparameters of supervised fine-tuning."""

    batch_size: BatchSize = Field(default="auto", description="Examples a step")
    learning_rate_multiplier: RateMultiplier = Field(default="auto", description="Of the model's own learning rate")
    n_epochs: Epochs = Field(default="auto", description="Passes over the data")


class FineTuneDPOHyperparameters(ExactModel):
    """Hyperparameters of preference optimisation."""

    beta: Beta = Field(default="auto", description="Weight of staying close to the base model")
    batch_size: BatchSize = Field(default="auto", description="Pairs a step")
    learning_rate_multiplier: RateMultiplier = Field(default="auto", description="Of the model's own learning rate")
    n_epochs: Epochs = Field(default="auto", description="Passes over the data")


class FineTuneReinforcementHyperparameters(ExactModel):
    """Hyperparameters of reinforcement fine-tuning."""

    batch_size: BatchSize = Field(default="auto", description="Examples a step")
    learning_rate_multiplier: RateMultiplier = Field(default="auto", description="Of the model's own learning rate")
    n_epochs: Epochs = Field(default="auto", description="Passes over the data")
    eval_interval: Count = Field(default="auto", description="Steps between evaluations")
    eval_samples: Count = Field(default="auto", description="Answers an evaluation takes of each example")
    compute_multiplier: ComputeMultiplier = Field(default="auto", description="How far each example is explored")
    reasoning_effort: Literal["default", "low", "medium", "high"] = "default"


class FineTuneSupervisedMethod(WireModel):
    """The settings of the supervised method."""

    hyperparameters: Annotated[FineTuneSupervisedHyperparameters | None, NULL_UNTOLD, LEFT_OUT] = None


class FineTuneDPOMethod(WireModel):
    """The settings of preference optimisation."""

    hyperparameters: Annotated[FineTuneDPOHyperparameters | None, NULL_UNTOLD, LEFT_OUT] = None


class FineTuneReinforcementMethod(WireModel):
    """The settings of the reinforcement method; ``response_format`` is in the document's examples only."""

    hyperparameters: Annotated[FineTuneReinforcementHyperparameters | None, NULL_UNTOLD, LEFT_OUT] = None
    grader: Grader = Field(description="What rewards an answer")
    response_format: Annotated[dict[str, Any] | None, SkipJsonSchema()] = None


class FineTuneMethod(WireModel):
    """The method of a job; settings of the methods that ``type`` does not name are taken, and do nothing."""

    type: Literal["supervised", "dpo", "reinforcement"]
    supervised: Annotated[FineTuneSupervisedMethod | None, NULL_UNTOLD, LEFT_OUT] = None
    dpo: Annotated[FineTuneDPOMethod | None, NULL_UNTOLD, LEFT_OUT] = None
    reinforcement: Annotated[FineTuneReinforcementMethod | None, NULL_UNTOLD, LEFT_OUT] = None
