"""Every call of the provider, by its name, as a request that changes nothing and costs nothing."""

from typing import Any

from contract_tests.harness.answers import Answer
from contract_tests.harness.line import Line
from contract_tests.nebius.orders import NO_CHECKPOINT, NO_FILE, NO_JOB, NO_MODEL, refusable
from contract_tests.nebius.provider import FILES, JOBS, MODELS

CALLS = (
    ("files.create", "POST", FILES),
    ("files.list", "GET", FILES),
    ("files.retrieve", "GET", f"{FILES}/{NO_FILE}"),
    ("files.delete", "DELETE", f"{FILES}/{NO_FILE}"),
    ("files.content", "GET", f"{FILES}/{NO_FILE}/content"),
    ("jobs.create", "POST", JOBS),
    ("jobs.list", "GET", JOBS),
    ("jobs.retrieve", "GET", f"{JOBS}/{NO_JOB}"),
    ("jobs.cancel", "POST", f"{JOBS}/{NO_JOB}/cancel"),
    ("jobs.events", "GET", f"{JOBS}/{NO_JOB}/events"),
    ("jobs.checkpoints", "GET", f"{JOBS}/{NO_JOB}/checkpoints"),
    ("jobs.checkpoint", "GET", f"{JOBS}/{NO_JOB}/checkpoints/{NO_CHECKPOINT}"),
    ("models.list", "GET", MODELS),
    ("models.retrieve", "GET", f"{MODELS}/{NO_MODEL}"),
)
ABOUT_ONE = tuple(call for call in CALLS if call[2] not in (FILES, JOBS, MODELS))
"""Those that are about one thing, which there is not."""


def tried(line: Line, call: tuple[str, str, str], **more: Any) -> Answer:
    """Send one of the calls; what is created by mistake could not be trained on."""
    name, method, path = call
    if name == "jobs.create":
        more["json"] = refusable()
    return line.send(method, path, **more)
