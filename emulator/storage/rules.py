"""The tables ``rule`` and ``rule_use``: the faults that a tenant set, and how often each rule met a request."""

from dataclasses import dataclass
from typing import Any

import msgspec

from emulator.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Use:
    """How often a rule met requests of a tenant, since when (host seconds since 1970), and what its effects keep."""

    since_s: float
    matches: int = 0
    hits: int = 0
    memory: dict[str, dict[str, Any]] | None = None


def insert(db: Connection, tenant: str, rule_id: str, rule: str, *, at_s: float) -> None:
    """Add a rule, or replace the one of that id in its place; its use begins anew."""
    sql = "INSERT INTO rule (tenant, id, rule) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET rule = excluded.rule"
    db.execute(sql, (tenant, rule_id, rule))
    use(db, tenant, rule_id, Use(at_s))


def listed(db: Connection, tenant: str) -> list[str]:
    """Return the JSON of a tenant's rules, in order."""
    return [text for (text,) in db.execute("SELECT rule FROM rule WHERE tenant = ? ORDER BY seq", (tenant,))]


def delete(db: Connection, tenant: str, rule_id: str) -> bool:
    """Remove a rule and its use; say whether there was one."""
    db.execute("DELETE FROM rule_use WHERE tenant = ? AND rule = ?", (tenant, rule_id))
    return db.execute("DELETE FROM rule WHERE tenant = ? AND id = ?", (tenant, rule_id)).rowcount > 0


def used(db: Connection, tenant: str) -> dict[str, Use]:
    """Return the use of each rule that met a request of a tenant, or that it set."""
    sql = "SELECT rule, since_s, matches, hits, memory FROM rule_use WHERE tenant = ?"
    return {
        rule: Use(since_s, matches, hits, msgspec.json.decode(memory) if memory else None)
        for rule, since_s, matches, hits, memory in db.execute(sql, (tenant,))
    }


def use(db: Connection, tenant: str, rule_id: str, now: Use) -> None:
    """Keep the use of a rule."""
    memory = msgspec.json.encode(now.memory).decode() if now.memory else None
    row = (tenant, rule_id, now.since_s, now.matches, now.hits, memory)
    db.execute("INSERT OR REPLACE INTO rule_use VALUES (?, ?, ?, ?, ?, ?)", row)


def clear(db: Connection, tenant: str) -> None:
    """Remove a tenant's rules, and the use of all rules."""
    for table in ("rule", "rule_use"):
        db.execute(f"DELETE FROM {table} WHERE tenant = ?", (tenant,))  # noqa: S608 -- our own names
