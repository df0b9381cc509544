"""The recorded and documented wire examples under ``fixtures/``: how one is read, and how an answer is held against it.

``fixtures/README.md`` describes the format. Not here: how a server is brought into a case's situation (test_fixtures).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

FIXTURES = Path(__file__).parent.parent / "fixtures"

Situation = Literal["any", "created", "running", "succeeded", "failed", "cancelled"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One example: where it is from, under which settings it holds, what is sent and what is answered."""

    source: Literal["observed", "documented"]
    origin: str
    read_on: str
    setting: Mapping[str, Any]
    notes: list[str]
    situation: Situation
    job: dict[str, Any] | None
    request: dict[str, Any]
    status: int
    body: Any
    compare: Compare


def paths() -> list[Path]:
    """Return the files of all cases."""
    return sorted(path for path in (FIXTURES / "nebius").glob("*/*.json"))


def load(path: Path) -> Case:
    """Return a case; an unknown or missing member is an error, so that no rule is misspelled and held by nobody."""
    told = json.loads(path.read_text(encoding="utf-8"))
    response = told.pop("response")
    return Case(
        origin=told.pop("from"),
        notes=told.pop("notes", []),
        job=told.pop("job", None),
        status=response.pop("status"),
        body=response.pop("body"),
        compare=Compare(**told.pop("compare", {})),
        **told,
        **response,
    )


def differences(expected: Any, got: Any, compare: Compare, path: str = "") -> Iterator[str]:
    """Yield in what an answer differs from an example; ``path`` is where in the body we are."""
    if path in compare.exact:
        if (expected, type(expected)) != (got, type(got)):
            yield f"{path or 'the body'} is {got!r}, not {expected!r}"
    elif path in compare.nullable and (got is None or expected is None):
        return
    elif not _same_type(expected, got):
        yield f"{path or 'the body'} is {got!r}, which is not of the type of {expected!r}"
    elif isinstance(expected, dict):
        yield from _members(expected, got, compare, path)
    elif isinstance(expected, list):
        yield from _elements(expected, got, compare, path)
    elif path in compare.forms and not re.fullmatch(compare.forms[path], str(got)):
        yield f"{path} is {got!r}, which has not the form {compare.forms[path]}"


def _same_type(expected: Any, got: Any) -> bool:
    """Say whether two values have one JSON type; where an example has a fraction, any number will do."""
    if isinstance(expected, float):
        return isinstance(got, int | float) and not isinstance(got, bool)
    return type(expected) is type(got)


def _members(expected: dict[str, Any], got: dict[str, Any], compare: Compare, path: str) -> Iterator[str]:
    for name in got.keys() - expected.keys():
        if (inner := _inner(path, name)) not in compare.also:
            yield f"{inner} is answered, and no source knows it"
    for name, value in expected.items():
        inner = _inner(path, name)
        if inner in compare.absent:
            if name in got:
                yield f"{inner} is answered, and must not be"
        elif name not in got:
            yield f"{inner} is missing"
        else:
            yield from differences(value, got[name], compare, inner)


def _elements(expected: list[Any], got: list[Any], compare: Compare, path: str) -> Iterator[str]:
    """Hold elements against those of the example, one by one; against its last where an open list has more."""
    if path not in compare.open and len(got) != len(expected):
        yield f"{path} has {len(got)} elements, not {len(expected)}"
    for place, element in enumerate(got if expected else ()):
        yield from differences(expected[min(place, len(expected) - 1)], element, compare, f"{path}[]")
    for name in compare.rising:
        if name.startswith(f"{path}[].") and (seen := found(got, name.removeprefix(path))) != sorted(seen):
            yield f"{name} does not rise: {seen}"


def _inner(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def found(body: Any, path: str) -> list[Any]:
    """Return all values at a path."""
    values = [body]
    for step in re.findall(r"\[\]|[^.\[]+", path):
        if step == "[]":
            values = [element for value in values for element in value]
        else:
            values = [value[step] for value in values if isinstance(value, dict) and step in value]
    return values
