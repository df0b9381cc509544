"""Requests for what a program printed because it had no id."""

import re
from collections.abc import Iterator

from emulator.core.lint.asked import Asked, at, text
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times

NOTHING = re.compile(r"None|null|nil|undefined|NaN|nan|\[object Object\]|<[\w ]+>|\{\w+\}|\$\{?\w+\}?|%7B\w+%7D")
"""What programs make of no id, and placeholders that nobody filled."""
SHORT = 40


class AsksForNothing(Check):
    """An id that is ``None``, ``undefined`` or a placeholder: a member was read that is not there, or not yet."""

    name = "asks_for_nothing"
    severity = Severity.ERROR
    about = "A request names None, undefined, null or an unfilled placeholder where an id belongs."
    do = "Check the id before it is used: the member that it is read from may be absent, or be empty until later."

    def __init__(self) -> None:
        super().__init__()
        self._first: tuple[str, str, str] | None = None
        self._source = ""

    def see(self, asked: Asked, client: Client) -> None:
        """Look at every id that a request names."""
        for place, value in _ids(asked):
            if NOTHING.fullmatch(value):
                self.requests.add(asked.id)
                self._first = self._first or (asked.name or "", place, value[:SHORT])
                self._source = self._source or asked.advice.empty

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first."""
        if self._first:
            name, place, value = self._first
            many = times(self.requests.count, "request")
            yield self.finding(f"{many}; the first is {name} with {value!r} as its {place}", source=self._source)


def _ids(asked: Asked) -> Iterator[tuple[str, str]]:
    """Return the ids of a request, and where they stand."""
    yield from asked.parameters.items()
    after = asked.entry.query.get("after")
    if isinstance(after, str):
        yield "after", after
    for place in asked.advice.form.ids.get(asked.name or "", ()):
        yield ".".join(place), text(at(asked.sent, place)) or ""
