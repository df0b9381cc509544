"""Where OpenAI keeps things, what it charges, and how a job, its model and its files are undone there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from contract_tests.harness.ledger import Entry
from contract_tests.harness.line import Line
from contract_tests.harness.provider import Manner

FILES, UPLOADS, JOBS, MODELS = "/files", "/uploads", "/fine_tuning/jobs", "/models"
CHECKPOINTS = "/fine_tuning/checkpoints"
CHAT, WEBHOOKS = "/chat/completions", "/webhook_endpoints"
VALIDATE, RUN = "/fine_tuning/alpha/graders/validate", "/fine_tuning/alpha/graders/run"
MODEL, ALIAS = "gpt-4o-mini-2024-07-18", "gpt-4o-mini"
"""Recorded jobs were fine-tuned from it; it is the snapshot that the alias stood for in them (observed)."""
USD_PER_MILLION_TOKENS = 25.0
"""The highest price known, of gpt-4.1 and gpt-4o; of gpt-4o-mini it is 3.00 (documented). Reinforcement is charged by
the hour and not tried where it costs. Trained tokens are what is charged."""
STATUSES = ("validating_files", "queued", "running", "succeeded", "failed", "cancelled")
PAUSED = "paused"
"""In no published schema, and in the published example of a pause."""
GOING, ENDED = frozenset((*STATUSES[:3], PAUSED)), frozenset(STATUSES[3:])
PAGE = 100
EVENTS = 200
"""More events than any job of these tests has; pages of 300 were read (observed)."""
CHECKPOINTS_KEPT = 3


@dataclass(frozen=True)
class OpenAI:
    """The provider, as the harness needs to know it."""

    name: str = "openai"
    hosts: tuple[str, ...] = ("api.openai.com",)
    epochs: int = 4
    creates: Mapping[str, str] = field(
        default_factory=lambda: {FILES: "file", UPLOADS: "upload", JOBS: "job", WEBHOOKS: "webhook"}
    )
    manner: Manner = field(default_factory=Manner)
    spending: tuple[str, ...] = (
        *("creation", "walk", "plain", "plain_walk", "cancellation", "few", "forsaken", "mismatched", "preference"),
        *("reinforcement", "preferred", "rewarded", "held", "tuned", "delivery"),
    )

    def found(self, line: Line, entry: Entry) -> list[str]:
        """Return the ids of what an entry's request made; of an upload there are none but those of its file."""
        if entry.kind == "job":
            return [row["id"] for row in line.pages(JOBS, limit=PAGE) if _is_of(row, entry)]
        if entry.kind == "webhook":
            return [row["id"] for row in line.get(WEBHOOKS, limit=PAGE).rows() if row["name"] == entry.name]
        return list(_named(line, entry))

    def undo(self, line: Line, entry: Entry, id_: str) -> str:
        """Delete a file; give up an upload and delete what came of it; cancel a job and delete its model and result."""
        if entry.kind == "file" or (entry.kind == "upload" and not entry.id):
            _delete(line, f"{FILES}/{id_}")
            return "files deleted"
        if entry.kind == "webhook":
            _delete(line, f"{WEBHOOKS}/{id_}")
            return "webhook endpoints deleted"
        if entry.kind == "upload":
            answer = line.post(f"{UPLOADS}/{id_}/cancel")
            assert answer.status in (200, 400, 404), f"the upload is still there: {answer!r}"
            for file_id in _named(line, entry) if answer.status != 200 else ():
                _delete(line, f"{FILES}/{file_id}")
            return "uploads given up"
        return _undone(line, f"{JOBS}/{id_}")


def _undone(line: Line, path: str) -> str:
    """Cancel a job, and delete its models and its result."""
    found = line.get(path)
    if found.status == 404:
        return "jobs already gone"
    job = found.ok()
    if job["status"] not in ENDED:
        line.post(f"{path}/cancel").ok()
        return "jobs cancelled"
    for file_id in job["result_files"]:
        _delete(line, f"{FILES}/{file_id}")
    for made in line.get(f"{path}/checkpoints", limit=PAGE).rows():  # whether they go with the last is not known
        line.delete(f"{MODELS}/{made['fine_tuned_model_checkpoint']}")
    if job["fine_tuned_model"]:
        _delete(line, f"{MODELS}/{job['fine_tuned_model']}")
    return "jobs that had ended"


def _named(line: Line, entry: Entry) -> Iterator[str]:
    """Give the ids of the files that bear the name of an entry, which is followed by its ending, never by a digit."""
    for row in line.get(FILES, limit=10_000).rows() if entry.name else ():
        rest = str(row["filename"]).removeprefix(str(entry.name))
        if rest != row["filename"] and not rest[:1].isdigit():
            yield row["id"]


def _is_of(row: Mapping[str, object], entry: Entry) -> bool:
    """Say whether a job is an entry's: by its suffix, or by a training file that is ours alone."""
    named = entry.name is not None and row.get("user_provided_suffix") == entry.name
    return named or (entry.training_file is not None and row["training_file"] == entry.training_file)


def _delete(line: Line, path: str) -> None:
    answer = line.delete(path)
    assert answer.status in (200, 404), f"it is still there: {answer!r}"


PROVIDER = OpenAI()
