"""The tables ``webhook`` and ``delivery``: who wants to be told of the ends of jobs, and what they are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from emulator.clock import instant, micros
from emulator.storage.accounts import Account
from emulator.storage.database import Connection
from emulator.storage.jobs import AWAY

WEBHOOK = "seq, id, name, url, events, created_at, updated_at, secret, old_until_at, told_until_at"
DELIVERY = "seq, id, webhook, event, job, type, created_at, state, tries, due_s"


class State(StrEnum):
    """What has come of a delivery; ``past``: nothing is to come of it, as what happened was before the endpoint."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class StoredWebhook:
    """An endpoint. ``secret`` counts the changes of its secret; the one before is valid too until ``old_until_at``.

    ``told_until_at``: of all that ended before then there are deliveries.
    """

    seq: int
    id: str
    name: str
    url: str
    events: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    secret: int
    old_until_at: datetime | None
    told_until_at: datetime


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt: when it began, in host time, the endpoint's status (None: no answer), and what went wrong."""

    at: datetime
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What an endpoint is told. ``due_s``: when it is tried next where it is pending, in host seconds since 1970.

    ``earlier``: how many of the tries were before it was last made again.
    """

    seq: int
    id: str
    webhook: str
    event: str
    job: str
    type: str
    created_at: datetime
    state: State
    tries: tuple[Try, ...]
    due_s: float
    earlier: int = 0


def exist(db: Connection) -> bool:
    """Say whether anybody wants to be told of anything."""
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM webhook)").fetchone()[0])


def every(db: Connection) -> list[tuple[Account, StoredWebhook]]:
    """Return the endpoints of all accounts."""
    sql = f"SELECT tenant, provider, {WEBHOOK} FROM webhook ORDER BY seq"  # noqa: S608 -- our own names
    return [(Account(tenant, provider), _webhook(row)) for tenant, provider, *row in db.execute(sql)]


def insert(db: Connection, account: Account, webhook: StoredWebhook) -> None:
    """Add an endpoint; its ``seq`` is given by the table."""
    columns = "tenant, provider, id, created_at, name, url, events, updated_at, secret, old_until_at, told_until_at"
    values = (account.tenant, account.provider, webhook.id, micros(webhook.created_at), *_changing(webhook))
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO webhook ({columns}) VALUES ({marks})", values)  # noqa: S608 -- our own names


def replace(db: Connection, account: Account, webhook: StoredWebhook) -> None:
    """Keep what has changed of an endpoint."""
    assigned = "name = ?, url = ?, events = ?, updated_at = ?, secret = ?, old_until_at = ?, told_until_at = ?"
    where = "tenant = ? AND provider = ? AND id = ?"
    values = (*_changing(webhook), account.tenant, account.provider, webhook.id)
    db.execute(f"UPDATE webhook SET {assigned} WHERE {where}", values)  # noqa: S608 -- our own names


def get(db: Connection, account: Account, webhook_id: str) -> StoredWebhook | None:
    """Return an endpoint, or None."""
    sql = f"SELECT {WEBHOOK} FROM webhook WHERE tenant = ? AND provider = ? AND id = ?"  # noqa: S608 -- our own names
    row = db.execute(sql, (account.tenant, account.provider, webhook_id)).fetchone()
    return _webhook(row) if row else None


def page(db: Connection, account: Account, *, before: int | None, limit: int) -> list[StoredWebhook]:
    """Return endpoints, newest first, made before the row ``before``."""
    where = "tenant = ? AND provider = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
    sql = f"SELECT {WEBHOOK} FROM webhook WHERE {where}"  # noqa: S608 -- our own names
    values = (account.tenant, account.provider, AWAY if before is None else before, limit)
    return [_webhook(row) for row in db.execute(sql, values)]


def delete(db: Connection, account: Account, webhook_id: str) -> bool:
    """Remove an endpoint and all that it was to be told; say whether there was one."""
    values = (account.tenant, account.provider, webhook_id)
    db.execute("DELETE FROM delivery WHERE tenant = ? AND provider = ? AND webhook = ?", values)
    return db.execute("DELETE FROM webhook WHERE tenant = ? AND provider = ? AND id = ?", values).rowcount > 0


def untold(
    db: Connection, account: Account, webhook: StoredWebhook, outcome: str, *, until: datetime | None = None
) -> list[tuple[datetime, int, str]]:
    """Return the jobs of an outcome that the endpoint was not told of, as end, row and id, the first to end first.

    Those that have ended by ``until``; with None the first one alone, whether it has ended or is to end. The ends are
    the stored ones: once the last event was told.
    """
    where = "tenant = ? AND provider = ? AND outcome = ? AND ended_at >= ? AND ended_at <= ?"
    told = "SELECT 1 FROM delivery AS d WHERE d.tenant = ? AND d.provider = ? AND d.webhook = ? AND d.job = job.id"
    sql = f"SELECT ended_at, seq, id FROM job INDEXED BY job_result WHERE {where} AND NOT EXISTS ({told})"  # noqa: S608 -- our own names
    own = (account.tenant, account.provider)
    last = AWAY - 1 if until is None else micros(until)
    values = (*own, outcome, micros(webhook.told_until_at), last, *own, webhook.id)
    found = db.execute(f"{sql} ORDER BY ended_at, seq LIMIT {1 if until is None else -1}", values)
    return [(instant(ended_at), seq, job) for ended_at, seq, job in found]


def add(db: Connection, account: Account, delivery: Delivery) -> None:
    """Add a delivery; its ``seq`` is given by the table."""
    values = (
        *(account.tenant, account.provider, delivery.id, delivery.webhook, delivery.event, delivery.job, delivery.type),
        *(micros(delivery.created_at), delivery.state, _json(delivery), delivery.due_s),
    )
    columns = f"tenant, provider, {DELIVERY.removeprefix('seq, ')}"
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO delivery ({columns}) VALUES ({marks})", values)  # noqa: S608 -- our own names


def waiting(db: Connection, account: Account, webhook_id: str, *, limit: int) -> list[Delivery]:
    """Return an endpoint's pending deliveries, the first to be tried first."""
    where = "tenant = ? AND provider = ? AND webhook = ? AND state = ? ORDER BY due_s, seq LIMIT ?"
    sql = f"SELECT {DELIVERY} FROM delivery WHERE {where}"  # noqa: S608 -- our own names
    values = (account.tenant, account.provider, webhook_id, State.PENDING, limit)
    return [_delivery(row) for row in db.execute(sql, values)]


def tried(db: Connection, account: Account, before: Delivery, after: Delivery) -> None:
    """Keep what came of an attempt, unless the delivery is another by now: it is gone, or to be made again."""
    where = "tenant = ? AND provider = ? AND seq = ? AND id = ? AND state = ? AND due_s = ?"
    sql = f"UPDATE delivery SET state = ?, tries = ?, due_s = ? WHERE {where}"  # noqa: S608 -- our own names
    own = (account.tenant, account.provider, before.seq, before.id, before.state, before.due_s)
    db.execute(sql, (after.state, _json(after), after.due_s, *own))


def told(
    db: Connection, tenant: str, *, before: int | None, limit: int, state: str | None = None
) -> list[tuple[str, Delivery]]:
    """Return a tenant's deliveries at every provider, newest first, each with its provider, made before a row.

    Those of which anything is to come, or has.
    """
    where = "tenant = ? AND state != ? AND seq < ? AND (?4 IS NULL OR state = ?4) ORDER BY seq DESC LIMIT ?5"
    sql = f"SELECT provider, {DELIVERY} FROM delivery WHERE {where}"  # noqa: S608 -- our own names
    values = (tenant, State.PAST, AWAY if before is None else before, state, limit)
    return [(provider, _delivery(row)) for provider, *row in db.execute(sql, values)]


def find(db: Connection, tenant: str, delivery_id: str) -> tuple[str, Delivery] | None:
    """Return a tenant's delivery with its provider, or None."""
    sql = f"SELECT provider, {DELIVERY} FROM delivery WHERE tenant = ? AND id = ?"  # noqa: S608 -- our own names
    row = db.execute(sql, (tenant, delivery_id)).fetchone()
    return (row[0], _delivery(row[1:])) if row else None


def _changing(webhook: StoredWebhook) -> tuple[Any, ...]:
    old = webhook.old_until_at
    events = msgspec.json.encode(webhook.events).decode()
    ends = (None if old is None else micros(old), micros(webhook.told_until_at))
    return (webhook.name, webhook.url, events, micros(webhook.updated_at), webhook.secret, *ends)


def _webhook(row: Sequence[Any]) -> StoredWebhook:
    seq, id_, name, url, events, created_at, updated_at, secret, old, told_until = row
    types = msgspec.json.decode(events, type=tuple[str, ...])
    until = None if old is None else instant(old)
    about = (instant(created_at), instant(updated_at), secret, until, instant(told_until))
    return StoredWebhook(seq, id_, name, url, types, *about)


def _delivery(row: Sequence[Any]) -> Delivery:
    *plain, created_at, state, text, due_s = row
    listed = msgspec.json.decode(text, type=tuple[Try | None, ...])
    tries = tuple(filter(None, listed))
    earlier = listed.index(None) if None in listed else 0
    return Delivery(*(*plain, instant(created_at), State(state), tries, due_s, earlier))


def _json(delivery: Delivery) -> str:
    """Return the tries as they are stored: a null stands where the delivery was last made again."""
    before, since = delivery.tries[: delivery.earlier], delivery.tries[delivery.earlier :]
    return msgspec.json.encode((*before, None, *since) if before else since).decode()
