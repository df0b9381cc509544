"""A creation that was repeated without a look whether the first had made its job."""

from collections.abc import Iterator

from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client
from emulator.core.lint.duplicates import Duplicates
from emulator.core.lint.finding import Check, Finding, Severity, times


class CreatesTwice(Check):
    """The answer to a creation was lost, the job was made, and so was another by the same order; no list was read."""

    name = "creates_twice"
    severity = Severity.ERROR
    about = "A creation whose answer was lost is repeated blindly: there are two jobs, and the client knows of one."
    do = (
        "After a lost answer, a 5xx or a time-out of a creation list the jobs before it is repeated, and tell them "
        "apart by a suffix; in the official SDKs max_retries=0 for that call."
    )
    source = "documented: what is published of the API has no idempotency key"

    def __init__(self) -> None:
        super().__init__()
        self._duplicates = Duplicates()

    def see(self, asked: Asked, client: Client) -> None:
        """Note what belongs to a repetition."""
        self._duplicates.see(asked, client)

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first pair."""
        if pairs := [*self._duplicates.blind]:
            self.requests.add(*sorted({entry for pair in pairs for entry in (pair.lost.entry, pair.again)}))
            first = pairs[0]
            jobs = f"{first.lost.job} (entry {first.lost.entry}) and {first.job} (entry {first.again})"
            yield self.finding(
                f"{times(len(pairs), 'job')} made twice, with no list of jobs read after the first: {jobs}"
            )

    def unjudged(self, client: Client) -> Iterator[str]:
        """Tell of creations of which nobody knows what they did."""
        if self._duplicates.unknown:
            lost = times(self._duplicates.unknown, "creation")
            yield f"{lost} without an answer: the recording does not tell of a job that was made"
