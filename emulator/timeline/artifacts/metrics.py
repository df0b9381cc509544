"""The table of a job's steps that some providers give as its result: losses and accuracies, one row a step.

Header and form are OpenAI's (observed): five decimals, trailing zeros trimmed, nothing where there is no value. The
service sends the table in base64 (observed); plain, as it did in 2023, is what some clients expect.
"""

from base64 import b64encode
from functools import lru_cache
from math import isnan

from emulator.timeline import curves
from emulator.timeline.artifacts.artifact import Artifact
from emulator.timeline.curves import Curve
from emulator.timeline.plan import Plan

NAME = "step_metrics.csv"
COLUMNS = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"


def metrics_file(plan: Plan, *, encoded: bool) -> Artifact:
    """Return the table of all steps of a plan, in base64 where ``encoded``."""
    steps = plan.training.stops_after if plan.training else 0
    content = _content(plan.curve, steps, plan.has_validation, encoded)
    return Artifact(NAME, len(content), content)


@lru_cache(maxsize=64)  # for its length is asked with every look at the file
def _content(curve: Curve, steps: int, validated: bool, encoded: bool) -> bytes:  # noqa: FBT001 -- a cache's key
    rows = (_row(curve, step, validated=validated) for step in range(1, steps + 1))
    text = "\n".join([COLUMNS, *rows, ""]).encode()
    return b64encode(text) if encoded else text


def _row(curve: Curve, step: int, *, validated: bool) -> str:
    losses = (curve.train_loss(step), curve.valid_loss(step) if validated else None)
    values = (value for loss in losses for value in (loss, None if loss is None else curves.accuracy(loss)))
    return ",".join([str(step), *map(_shown, values)])


def _shown(value: float | None) -> str:
    return "" if value is None or isnan(value) else f"{value:.5f}".rstrip("0").rstrip(".")
