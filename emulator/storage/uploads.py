"""The tables ``upload`` and ``part``: files that come in parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.clock import instant, micros
from emulator.storage.accounts import Account
from emulator.storage.database import Connection

COLUMNS = "id, created_at, expires_at, name, purpose, mime_type, bytes, file_lasts, state, file"


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """A file that comes in parts, ``bytes`` of them together.

    ``file_lasts``: seconds from the file's creation to its expiry, None: for ever. ``state``: pending, completed or
    cancelled. ``file``: the id of what it became.
    """

    id: str
    created_at: datetime
    expires_at: datetime
    name: str
    purpose: str
    mime_type: str
    bytes: int
    file_lasts: int | None
    state: str = "pending"
    file: str | None = None


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part of an upload; ``blob`` is the digest of its bytes."""

    id: str
    created_at: datetime
    bytes: int
    blob: str


def insert(db: Connection, account: Account, upload: StoredUpload) -> None:
    """Add an upload."""
    times = (micros(upload.created_at), micros(upload.expires_at))
    about = (upload.name, upload.purpose, upload.mime_type, upload.bytes, upload.file_lasts, upload.state, upload.file)
    row = (account.tenant, account.provider, upload.id, *times, *about)
    marks = ", ".join("?" * len(row))
    db.execute(f"INSERT INTO upload (tenant, provider, {COLUMNS}) VALUES ({marks})", row)  # noqa: S608 -- our own names


def get(db: Connection, account: Account, upload_id: str) -> StoredUpload | None:
    """Return an upload, or None."""
    sql = f"SELECT {COLUMNS} FROM upload WHERE tenant = ? AND provider = ? AND id = ?"  # noqa: S608 -- our own names
    row = db.execute(sql, (account.tenant, account.provider, upload_id)).fetchone()
    return _upload(row) if row else None


def end(db: Connection, account: Account, upload_id: str, state: str, file: str | None = None) -> set[str]:
    """Give an upload its last state, and remove its parts; return the digests that they named."""
    whose = (account.tenant, account.provider, upload_id)
    where = "tenant = ? AND provider = ?"
    db.execute(f"UPDATE upload SET state = ?, file = ? WHERE {where} AND id = ?", (state, file, *whose))  # noqa: S608 -- our own names
    blobs = {part.blob for part in parts(db, account, upload_id)}
    db.execute(f"DELETE FROM part WHERE {where} AND upload = ?", whose)  # noqa: S608 -- our own names
    return blobs


def add_part(db: Connection, account: Account, upload_id: str, part: StoredPart) -> None:
    """Add a part to an upload."""
    row = (account.tenant, account.provider, upload_id, part.id, micros(part.created_at), part.bytes, part.blob)
    columns = "tenant, provider, upload, id, created_at, bytes, blob"
    db.execute(f"INSERT INTO part ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608 -- our own names


def parts(db: Connection, account: Account, upload_id: str) -> list[StoredPart]:
    """Return the parts of an upload in the order in which they came."""
    where = "tenant = ? AND provider = ? AND upload = ? ORDER BY seq"
    sql = f"SELECT id, created_at, bytes, blob FROM part WHERE {where}"  # noqa: S608 -- our own names
    found = db.execute(sql, (account.tenant, account.provider, upload_id))
    return [StoredPart(id_, instant(created_at), size, blob) for id_, created_at, size, blob in found]


def _upload(row: Sequence[Any]) -> StoredUpload:
    id_, created_at, expires_at, *about = row
    return StoredUpload(id_, instant(created_at), instant(expires_at), *about)
