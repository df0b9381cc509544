"""Paths that lead nowhere because the base URL was put together wrongly."""

import re
from collections.abc import Iterator

from emulator.core.lint.advice import BASE, Advice
from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, short, times
from emulator.operations import find

SHORT = 80
NOT_FOUND = (404, 405, 0)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class WrongBaseUrl(Check):
    """A path that is no call, and would be one with another slash, or with its version once."""

    name = "wrong_base_url"
    severity = Severity.ERROR
    about = "A path such as /v1files or /v1/v1/files: the base URL lacks a slash, or has the version twice or never."
    do = "Give the client the whole base URL; a client that joins paths by hand needs the slash after it."
    source = "observed: of clients that are told a base URL without a slash at its end"

    def __init__(self) -> None:
        super().__init__()
        self._first: tuple[str, str, str] | None = None

    def see(self, asked: Asked, client: Client) -> None:
        """Look at a path that is no call."""
        entry = asked.entry
        if entry.operation is not None or entry.status not in (*NOT_FOUND, None):
            return
        for meant in _mended(entry.path, asked.advice):
            if find(asked.advice.operations, entry.method, meant)[0]:
                self.requests.add(asked.id)
                path = f"{entry.method} {short(entry.path, SHORT)}"
                self._first = self._first or (path, short(meant, SHORT), asked.advice.form.base)
                return

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first, and of what was meant."""
        if self._first:
            path, meant, base = self._first
            do = self.do.replace("whole base URL", f"base URL up to and with {base}")
            what = f"{times(self.requests.count, 'request')}; the first is {path}, where {meant} was meant"
            yield self.finding(what, do=do)


def _mended(path: str, advice: Advice) -> Iterator[str]:
    """Return the paths that may have been meant."""
    plain = re.sub(r"/{2,}", "/", path)
    yield plain
    yield from _versioned(plain) if advice.form.base == BASE else _rebuilt(plain, advice)


def _rebuilt(plain: str, advice: Advice) -> Iterator[str]:
    """Return a path whose noun stands behind the provider's base, with whatever id the path has for the base's."""
    base = advice.form.base
    below = (each.path.removeprefix(f"{base}/") for each in advice.operations if each.path.startswith(f"{base}/"))
    nouns = "|".join(sorted({path.partition("/")[0] for path in below}))
    if found := re.fullmatch(rf"(.*?(?:/|{UUID.pattern}))({nouns})(/.*)?", plain):
        before, noun, rest = found.groups(default="")
        id_ = UUID.search(before)
        own = re.sub(r"\{\w+\}", id_[0], base) if id_ else base
        yield f"{own}/{noun}{rest}"


def _versioned(plain: str) -> Iterator[str]:
    """Return the paths of the providers whose base is a version."""
    yield re.sub(r"^(.*?)(/v\d+)(files|fine_tuning|models)(?=/|$)", r"\2/\3", plain)
    yield re.sub(r"^.*?(/v\d+)(?:/v\d+)+/", r"\1/", plain)
    if not re.search(r"/v\d+", plain):
        yield re.sub(r"^.*?/(files|fine_tuning|models)(?=/|$)", r"/v1/\1", plain)
