"""Every call of the provider, by its name, as a request that changes nothing and costs nothing."""

from typing import Any

from contract_tests.harness.answers import Answer
from contract_tests.harness.line import Line
from contract_tests.openai.orders import (
    GRADER,
    NO_FILE,
    NO_JOB,
    NO_MODEL,
    NO_PERMISSION,
    NO_TUNED,
    NO_UPLOAD,
    refusable,
)
from contract_tests.openai.provider import CHECKPOINTS, FILES, JOBS, MODELS, RUN, UPLOADS, VALIDATE

Call = tuple[str, str, str, str]
CALLS: tuple[Call, ...] = (
    ("files.create", "POST", FILES, "observed"),
    ("files.list", "GET", FILES, "observed"),
    ("files.retrieve", "GET", f"{FILES}/{NO_FILE}", "observed"),
    ("files.delete", "DELETE", f"{FILES}/{NO_FILE}", "observed"),
    ("files.content", "GET", f"{FILES}/{NO_FILE}/content", "observed"),
    ("uploads.create", "POST", UPLOADS, "unverified"),
    ("uploads.parts.create", "POST", f"{UPLOADS}/{NO_UPLOAD}/parts", "unverified"),
    ("uploads.complete", "POST", f"{UPLOADS}/{NO_UPLOAD}/complete", "unverified"),
    ("uploads.cancel", "POST", f"{UPLOADS}/{NO_UPLOAD}/cancel", "unverified"),
    ("jobs.create", "POST", JOBS, "observed"),
    ("jobs.list", "GET", JOBS, "observed"),
    ("jobs.retrieve", "GET", f"{JOBS}/{NO_JOB}", "observed"),
    ("jobs.cancel", "POST", f"{JOBS}/{NO_JOB}/cancel", "observed"),
    ("jobs.pause", "POST", f"{JOBS}/{NO_JOB}/pause", "unverified"),
    ("jobs.resume", "POST", f"{JOBS}/{NO_JOB}/resume", "unverified"),
    ("jobs.events", "GET", f"{JOBS}/{NO_JOB}/events", "observed"),
    ("jobs.checkpoints", "GET", f"{JOBS}/{NO_JOB}/checkpoints", "unverified"),
    ("permissions.list", "GET", f"{CHECKPOINTS}/{NO_TUNED}/permissions", "unverified"),
    ("permissions.create", "POST", f"{CHECKPOINTS}/{NO_TUNED}/permissions", "unverified"),
    ("permissions.delete", "DELETE", f"{CHECKPOINTS}/{NO_TUNED}/permissions/{NO_PERMISSION}", "unverified"),
    ("graders.validate", "POST", VALIDATE, "unverified"),
    ("graders.run", "POST", RUN, "unverified"),
    ("models.list", "GET", MODELS, "observed"),
    ("models.retrieve", "GET", f"{MODELS}/{NO_MODEL}", "observed"),
    ("models.delete", "DELETE", f"{MODELS}/{NO_TUNED}", "observed"),
)
"""Name, method, path, and how it is known what a key that is none is told there."""
BODIES: dict[str, Any] = {
    "jobs.create": {"json": refusable()},
    "uploads.create": {"json": {"filename": "none.jsonl"}},
    "uploads.complete": {"json": {"part_ids": []}},
    "uploads.parts.create": {"files": {"data": ("part", b"x")}},
    "permissions.create": {"json": {"project_ids": ["proj_none"]}},
    "graders.validate": {"json": {"grader": GRADER}},
    "graders.run": {"json": {"grader": GRADER, "model_sample": "green", "item": {"colour": "green"}}},
}
"""What is sent along; what is created by mistake could not be trained on."""


def tried(line: Line, call: Call, **more: Any) -> Answer:
    """Send one of the calls."""
    name, method, path, _ = call
    return line.send(method, path, **BODIES.get(name, {}), **more)
