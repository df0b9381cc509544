"""The ceiling on what a run may cost, in US dollars, estimated before a job is created."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

TOKENS_A_LINE = 32
"""What a chat template may add to a line, counted generously."""


def dollars(text: str) -> float:
    """Return a ceiling; raise ValueError where it is not a positive, finite number."""
    value = float(text)
    if not math.isfinite(value) or value <= 0:
        raise ValueError(text)
    return value


def tokens_at_most(datasets: Iterable[bytes], epochs: int) -> int:
    """Return more tokens than training can count: none is shorter than a byte."""
    return epochs * sum(len(data) + TOKENS_A_LINE * (data.count(b"\n") + 1) for data in datasets)


@dataclass
class Spending:
    """What was spent at most, and what may be; without a ceiling a foreign target is given no job."""

    foreign: bool
    ceiling: float | None
    spent: float = field(default=0.0, init=False)

    @property
    def allowed(self) -> bool:
        """Say whether jobs may be created at all."""
        return not self.foreign or self.ceiling is not None

    def refusal(self, price: float) -> str | None:
        """Say why a job of that price, in dollars, is not created; None where it may be."""
        if not self.allowed:
            return "spends money on a target that is not this machine: --allow-spending USD"
        if self.ceiling is not None and self.spent + price > self.ceiling:
            return (
                f"a job may cost ${price:.4f}; with ${self.spent:.4f} before it that is more than "
                f"--allow-spending {self.ceiling:g}"
            )
        return None

    def spend(self, price: float) -> None:
        """Count a job's price; skip the test, and those that build on it, where it is too much."""
        if refusal := self.refusal(price):
            pytest.skip(refusal)
        self.spent += price
