"""How one JSON answer differs from another in shape: members, types, lengths, order.

The first is the example, the second what was got. Where an example has a fraction any number will do; a hidden secret
may be anything. ``Compare`` makes that stricter or less strict, place by place; ``fixtures/README.md`` describes it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from emulator.redaction import HIDDEN

Kind = Literal["missing", "extra", "type", "null", "value", "length", "order"]
"""What differs: a member is not there, or there besides; another type, null or not; a value; a list's length, order."""
SHOWN_MAX = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """What of a body is held more or less strictly than by its shape: lists of paths, such as ``data[].id``."""

    exact: list[str] = field(default_factory=list)
    forms: dict[str, str] = field(default_factory=dict)
    rising: list[str] = field(default_factory=list)
    nullable: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: where, of which kind, and the two in words."""

    place: str
    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.place or 'the body'} {self.what}"


def differences(expected: Any, got: Any, compare: Compare, place: str = "") -> Iterator[Difference]:
    """Yield in what an answer differs from an example; ``place`` is where in the body we are."""
    if place in compare.exact:
        if (expected, type(expected)) != (got, type(got)):
            yield Difference(place, "value", f"is {got!r}, not {expected!r}")
    elif expected == HIDDEN or (place in compare.nullable and (got is None or expected is None)):
        return
    elif not _same_type(expected, got):
        kind: Kind = "null" if expected is None or got is None else "type"
        yield Difference(place, kind, f"is {_short(got)}, which is not of the type of {_short(expected)}")
    elif isinstance(expected, dict):
        yield from _members(expected, got, compare, place)
    elif isinstance(expected, list):
        yield from _elements(expected, got, compare, place)
    elif place in compare.forms and not re.fullmatch(compare.forms[place], str(got)):
        yield Difference(place, "value", f"is {got!r}, which has not the form {compare.forms[place]}")


def _same_type(expected: Any, got: Any) -> bool:
    """Say whether two values have one JSON type; where an example has a fraction, any number will do."""
    if isinstance(expected, float):
        return isinstance(got, int | float) and not isinstance(got, bool)
    return type(expected) is type(got)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"


def _members(expected: dict[str, Any], got: dict[str, Any], compare: Compare, place: str) -> Iterator[Difference]:
    for name in sorted(got.keys() - expected.keys()):
        if (inner := _inner(place, name)) not in compare.also:
            yield Difference(inner, "extra", "is answered, and no source knows it")
    for name, value in expected.items():
        inner = _inner(place, name)
        if inner in compare.absent:
            if name in got:
                yield Difference(inner, "extra", "is answered, and must not be")
        elif name not in got:
            yield Difference(inner, "missing", "is missing")
        else:
            yield from differences(value, got[name], compare, inner)


def _elements(expected: list[Any], got: list[Any], compare: Compare, place: str) -> Iterator[Difference]:
    """Hold elements against those of the example, one by one; against its last where an open list has more."""
    if place not in compare.open and len(got) != len(expected):
        yield Difference(place, "length", f"has {len(got)} elements, not {len(expected)}")
    for number, element in enumerate(got if expected else ()):
        yield from differences(expected[min(number, len(expected) - 1)], element, compare, f"{place}[]")
    for name in compare.rising:
        if name.startswith(f"{place}[].") and (seen := found(got, name.removeprefix(place))) != sorted(seen):
            yield Difference(name, "order", f"does not rise: {seen}")


def _inner(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def found(body: Any, place: str) -> list[Any]:
    """Return all values at a place."""
    values = [body]
    for step in re.findall(r"\[\]|[^.\[]+", place):
        if step == "[]":
            values = [element for value in values if isinstance(value, list) for element in value]
        else:
            values = [value[step] for value in values if isinstance(value, dict) and step in value]
    return values


def direction(values: Sequence[Any]) -> Literal["rising", "falling"] | None:
    """Return which way a list goes, or None: neither, or all are equal."""
    numbers = [value for value in values if isinstance(value, int | float)]
    if len(numbers) != len(values) or len({*numbers}) < 2:  # noqa: PLR2004 -- one number goes nowhere
        return None
    steps = [after - before for before, after in pairwise(numbers)]
    if all(step >= 0 for step in steps):
        return "rising"
    return "falling" if all(step <= 0 for step in steps) else None
