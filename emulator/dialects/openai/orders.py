"""What a create request orders: the job's recipe, with ``auto`` decided by its data as the service was seen to do.

The rules for epochs are those of the provider's data preparation guide, which the recorded jobs agree with; one example
a step for 10 to 101 examples is observed, about 0.2 % of them in larger files documented of an older API.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.core.jobs import Order
from emulator.core.world import Caller
from emulator.dialects.openai import catalogue, training, wire
from emulator.dialects.openai.names import base_of
from emulator.errors import Flaw, Invalid, Missing, Untrainable
from emulator.settings import Settings
from emulator.timeline.durations import Durations
from emulator.timeline.job import Dataset, Kind, Recipe

AUTO = "auto"
COMMON = ("n_epochs", "batch_size", "learning_rate_multiplier")
FURTHER: Mapping[str, tuple[str, ...]] = {
    "supervised": (),
    "dpo": ("beta",),
    "reinforcement": ("reasoning_effort", "compute_multiplier", "eval_interval", "eval_samples"),
}
FIXED = {"beta": 0.1, "reasoning_effort": "default", "compute_multiplier": 1.0, "eval_interval": 5, "eval_samples": 1}
"""What ``auto`` is from the first answer on: of beta observed, of the others unverified."""
EPOCHS, EPOCHS_MAX = 3, 25
EXAMPLES_LOW, EXAMPLES_HIGH = 100, 25_000
BATCH_MAX = 256
CHECKPOINTS_KEPT = 3  # observed: of ten epochs the last three
CONTEXT = 10**9  # longer examples are truncated and not refused (documented)

TOLD = frozenset(
    {
        *(Kind.SUBMITTED, Kind.VALIDATING, Kind.QUEUED, Kind.STARTED, Kind.STEP, Kind.CHECKPOINT, Kind.TRAINED),
        *(Kind.SUCCEEDED, Kind.FAILED),
    }
)
DURATIONS = Durations(validation_s=30, queue_s=2.5, loading_s=40, training_s=0, token_s=0, step_s=2.8, saving_s=4)
"""Files validated after 5 to 66 s, begun 1 to 4 s later; 100 steps took 367 s in all, and 240 took 793 (observed)."""


def order(caller: Caller, body: Mapping[str, Any], project: str | None) -> Order:
    """Return the job that a request of this body would order; raise ValidationError or Untrainable."""
    return to_order(caller.world.settings, wire.CreateFineTuningJobRequest.model_validate(body), project=project)


def to_order(settings: Settings, body: wire.CreateFineTuningJobRequest, *, project: str | None = None) -> Order:
    """Return the job that a request orders; raise Untrainable for a model that cannot be trained.

    Raise Missing for what is no id of a file, Invalid for a method that lacks what it needs. That a tuned model is
    there is for the caller to see.
    """
    base = catalogue.snapshot(settings, base_of(body.model))
    if base is None:
        if not body.training_file.startswith("file-"):  # what is no id of a file is told first (observed)
            raise Missing("file", body.training_file, "training_file")
        raise Untrainable(body.model)
    if body.method and body.method.type == "reinforcement" and body.method.reinforcement is None:
        raise Invalid([Flaw("missing", ("body", "method", "reinforcement"), "Field required")])
    method, asked = _asked(body)
    recipe = Recipe(
        model=body.model if base_of(body.model) != body.model else base.id,
        training=Dataset(),
        validation=None,
        n_epochs=1,
        batch_size=1,
        context_length=CONTEXT,
        packing=False,
        lora=None,
        told=TOLD,
        step_events=1,
        durations=DURATIONS,
        keep_last=CHECKPOINTS_KEPT,
        metrics_file=True,
    )
    echo = {
        "type": method,
        "asked": asked,
        "grader": _grader(body),
        "integrations": _integrations(body),
        "suffix": body.suffix,
        "seed": body.seed,
    }
    return Order(
        recipe=recipe,
        training_file=body.training_file,
        validation_file=body.validation_file,
        suffix=body.suffix,
        seed=body.seed,
        project=project,
        request=json.dumps(echo).encode(),
        metadata=body.metadata,
        settle=lambda known: _settled(known, echo, base.learning_rate_multiplier),
    )


def _asked(body: wire.CreateFineTuningJobRequest) -> tuple[str, dict[str, Any]]:
    """Return the method and its hyperparameters as they are answered at first, wherever they were sent."""
    kind = body.method.type if body.method else "supervised"
    own = getattr(body.method, kind, None)
    sent = (own.hyperparameters if own else None) or body.hyperparameters
    names = (*COMMON, *FURTHER[kind])
    given = {name: value for name in names if (value := getattr(sent, name, None)) is not None}
    asked = {name: given.get(name, AUTO) for name in names}
    return kind, {name: FIXED.get(name, value) if value == AUTO else value for name, value in asked.items()}


def _grader(body: wire.CreateFineTuningJobRequest) -> Any:
    """Return what rewards the answers of a reinforcement job; None: it is none."""
    method = body.method
    if method is None or method.type != "reinforcement" or method.reinforcement is None:
        return None
    return method.reinforcement.grader.model_dump(mode="json", exclude_unset=True)


def _integrations(body: wire.CreateFineTuningJobRequest) -> list[dict[str, Any]]:
    """Return where to report to: checked and echoed, never contacted; no secret has a place in it."""
    return [each.model_dump(mode="json", exclude_none=True) for each in body.integrations or ()]


def _settled(known: Order, echo: Mapping[str, Any], learning_rate_multiplier: float) -> Order:
    """Return an order whose ``auto`` are decided by its data."""
    recipe, rows = known.recipe, known.recipe.training.rows
    decided: dict[str, Any] = {
        "n_epochs": auto_epochs(rows),
        "batch_size": auto_batch(rows),
        "learning_rate_multiplier": learning_rate_multiplier,
    }
    asked = echo["asked"]
    settled = {name: decided[name] if value == AUTO else value for name, value in asked.items()}
    why = training.refusal(
        echo["type"],
        recipe.training,
        recipe.validation,
        training_file=known.training_file,
        validation_file=known.validation_file,
        model=recipe.model,
    )
    recipe = replace(recipe, n_epochs=settled["n_epochs"], batch_size=settled["batch_size"], refusal=why)
    return replace(known, recipe=recipe, request=json.dumps({**echo, "settled": settled}).encode())


def auto_epochs(rows: int) -> int:
    """Return the epochs for so many examples: few are seen more often."""
    if rows * EPOCHS < EXAMPLES_LOW:
        return min(EPOCHS_MAX, EXAMPLES_LOW // max(1, rows))
    return max(1, EXAMPLES_HIGH // rows) if rows * EPOCHS > EXAMPLES_HIGH else EPOCHS


def auto_batch(rows: int) -> int:
    """Return the examples of a step for so many examples in all."""
    return min(BATCH_MAX, max(1, round(rows / 500)))
