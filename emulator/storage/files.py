"""The tables ``file`` and ``tombstone``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from emulator.clock import instant, micros
from emulator.storage.accounts import Account
from emulator.storage.database import NOW_S, Connection
from emulator.timeline.job import Dataset

COLUMNS = "seq, id, project, created_at, name, purpose, bytes, blob, dataset"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One uploaded file. ``seq`` is its place in the order of uploads."""

    seq: int
    id: str
    project: str | None
    created_at: datetime
    name: str
    purpose: str
    bytes: int
    blob: str
    dataset: Dataset | None


def insert(db: Connection, account: Account, file: StoredFile, *, at_s: float) -> None:
    """Add a file; its ``seq`` is given by the table."""
    sql = (
        "INSERT INTO file (tenant, provider, id, project, created_at, name, purpose, bytes, blob, dataset, stored_s)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    dataset = msgspec.json.encode(file.dataset).decode() if file.dataset else None
    made = micros(file.created_at)
    row = (file.id, file.project, made, file.name, file.purpose, file.bytes, file.blob, dataset, at_s)
    db.execute(sql, (account.tenant, account.provider, *row))


def get(db: Connection, account: Account, file_id: str, *, by_s: float = NOW_S) -> StoredFile | None:
    """Return a file that was stored by then, in host seconds; or None."""
    where = "tenant = ? AND provider = ? AND id = ? AND stored_s <= ?"
    sql = f"SELECT {COLUMNS} FROM file WHERE {where}"  # noqa: S608 -- our own names
    row = db.execute(sql, (account.tenant, account.provider, file_id, by_s)).fetchone()
    return _file(row) if row else None


def page(
    db: Connection,
    account: Account,
    *,
    before: int | None,
    limit: int,
    purpose: str | None,
    project: str | None,
    by_s: float = NOW_S,
) -> list[StoredFile]:
    """Return files, newest first, made before the row ``before`` and stored by then, in host seconds."""
    wanted: list[tuple[str, Any]] = [("tenant = ?", account.tenant), ("provider = ?", account.provider)]
    wanted += [("stored_s <= ?", by_s)]
    wanted += [("seq < ?", before)] * (before is not None)
    wanted += [("purpose = ?", purpose)] * (purpose is not None)
    wanted += [("project = ?", project)] * (project is not None)
    where = " AND ".join(condition for condition, _ in wanted)
    sql = f"SELECT {COLUMNS} FROM file WHERE {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608 -- our own names
    return [_file(row) for row in db.execute(sql, (*(value for _, value in wanted), limit))]


def delete(db: Connection, account: Account, file_id: str) -> None:
    """Remove a file's row."""
    sql = "DELETE FROM file WHERE tenant = ? AND provider = ? AND id = ?"
    db.execute(sql, (account.tenant, account.provider, file_id))


def is_needed(db: Connection, blob: str) -> bool:
    """Say whether any file or snapshot of any account has these bytes."""
    sql = "SELECT 1 FROM file WHERE blob = ?1 UNION ALL SELECT 1 FROM snapshot_blob WHERE blob = ?1 LIMIT 1"
    return db.execute(sql, (blob,)).fetchone() is not None


def needed(db: Connection) -> set[str]:
    """Return the digests that files and snapshots name."""
    return {blob for (blob,) in db.execute("SELECT blob FROM file UNION SELECT blob FROM snapshot_blob")}


def blobs(db: Connection, tenant: str) -> set[str]:
    """Return the digests that a tenant's files name."""
    return {blob for (blob,) in db.execute("SELECT blob FROM file WHERE tenant = ?", (tenant,))}


def bury(db: Connection, account: Account, file_id: str, seq: int | None) -> None:
    """Note that a file was deleted; ``seq`` is None for a derived one."""
    sql = "INSERT OR IGNORE INTO tombstone (tenant, provider, file, seq) VALUES (?, ?, ?, ?)"
    db.execute(sql, (account.tenant, account.provider, file_id, seq))


def place(db: Connection, account: Account, file_id: str) -> int | None:
    """Return where an upload stands or stood in the order of uploads, or None: there never was one."""
    file = get(db, account, file_id)
    if file:
        return file.seq
    sql = "SELECT seq FROM tombstone WHERE tenant = ? AND provider = ? AND file = ?"
    row = db.execute(sql, (account.tenant, account.provider, file_id)).fetchone()
    return row[0] if row else None


def is_buried(db: Connection, account: Account, file_id: str) -> bool:
    """Say whether a file was deleted."""
    sql = "SELECT 1 FROM tombstone WHERE tenant = ? AND provider = ? AND file = ?"
    return db.execute(sql, (account.tenant, account.provider, file_id)).fetchone() is not None


def _file(row: Sequence[Any]) -> StoredFile:
    seq, id_, project, created_at, name, purpose, size, blob, dataset = row
    read = msgspec.json.decode(dataset, type=Dataset) if dataset else None
    return StoredFile(seq, id_, project, instant(created_at), name, purpose, size, blob, read)
