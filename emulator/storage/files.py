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

COLUMNS = "seq, id, project, created_at, name, purpose, bytes, blob, dataset, expires_at"
HOLDERS = ("file", "part", "job")
"""The tables whose rows name bytes, besides those of snapshots."""


UPLOAD, RESULT = 0, 1
"""Which of two files of one instant comes first in a list: what was uploaded."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a file stands in the list of files: when it was made, what it is, and its row or its job's."""

    at: datetime
    rank: int
    seq: int

    def as_upload(self) -> tuple[int, int]:
        """Return instant and row such that uploads lie on the same side of them as of this place."""
        return micros(self.at), self.seq if self.rank == UPLOAD else 2**62

    def as_result(self) -> tuple[int, int]:
        """Return instant and row of a job, likewise for results."""
        return micros(self.at), self.seq if self.rank == RESULT else -1


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
    expires_at: datetime | None = None

    @property
    def place(self) -> Place:
        """Where it stands in the list of files."""
        return Place(self.created_at, UPLOAD, self.seq)


def insert(db: Connection, account: Account, file: StoredFile, *, at_s: float) -> None:
    """Add a file; its ``seq`` is given by the table."""
    sql = (
        "INSERT INTO file"
        " (tenant, provider, id, project, created_at, name, purpose, bytes, blob, dataset, stored_s, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    dataset = msgspec.json.encode(file.dataset).decode() if file.dataset else None
    made = micros(file.created_at)
    row = (file.id, file.project, made, file.name, file.purpose, file.bytes, file.blob, dataset, at_s)
    expires = micros(file.expires_at) if file.expires_at else None
    db.execute(sql, (account.tenant, account.provider, *row, expires))


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
    after: Place | None,
    limit: int,
    now: datetime,
    purpose: str | None = None,
    project: str | None = None,
    ascending: bool = False,
    by_s: float = NOW_S,
) -> list[StoredFile]:
    """Return files that are not expired, those after a place, the newest first unless ``ascending``.

    And stored by then, in host seconds.
    """
    wanted: list[tuple[str, tuple[Any, ...]]] = [
        ("tenant = ? AND provider = ? AND stored_s <= ?", (account.tenant, account.provider, by_s)),
        ("(expires_at IS NULL OR expires_at > ?)", (micros(now),)),
    ]
    wanted += [(f"(created_at, seq) {'>' if ascending else '<'} (?, ?)", after.as_upload())] if after else []
    wanted += [("purpose = ?", (purpose,))] * (purpose is not None)
    wanted += [("project = ?", (project,))] * (project is not None)
    where = " AND ".join(condition for condition, _ in wanted)
    order = "created_at, seq" if ascending else "created_at DESC, seq DESC"
    sql = f"SELECT {COLUMNS} FROM file WHERE {where} ORDER BY {order} LIMIT ?"  # noqa: S608 -- our own names
    return [_file(row) for row in db.execute(sql, (*(value for _, values in wanted for value in values), limit))]


def delete(db: Connection, account: Account, file_id: str) -> None:
    """Remove a file's row."""
    sql = "DELETE FROM file WHERE tenant = ? AND provider = ? AND id = ?"
    db.execute(sql, (account.tenant, account.provider, file_id))


def is_needed(db: Connection, blob: str) -> bool:
    """Say whether anything of any account has these bytes: a file, a part, a job or a snapshot."""
    each = (f"SELECT 1 FROM {table} WHERE blob = ?1" for table in (*HOLDERS, "snapshot_blob"))  # noqa: S608 -- our own names
    return db.execute(f"{' UNION ALL '.join(each)} LIMIT 1", (blob,)).fetchone() is not None


def needed(db: Connection) -> set[str]:
    """Return the digests that anything names."""
    each = (f"SELECT blob FROM {table}" for table in (*HOLDERS, "snapshot_blob"))  # noqa: S608 -- our own names
    return {blob for (blob,) in db.execute(" UNION ".join(each)) if blob}


def blobs(db: Connection, tenant: str) -> set[str]:
    """Return the digests that a tenant's files, parts and jobs name."""
    each = (f"SELECT blob FROM {table} WHERE tenant = ?1" for table in HOLDERS)  # noqa: S608 -- our own names
    return {blob for (blob,) in db.execute(" UNION ".join(each), (tenant,)) if blob}


def bury(db: Connection, account: Account, deleted_id: str, stored: StoredFile | None) -> None:
    """Note that a file or a model was deleted; ``stored`` is None for what was derived."""
    sql = "INSERT OR IGNORE INTO tombstone (tenant, provider, file, seq, created_at) VALUES (?, ?, ?, ?, ?)"
    place = (stored.seq, micros(stored.created_at)) if stored else (None, None)
    db.execute(sql, (account.tenant, account.provider, deleted_id, *place))


def place(db: Connection, account: Account, file_id: str) -> Place | None:
    """Return where an upload stands or stood in the list of files, or None: there never was one."""
    file = get(db, account, file_id)
    if file:
        return file.place
    where = "tenant = ? AND provider = ? AND file = ? AND seq IS NOT NULL"
    sql = f"SELECT created_at, seq FROM tombstone WHERE {where}"  # noqa: S608 -- our own names
    row = db.execute(sql, (account.tenant, account.provider, file_id)).fetchone()
    return Place(instant(row[0] or 0), UPLOAD, row[1]) if row else None  # 0: told by an older version


def is_buried(db: Connection, account: Account, deleted_id: str) -> bool:
    """Say whether a file or a model was deleted."""
    sql = "SELECT 1 FROM tombstone WHERE tenant = ? AND provider = ? AND file = ?"
    return db.execute(sql, (account.tenant, account.provider, deleted_id)).fetchone() is not None


def _file(row: Sequence[Any]) -> StoredFile:
    seq, id_, project, created_at, name, purpose, size, blob, dataset, expires_at = row
    read = msgspec.json.decode(dataset, type=Dataset) if dataset else None
    expires = instant(expires_at) if expires_at is not None else None
    return StoredFile(seq, id_, project, instant(created_at), name, purpose, size, blob, read, expires)
