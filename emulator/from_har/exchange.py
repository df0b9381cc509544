"""Which requests of a recording are the provider's, by the names of its calls, whatever host they went to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from emulator.from_har.forms import job_in
from emulator.from_har.har import Entry
from emulator.operations import Operation, find

REDIRECTS = range(300, 400)
REDIRECTING = frozenset({"jobs.download"})
"""Calls whose own answer may be a redirect, to a link that is signed."""
WHOSE = "organization_id"
"""A parameter of paths that says in whose name something is asked, and not what for."""
NOT_MODIFIED = 304


@dataclass(frozen=True, eq=False)
class Exchange:
    """A request to the provider.

    ``place`` is where it stands among all of them, from 0; ``number`` which of its operation's it is, from 1, as the
    budget of a rule counts.
    """

    entry: Entry
    operation: Operation
    parameters: dict[str, str]
    place: int
    number: int

    @property
    def name(self) -> str:
        """The operation's name."""
        return self.operation.name

    @property
    def is_done(self) -> bool:
        """Say whether it was answered with success."""
        return self.entry.status in range(200, 300)

    @cached_property
    def answer(self) -> dict[str, Any]:
        """The members of a JSON answer."""
        return self.entry.value if isinstance(self.entry.value, dict) else {}

    @property
    def listed(self) -> list[dict[str, Any]]:
        """The entries of an answer that is a list."""
        data = self.answer.get("data") if self.is_done else None
        return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []

    @property
    def points(self) -> list[dict[str, Any]]:
        """The points of an answer that tells measurements: its list, or a bare one."""
        bare = self.entry.value if self.is_done and isinstance(self.entry.value, list) else []
        return self.listed or [item for item in bare if isinstance(item, dict)]

    @property
    def thing(self) -> str | None:
        """The id of what it asks for: the last one of its path."""
        return next((self.parameters[name] for name in reversed([*self.parameters]) if name != WHOSE), None)

    @property
    def made(self) -> str | None:
        """The id of what its answer says that it made, or shows."""
        id_ = job_in(self.answer).get("id")
        return id_ if isinstance(id_, str) else None

    @property
    def lies_at(self) -> str:
        """Where what it asks for lies: its URL without what is signed."""
        return self.entry.url.partition("?")[0]


@dataclass(frozen=True)
class Recording:
    """The provider's part of a recording, in order; ``left`` counts the rest by why."""

    exchanges: Sequence[Exchange]
    bases: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    def of(self, *names: str) -> list[Exchange]:
        """Return the exchanges of operations."""
        return [each for each in self.exchanges if each.name in names]


def recording(entries: Iterable[Entry], operations: Iterable[Operation]) -> Recording:
    """Return what of a recording was asked of the provider."""
    known = [*operations]
    exchanges: list[Exchange] = []
    numbers, bases, left = Counter[str](), Counter[str](), Counter[str]()
    for entry in entries:
        base, operation, parameters = asked(entry, known)
        why = _beside(entry, operation)
        if why or operation is None:
            left[why] += 1
            continue
        bases[base] += 1
        numbers[operation.name] += 1
        exchanges.append(Exchange(entry, operation, parameters, len(exchanges), numbers[operation.name]))
    return Recording(exchanges, bases, left)


def _beside(entry: Entry, operation: Operation | None) -> str:
    """Return why a request is none of the provider's, or nothing."""
    if entry.method == "OPTIONS":
        return "a browser's preflights"
    if operation is None:
        return "other calls"
    if entry.cached:
        return "answered by the browser's cache"
    if entry.status in REDIRECTS and entry.status != NOT_MODIFIED and operation.name not in REDIRECTING:
        return "redirected elsewhere"
    return "never left the client's machine" if entry.never_left else ""


def asked(entry: Entry, operations: Iterable[Operation]) -> tuple[str, Operation | None, dict[str, str]]:
    """Return the base URL, the operation and the parameters of a request: any prefix may stand before its path."""
    known = [*operations]
    try:
        parts = urlsplit(entry.url)
        host = f"{parts.scheme}://{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "", None, {}
    path = unquote(parts.path)
    for place in (index for index, letter in enumerate(path) if letter == "/"):
        operation, parameters = find(known, entry.method, path[place:])
        if operation:
            return host + path[:place], operation, parameters
    return host, None, {}
