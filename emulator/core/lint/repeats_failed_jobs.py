"""Orders that are given again and again although each job of them has failed."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from emulator.core.lint.asked import CREATE, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity

FAILED_MIN = 2
"""Once may be right: the provider's guide lets jobs be created again after an error of the service."""
REMEMBERED_MAX = 2000


@dataclass(slots=True)
class Failed:
    """The jobs of one order, the latest last: those that were seen failed before the next was made."""

    jobs: list[str] = field(default_factory=list)
    failures: int = 0


class RepeatsFailedJobs(Check):
    """The third job of the same order, after the client was shown that two of it had failed."""

    name = "repeats_failed_jobs"
    severity = Severity.WARNING
    about = "The same job is made again after it was seen to fail twice."
    do = "Read the job's `error`: what is wrong with the data or the request fails each time; retry once, not for ever."
    source = "documented: for errors of the service a job can be created again"

    def __init__(self) -> None:
        super().__init__()
        self._orders: dict[str, Failed] = {}
        self._worst: tuple[int, str] | None = None

    def see(self, asked: Asked, client: Client) -> None:
        """Look at what became of the jobs of the same order."""
        order, made = asked.ordered, asked.answer.get("id")
        if asked.name != CREATE or order is None or not isinstance(made, str):
            return
        known = self._orders.setdefault(order, Failed())
        last = client.job(known.jobs[-1]) if known.jobs else None
        known.failures = known.failures + 1 if last and last.status == "failed" else 0
        known.jobs = [made]
        if known.failures >= FAILED_MIN:
            self.requests.add(asked.id)
            self._worst = max(self._worst or (0, ""), (known.failures, made))
        if len(self._orders) > REMEMBERED_MAX:
            self._orders.pop(next(iter(self._orders)))

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the order that failed most often."""
        if self._worst:
            failures, job = self._worst
            yield self.finding(f"{job} was made after {failures} jobs of the same order in a row had failed")
