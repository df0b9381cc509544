"""What the tests of Nebius Token Factory share: two files, and the three jobs that a whole run creates."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.fixtures import anonymous, line, observe, stranger, target
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.harness.spending import tokens_at_most
from contract_tests.harness.walk import Look, Walk, Walker
from contract_tests.nebius import orders
from contract_tests.nebius.provider import FILES, GOING, JOBS, MODEL, PAGE, USD_PER_MILLION_TOKENS

__all__ = ["anonymous", "line", "observe", "stranger", "target"]

DEFAULTS = {
    "batch_size": 8,
    "learning_rate": 1e-05,
    "n_epochs": 3,
    "warmup_ratio": 0.0,
    "weight_decay": 0.0,
    "packing": True,
    "max_grad_norm": 1.0,
    "context_length": 8192,
    "lora": False,
    "lora_r": 8,
    "lora_alpha": 8,
    "lora_dropout": 0.0,
}
"""The hyperparameters of supervised fine-tuning that nobody sent (documented)."""
DEFAULT_EPOCHS = int(DEFAULTS["n_epochs"])


@pytest.fixture(scope="session")
def run(runs: Mapping[str, Run]) -> Run:
    """The run of this provider."""
    return runs["nebius"]


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The published schema."""
    return Schema(Path(__file__).parent / "schema.json")


@pytest.fixture(scope="session")
def model(run: Run) -> str:
    """The base model of every job."""
    return run.options.model or MODEL


def upload(run: Run, data: bytes, *, ending: str = ".jsonl", purpose: str = "fine-tune") -> Answer:
    """Upload a file under a name of its own."""
    name = f"{run.name()}{ending}"
    form = {"file": (name, data, "application/jsonl")}
    return run.line.send("POST", FILES, files=form, data={"purpose": purpose})


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


def create(run: Run, body: Mapping[str, object], *, data: list[bytes], epochs: int, line: Line | None = None) -> Answer:
    """Create a job whose price is counted first; skip where it is too much."""
    run.spending.spend(tokens_at_most(data, epochs) * USD_PER_MILLION_TOKENS / 1e6)
    return (line or run.line).send("POST", JOBS, json=body, priced=True)


def look(line: Line, job_id: str, elapsed_s: float) -> Look:
    """Read a job, then its events, then its checkpoints: what is read later may be ahead."""
    path = f"{JOBS}/{job_id}"
    retrieved = line.get(path)
    return Look(
        elapsed_s, retrieved, {name: line.get(f"{path}/{name}", limit=PAGE) for name in ("events", "checkpoints")}
    )


@pytest.fixture(scope="session")
def walker(run: Run) -> Walker:
    """How jobs are looked at."""
    asked = run.options
    return Walker(lambda job, at: look(run.line, job, at), GOING, asked.poll_s, asked.patience_s, run.tell)


@pytest.fixture(scope="session")
def order(run: Run, model: str, training_file: Obj, validation_file: Obj) -> Obj:
    """What is asked of the job that is walked."""
    return Obj(
        orders.walked(
            model=model,
            training_file=training_file["id"],
            validation_file=validation_file["id"],
            suffix=run.name(),
            epochs=run.options.epochs,
        )
    )


@pytest.fixture(scope="session")
def creation(run: Run, order: Obj) -> Answer:
    """The answer to the creation of the one job that is walked to its end."""
    return create(run, order, data=[orders.TRAINING, orders.VALIDATION], epochs=run.options.epochs)


@pytest.fixture(scope="session")
def walk(request: pytest.FixtureRequest, walker: Walker) -> Walk:
    """That job, looked at until it ended."""
    with suppress(pytest.skip.Exception):  # first, so that while one job is walked the time of the other goes by
        request.getfixturevalue("cancellation")
    creation: Answer = request.getfixturevalue("creation")
    return walker.walk(creation.ok())


@dataclass
class Cancellation:
    """A job with all that an order can have, cancelled at once and looked at afterwards; ``at`` is host time.

    A service that refuses the adornments, such as keys that are none, is given a plain order, to be cancelled as well.
    """

    adorned: Answer
    created: Answer
    stranger: Answer | None = None
    untouched: Answer | None = None
    answers: list[Answer] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    at: float = field(default_factory=time.monotonic)

    @property
    def cancelled(self) -> Answer:
        """The answer to the cancellation."""
        self.created.ok()
        return self.answers[0]

    @property
    def again(self) -> Answer:
        """The answer to the second cancellation, after ``soon``."""
        self.created.ok()
        return self.answers[1]

    @property
    def soon(self) -> Look:
        """The job right after its cancellation."""
        self.created.ok()
        return self.looks[0]


@pytest.fixture(scope="session")
def cancellation(run: Run, model: str, training_file: Obj) -> Cancellation:
    """The one job that is cancelled; another account tries to cancel it first."""
    return cancelled(run, orders.adorned(model=model, training_file=training_file["id"], suffix=run.name()))


def cancelled(run: Run, body: Mapping[str, object]) -> Cancellation:
    """Order a job with all that an order can have, and cancel it."""
    adorned = created = create(run, body, data=[orders.TRAINING], epochs=1)
    if 400 <= adorned.status < 500:
        plain = {"model": body["model"], "training_file": body["training_file"], "suffix": run.name()}
        created = create(run, plain, data=[orders.TRAINING], epochs=DEFAULT_EPOCHS)
    found = Cancellation(adorned, created)
    if created.status == 200:
        _cancel(run, found, f"{JOBS}/{created.ok()['id']}")
    return found


def _cancel(run: Run, found: Cancellation, path: str) -> None:
    if run.target.second_key:
        found.stranger = run.line_of(run.target.second_key).post(f"{path}/cancel")
    found.untouched = run.line.get(path)
    found.answers.append(run.line.post(f"{path}/cancel"))
    found.looks.append(look(run.line, path.rpartition("/")[2], 0))
    found.answers.append(run.line.post(f"{path}/cancel"))


@pytest.fixture(scope="session")
def broken_file(run: Run) -> Obj:
    """A data set that cannot be read."""
    return upload(run, orders.BROKEN).ok()


@pytest.fixture(scope="session")
def failing(run: Run, model: str, broken_file: Obj, walker: Walker) -> Walk:
    """A job with nothing but defaults on that data set; a service that reads it charges nothing.

    It has no suffix, and is found again by its training file.
    """
    body = {"model": model, "training_file": broken_file["id"]}
    return walker.walk(create(run, body, data=[orders.BROKEN], epochs=DEFAULT_EPOCHS).ok())
