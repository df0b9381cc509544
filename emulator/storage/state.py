"""All rows of a tenant at once: told as the members of a document, put in, removed."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from emulator.storage.database import Connection
from emulator.storage.document import TABLES, BadState, Document, columns, schema

Row = dict[str, Any]


def taken(db: Connection, tenant: str) -> Row:
    """Return a tenant's rows as members of a document; the clock and the bytes of its files are for others to add."""
    document = next(_told(db, "tenant", "digest = ? ORDER BY 1", tenant), None) or _new()
    for table in TABLES:
        document[table.member] = [*_told(db, table.name, f"tenant = ? ORDER BY {table.order}", tenant)]
    actions = _actions(db, tenant)
    for job in document["jobs"]:
        job["actions"] = actions.get((job["provider"], job["id"]), [])
    placed = [*document["files"], *document["tombstones"]]
    ranks = _ranks(row["seq"] for row in placed)
    for row in placed:
        row["seq"] = ranks[row["seq"]]
    return document


def _new() -> Row:
    """Return what is told of a tenant without a row of its own: it has done nothing yet."""
    return {column.name: column.told(0 if column.required else None) for column in columns("tenant")}


def _ranks(places: Iterable[int | None]) -> Mapping[int | None, int | None]:
    """Return the rank, from 1, of each place among the uploads."""
    ordered = sorted({place for place in places if place is not None})
    return {None: None, **{place: rank for rank, place in enumerate(ordered, 1)}}


def _told(db: Connection, table: str, where: str, tenant: str) -> Iterator[Row]:
    known = columns(table)
    names = ", ".join(column.name for column in known)
    for row in db.execute(f"SELECT {names} FROM {table} WHERE {where}", (tenant,)):  # noqa: S608 -- our own names
        yield {column.name: column.told(value) for column, value in zip(known, row, strict=True)}


def _actions(db: Connection, tenant: str) -> dict[tuple[str, str], list[Row]]:
    """Return a tenant's actions, in order, by the provider and the id of their job."""
    known = columns("action")
    names = ", ".join(f"action.{column.name}" for column in known)
    joined = "action JOIN job ON job.seq = action.job WHERE job.tenant = ? ORDER BY action.seq"
    found: dict[tuple[str, str], list[Row]] = {}
    for provider, job, *row in db.execute(f"SELECT job.provider, job.id, {names} FROM {joined}", (tenant,)):  # noqa: S608 -- our own names
        told = {column.name: column.told(value) for column, value in zip(known, row, strict=True)}
        found.setdefault((provider, job), []).append(told)
    return found


def clear(db: Connection, tenant: str) -> None:
    """Remove the rows of a tenant's state, at every provider. Its snapshots and its journal are no part of it."""
    for table in TABLES:
        db.execute(f"DELETE FROM {table.name} WHERE tenant = ?", (tenant,))  # noqa: S608 -- our own names


def is_known(db: Connection, tenant: str) -> bool:
    """Say whether a tenant has any state."""
    owned = [f"SELECT 1 FROM {table.name} WHERE tenant = ?1" for table in TABLES]  # noqa: S608 -- our own names
    own = "SELECT 1 FROM tenant WHERE digest = ?1 AND (counter > 0 OR clock IS NOT NULL)"
    return db.execute(f"{' UNION ALL '.join([own, *owned])} LIMIT 1", (tenant,)).fetchone() is not None


def put(db: Connection, tenant: str, document: Document, *, host_s: float, later: timedelta) -> None:
    """Give a tenant whose rows were cleared those of a document, each instant so much later; raise BadState."""
    told = _stored("tenant", "", document, host_s, later)
    db.execute("INSERT OR IGNORE INTO tenant (digest) VALUES (?)", (tenant,))
    assigned = ", ".join(f"{name} = ?" for name in told)
    db.execute(f"UPDATE tenant SET {assigned} WHERE digest = ?", (*told.values(), tenant))  # noqa: S608 -- our own names
    # Above all places that were ever given: a cursor may name a file that is gone.
    (base,) = db.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'file'").fetchone()
    ranks = _ranks(row.seq for row in (*document.files, *document.tombstones))
    for table in TABLES:
        for number, row in enumerate(getattr(document, table.member)):
            place = f"{table.member}[{number}]."
            values = {"tenant": tenant, **_stored(table.name, place, row, host_s, later)}
            if values.get("seq") is not None:
                values["seq"] = base + (ranks[values["seq"]] or 0)
            own = _insert(db, table.name, place, values)
            for step, action in enumerate(getattr(row, "actions", ())):
                inner = f"{place}actions[{step}]."
                _insert(db, "action", inner, {"job": own, **_stored("action", inner, action, host_s, later)})


def _stored(table: str, place: str, row: Any, host_s: float, later: timedelta) -> Row:
    """Return the columns of a row: what the document tells, and host seconds as of now."""
    begun = {column.name: host_s for column in schema()[table] if column.is_host_time}
    try:
        return {**begun, **{column.name: column.stored(getattr(row, column.name), later) for column in columns(table)}}
    except BadState as error:
        raise BadState(f"{place}{error}") from None


def _insert(db: Connection, table: str, place: str, values: Row) -> int:
    """Insert a row and return its number; raise BadState where the table refuses it."""
    marks = ", ".join("?" * len(values))
    try:
        done = db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", (*values.values(),))  # noqa: S608 -- our own names
    except sqlite3.IntegrityError as error:
        kind, _, named = str(error).partition(" constraint failed: ")
        column = named.rpartition(".")[2]
        why = f"{str(values.get(column))[:100]!r} is there twice" if kind == "UNIQUE" else "takes a value, got none"
        raise BadState(f"{place}{column}: {why}") from None
    return done.lastrowid or 0


def rename(db: Connection, tenant: str, table: str, old: str, new: str) -> None:
    """Give a file or a job another id; raise BadState where it is taken."""
    try:
        db.execute(f"UPDATE {table} SET id = ? WHERE tenant = ? AND id = ?", (new, tenant, old))  # noqa: S608 -- our own names
    except sqlite3.IntegrityError:
        raise BadState(f"id: {new!r} is there twice") from None
