"""Where Nscale keeps things, what it charges, and how a job, a dataset and a file are undone there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contract_tests.harness.ledger import Entry
from contract_tests.harness.line import Line
from contract_tests.harness.provider import Manner

FILES, DATASETS, JOBS, MODELS = "/files", "/datasets", "/jobs", "/base-models"
ORGANIZATION = "0f2b6c1e-7d34-4a58-9c0d-5e8f1a2b3c4d"
"""The organization at an emulator of one's own: any will do."""
MODEL = "b1432ae3-b4ce-4e12-be53-ab0555d00f93"
"""The smallest of the base models with the id that the guide gives it: DeepSeek-R1-Distill-Qwen-1.5B."""
MINIMUM_USD = 2.0
"""What each job costs at least (documented)."""
USD_PER_MILLION_TOKENS = 10.0
"""The prices stood in an interactive page and are not known: a guess above what others take for such models."""
STATUSES = ("queued", "starting", "running", "completed", "failed", "cancelled")
GOING, ENDED = frozenset(STATUSES[:3]), frozenset(STATUSES[3:])
PAGE = 100
"""What the provider's own client asks for; that there is a next page is not known."""
LISTED = 10_000
"""More than there is, for what must be found again."""
PLACES = {"file": FILES, "dataset": DATASETS, "job": JOBS}


@dataclass(frozen=True)
class Nscale:
    """The provider, as the harness needs to know it."""

    name: str = "nscale"
    hosts: tuple[str, ...] = ("fine-tuning.api.nscale.com",)
    epochs: int = 3
    creates: Mapping[str, str] = field(default_factory=lambda: {place: kind for kind, place in PLACES.items()})
    manner: Manner = field(
        default_factory=lambda: Manner(
            path=f"/api/v1/organizations/{ORGANIZATION}",
            probe=MODELS,
            trained_on=("dataset", "id"),
            job=("job",),
            pace=0.02,
        )
    )
    spending: tuple[str, ...] = ("creation", "walk", "older", "cancellation", "failing", "archive", "link", "export")

    def found(self, line: Line, entry: Entry) -> list[str]:
        """Return the ids of what an entry's request made."""
        rows = line.get(PLACES[entry.kind], limit=LISTED).rows()
        return [row["id"] for row in rows if entry.name and _is_named(str(row["name"]), entry.name)]

    def undo(self, line: Line, entry: Entry, id_: str) -> str:
        """Delete a file or a dataset; cancel a job, of which there is no deletion."""
        path = f"{PLACES[entry.kind]}/{id_}"
        if entry.kind != "job":
            answer = line.delete(path)
            assert answer.status in (200, 204, 404), f"it is still there: {answer!r}"
            return f"{entry.kind}s deleted"
        found = line.get(path)
        if found.status == 404:
            return "jobs already gone"
        if found.ok()["status"] in ENDED:
            return "jobs that had ended"
        line.post(f"{path}/cancel").ok()
        return "jobs cancelled"


def _is_named(told: str, name: str) -> bool:
    """Say whether something bears a name of ours, which an ending may follow, never a further digit."""
    return told.startswith(name) and not told.removeprefix(name)[:1].isdigit()


PROVIDER = Nscale()
