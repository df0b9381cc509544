"""What somebody expects of the journal, held against it: pure.

An expectation is about the entries that fit all its members, and about how many those are. A member is a path into an
entry, such as ``status``, ``request.body.model`` or ``faults.0.rule``. In short: ``body`` and ``headers`` are those of
the request, ``fault`` is any of the rules and effects that it met.
"""

import heapq
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from emulator.redaction import HIDDEN, answerable, is_secret
from emulator.shorthand import unknown
from emulator.storage.journal import Answer, Entry, Request

Json = dict[str, Any]
Differences = dict[str, Json]
NEAREST = 3
LISTED = 100
"""Ids of entries that are listed; more are counted."""
MENTIONED = 5
"""Ids of entries that a sentence has room for."""
SHORT = 60
"""Characters of a value that a sentence has room for."""
STATUS = ("status", "response.status")
SHORTCUTS = ("body", "headers", "fault")
INSIDE = {"request": [*Request.model_fields], "response": [*Answer.model_fields, "status"]}
OF_A_HEADER = re.compile(r"((request|response)\.)?headers\.")
ABSENT = object()


@dataclass(frozen=True, slots=True)
class Expectation:
    """So many entries that fit all of ``members``; ``high`` is None where more are as good."""

    members: Mapping[str, Any]
    low: int = 1
    high: int | None = None

    def __str__(self) -> str:
        rest = [f"{path} {_short(_shown(path, each))}" for path, each in self.members.items() if path != "operation"]
        name = self.members.get("operation") or "any request"
        return f"{name} with {' and '.join(rest)}" if rest else str(name)

    @property
    def times(self) -> str:
        """How many, in words."""
        if self.high is None:
            return f"at least {self.low}"
        if self.low == self.high:
            return f"exactly {self.low}"
        return f"from {self.low} to {self.high}" if self.low else f"at most {self.high}"


@dataclass(frozen=True, slots=True)
class Miss:
    """An entry that nearly fits: for each member that does not, what was expected and, if it is there, got."""

    entry: int
    differs: Differences


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of an expectation: ``count`` entries fit, ``why`` says what is wrong, and is null where it holds."""

    holds: bool
    count: int
    why: str | None
    entries: list[int]
    near_misses: list[Miss]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of all expectations, in their order; ``entries`` is how many entries were looked at."""

    holds: bool
    entries: int
    expectations: list[Finding]


@dataclass(slots=True)
class _Tally:
    """What was seen so far of one expectation."""

    expected: Expectation
    count: int = 0
    entries: list[int] = field(default_factory=list)
    misses: list[tuple[tuple[int, bool, int], Miss]] = field(default_factory=list)

    def look(self, document: Json) -> bool:
        """Count an entry if it fits; say whether it does."""
        differs = differences(document, self.expected.members)
        if not differs:
            self.count += 1
            self.entries += [document["id"]] if self.count <= LISTED else []
        elif len(differs) < len(self.expected.members):
            rank = (-len(differs), "operation" not in differs, document["id"])
            self.misses = heapq.nlargest(
                NEAREST, [*self.misses, (rank, Miss(document["id"], differs))], key=lambda miss: miss[0]
            )
        return not differs


@dataclass(slots=True)
class _Order:
    """How far the expectations were met one after the other: ``turn`` is the one whose entries are waited for."""

    expected: Sequence[Expectation]
    turn: int = 0
    met: int = 0
    met_by: list[int] = field(default_factory=list)

    def look(self, fits: Sequence[bool], entry: int) -> None:
        """Let an entry count for the expectation whose turn it is."""
        self._skip()
        if self.turn < len(self.expected) and fits[self.turn]:
            self.met += 1
            if self.met == self.expected[self.turn].low:
                self.turn, self.met, self.met_by = self.turn + 1, 0, [*self.met_by, entry]

    def _skip(self) -> None:
        """Pass by the expectations that need no entry."""
        while self.turn < len(self.expected) and not self.expected[self.turn].low:
            self.turn += 1

    def unmet(self) -> int | None:
        """Return the expectation that was still waited for at the end."""
        self._skip()
        return self.turn if self.turn < len(self.expected) else None


def verdict(documents: Iterable[Json], expected: Sequence[Expectation], *, ordered: bool) -> Verdict:
    """Hold entries, oldest first, against expectations.

    ``ordered`` asks besides that they are met one after the other: the first entries that one needs come after those
    that the one before it needed. How many there are is counted over all entries all the same.
    """
    tallies, order, total = [_Tally(each) for each in expected], _Order(expected), 0
    for document in map(with_shortcuts, documents):
        total += 1
        order.look([tally.look(document) for tally in tallies], document["id"])
    late = order.unmet() if ordered else None
    findings = [_finding(tally, total, order if place == late else None) for place, tally in enumerate(tallies)]
    return Verdict(all(finding.holds for finding in findings), total, findings)


def _finding(tally: _Tally, total: int, late: _Order | None) -> Finding:
    expected, count, misses = tally.expected, tally.count, []
    if count < expected.low:
        misses = [miss for _, miss in tally.misses]
        why = f"expected {expected.times} of {expected}, saw {count} among {total} entries{_nearest(misses)}"
    elif expected.high is not None and count > expected.high:
        why = f"expected {expected.times} of {expected}, saw {count}: {_listed(tally.entries)}"
    elif late:
        why = f"expected {expected.low} of {expected} after entry {late.met_by[-1]}, with which the expectation before"
        why += f" was met; saw {late.met} there, and {count} in all: {_listed(tally.entries)}"
    else:
        return Finding(holds=True, count=count, why=None, entries=tally.entries, near_misses=[])
    return Finding(holds=False, count=count, why=why, entries=tally.entries, near_misses=misses)


def _listed(ids: Sequence[int]) -> str:
    """Return which entries those are, in words."""
    mentioned = [*map(str, ids[:MENTIONED]), *(["…"] if len(ids) > MENTIONED else [])]
    return f"{'entry' if len(ids) == 1 else 'entries'} {', '.join(mentioned)}"


def _nearest(misses: Sequence[Miss]) -> str:
    """Return what to say of the nearest entry."""
    if not misses:
        return ""
    got = {path: _short(each["got"]) if "got" in each else "absent" for path, each in misses[0].differs.items()}
    return f"; the nearest is entry {misses[0].entry}, where " + " and ".join(
        f"{path} is {value}" for path, value in got.items()
    )


def with_shortcuts(entry: Json) -> Json:
    """Return an entry's JSON with what paths may call by a shorter name."""
    faults = [name for each in entry["faults"] for name in (each["rule"], each["effect"].partition(",")[0])]
    return {
        **entry,
        "body": entry["request"]["body"],
        "headers": entry["request"]["headers"],
        "fault": faults,
        "response": {**entry["response"], "status": entry["status"]},
    }


def strange(path: str) -> str | None:
    """Return what is wrong with a path that leads into no entry, or None."""
    first, *rest = path.split(".")
    names = [*Entry.model_fields, *SHORTCUTS]
    if first not in names:
        return unknown("member", first, names)
    if rest and first in INSIDE and rest[0] not in INSIDE[first]:
        return unknown(f"member of {first}", rest[0], INSIDE[first])
    return None


@lru_cache(maxsize=256)
def statuses(asked: str | int | None) -> tuple[int, int]:
    """Return the lowest and the highest status that is meant; raise ValueError.

    Takes a status, a class such as ``4xx``, or ``none`` or None for no answer at all, which is the status 0.
    """
    text = "none" if asked is None else str(asked)
    if not re.fullmatch(r"[1-5](\d\d|xx)|none", text, re.ASCII):
        raise ValueError(f"a status is 100 to 599, a class such as 4xx, or none for no answer, got {text[:SHORT]!r}")
    if text == "none":
        return 0, 0
    return int(text.replace("x", "0")), int(text.replace("x", "9"))


def like(text: str, pattern: str) -> bool:
    """Say whether a text is as a pattern has it, in which ``*`` stands for anything."""
    return text == pattern or fnmatchcase(text, re.sub(r"([?\[])", r"[\1]", pattern))


def differences(document: Json, members: Mapping[str, Any]) -> Differences:
    """Return the members that an entry does not fit, with what was expected and what is there, if it is there."""
    found = {}
    for path, expected in members.items():
        got = _at(document, path)
        if not _fits(path, expected, got):
            shown = {} if got is ABSENT else {"got": got}
            found[path] = {"expected": _shown(path, expected), **shown}
    return found


def _at(value: Any, path: str) -> Any:
    """Return what a path leads to in a JSON value, or ABSENT."""
    for name in (path.lower() if OF_A_HEADER.match(path) else path).split("."):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return ABSENT
    return value


def _fits(path: str, expected: Any, got: Any) -> bool:
    """Say whether a member is as expected."""
    if path in STATUS:
        low, high = statuses(expected)
        return low <= (got or 0) <= high
    if path == "fault":
        return any(_same(expected, name) for name in got)
    return _same(expected, got)


def _same(expected: Any, got: Any) -> bool:
    """Say whether a value is as expected: texts by pattern, objects by the members that are expected of them."""
    match expected:
        case dict():
            return isinstance(got, dict) and all(
                name in got and _same(each, got[name]) for name, each in expected.items()
            )
        case list():
            return isinstance(got, list) and len(got) == len(expected) and all(map(_same, expected, got))
        case str():
            return isinstance(got, str) and like(got, expected)
        case _:
            return isinstance(got, bool) is isinstance(expected, bool) and bool(got == expected)


def _shown(path: str, expected: Any) -> Any:
    """Return what was expected, as it may be answered: in the journal its secrets are hidden too."""
    return HIDDEN if any(map(is_secret, path.split("."))) else answerable(expected)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"
