"""Losses: falling, finite, and the same wherever they are read."""

import math
import struct
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from emulator.timeline.curves import accuracy, draw

seeds = st.text(max_size=5)
epochs = st.integers(2, 20)


@given(seeds, epochs, st.integers(1, 5000))
def test_the_training_loss_falls_from_checkpoint_to_checkpoint(seed: str, n_epochs: int, per_epoch: int) -> None:
    curve = draw(seed, steps=n_epochs * per_epoch)
    losses = [curve.train_loss(epoch * per_epoch) for epoch in range(1, n_epochs + 1)]

    assert all(before > after for before, after in pairwise(losses))


@given(seeds, st.integers(1, 10**6), st.data())
def test_losses_are_those_of_a_language_model(seed: str, steps: int, data: st.DataObject) -> None:
    curve = draw(seed, steps=steps)
    step = data.draw(st.integers(1, steps))
    for loss in (curve.train_loss(step), curve.valid_loss(step)):
        assert 0 < loss < 4
        assert 0 < accuracy(loss) < 1
        # Recorded losses are single-precision numbers.
        assert struct.unpack("<f", struct.pack("<f", loss))[0] == loss


@given(seeds, st.integers(10, 10**6))
def test_the_validation_loss_ends_below_where_it_began_and_above_the_training_loss(seed: str, steps: int) -> None:
    curve = draw(seed, steps=steps)

    assert curve.valid_loss(steps) < curve.valid_loss(1)
    assert curve.valid_loss(steps) > curve.floor


def test_a_better_loss_is_a_better_accuracy() -> None:
    assert accuracy(0.5) > accuracy(2.0)
    assert math.isclose(accuracy(0.0), 1.0)


def test_another_seed_gives_another_curve() -> None:
    assert draw("a", steps=10) != draw("b", steps=10)
