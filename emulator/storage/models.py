"""The table ``model``: models with names of their own, that no job's name leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.clock import instant, micros
from emulator.storage.accounts import Account
from emulator.storage.database import Connection

COLUMNS = "id, base_model, source, description, project, created_at, active_at, flaw"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model that was deployed under a name, or that a seed file put there.

    ``source``: ``<job>:<checkpoint>``, the id of a file, another place, or empty. It answers from ``active_at`` on,
    unless it has a ``flaw``: why it never will.
    """

    name: str
    base_model: str
    source: str
    description: str | None
    project: str | None
    created_at: datetime
    active_at: datetime
    flaw: str | None = None


def insert(db: Connection, account: Account, model: StoredModel) -> None:
    """Add a model; its name must be free."""
    times = (micros(model.created_at), micros(model.active_at))
    row = (model.name, model.base_model, model.source, model.description, model.project, *times, model.flaw)
    marks = ", ".join("?" * (len(row) + 2))
    sql = f"INSERT INTO model (tenant, provider, {COLUMNS}) VALUES ({marks})"  # noqa: S608 -- our own names
    db.execute(sql, (account.tenant, account.provider, *row))


def get(db: Connection, account: Account, name: str) -> StoredModel | None:
    """Return the model of a name, or None."""
    sql = f"SELECT {COLUMNS} FROM model WHERE tenant = ? AND provider = ? AND id = ?"  # noqa: S608 -- our own names
    row = db.execute(sql, (account.tenant, account.provider, name)).fetchone()
    return _model(row) if row else None


def listed(db: Connection, account: Account) -> list[StoredModel]:
    """Return an account's models in the order in which they were made."""
    sql = f"SELECT {COLUMNS} FROM model WHERE tenant = ? AND provider = ? ORDER BY seq"  # noqa: S608 -- our own names
    return [_model(row) for row in db.execute(sql, (account.tenant, account.provider))]


def tenants_of(db: Connection, provider: str, name: str) -> list[str]:
    """Return whose models at a provider have a name."""
    sql = "SELECT tenant FROM model WHERE provider = ? AND id = ?"
    return [tenant for (tenant,) in db.execute(sql, (provider, name))]


def activations(db: Connection, tenant: str, now: datetime) -> list[datetime]:
    """Return the next instant at which any of a tenant's models, at every provider, begins to answer, if there is."""
    sql = "SELECT min(active_at) FROM model WHERE tenant = ? AND active_at > ?"
    (at,) = db.execute(sql, (tenant, micros(now))).fetchone()
    return [] if at is None else [instant(at)]


def delete(db: Connection, account: Account, name: str) -> bool:
    """Remove a model; say whether there was one."""
    sql = "DELETE FROM model WHERE tenant = ? AND provider = ? AND id = ?"
    return db.execute(sql, (account.tenant, account.provider, name)).rowcount > 0


def _model(row: Sequence[Any]) -> StoredModel:
    name, base_model, source, description, project, created_at, active_at, flaw = row
    return StoredModel(name, base_model, source, description, project, instant(created_at), instant(active_at), flaw)
