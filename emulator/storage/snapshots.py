"""The tables ``snapshot`` and ``snapshot_blob``: states of a tenant under names of its own."""

from collections.abc import Iterable
from dataclasses import dataclass

from emulator.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is said of a snapshot: when it was made (host seconds since 1970), and how much it holds."""

    name: str
    made_s: float
    files: int
    jobs: int


def insert(db: Connection, tenant: str, snapshot: Snapshot, document: str, blobs: Iterable[str]) -> None:
    """Keep a document under a name that is free, and the bytes that it names."""
    row = (tenant, snapshot.name, snapshot.made_s, snapshot.files, snapshot.jobs, document)
    db.execute("INSERT INTO snapshot (tenant, name, made_s, files, jobs, document) VALUES (?, ?, ?, ?, ?, ?)", row)
    db.executemany("INSERT INTO snapshot_blob VALUES (?, ?, ?)", [(tenant, snapshot.name, blob) for blob in blobs])


def listed(db: Connection, tenant: str) -> list[Snapshot]:
    """Return a tenant's snapshots by name."""
    sql = "SELECT name, made_s, files, jobs FROM snapshot WHERE tenant = ? ORDER BY name"
    return [Snapshot(*row) for row in db.execute(sql, (tenant,))]


def document(db: Connection, tenant: str, name: str) -> str | None:
    """Return the document that is kept under a name, or None."""
    row = db.execute("SELECT document FROM snapshot WHERE tenant = ? AND name = ?", (tenant, name)).fetchone()
    return row[0] if row else None


def blobs(db: Connection, tenant: str, name: str) -> set[str]:
    """Return the digests that a snapshot names."""
    sql = "SELECT blob FROM snapshot_blob WHERE tenant = ? AND name = ?"
    return {blob for (blob,) in db.execute(sql, (tenant, name))}


def delete(db: Connection, tenant: str, name: str) -> bool:
    """Remove a snapshot; say whether there was one."""
    return db.execute("DELETE FROM snapshot WHERE tenant = ? AND name = ?", (tenant, name)).rowcount > 0
