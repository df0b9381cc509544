"""What the tests of OpenAI share: files, and the few jobs that a whole run creates."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.fixtures import anonymous, line, observe, stranger, target
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.harness.spending import tokens_at_most
from contract_tests.harness.target import is_foreign
from contract_tests.harness.walk import Look, Walk, Walker
from contract_tests.openai import orders
from contract_tests.openai.envelope import opened
from contract_tests.openai.provider import ALIAS, EVENTS, FILES, GOING, JOBS, MODEL, PAGE, USD_PER_MILLION_TOKENS

__all__ = ["anonymous", "line", "observe", "stranger", "target"]
REASONING_MODEL = "o4-mini-2025-04-16"
"""What is trained by rewards."""
EPOCHS_AT_MOST = 25
"""What ``auto`` may come to (documented)."""


@pytest.fixture(scope="session")
def run(runs: Mapping[str, Run]) -> Run:
    """The run of this provider."""
    return runs["openai"]


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The published schema."""
    return Schema(Path(__file__).parent / "schema.json")


@pytest.fixture(scope="session")
def model(run: Run) -> str:
    """The base model of every job."""
    return run.options.model or MODEL


def upload(
    run: Run, data: bytes, *, ending: str = ".jsonl", purpose: str = "fine-tune", line: Line | None = None, **more: str
) -> Answer:
    """Upload a file under a name of its own; ``more`` are further fields of the form."""
    form = {"file": (f"{run.name()}{ending}", data, "application/jsonl")}
    return (line or run.line).send("POST", FILES, files=form, data={"purpose": purpose, **more})


@pytest.fixture(scope="session")
def training(run: Run) -> Answer:
    """The answer to the upload of the training file."""
    return upload(run, orders.TRAINING)


@pytest.fixture(scope="session")
def training_file(training: Answer) -> Obj:
    """The training file."""
    return training.ok()


@pytest.fixture(scope="session")
def validation_file(run: Run) -> Obj:
    """The validation file."""
    return upload(run, orders.VALIDATION).ok()


def create(run: Run, body: Mapping[str, object], *, data: list[bytes], epochs: int = 1) -> Answer:
    """Create a job whose price is counted first; skip where it is too much, or the target takes no jobs."""
    run.spending.spend(tokens_at_most(data, epochs) * USD_PER_MILLION_TOKENS / 1e6)
    return opened(run.line.send("POST", JOBS, json=body, priced=True))


def look(line: Line, job_id: str, elapsed_s: float) -> Look:
    """Read a job, then its events, then its checkpoints: what is read later may be ahead."""
    path = f"{JOBS}/{job_id}"
    retrieved, events = line.get(path), line.get(f"{path}/events", limit=EVENTS)
    return Look(elapsed_s, retrieved, {"events": events, "checkpoints": line.get(f"{path}/checkpoints", limit=PAGE)})


@pytest.fixture(scope="session")
def walker(run: Run) -> Walker:
    """How jobs are looked at."""
    asked = run.options
    return Walker(lambda job, at: look(run.line, job, at), GOING, asked.poll_s, asked.patience_s, run.tell)


@pytest.fixture(scope="session")
def order(run: Run, model: str, training_file: Obj, validation_file: Obj) -> Obj:
    """What is asked of the job that is walked."""
    files = {"training_file": training_file["id"], "validation_file": validation_file["id"]}
    return Obj(orders.walked(model=model, **files, suffix=run.name(), epochs=run.options.epochs))


@pytest.fixture(scope="session")
def creation(run: Run, order: Obj) -> Answer:
    """The answer to the creation of the job that is walked to its end."""
    return create(run, order, data=[orders.TRAINING, orders.VALIDATION], epochs=run.options.epochs)


@pytest.fixture(scope="session")
def plain(run: Run, training_file: Obj) -> Answer:
    """The answer to an order of nothing but a model, by its alias, and a file; it is found again by the file."""
    body = {"model": run.options.model or ALIAS, "training_file": training_file["id"]}
    return create(run, body, data=[orders.TRAINING], epochs=EPOCHS_AT_MOST)


@pytest.fixture(scope="session")
def preference(run: Run, model: str) -> Answer:
    """The answer to the order of a job on preferences, with nothing told but the method and its epochs."""
    file = upload(run, orders.PREFERENCES).ok()["id"]
    method = {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 1}}}
    body = {"model": model, "training_file": file, "method": method, "suffix": run.name()}
    return create(run, body, data=[orders.PREFERENCES])


@pytest.fixture(scope="session")
def reinforcement(run: Run) -> Answer:
    """The answer to the order of a job on rewards."""
    if is_foreign(run.target.url):
        pytest.skip("reinforcement is charged by the hour, US$ 100 of them (documented)")
    file = upload(run, orders.QUESTIONS).ok()["id"]
    own = {"grader": orders.GRADER, "hyperparameters": {"n_epochs": 1, "reasoning_effort": "low"}}
    method = {"type": "reinforcement", "reinforcement": own}
    body = {"model": REASONING_MODEL, "training_file": file, "validation_file": file, "method": method}
    return create(run, body, data=[orders.QUESTIONS])


@pytest.fixture(scope="session")
def walk(request: pytest.FixtureRequest, walker: Walker) -> Walk:
    """The job with everything told, looked at until it ended."""
    for other in ("cancellation", "preference", "reinforcement"):  # whose time goes by while this one is walked
        with suppress(pytest.skip.Exception):
            request.getfixturevalue(other)
    creation: Answer = request.getfixturevalue("creation")
    return walker.walk(creation.ok())


@pytest.fixture(scope="session")
def plain_walk(plain: Answer, walker: Walker) -> Walk:
    """The job of which nothing was told, looked at until it ended."""
    return walker.walk(plain.ok())


@pytest.fixture(scope="session")
def tuned(walk: Walk) -> str:
    """The model that came of the job that was walked."""
    name = walk.last.job["fine_tuned_model"]
    assert isinstance(name, str), "the job that was walked has made no model"
    return name


@dataclass
class Cancellation:
    """A job that was cancelled at once, and looked at afterwards; ``at`` is host time.

    It has an integration where it is ``adorned``: an account that has no key of wandb's is refused one.
    """

    created: Answer
    adorned: bool
    cancelled: Answer
    again: Answer
    soon: Look
    stranger: Answer | None = None
    untouched: Answer | None = None
    at: float = field(default_factory=time.monotonic)


@pytest.fixture(scope="session")
def cancellation(run: Run, model: str, training_file: Obj, plain: Answer) -> Cancellation:
    """The job that is cancelled, younger than the plain one; another account tries to cancel it first."""
    body = {"model": model, "training_file": training_file["id"], "suffix": run.name(), "metadata": {"contract": "odd"}}
    created = create(run, {**body, "integrations": [orders.WANDB]}, data=[orders.TRAINING], epochs=EPOCHS_AT_MOST)
    adorned = created.status == 200
    if 400 <= created.status < 500:
        created = create(run, body, data=[orders.TRAINING], epochs=EPOCHS_AT_MOST)
    path = f"{JOBS}/{created.ok()['id']}"
    second = run.target.second_key
    stranger = run.line_of(second).post(f"{path}/cancel") if second else None
    untouched, cancelled = run.line.get(path), run.line.post(f"{path}/cancel")
    soon = look(run.line, created.ok()["id"], 0)
    return Cancellation(created, adorned, cancelled, run.line.post(f"{path}/cancel"), soon, stranger, untouched)


def failing(run: Run, walker: Walker, data: bytes, body: Mapping[str, Any]) -> Walk:
    """Return the walk of a job that trains nothing, so that nothing is charged."""
    return walker.walk(create(run, body, data=[data], epochs=EPOCHS_AT_MOST).ok())


@pytest.fixture(scope="session")
def few(run: Run, model: str, walker: Walker) -> Walk:
    """A job on too few examples."""
    return failing(run, walker, orders.FEW, {"model": model, "training_file": upload(run, orders.FEW).ok()["id"]})


@pytest.fixture(scope="session")
def mismatched(run: Run, model: str, walker: Walker, training_file: Obj) -> Walk:
    """A preference job on conversations."""
    body = {"model": model, "training_file": training_file["id"], "method": {"type": "dpo", "dpo": {}}}
    return failing(run, walker, orders.TRAINING, body)


@pytest.fixture(scope="session")
def forsaken(run: Run, model: str, walker: Walker) -> Walk:
    """A job whose training file is deleted while it is read; skips where it was read faster."""
    file_id = upload(run, orders.TRAINING).ok()["id"]
    body = {"model": model, "training_file": file_id, "suffix": run.name()}
    created = create(run, body, data=[orders.TRAINING], epochs=EPOCHS_AT_MOST).ok()
    run.line.delete(f"{FILES}/{file_id}").ok()
    if run.line.get(f"{JOBS}/{created['id']}").ok()["status"] not in ("validating_files", "failed"):
        pytest.skip("the training file was read before its deletion came")
    return walker.walk(created)
