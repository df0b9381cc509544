"""What the tests of Nscale share: two files, a dataset of them, and the three jobs that a whole run creates."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.fixtures import anonymous, line, observe, stranger, target
from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.harness.spending import tokens_at_most
from contract_tests.harness.walk import Look, Walk, Walker
from contract_tests.nscale import orders
from contract_tests.nscale.provider import (
    DATASETS,
    FILES,
    GOING,
    JOBS,
    MINIMUM_USD,
    MODEL,
    USD_PER_MILLION_TOKENS,
)

__all__ = ["anonymous", "line", "observe", "stranger", "target"]

DEFAULTS = {
    "n_epochs": 1,
    "n_evals": 0,
    "batch_size": 4,
    "learning_rate": 1e-05,
    "warmup_ratio": 0.0,
    "weight_decay": 0.0,
    "best_checkpoints": False,
    "mask_prompt_labels": False,
}
"""The hyperparameters that nobody sent (documented)."""
LORA_DEFAULTS = {"enabled": True, "r": 8, "alpha": 8, "dropout": 0.0}
"""Those of the adapter (documented); of the modules it is said that they are all, not how that is told."""


@pytest.fixture(scope="session")
def run(runs: Mapping[str, Run]) -> Run:
    """The run of this provider."""
    return runs["nscale"]


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The shapes of answers, as far as they are known."""
    return Schema(Path(__file__).parent / "schema.json")


@pytest.fixture(scope="session")
def model(run: Run) -> str:
    """The id of the base model of every job."""
    return run.options.model or MODEL


@pytest.fixture(scope="session")
def organization(run: Run) -> str:
    """The organization that the target's base URL names."""
    return urlsplit(run.target.url).path.rpartition("/")[2]


def upload(run: Run, data: bytes, *, ending: str = ".csv") -> Answer:
    """Upload a file under a name of its own."""
    return run.line.send("POST", FILES, files={"file": (f"{run.name()}{ending}", data, "text/csv")})


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


def put_together(run: Run, training_file: Obj, validation_file: Obj | None = None, **more: Any) -> Answer:
    """Make a dataset of files, under a name of its own."""
    files = {"training_file_id": training_file["id"]}
    second = {"validation_file_id": validation_file["id"]} if validation_file else {}
    return run.line.post(DATASETS, {"name": run.name(), **files, **second, **more})


@pytest.fixture(scope="session")
def gathering(run: Run, training_file: Obj, validation_file: Obj) -> Answer:
    """The answer to the making of the dataset of both files."""
    return put_together(run, training_file, validation_file)


@pytest.fixture(scope="session")
def dataset(gathering: Answer) -> Obj:
    """The dataset of both files."""
    return gathering.ok()


@pytest.fixture(scope="session")
def single(run: Run, training_file: Obj) -> Obj:
    """A dataset of the training file alone."""
    return put_together(run, training_file).ok()


Reckon = Callable[..., Answer]


@pytest.fixture(scope="session")
def reckon(run: Run, model: str, dataset: Obj) -> Reckon:
    """Ask what a job would cost, with members changed; should a job come of it, it is cancelled at once."""

    def ask(**changes: Any) -> Answer:
        usual = {
            "name": run.name(),
            "base_model_id": model,
            "dataset": {"id": dataset["id"], **orders.COLUMNS},
            "dry_run": True,
        }
        return run.line.send("POST", JOBS, json=usual | changes, reckoned=True)

    return ask


def create(run: Run, body: Mapping[str, object], *, data: list[bytes], epochs: int) -> Answer:
    """Create a job whose price is counted first; skip where it is too much."""
    price = tokens_at_most(data, epochs) * USD_PER_MILLION_TOKENS / 1e6
    run.spending.spend(max(MINIMUM_USD, price))
    return run.line.send("POST", JOBS, json=body, priced=True)


def look(line: Line, job_id: str, elapsed_s: float) -> Look:
    """Read a job, then its metrics: what is read later may be ahead."""
    retrieved = line.get(f"{JOBS}/{job_id}")
    return Look(elapsed_s, retrieved, {"metrics": line.get(f"{JOBS}/{job_id}/metrics")})


@pytest.fixture(scope="session")
def walker(run: Run) -> Walker:
    """How jobs are looked at."""
    asked = run.options
    return Walker(lambda job, at: look(run.line, job, at), GOING, asked.poll_s, asked.patience_s, run.tell)


@pytest.fixture(scope="session")
def order(run: Run, model: str, dataset: Obj) -> Obj:
    """What is asked of the job that is walked."""
    return Obj(orders.walked(model=model, dataset=dataset["id"], name=run.name(), epochs=run.options.epochs))


@pytest.fixture(scope="session")
def creation(run: Run, order: Obj) -> Answer:
    """The answer to the creation of the one job that is walked to its end."""
    return create(run, order, data=[orders.TRAINING, orders.VALIDATION], epochs=run.options.epochs)


@pytest.fixture(scope="session")
def walk(request: pytest.FixtureRequest, walker: Walker) -> Walk:
    """That job, looked at until it ended."""
    creation: Answer = request.getfixturevalue("creation")
    with suppress(pytest.skip.Exception):  # first, so that while one job is walked the other is cancelled
        request.getfixturevalue("cancellation")
    return walker.walk(creation.ok()["job"])


@pytest.fixture(scope="session")
def older(run: Run, model: str, single: Obj) -> Answer:
    """The answer to the creation of a job in the older names, without a validation file."""
    body = orders.older(model=model, dataset=single["id"], name=run.name())
    return create(run, body, data=[orders.TRAINING], epochs=1)


@dataclass
class Cancellation:
    """A job, cancelled at once and looked at afterwards; ``at`` is host time."""

    created: Obj
    stranger: Answer | None = None
    untouched: Answer | None = None
    answers: list[Answer] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    at: float = field(default_factory=time.monotonic)

    @property
    def cancelled(self) -> Answer:
        """The answer to the cancellation."""
        return self.answers[0]

    @property
    def again(self) -> Answer:
        """The answer to the second cancellation, after ``soon``."""
        return self.answers[1]

    @property
    def soon(self) -> Look:
        """The job right after its cancellation."""
        return self.looks[0]


@pytest.fixture(scope="session")
def cancellation(run: Run, creation: Answer, older: Answer) -> Cancellation:
    """The job in the older names, cancelled beside the one that is walked; another account tries to cancel it first."""
    assert creation.status == 200
    found = Cancellation(older.ok()["job"])
    path = f"{JOBS}/{found.created['id']}"
    if run.target.second_key:
        found.stranger = run.line_of(run.target.second_key).post(f"{path}/cancel")
    found.untouched = run.line.get(path)
    # As the provider's own client does it: nothing, called JSON.
    found.answers.append(run.line.send("POST", f"{path}/cancel", headers={"content-type": "application/json"}))
    found.looks.append(look(run.line, found.created["id"], 0))
    found.answers.append(run.line.post(f"{path}/cancel"))
    return found


@pytest.fixture(scope="session")
def broken_file(run: Run) -> Obj:
    """A table that cannot be read to its end."""
    return upload(run, orders.BROKEN).ok()


@pytest.fixture(scope="session")
def failing(run: Run, model: str, broken_file: Obj, walker: Walker) -> Walk:
    """A job with nothing but defaults on that table; a service that reads it charges nothing."""
    dataset = put_together(run, broken_file).ok()
    columns = {"id": dataset["id"], "answer_column": "answer"}
    body = {"name": run.name(), "base_model_id": model, "dataset": columns}
    return walker.walk(create(run, body, data=[orders.BROKEN], epochs=1).ok()["job"])


def where_to(line: Line, job_id: str) -> str:
    """Return the link to a job's model, as the provider's own client asks for it."""
    answer = line.send("GET", f"{JOBS}/{job_id}/download", headers={"content-type": "application/json"})
    return str(answer.ok()["download_url"])


@pytest.fixture(scope="session")
def link(run: Run, walk: Walk) -> str:
    """The link to the model of the job that was walked."""
    assert walk.last.status == "completed"
    return where_to(run.line, walk.created["id"])


@pytest.fixture(scope="session")
def archive(anonymous: Line, link: str) -> Answer:
    """What that link leads to."""
    return anonymous.get(link)
