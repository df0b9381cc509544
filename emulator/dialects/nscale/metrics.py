"""What a job has measured so far: the losses of some of its steps.

How often the service measures is unverified. Here it is at a hundredth of the steps each, after each evaluation, and
after the last step. Every point has all three numbers, as the API reference types them (documented): the validation
loss is that of the last evaluation by then, before the first one that of the model that training started from.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from emulator.core.jobs import Seen
from emulator.dialects.nscale import wire
from emulator.dialects.nscale.orders import evaluations

POINTS = 100
"""About as many points as a finished job has."""


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured after a step: losses in nats a token."""

    step: int
    at: datetime
    training_loss: float
    validation_loss: float

    @property
    def perplexity(self) -> float:
        """How many tokens the model wavers between, on the validation data."""
        return math.exp(self.validation_loss)


def points(seen: Seen) -> Iterator[Point]:
    """Yield what a job has measured by now, in the order of its steps."""
    view, training = seen.view, seen.view.plan.training
    if training is None:
        return
    looks, curve = _looks(seen), view.plan.curve
    every = -(-training.steps // POINTS)
    logged = {*range(every, training.steps + 1, every), *looks, training.steps}
    for step in sorted(step for step in logged if step <= view.steps):
        last = max((look for look in looks if look <= step), default=0)
        at = view.course.falls_at(training.at(step))
        yield Point(step, at, curve.train_loss(step), curve.valid_loss(last))


def to_metrics(seen: Seen) -> wire.Metrics:
    """Return the metrics of a job as the API reference has them."""
    data = [
        wire.MetricPoint(
            step=point.step,
            timestamp=point.at,
            training_loss=_text(point.training_loss),
            validation_loss=_text(point.validation_loss),
            perplexity=_text(point.perplexity),
        )
        for point in points(seen)
    ]
    looked = sum(look <= seen.view.steps for look in _looks(seen))
    rows = json.loads(seen.stored.request)["validation_rows"]
    batches = -(-rows // asked(seen).batch_size)
    return wire.Metrics(
        data=data or None,
        training_steps=seen.view.steps,
        training_tokens=seen.view.tokens,
        validation_steps=looked * batches,
    )


def to_list(seen: Seen) -> list[wire.ListedMetric]:
    """Return the same as the provider's own client reads it: a bare list, with the guide's names."""
    return [
        wire.ListedMetric(
            step=point.step,
            timestamp=point.at,
            train_loss=_number(point.training_loss),
            eval_loss=_number(point.validation_loss),
            perplexity=_number(point.perplexity),
        )
        for point in points(seen)
    ]


def asked(seen: Seen) -> wire.Hyperparameters:
    """Return the hyperparameters of a job."""
    return wire.Hyperparameters.model_validate(json.loads(seen.stored.request)["hyperparameters"])


def best_step(seen: Seen) -> int | None:
    """Return the step whose checkpoint did best on the validation data; None where none did."""
    training, curve = seen.view.plan.training, seen.view.plan.curve
    ends = range(training.steps_per_epoch, seen.view.steps + 1, training.steps_per_epoch) if training else ()
    told = [(curve.valid_loss(step), step) for step in ends if not math.isnan(curve.valid_loss(step))]
    return min(told)[1] if told else None


def _looks(seen: Seen) -> list[int]:
    """Return the steps after which the validation data are looked at: spread evenly, the last after the last step."""
    training = seen.view.plan.training
    if training is None:
        return []
    count = min(evaluations(asked(seen)), training.steps)
    return [-(-training.steps * number // count) for number in range(1, count + 1)]


def _text(number: float) -> str:
    return "NaN" if math.isnan(number) else f"{number:.6f}"


def _number(number: float) -> float | None:
    return None if math.isnan(number) else round(number, 6)
