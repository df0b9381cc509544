"""Results that were looked for while the job had none yet, and not again."""

from collections.abc import Iterator
from dataclasses import dataclass

from emulator.core.lint.asked import CHECKPOINTS, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times

FRUITLESS = frozenset({"failed", "cancelled"})


@dataclass(slots=True)
class Early:
    """A look at the checkpoints of a job that had none."""

    entry: int
    status: str


class ReadsResultsTooEarly(Check):
    """Checkpoints were listed before the job had ended, there were none, and that was the only time.

    Checkpoints of a running job are there to be read; what is wrong is to take none for the result.
    """

    name = "reads_results_too_early"
    severity = Severity.WARNING
    about = "Checkpoints are read once, before the job has any, and not again after it has succeeded."
    do = "Read checkpoints and result files once the status is succeeded."

    def __init__(self) -> None:
        super().__init__()
        self._early: dict[str, Early] = {}

    def see(self, asked: Asked, client: Client) -> None:
        """Note an empty list; any later one settles it."""
        job = client.job(asked.job)
        if asked.name != CHECKPOINTS or job is None or not asked.is_done:
            return
        self._early.pop(job.id, None)
        is_empty = "data" in asked.answer and not asked.listed and "after" not in asked.entry.query
        if is_empty and job.status and not job.ended:
            self._early[job.id] = Early(asked.id, job.status)

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of jobs whose results were not read later in any way."""
        left = {}
        for id_, early in self._early.items():
            job = client.jobs[id_]
            if not (job.fetched or client.strangers or job.status in FRUITLESS):
                left[id_] = early
        if left:
            self.requests.add(*(each.entry for each in left.values()))
            id_, early = next(iter(left.items()))
            what = f"{times(len(left), 'job')}: the checkpoints of {id_} were listed while it was {early.status}, "
            yield self.finding(f"{what}when it had none (entry {early.entry}), and never again")
