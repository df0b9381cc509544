"""The losses and accuracies of a run, as functions of the step alone.

The recorded runs give the shape: 5 epochs fell from 3.36 to 3.15, 10 epochs from 2.11 to 0.19, the validation loss
fell faster at first and then lay still (observed, notebooks of the provider). Nothing else is known of the real curves.
"""

import math
import struct
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

# Kept below half of what one epoch of 20 gains, so that the losses of checkpoints fall from each to the next.
NOISE = 0.02


@dataclass(frozen=True, slots=True)
class Curve:
    """The shape of one run's losses: from ``start`` towards ``floor``, ``rate`` e-folds over ``steps``.

    From the step ``diverges_at`` on they are ``math.nan``.
    """

    seed: str
    steps: int
    start: float
    floor: float
    rate: float
    diverges_at: int | None = None

    def train_loss(self, step: int) -> float:
        """Return the training loss after ``step`` (from 1) steps."""
        if self._diverged(step):
            return math.nan
        gain = (self.start - self.floor) * math.exp(-self.rate * step / self.steps)
        return _single(self.floor + gain * (1 + NOISE * _unit(self.seed, "train", step)))

    def valid_loss(self, step: int) -> float:
        """Return the validation loss after ``step`` steps: faster at first, then above the training loss."""
        if self._diverged(step):
            return math.nan
        floor = self.floor * 1.08
        gain = 0.9 * (self.start - self.floor) * math.exp(-1.3 * self.rate * step / self.steps)
        return _single(floor + gain * (1 + NOISE * _unit(self.seed, "valid", step)))

    def _diverged(self, step: int) -> bool:
        return self.diverges_at is not None and step >= self.diverges_at


def draw(seed: str, *, steps: int) -> Curve:
    """Draw the shape of a run from its seed; longer runs come closer to their floor."""
    rng = Random(f"{seed}/loss")
    start = rng.uniform(1.6, 3.4)
    return Curve(
        seed=seed,
        steps=steps,
        start=start,
        floor=start * rng.uniform(0.15, 0.5),
        rate=rng.uniform(1.0, 1.5) + min(2.0, math.log10(max(1, steps)) / 2),
    )


def accuracy(loss: float) -> float:
    """Return the mean token accuracy that goes with a loss: a falling function of it within 0 and 1 (unverified)."""
    return math.nan if math.isnan(loss) else _single(math.exp(-0.55 * loss))


def _unit(seed: str, name: str, step: int) -> float:
    """Return a number in [-1, 1) that depends on its arguments alone."""
    digest = blake2b(f"{seed}/{name}/{step}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**63 - 1


def _single(value: float) -> float:
    """Return the nearest single-precision number: the recorded losses are float32 printed as doubles (observed)."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])
