"""The marks of a contract test: the fact that it holds, and whether trying it costs money."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest

LEVELS = ("observed", "documented", "unverified")
COSTS = ("free", "spends")

free = pytest.mark.free
spends = pytest.mark.spends


@dataclass(frozen=True)
class Fact:
    """What is held of an operation, and how it is known: in recorded traffic, from the provider, or chosen by us."""

    operation: str
    words: str
    known: str


def fact(operation: str, words: str, *, known: str) -> pytest.MarkDecorator:
    """Name the fact that a test holds: ``@fact("jobs.events", "are told oldest first", known="observed")``."""
    return pytest.mark.fact(operation, words, known=known)


def facts_of(item: pytest.Item) -> list[Fact]:
    """Return the facts of a test; raise TypeError where a mark is not written as ``fact`` writes it."""
    return [Fact(*mark.args, **mark.kwargs) for mark in reversed(list(item.iter_markers("fact")))]


def costs_of(item: pytest.Item) -> list[str]:
    """Return which of ``free`` and ``spends`` a test bears."""
    return [name for name in COSTS if item.get_closest_marker(name)]


def complaints(items: Iterable[pytest.Item], spending: Iterable[str]) -> Iterator[str]:
    """Say what is wrong with tests' marks; ``spending`` names the fixtures that create jobs."""
    told: dict[tuple[str, str], str] = {}
    for item in items:
        costs = costs_of(item)
        if len(costs) != 1:
            yield f"{item.nodeid} is marked {' and '.join(costs) or 'neither'}; it takes one of free and spends"
        used = sorted(set(getattr(item, "fixturenames", ())) & set(spending))
        if used and "spends" not in costs:
            yield f"{item.nodeid} uses {', '.join(used)}, which creates a job, so it takes the mark spends"
        if not (found := facts_of(item)):
            yield f"{item.nodeid} names no fact; it takes @fact(operation, words, known=…)"
        for each in found:
            if each.known not in LEVELS:
                yield f"{item.nodeid}: known is {each.known!r}; it takes one of {', '.join(LEVELS)}"
            other = told.setdefault((each.operation, each.words), item.nodeid)
            if other != item.nodeid:
                yield f"{item.nodeid} names the fact of {other}: {each.operation} {each.words}"
