"""Whose state it is: the table ``tenant``, and the pair of tenant and provider that every other row belongs to."""

from dataclasses import dataclass

import msgspec

from emulator.clock import Clock
from emulator.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Account:
    """One key's state at one provider, ``tenant`` being a digest, never the key.

    Where the provider's paths name an organization, it is that of one of them: ``provider`` is ``nscale/<its id>``.
    """

    tenant: str
    provider: str

    @property
    def face(self) -> str:
        """The provider alone."""
        return face_of(self.provider)

    @property
    def organization(self) -> str:
        """The organization alone; empty where there is none."""
        return self.provider.partition("/")[2]


def face_of(provider: str) -> str:
    """Return the provider of an account's, without its organization."""
    return provider.partition("/")[0]


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
