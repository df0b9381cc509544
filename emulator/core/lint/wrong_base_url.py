"""Paths that lead nowhere because the base URL was put together wrongly."""

import re
from collections.abc import Iterator

from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, short, times
from emulator.operations import find

SHORT = 80
NOT_FOUND = (404, 405, 0)


class WrongBaseUrl(Check):
    """A path that is no call, and would be one with another slash, or with its version once."""

    name = "wrong_base_url"
    severity = Severity.ERROR
    about = "A path such as /v1files or /v1/v1/files: the base URL lacks a slash, or has the version twice or never."
    do = "Give the client the base URL up to and with /v1; a client that joins paths by hand needs the slash after it."
    source = "observed: of clients that are told a base URL without a slash at its end"

    def __init__(self) -> None:
        super().__init__()
        self._first: tuple[str, str] | None = None

    def see(self, asked: Asked, client: Client) -> None:
        """Look at a path that is no call."""
        entry = asked.entry
        if entry.operation is not None or entry.status not in (*NOT_FOUND, None):
            return
        for meant in _mended(entry.path):
            if find(asked.advice.operations, entry.method, meant)[0]:
                self.requests.add(asked.id)
                self._first = self._first or (f"{entry.method} {short(entry.path, SHORT)}", short(meant, SHORT))
                return

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first, and of what was meant."""
        if self._first:
            path, meant = self._first
            yield self.finding(f"{times(self.requests.count, 'request')}; the first is {path}, where {meant} was meant")


def _mended(path: str) -> Iterator[str]:
    """Return the paths that may have been meant."""
    plain = re.sub(r"/{2,}", "/", path)
    yield plain
    yield re.sub(r"^(.*?)(/v\d+)(files|fine_tuning|models)(?=/|$)", r"\2/\3", plain)
    yield re.sub(r"^.*?(/v\d+)(?:/v\d+)+/", r"\1/", plain)
    if not re.search(r"/v\d+", plain):
        yield re.sub(r"^.*?/(files|fine_tuning|models)(?=/|$)", r"/v1/\1", plain)
