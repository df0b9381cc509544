"""The table ``pair``: a training file and perhaps a validation file under a name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.clock import instant, micros
from emulator.storage.accounts import Account
from emulator.storage.database import NOW_S, Connection

COLUMNS = "seq, id, name, training_file, validation_file, bytes, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class StoredPair:
    """Two files, or one, under a name. ``bytes`` is how large they are together."""

    seq: int
    id: str
    name: str
    training_file: str
    validation_file: str | None
    bytes: int
    created_at: datetime
    updated_at: datetime


def insert(db: Connection, account: Account, pair: StoredPair, *, at_s: float) -> None:
    """Add a pair; its ``seq`` is given by the table."""
    times = (micros(pair.created_at), micros(pair.updated_at))
    row = (pair.id, pair.name, pair.training_file, pair.validation_file, pair.bytes, *times, at_s)
    columns = f"tenant, provider, {COLUMNS.removeprefix('seq, ')}, stored_s"
    marks = ", ".join("?" * (len(row) + 2))
    db.execute(f"INSERT INTO pair ({columns}) VALUES ({marks})", (account.tenant, account.provider, *row))  # noqa: S608 -- our own names


def get(db: Connection, account: Account, pair_id: str, *, by_s: float = NOW_S) -> StoredPair | None:
    """Return a pair that was stored by then, in host seconds; or None."""
    where = "tenant = ? AND provider = ? AND id = ? AND stored_s <= ?"
    sql = f"SELECT {COLUMNS} FROM pair WHERE {where}"  # noqa: S608 -- our own names
    row = db.execute(sql, (account.tenant, account.provider, pair_id, by_s)).fetchone()
    return _pair(row) if row else None


def newest(db: Connection, account: Account, *, limit: int, by_s: float = NOW_S) -> list[StoredPair]:
    """Return the newest pairs that were stored by then, in host seconds, the newest first."""
    where = "tenant = ? AND provider = ? AND stored_s <= ? ORDER BY seq DESC LIMIT ?"
    sql = f"SELECT {COLUMNS} FROM pair WHERE {where}"  # noqa: S608 -- our own names
    return [_pair(row) for row in db.execute(sql, (account.tenant, account.provider, by_s, limit))]


def update(db: Connection, account: Account, pair: StoredPair) -> None:
    """Give a pair another name and other files."""
    assigned = "name = ?, training_file = ?, validation_file = ?, bytes = ?, updated_at = ?"
    values = (pair.name, pair.training_file, pair.validation_file, pair.bytes, micros(pair.updated_at))
    sql = f"UPDATE pair SET {assigned} WHERE tenant = ? AND provider = ? AND id = ?"  # noqa: S608 -- our own names
    db.execute(sql, (*values, account.tenant, account.provider, pair.id))


def delete(db: Connection, account: Account, pair_id: str) -> bool:
    """Remove a pair; say whether there was one."""
    sql = "DELETE FROM pair WHERE tenant = ? AND provider = ? AND id = ?"
    return db.execute(sql, (account.tenant, account.provider, pair_id)).rowcount > 0


def _pair(row: Sequence[Any]) -> StoredPair:
    seq, id_, name, training_file, validation_file, size, created_at, updated_at = row
    times = instant(created_at), instant(updated_at)
    return StoredPair(seq, id_, name, training_file, validation_file, size, *times)
