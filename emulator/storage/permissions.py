"""The table ``permission``: who may use a checkpoint's model."""

from dataclasses import dataclass
from datetime import datetime

from emulator.clock import instant, micros
from emulator.storage.accounts import Account
from emulator.storage.database import Connection


@dataclass(frozen=True, slots=True)
class StoredPermission:
    """That a project may use a checkpoint's model. ``seq`` is its place in the order in which they were given."""

    seq: int
    id: str
    model: str
    project_id: str
    created_at: datetime


def insert(db: Connection, account: Account, permission: StoredPermission) -> None:
    """Add a permission; its ``seq`` is given by the table."""
    row = (permission.id, permission.model, permission.project_id, micros(permission.created_at))
    sql = "INSERT INTO permission (tenant, provider, id, model, project_id, created_at) VALUES (?, ?, ?, ?, ?, ?)"
    db.execute(sql, (account.tenant, account.provider, *row))


def listed(db: Connection, account: Account, model: str) -> list[StoredPermission]:
    """Return the permissions of a checkpoint's model in the order in which they were given."""
    columns = "seq, id, model, project_id, created_at"
    where = "tenant = ? AND provider = ? AND model = ? ORDER BY seq"
    found = db.execute(f"SELECT {columns} FROM permission WHERE {where}", (account.tenant, account.provider, model))  # noqa: S608 -- our own names
    return [StoredPermission(seq, id_, name, project, instant(at)) for seq, id_, name, project, at in found]


def delete(db: Connection, account: Account, model: str, permission_id: str) -> bool:
    """Remove a permission; say whether there was one."""
    sql = "DELETE FROM permission WHERE tenant = ? AND provider = ? AND model = ? AND id = ?"
    return db.execute(sql, (account.tenant, account.provider, model, permission_id)).rowcount > 0
