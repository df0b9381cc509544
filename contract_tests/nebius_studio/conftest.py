"""What the tests of Nebius AI Studio share: what those of Token Factory do, with the run and the schema of its own."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.fixtures import anonymous, line, observe, stranger, target
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.nebius.conftest import (
    Cancellation,
    broken_file,
    cancelled,
    creation,
    failing,
    model,
    order,
    training,
    training_file,
    validation_file,
    walk,
    walker,
)
from contract_tests.nebius_studio import orders

__all__ = [
    "anonymous",
    "broken_file",
    "creation",
    "failing",
    "line",
    "model",
    "observe",
    "order",
    "stranger",
    "target",
    "training",
    "training_file",
    "validation_file",
    "walk",
    "walker",
]


@pytest.fixture(scope="session")
def run(runs: Mapping[str, Run]) -> Run:
    """The run of this provider."""
    return runs["nebius-studio"]


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The schema of its time, as far as it is known."""
    return Schema(Path(__file__).parent / "schema.json")


@pytest.fixture(scope="session")
def cancellation(run: Run, model: str, training_file: Obj) -> Cancellation:
    """The one job that is cancelled; another account tries to cancel it first."""
    return cancelled(run, orders.adorned(model=model, training_file=training_file["id"], suffix=run.name()))
