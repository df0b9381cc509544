"""Two jobs of one order that both go on."""

from collections.abc import Iterator

from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client
from emulator.core.lint.duplicates import Duplicates
from emulator.core.lint.finding import Check, Finding, Severity, times


class PaysTwice(Check):
    """A repetition made a second job of the same order, and neither of the two was cancelled."""

    name = "pays_twice"
    severity = Severity.ERROR
    about = "Two jobs that a repeated creation made both go on: neither is cancelled."
    do = "After a repeated creation list the jobs, and cancel all but one of those with the same order."

    def __init__(self) -> None:
        super().__init__()
        self._duplicates = Duplicates()

    def see(self, asked: Asked, client: Client) -> None:
        """Note what belongs to a repetition."""
        self._duplicates.see(asked, client)

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first pair."""
        if pairs := [*self._duplicates.going_on]:
            self.requests.add(*sorted({entry for pair in pairs for entry in (pair.lost.entry, pair.again)}))
            jobs = f"{pairs[0].lost.job} and {pairs[0].job}"
            yield self.finding(f"{times(len(pairs), 'pair')} of jobs of the same order, none cancelled: {jobs}")
