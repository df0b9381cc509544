"""Jobs that are watched although the client saw that they had ended."""

from collections.abc import Iterator
from dataclasses import dataclass

from emulator.core.lint.asked import RETRIEVE, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times

LOOKS_MIN = 3
"""So many looks in a row are a loop; one or two are for the result."""


@dataclass(slots=True)
class Looks:
    """The looks in a row at one job that has ended."""

    job: str
    status: str
    ids: list[int]


class PollsAfterTheEnd(Check):
    """Looks at a job that was shown to have ended, one after the other, with nothing else asked in between."""

    name = "polls_after_the_end"
    severity = Severity.WARNING
    about = "The client goes on looking at a job after it was shown that the job had ended."
    do = "End the loop at every status that is an end."

    def __init__(self) -> None:
        super().__init__()
        self._row: dict[str, Looks] = {}
        self._worst: Looks | None = None

    def see(self, asked: Asked, client: Client) -> None:
        """Count looks in a row."""
        job = client.job(asked.job)
        if asked.name != RETRIEVE or job is None:
            self._row.clear()  # it reads results, or begins something else
        elif any(each["status"] not in asked.advice.terminal for each in asked.shown):
            self._row.clear()  # it waits for several jobs, one of which goes on
        elif job.status in asked.advice.terminal and asked.is_done:
            self._add(asked, job.id, job.status or "")

    def _add(self, asked: Asked, job: str, status: str) -> None:
        looks = self._row.setdefault(job, Looks(job, status, []))
        if len(looks.ids) == LOOKS_MIN:
            self.requests.add(asked.id)
            return
        looks.ids = [*looks.ids, asked.id]
        if len(looks.ids) == LOOKS_MIN:
            self.requests.add(*looks.ids)
            self._worst = self._worst or looks

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first such job."""
        if self._worst:
            at = f"{self._worst.job} was {self._worst.status} by then"
            yield self.finding(f"{times(self.requests.count, 'look')} after the end was seen: {at}")
