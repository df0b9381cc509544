"""Cancellations of jobs that the client knew to have ended."""

from collections.abc import Iterator

from emulator.core.lint.asked import CANCEL, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times


class CancelsAfterTheEnd(Check):
    """A job was shown to have ended, and then cancelled. Of one that ends unseen nobody can know."""

    name = "cancels_after_the_end"
    severity = Severity.ADVICE
    about = "A job is cancelled although the client was shown that it had ended."
    do = "Cancel only what has not ended; the answer to such a cancellation is not known of the provider."

    def __init__(self) -> None:
        super().__init__()
        self._first: tuple[str, str] | None = None

    def see(self, asked: Asked, client: Client) -> None:
        """Look at what was known of a job that is cancelled."""
        job = client.job(asked.job) if asked.name == CANCEL else None
        if job and job.status in asked.advice.terminal:
            self.requests.add(asked.id)
            self._first = self._first or (job.id, job.status or "")

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first."""
        if self._first:
            yield self.finding(
                f"{times(self.requests.count, 'cancellation')}; {self._first[0]} was {self._first[1]} by then"
            )
