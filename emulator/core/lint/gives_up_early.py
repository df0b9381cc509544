"""Requests that the client gave up while the provider was at work."""

from collections.abc import Iterator

from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times

LONG_S = 30.0
"""Who waits so long before giving up has a time-out that is no error."""
TIMES_MIN = 2
"""One may be a program that was stopped."""
BREAKING = frozenset({"timeout", "reset", "truncate", "apply_then_fail", "slow_body", "empty_body"})
"""Effects that leave a client nothing but to give up, or that break off themselves."""


class GivesUpEarly(Check):
    """Nothing was answered yet when the client left, and no fault made it leave: its time-out is short."""

    name = "gives_up_early"
    severity = Severity.ADVICE
    about = "The client leaves before it is answered: its time-out is shorter than the provider takes."
    do = "Allow for answers that take half a minute; what was given up may be carried out all the same."

    def __init__(self) -> None:
        super().__init__()
        self._longest_s = 0.0
        self._names: set[str] = set()
        self._foreign = 0

    def see(self, asked: Asked, client: Client) -> None:
        """Note a request that was left."""
        entry, waited_s = asked.entry, asked.entry.duration_ms / 1000
        broken = any(fault.effect.partition(",")[0] in BREAKING for fault in entry.faults)
        if entry.status is None and not entry.tenant:
            self._foreign += 1
        elif entry.status is None and not broken and waited_s < LONG_S:
            self.requests.add(asked.id)
            self._longest_s = max(self._longest_s, waited_s)
            self._names.add(asked.name or "no operation")

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell how long it waited at most."""
        if self.requests.count >= TIMES_MIN:
            names = ", ".join(sorted(self._names))
            yield self.finding(
                f"{times(self.requests.count, 'request')} left after {self._longest_s:.2g} s at most: {names}"
            )

    def unjudged(self, client: Client) -> Iterator[str]:
        """Tell of recordings by others, which do not tell who left."""
        if self._foreign:
            left = times(self._foreign, "request")
            yield f"{left} without an answer: only the emulator's own journal tells whether the client left"
