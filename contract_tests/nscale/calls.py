"""Every call of the provider, by its name, as a request that changes nothing and costs nothing."""

from typing import Any

from contract_tests.harness.answers import Answer
from contract_tests.harness.line import Line
from contract_tests.nscale.orders import NO_DATASET, NO_EXPORT, NO_FILE, NO_JOB, pushed, refusable
from contract_tests.nscale.provider import DATASETS, FILES, JOBS, MODELS

Call = tuple[str, str, str]
CALLS: tuple[Call, ...] = (
    ("models.list", "GET", MODELS),
    ("files.create", "POST", FILES),
    ("files.list", "GET", FILES),
    ("files.retrieve", "GET", f"{FILES}/{NO_FILE}"),
    ("files.delete", "DELETE", f"{FILES}/{NO_FILE}"),
    ("datasets.create", "POST", DATASETS),
    ("datasets.list", "GET", DATASETS),
    ("datasets.retrieve", "GET", f"{DATASETS}/{NO_DATASET}"),
    ("datasets.update", "PATCH", f"{DATASETS}/{NO_DATASET}"),
    ("datasets.delete", "DELETE", f"{DATASETS}/{NO_DATASET}"),
    ("jobs.create", "POST", JOBS),
    ("jobs.list", "GET", JOBS),
    ("jobs.retrieve", "GET", f"{JOBS}/{NO_JOB}"),
    ("jobs.cancel", "POST", f"{JOBS}/{NO_JOB}/cancel"),
    ("jobs.metrics", "GET", f"{JOBS}/{NO_JOB}/metrics"),
    ("jobs.download", "GET", f"{JOBS}/{NO_JOB}/download"),
    ("exports.create", "POST", f"{JOBS}/{NO_JOB}/exports/hugging-face"),
    ("exports.list", "GET", f"{JOBS}/{NO_JOB}/exports"),
    ("exports.retrieve", "GET", f"{JOBS}/{NO_JOB}/exports/{NO_EXPORT}"),
)
LISTS = tuple(call for call in CALLS if call[0] in ("models.list", "files.list", "datasets.list", "jobs.list"))
ABOUT_ONE = tuple(call for call in CALLS if call[2] not in (MODELS, FILES, DATASETS, JOBS))
"""Those that are about one thing, which there is not."""
BODIES: dict[str, Any] = {
    "datasets.create": {"name": "contract-tests", "training_file_id": NO_FILE},
    "datasets.update": {"name": "contract-tests"},
    "jobs.create": refusable(),
    "exports.create": pushed(),
}
"""What is sent along; nothing can be made of it."""


def tried(line: Line, call: Call, **more: Any) -> Answer:
    """Send one of the calls."""
    name, method, path = call
    return line.send(method, path, **({"json": BODIES[name]} if name in BODIES else {}), **more)
