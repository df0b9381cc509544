"""What a finding is, and what a check is that makes them: it sees each request once, and says at the end."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client

LOOKS = re.compile(
    r"(?<![A-Za-z0-9])(sk-[\w-]{20,}|hf_[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|AKIA[A-Z0-9]{16}"
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+|xox[abp]-[\w-]{10,})"
)
"""Keys by the looks that their issuers give them."""
LISTED = 20
"""Requests of a finding that are listed; more are counted."""


class Severity(StrEnum):
    """How bad it is: wrong in every case, wrong in most, or a thing to think of."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"

    @property
    def rank(self) -> int:
        """Return its place, from 0 for the worst."""
        return [*Severity].index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a client.

    ``what`` was seen, with figures; ``do`` is what to do about it; ``source`` where the advice comes from: documented
    or observed of a provider, or our own. ``requests`` are the entries concerned, the first of ``count``.
    """

    name: str
    severity: Severity
    what: str
    do: str
    source: str
    requests: list[int]
    count: int


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A finding that cannot be told of this recording, wholly or in part, and why."""

    name: str
    why: str


@dataclass(slots=True)
class Requests:
    """Requests that a finding is about: the first few by their number, all of them counted; each is added once."""

    listed: list[int] = field(default_factory=list)
    count: int = 0
    _last: int | None = None

    def add(self, *ids: int) -> None:
        """Add requests; one that is added twice in a row, for two reasons, counts once."""
        for id_ in ids:
            if id_ == self._last:
                continue
            self.count, self._last = self.count + 1, id_
            if len(self.listed) < LISTED:
                self.listed.append(id_)


class Check(ABC):
    """One kind of finding. ``about`` is the sentence that the list of all has."""

    name: ClassVar[str]
    severity: ClassVar[Severity]
    about: ClassVar[str]
    do: ClassVar[str]
    source: ClassVar[str] = "our own"

    def __init__(self) -> None:
        self.requests = Requests()

    @abstractmethod
    def see(self, asked: Asked, client: Client) -> None:
        """Look at a request; ``client`` is what the client knew before it."""

    @abstractmethod
    def found(self, client: Client) -> Iterator[Finding]:
        """Return what was found, once all requests were seen."""

    def unjudged(self, client: Client) -> Iterator[str]:
        """Return why this cannot be told, where it cannot."""
        yield from ()

    def finding(self, what: str, **other: Any) -> Finding:
        """Return a finding of this kind about the requests that were noted; what looks like a key is not told."""
        requests = self.requests
        told = {"do": self.do, "source": self.source, **other}
        return Finding(
            name=self.name,
            severity=self.severity,
            what=LOOKS.sub("…", what),
            requests=sorted(requests.listed),
            count=requests.count,
            **told,
        )


def short(text: str, longest: int) -> str:
    """Return a text of a request as a sentence has room for it, without what looks like a key."""
    clean = LOOKS.sub("…", text)
    return clean if len(clean) <= longest else clean[:longest] + "…"


def times(count: int, one: str, many: str = "") -> str:
    """Return a number of things in words."""
    return f"1 {one}" if count == 1 else f"{count} {many or one + 's'}"
