"""The table ``journal``: what each tenant asked and what it was answered, numbered from 1, the oldest out.

An entry is JSON for people to read: here it is stored as it is shown, and so it is a pydantic model.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from pydantic import BaseModel, ConfigDict

from emulator.clock import Mode, micros
from emulator.storage.database import Connection


class Part(BaseModel):
    """A part of an entry."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Side(Part):
    """What went one way."""

    bytes: int
    """Bytes of the body: of a request as far as they were read, of an answer as they were sent."""
    headers: dict[str, str]
    """By lower-case name; several of a name joined by commas, those that hold secrets hidden."""
    body: Any = None
    """A JSON body's value, its secrets hidden."""
    left_out: str | None = None
    """Why there is no body here, where there was one."""


class Request(Side):
    """What a client sent."""

    parts: list[str] | None = None
    """The names of the parts of a form that was read."""


class Answer(Side):
    """What a client was sent."""

    complete: bool
    """Whether it was sent to its end while the client was there."""


class Fault(Part):
    """A fault that the request met."""

    rule: str
    """The id of its rule, or `header`."""
    effect: str
    """What was done, as a rule writes it: `status,code=503`."""


class Entry(Part):
    """One request and what became of it."""

    id: int = 0
    """From 1 for each tenant, in the order in which requests ended; never given twice until a reset."""
    at: datetime
    """When it ended, by the tenant's clock."""
    clock: Mode | None = None
    """What made that clock go then; null: it is not known."""
    started_at: datetime
    """When it came, by the host's clock."""
    duration_ms: float
    """From then until its end, by the host's clock."""
    wait_ms: float | None
    """From then until the first byte of an answer, by the host's clock; null: there was none."""
    tenant: str
    """A digest of the API key."""
    provider: str
    """Whose face was asked."""
    operation: str | None
    """Such as `jobs.create`; null: no call that the provider is known to have."""
    method: str
    """The HTTP method."""
    path: str
    """The whole path, as it was sent."""
    query: dict[str, str | list[str]]
    """The query; a list where a name is given several times."""
    url: str
    """All of it, as a client would write it."""
    http: str
    """The version of HTTP."""
    status: int | None
    """Null: nothing was answered."""
    job: str | None
    """The job that it asked for, or made."""
    retry: int | None
    """Which repetition it is by the client's own count (`x-stainless-retry-count`), from 0 for the first attempt."""
    user_agent: str | None
    """What the client calls itself."""
    faults: list[Fault]
    """In the order in which they apply."""
    errors: list[str]
    """What the answer said is wrong: one text, or one for each wrong place of the request."""
    request: Request
    """What the client sent."""
    response: Answer
    """What it was sent."""


class Row(NamedTuple):
    """An entry as it is stored, its number left open."""

    tenant: str
    at: int
    operation: str | None
    status: int | None
    job: str | None
    faults: str
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: those that fit every member that is given.

    ``operation`` is a name, or a pattern such as ``jobs.*``; ``status`` the lowest and the highest, 0 where nothing was
    answered; ``since`` and ``until`` are instants of the tenant's clock, the latter left out; ``fault`` is the id of a
    rule or the name of an effect.
    """

    operation: str | None = None
    status: tuple[int, int] | None = None
    since: datetime | None = None
    until: datetime | None = None
    job: str | None = None
    fault: str | None = None


INSERT = "INSERT INTO journal (id, tenant, at, operation, status, job, faults, entry) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
PAGE = """
SELECT id, entry FROM journal
WHERE tenant = :tenant AND id > :after
  AND (:operation IS NULL OR operation GLOB :operation)
  AND (:low IS NULL OR coalesce(status, 0) BETWEEN :low AND :high)
  AND (:since IS NULL OR at >= :since) AND (:until IS NULL OR at < :until)
  AND (:job IS NULL OR job = :job)
  AND (:fault IS NULL OR instr(faults, ' ' || :fault || ' '))
ORDER BY id LIMIT :limit
"""


def row(entry: Entry) -> Row:
    """Return an entry as it is stored."""
    names = [name for fault in entry.faults for name in (fault.rule, fault.effect.partition(",")[0])]
    text = entry.model_dump_json(exclude={"id"})
    faults = " ".join(["", *names, ""])
    return Row(entry.tenant, micros(entry.at), entry.operation, entry.status, entry.job, faults, text)


def insert(db: Connection, new: Sequence[Row], *, keep: int) -> None:
    """Add entries in order, each numbered, and remove what is older than the last ``keep`` of their tenants."""
    by_tenant = attrgetter("tenant")
    for tenant, each in groupby(sorted(new, key=by_tenant), by_tenant):
        own = [*each]
        last = _count(db, tenant, len(own))
        numbered = [(number, *entry) for number, entry in enumerate(own, last - len(own) + 1)]
        db.executemany(INSERT, numbered)
        db.execute("DELETE FROM journal WHERE tenant = ? AND id <= ?", (tenant, last - keep))


def _count(db: Connection, tenant: str, more: int) -> int:
    """Return how many entries a tenant has had with so many more."""
    sql = "INSERT INTO tenant (digest, journaled) VALUES (?, ?)"
    sql += " ON CONFLICT DO UPDATE SET journaled = journaled + excluded.journaled RETURNING journaled"
    (counter,) = db.execute(sql, (tenant, more)).fetchone()
    return int(counter)


def page(db: Connection, tenant: str, wanted: Wanted, *, after: int, limit: int) -> list[Entry]:
    """Return a tenant's entries, oldest first, from the one after a number on."""
    low, high = wanted.status or (None, None)
    asked = {
        "tenant": tenant,
        "after": after,
        "limit": limit,
        "operation": wanted.operation,
        "low": low,
        "high": high,
        "since": wanted.since and micros(wanted.since),
        "until": wanted.until and micros(wanted.until),
        "job": wanted.job,
        "fault": wanted.fault,
    }
    return [_entry(number, text) for number, text in db.execute(PAGE, asked)]


def get(db: Connection, tenant: str, number: int) -> Entry | None:
    """Return one entry of a tenant."""
    found = db.execute("SELECT id, entry FROM journal WHERE tenant = ? AND id = ?", (tenant, number)).fetchone()
    return _entry(*found) if found else None


def _entry(number: int, text: str) -> Entry:
    return Entry.model_validate_json(text).model_copy(update={"id": number})


def documents(db: Connection, tenant: str, *, after: int) -> Iterator[dict[str, Any]]:
    """Yield a tenant's entries as JSON, oldest first, from the one after a number on."""
    sql = "SELECT id, entry FROM journal WHERE tenant = ? AND id > ? ORDER BY id"
    for number, text in db.execute(sql, (tenant, after)):
        yield {"id": number, **msgspec.json.decode(text)}


def clear(db: Connection, tenant: str) -> int:
    """Remove all entries of a tenant, which goes on counting; return how many there were."""
    return db.execute("DELETE FROM journal WHERE tenant = ?", (tenant,)).rowcount
