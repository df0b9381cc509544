"""The journal as lines for people: one a request, or one for a run of requests that were answered alike."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.client.running import Json

SHOWN_MAX = 50
"""Lines that are shown: the last ones, as what failed is near them; and as many of those before that made something."""
SAID_MAX = 80
"""Characters that are shown of a path that is no operation of the provider, and of what an answer says."""


@dataclass(slots=True)
class Run:
    """Requests that asked the same and were answered alike, one after another or in a round with others."""

    at: datetime
    asked: str
    changes: bool
    """Whether it is more than a look: its line is never folded, and is the last to be left out."""
    said: str
    until: datetime
    longest_ms: float
    times: int = 1

    def add(self, entry: Json) -> None:
        """Count one more."""
        self.until, self.times = datetime.fromisoformat(entry["at"]), self.times + 1
        self.longest_ms = max(self.longest_ms, entry["duration_ms"])

    def __str__(self) -> str:
        """Return when the first ended, what was asked, the status, how long the longest took, and what was odd."""
        again = f"×{self.times} until {_hour(self.until)}" if self.times > 1 else ""
        status, _, odd = self.said.partition("; ")
        more = "; ".join(filter(None, (odd, again)))
        return f"{_hour(self.at)}  {self.asked:<22} {status:>3}  {self.longest_ms:>5.0f} ms  {more}".rstrip()


def last(entries: Iterable[Json]) -> str:
    """Return the last entries as text, and how many others there were."""
    runs = [*_runs(entries)]
    if not runs:
        return "no request was made"
    made = [run for run in runs[:-SHOWN_MAX] if run.changes][-SHOWN_MAX:]
    shown = [*made, *runs[-SHOWN_MAX:]]
    left_out = sum(run.times for run in runs) - sum(run.times for run in shown)
    head = [f"({left_out} earlier requests are left out)"] if left_out else []
    return "\n".join([*head, *map(str, shown)])


def _runs(entries: Iterable[Json]) -> Iterator[Run]:
    """Yield the runs by when they began. A run is over when its operation is answered otherwise, or something is made.

    So a client that looks at a job and at its events in turn makes two lines, not two for each round.
    """
    going: dict[str, Run] = {}
    for entry in entries:
        run = _run(entry)
        before = going.get(run.asked)
        if before and before.said == run.said:
            before.add(entry)
            continue
        if run.changes:
            going.clear()
        else:
            going[run.asked] = run
        yield run


def _run(entry: Json) -> Run:
    at = datetime.fromisoformat(entry["at"])
    asked = entry["operation"] or f"{entry['method']} {entry['path'][:SAID_MAX]}"
    status = "nothing answered" if entry["status"] is None else str(entry["status"])
    effects = [fault["effect"].partition(",")[0] for fault in entry["faults"]]
    odd = (
        f"retry {entry['retry']}" if entry["retry"] else "",
        f"faults: {', '.join(effects)}" if effects else "",
        _told(entry),
        f"said: {entry['errors'][0][:SAID_MAX]}" if entry["errors"] else "",
    )
    changes = entry["method"] not in {"GET", "HEAD"}
    return Run(at, asked, changes, "; ".join(filter(None, (status, *odd))), at, entry["duration_ms"])


def _told(entry: Json) -> str:
    """Return what an answer tells of one job: that it was made, its status, and why it failed."""
    answer = (entry["response"] or {}).get("body")
    status = answer.get("status") if isinstance(answer, dict) else None
    made = entry["operation"] == "jobs.create" and entry["job"]
    if not made and not (entry["job"] and isinstance(status, str) and not entry["errors"]):
        return ""
    job = f"made {entry['job']}" if made else str(entry["job"])
    return ", ".join(filter(None, (job, status if isinstance(status, str) else "", _why(answer))))


def _why(job: Any) -> str:
    """Return the code and the message of a job's error, nothing where it has none."""
    error = job.get("error") if isinstance(job, dict) else None
    if not isinstance(error, dict):
        return ""
    return ": ".join(str(error[name])[:SAID_MAX] for name in ("code", "message") if error.get(name))


def _hour(at: datetime) -> str:
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}"
