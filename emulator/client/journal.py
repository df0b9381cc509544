"""What a tenant asked and was answered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from emulator.client.running import Calls, Json

PAGE = 1000
"""Entries that are asked for at a time; the most that a page has."""
Entries = list[Json]


class NotAsExpected(AssertionError):
    """The journal is not as somebody expects; the text says what is missing and what came near it.

    ``verdict`` is the server's own answer.
    """

    def __init__(self, verdict: Json) -> None:
        super().__init__("\n".join(_told(verdict)))
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class TenantJournal:
    """A tenant's journal. Filters: ``operation``, ``status``, ``since``, ``until``, ``job``, ``fault``, ``after``."""

    calls: Calls

    def list(self, *, limit: int | None = None, **filters: Any) -> Entries:
        """Return the entries that fit all filters, oldest first; all of them, or the first so many."""
        entries = self.entries(**filters)
        return [*entries] if limit is None else [entry for _, entry in zip(range(limit), entries, strict=False)]

    def entries(self, **filters: Any) -> Iterator[Json]:
        """Yield the entries that fit, a page of them in memory at a time."""
        query, more = _query(filters), True
        while more:
            page = self.calls.ask("GET", "/journal", **{**query, "limit": PAGE})
            yield from page["data"]
            more = page["has_more"]
            query["after"] = page["data"][-1]["id"] if more else None

    def get(self, entry_id: int) -> Json:
        """Return one entry; raise Unanswered where there is none."""
        entry: Json = self.calls.ask("GET", f"/journal/{entry_id}")
        return entry

    def verify(
        self, *expectations: Mapping[str, Any], ordered: bool = False, after: int = 0, **expectation: Any
    ) -> Json:
        """Return the server's verdict where all that is expected is there; raise NotAsExpected where it is not.

        An expectation is an object, or keywords: ``operation="jobs.create", status=200, count=1``. ``ordered``: what
        each needs comes after what the one before it needed. Raise Unanswered for one that cannot be.
        """
        expected = [*expectations, *([expectation] if expectation else [])]
        body = {"expectations": expected, "ordered": ordered, "after": after}
        verdict: Json = self.calls.ask("POST", "/journal/verify", body)
        __tracebackhide__ = True  # pytest shows the line that expects
        if not verdict["holds"]:
            raise NotAsExpected(verdict)
        return verdict

    def lint(self, *, after: int = 0, poll_s: float | None = None) -> Json:
        """Return what is wrong with the client: ``findings``, with the requests that show each, and ``not_judged``.

        ``after``: only entries after the one of this id count; ``poll_s``: seconds between polls instead of those that
        the provider asks for.
        """
        found: Json = self.calls.ask("GET", "/journal/lint", after=after, poll_s=poll_s)
        return found

    def har(self, path: str | Path, **filters: Any) -> Path:
        """Write the entries that fit as an HTTP Archive, which browsers open; raise OSError or Unanswered."""
        place = Path(path)
        part = place.with_name(f".{place.name}.part")
        try:
            with part.open("wb") as out:
                self.calls.save("/journal", out, **{**_query(filters), "format": "har"})
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
        return place

    def clear(self) -> int:
        """Remove all entries; return how many there were."""
        return int(self.calls.ask("DELETE", "/journal")["removed"])


def _query(filters: Mapping[str, Any]) -> Json:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in filters.items()}


def _told(verdict: Json) -> Iterator[str]:
    """Yield a line for each expectation that does not hold, and what came near it."""
    yield f"not all that is expected is among the {verdict['entries']} entries of the journal:"
    for number, found in enumerate(verdict["expectations"], 1):
        if not found["holds"]:
            yield f"{number}. {found['why']}"
            for miss in found["near_misses"]:
                yield f"   entry {miss['entry']} comes near: {'; '.join(_differences(miss['differs']))}"


def _differences(differs: Mapping[str, Json]) -> Iterator[str]:
    for path, each in differs.items():
        got = repr(each["got"]) if "got" in each else "nothing"
        yield f"{path} is {got}, expected {each['expected']!r}"
