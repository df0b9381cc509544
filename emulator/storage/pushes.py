"""The table ``push``: models that are pushed to repositories elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.clock import instant, micros
from emulator.storage.accounts import Account
from emulator.storage.database import Connection

COLUMNS = "id, job, place, login, created_at, ends_at"


@dataclass(frozen=True, slots=True)
class StoredPush:
    """The model of a ``job`` on its way to a ``place``, where it is from ``ends_at`` on; ``login`` is as whom."""

    id: str
    job: str
    place: str
    login: str
    created_at: datetime
    ends_at: datetime


def insert(db: Connection, account: Account, push: StoredPush) -> None:
    """Add a push."""
    row = (push.id, push.job, push.place, push.login, micros(push.created_at), micros(push.ends_at))
    marks = ", ".join("?" * (len(row) + 2))
    sql = f"INSERT INTO push (tenant, provider, {COLUMNS}) VALUES ({marks})"  # noqa: S608 -- our own names
    db.execute(sql, (account.tenant, account.provider, *row))


def get(db: Connection, account: Account, job: str, push_id: str) -> StoredPush | None:
    """Return one push of a job's model, or None."""
    where = "tenant = ? AND provider = ? AND job = ? AND id = ?"
    sql = f"SELECT {COLUMNS} FROM push WHERE {where}"  # noqa: S608 -- our own names
    row = db.execute(sql, (account.tenant, account.provider, job, push_id)).fetchone()
    return _push(row) if row else None


def listed(db: Connection, account: Account, job: str, *, limit: int) -> list[StoredPush]:
    """Return the pushes of a job's model, the newest first."""
    where = "tenant = ? AND provider = ? AND job = ? ORDER BY seq DESC LIMIT ?"
    sql = f"SELECT {COLUMNS} FROM push WHERE {where}"  # noqa: S608 -- our own names
    return [_push(row) for row in db.execute(sql, (account.tenant, account.provider, job, limit))]


def next_end(db: Connection, tenant: str, now: datetime) -> list[datetime]:
    """Return when the next of a tenant's pushes, at every provider, ends, if any is under way."""
    (at,) = db.execute(
        "SELECT min(ends_at) FROM push WHERE tenant = ? AND ends_at > ?", (tenant, micros(now))
    ).fetchone()
    return [] if at is None else [instant(at)]


def _push(row: Sequence[Any]) -> StoredPush:
    id_, job, place, login, created_at, ends_at = row
    return StoredPush(id_, job, place, login, instant(created_at), instant(ends_at))
