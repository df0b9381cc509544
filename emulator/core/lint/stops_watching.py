"""Jobs that were left before their end was seen."""

from collections.abc import Iterator

from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client, Job
from emulator.core.lint.finding import Check, Finding, Severity, times


class StopsWatching(Check):
    """The last that the client was shown of a job that it made is no end, and it has not cancelled it.

    Told of the recording as it is: a client that still runs, or that hands its jobs to another, is right all the same.
    One whose last look failed did not stop by itself.
    """

    name = "stops_watching"
    severity = Severity.WARNING
    about = "A job was made, and the last that the client saw of it is no end, nor did it cancel it."
    do = "Look until the status is an end, or cancel; a client that still runs, or hands the job on, is right."

    def __init__(self) -> None:
        super().__init__()
        self._terminal: frozenset[str] = frozenset()

    def see(self, asked: Asked, client: Client) -> None:
        """Learn which statuses are an end."""
        self._terminal = asked.advice.terminal

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the jobs, and of what was last seen of one."""
        left = [job for job in client.made if _is_left(job) and not _blurred(job, client)]
        if not left:
            return
        self.requests.add(*(job.seen for job in left))
        first = left[0]
        looks = times(first.looks, "look") if first.looks else "not one look"
        what = f"{times(len(left), 'job')} of {len([*client.made])} made: "
        what += f"{first.id} was last seen {first.status} (entry {first.seen}), after {looks}"
        ends = ", ".join(sorted(self._terminal))
        yield self.finding(what, do=f"{self.do} Ends: {ends}.")

    def unjudged(self, client: Client) -> Iterator[str]:
        """Tell of jobs that a list may have shown."""
        unseen = [job for job in client.made if _is_left(job) and _blurred(job, client)]
        if unseen:
            where = f"{unseen[0].id}, entry {_blurred(unseen[0], client)}"
            yield f"the last look at {times(len(unseen), 'job')} failed, or its answer is not kept ({where})"


def _is_left(job: Job) -> bool:
    return not (job.ended or job.cancelled)


def _blurred(job: Job, client: Client) -> int:
    """Return the last look at a job that told nothing, 0 where a later one did."""
    last = max(job.blurred, client.blurred)
    return last if last > job.seen else 0
