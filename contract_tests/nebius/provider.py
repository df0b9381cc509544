"""Where Nebius Token Factory keeps things, what it charges, and how a job and its files are undone there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contract_tests.harness.ledger import Entry
from contract_tests.harness.line import Line
from contract_tests.harness.provider import Manner

FILES, JOBS, MODELS = "/files", "/fine_tuning/jobs", "/models"
MODEL = "Qwen/Qwen3-4B"
"""Recorded jobs were fine-tuned from it, with LoRA; under 20 billion parameters it is in the cheaper class."""
USD_PER_MILLION_TOKENS = 2.80
"""The highest price known: of models above 20 billion parameters, 2025 to April 2026 (documented); below them 0.40,
and 2.00 was billed for one job in September 2026 (observed). Trained tokens are what is charged."""
STATUSES = ("validating_files", "queued", "running", "succeeded", "failed", "cancelled")
GOING, ENDED = frozenset(STATUSES[:3]), frozenset(STATUSES[3:])
PAGE = 100


@dataclass(frozen=True)
class Nebius:
    """The provider, as the harness needs to know it."""

    name: str = "nebius"
    hosts: tuple[str, ...] = ("api.tokenfactory.nebius.com", "api.studio.nebius.com")
    epochs: int = 3
    creates: Mapping[str, str] = field(default_factory=lambda: {FILES: "file", JOBS: "job"})
    manner: Manner = field(default_factory=Manner)
    spending: tuple[str, ...] = ("creation", "walk", "downloads", "cancellation", "failing", "misfiled")

    def found(self, line: Line, entry: Entry) -> list[str]:
        """Return the ids of what an entry's request made."""
        if entry.kind == "file":
            rows = line.pages(FILES, limit=PAGE)
            return [row["id"] for row in rows if entry.name and _is_named(str(row["filename"]), entry.name)]
        return [row["id"] for row in line.pages(JOBS, limit=PAGE) if _is_of(row, entry)]

    def undo(self, line: Line, entry: Entry, id_: str) -> str:
        """Delete a file; cancel a job, and delete the files of its checkpoints."""
        if entry.kind == "file":
            _delete(line, id_)
            return "files deleted"
        found = line.get(f"{JOBS}/{id_}")
        if found.status == 404:
            return "jobs already gone"
        ended = found.ok()["status"] in ENDED
        if not ended:
            line.post(f"{JOBS}/{id_}/cancel").ok()
        for checkpoint in line.get(f"{JOBS}/{id_}/checkpoints", limit=PAGE).rows():
            for file_id in checkpoint["result_files"]:
                _delete(line, file_id)
        return "jobs that had ended" if ended else "jobs cancelled"


def _is_named(filename: str, name: str) -> bool:
    """Say whether a file bears a name of ours, which is followed by its ending, never by a further digit."""
    return filename.startswith(name) and not filename.removeprefix(name)[:1].isdigit()


def _is_of(row: Mapping[str, object], entry: Entry) -> bool:
    """Say whether a job is an entry's: by its suffix, or by a training file that is ours alone."""
    named = entry.name is not None and row["suffix"] == entry.name
    return named or (entry.training_file is not None and row["training_file"] == entry.training_file)


def _delete(line: Line, file_id: str) -> None:
    answer = line.delete(f"{FILES}/{file_id}")
    assert answer.status in (200, 404), f"the file is still there: {answer!r}"


PROVIDER = Nebius()
