"""Whose state it is: the table ``tenant``, and the pair of tenant and provider that every other row belongs to."""

from dataclasses import dataclass

import msgspec

from emulator.clock import Clock
from emulator.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Account:
    """One key's state at one provider. ``tenant`` is a digest, never the key."""

    tenant: str
    provider: str


def count(db: Connection, tenant: str) -> int:
    """Return the next number of a tenant's counter, from 1."""
    sql = "INSERT INTO tenant (digest, counter) VALUES (?, 1) ON CONFLICT DO UPDATE SET counter = counter + 1"
    (counter,) = db.execute(f"{sql} RETURNING counter", (tenant,)).fetchone()
    return int(counter)


def save_clock(db: Connection, tenant: str, clock: Clock | None) -> None:
    """Keep a tenant's own clock; None: it has the server's."""
    sql = "INSERT INTO tenant (digest, clock) VALUES (?, ?) ON CONFLICT DO UPDATE SET clock = excluded.clock"
    db.execute(sql, (tenant, msgspec.json.encode(clock).decode() if clock else None))


def clocks(db: Connection) -> dict[str, Clock]:
    """Return the clocks of the tenants that have their own."""
    rows = db.execute("SELECT digest, clock FROM tenant WHERE clock IS NOT NULL").fetchall()
    return {digest: msgspec.json.decode(clock, type=Clock) for digest, clock in rows}


def forget(db: Connection, tenant: str) -> None:
    """Remove a tenant's row and its journal, so that it begins anew."""
    db.execute("DELETE FROM journal WHERE tenant = ?", (tenant,))
    db.execute("DELETE FROM tenant WHERE digest = ?", (tenant,))
