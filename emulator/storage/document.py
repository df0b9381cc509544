"""The form of a tenant's state as one JSON document: it follows from the schema, so a new column is told unasked.

How a column is told is what schema.sql says of it. An instant (``at``, ``..._at``) is ISO 8601, and null where it is
not known; host seconds (``..._s``) are not told and begin anew; JSON is JSON; all others are as they are. ``seq`` of
files and of tombstones is told as ranks from 1: numbers of one database mean nothing in another.
"""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import GenericAlias
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from emulator.clock import ORIGIN, Mode, instant, micros
from emulator.shorthand import unknown
from emulator.storage.database import SCHEMA
from emulator.storage.database import VERSION as SCHEMA_VERSION
from emulator.storage.jobs import AWAY

VERSION = 1
"""Of the form described here. The columns within follow the database's version, told as ``schema``."""
OLDEST_SCHEMA = 2
"""Of the documents that are still read: what came later is not there in them."""

Document = Any
"""A document that was read: its class is made from the schema, so no type checker knows its members."""


class BadState(ValueError):
    """A document that is no tenant's state; the text says where, what was got and what is taken."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows belong to a tenant, the member of a document that holds them, and their order."""

    name: str
    member: str
    order: str
    is_later: bool = False
    """Whether older documents do not have it."""


TABLES = (
    Table("file", "files", "seq"),
    Table("job", "jobs", "seq"),
    Table("tombstone", "tombstones", "provider, file"),
    Table("upload", "uploads", "seq", is_later=True),
    Table("part", "parts", "seq", is_later=True),
    Table("model", "models", "seq", is_later=True),
    Table("permission", "permissions", "seq", is_later=True),
    Table("webhook", "webhooks", "seq", is_later=True),
    Table("delivery", "deliveries", "seq", is_later=True),
    Table("pair", "pairs", "seq", is_later=True),
    Table("push", "pushes", "seq", is_later=True),
    Table("rule", "rules", "seq"),
    Table("rule_use", "rule_uses", "rule"),
)
LEFT_OUT = {
    # The clock is told as mode, rate and now; the journal is no part of the state.
    "tenant": ("digest", "clock", "journaled"),
    "file": ("tenant",),
    "job": ("tenant", "seq"),
    "action": ("seq", "job"),  # they stand within their job
    "tombstone": ("tenant",),
    "upload": ("tenant", "seq"),
    "part": ("tenant", "seq"),
    "model": ("tenant", "seq"),
    "permission": ("tenant", "seq"),
    "webhook": ("tenant", "seq"),
    "delivery": ("tenant", "seq"),
    "pair": ("tenant", "seq"),
    "push": ("tenant", "seq"),
    "rule": ("tenant", "seq"),
    "rule_use": ("tenant", "memory"),  # what effects remember is of host time, as are the seconds
}
"""The columns that are not told besides host seconds. All others are."""
JSON = {
    *("tenant.upcoming", "file.dataset", "job.lora", "job.request", "job.plan", "job.metadata", "rule.rule"),
    *("webhook.events", "delivery.tries"),
}
LATER = {"file.expires_at", "job.metadata", "job.blob", "tombstone.created_at"}
"""Columns that older documents do not have."""
HOLDERS = ("files", "parts", "jobs")
"""The members whose rows name bytes."""

Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Instant = Annotated[datetime, Meta(tz=True)]
TYPES: Mapping[str, Any] = {"INTEGER": Whole, "REAL": float, "TEXT": str}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the schema, and how it is told."""

    table: str
    name: str
    kind: str
    required: bool

    @property
    def is_json(self) -> bool:
        """Say whether it holds JSON."""
        return f"{self.table}.{self.name}" in JSON

    @property
    def is_instant(self) -> bool:
        """Say whether it holds an instant."""
        return self.name == "at" or self.name.endswith("_at")

    @property
    def is_host_time(self) -> bool:
        """Say whether it holds host seconds."""
        return self.name.endswith("_s")

    @property
    def is_later(self) -> bool:
        """Say whether older documents do not have it."""
        return f"{self.table}.{self.name}" in LATER

    @property
    def absent(self) -> Any:
        """What it is where a document does not have it."""
        return msgspec.Raw(b"null") if self.is_json else None

    @property
    def type(self) -> Any:
        """What it is in a document."""
        if self.is_json:
            return msgspec.Raw
        if self.is_instant:
            return Instant | None
        return TYPES[self.kind] if self.required else TYPES[self.kind] | None

    def told(self, value: Any) -> Any:
        """Return a stored value as a document tells it."""
        if self.is_json:
            return msgspec.Raw(b"null" if value is None else value.encode())
        if self.is_instant:
            return None if value in (None, AWAY) else instant(value)
        return value

    def stored(self, value: Any, later: timedelta) -> Any:
        """Return a document's value as it is stored, an instant so much later; raise BadState."""
        if self.is_json:
            text = bytes(value).decode()
            return None if text == "null" else text
        if not self.is_instant:
            return value
        if value is None:
            return AWAY if self.required else None
        if value < ORIGIN:
            raise BadState(f"{self.name}: got {value.isoformat()}, takes nothing before 1970")
        return micros(value + later)


@cache
def schema() -> Mapping[str, tuple[Column, ...]]:
    """Return the columns of each table that a tenant's state lies in."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA.read_text(encoding="utf-8"))
        return {
            table: tuple(
                Column(table, name, kind, bool(required))
                for _, name, kind, required, *_ in db.execute(f"PRAGMA table_info({table})")
            )
            for table in LEFT_OUT
        }


@cache
def columns(table: str) -> tuple[Column, ...]:
    """Return the columns of a table that a document tells."""
    return tuple(column for column in schema()[table] if column.name not in LEFT_OUT[table] and not column.is_host_time)


class ClockTold(msgspec.Struct, forbid_unknown_fields=True):
    """A tenant's clock as it stood. ``rate`` is virtual seconds a host second."""

    mode: Mode
    rate: Annotated[float, Meta(ge=0, le=1e9)]
    now: Instant


class Head(msgspec.Struct):
    """What is looked at first: whether the rest can be read at all."""

    version: Any = None
    schema: Any = None


def _row(table: str, **further: Any) -> Any:
    fields: list[Any] = [(column.name, column.type) for column in columns(table) if not column.is_later]
    later = [(column.name, column.type, column.absent) for column in columns(table) if column.is_later]
    return msgspec.defstruct(table, [*fields, *further.items(), *later], forbid_unknown_fields=True)


@cache
def form() -> Any:
    """Return the class of documents."""
    rows: dict[str, Any] = {table.member: _row(table.name) for table in TABLES}
    rows["jobs"] = _row("job", actions=list[_row("action")])  # type: ignore[misc]  # made when it runs
    fields: list[Any] = [
        *(("version", int), ("schema", int), ("exported_at", Instant), ("clock", ClockTold | None)),
        *((column.name, column.type) for column in columns("tenant")),
        *((table.member, GenericAlias(list, (rows[table.member],))) for table in TABLES if not table.is_later),
        *(
            (table.member, GenericAlias(list, (rows[table.member],)), msgspec.field(default_factory=list))
            for table in TABLES
            if table.is_later
        ),
        ("blobs", dict[str, bytes], msgspec.field(default_factory=dict)),
    ]
    return msgspec.defstruct("document", fields, forbid_unknown_fields=True)


def read(text: bytes) -> Document:
    """Return the document that a JSON text is; raise BadState. Slow: not for the event loop's own thread."""
    try:
        head = msgspec.json.decode(text, type=Head)
        for name, oldest, known in (("version", VERSION, VERSION), ("schema", OLDEST_SCHEMA, SCHEMA_VERSION)):
            if type(got := getattr(head, name)) is not int or not oldest <= got <= known:
                reads = f"{oldest} to {known}" if oldest < known else known
                raise BadState(f"{name}: got {str(got)[:40]}, this emulator reads {reads}")
        return msgspec.json.decode(text, type=form())
    except msgspec.ValidationError as error:
        raise BadState(_said(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadState(f"the document is not JSON: {error}") from None
    except RecursionError:
        raise BadState("the document is nested too deeply") from None


def digests(document: Document) -> set[str]:
    """Return the digests of the bytes that a document's rows name."""
    return {row.blob for member in HOLDERS for row in getattr(document, member) if row.blob}


def _said(error: str) -> str:
    """Return msgspec's complaint with its place first and, of an unknown member, the nearest that there is."""
    what, _, place = error.partition(" - at `$")
    place = place.rstrip("`").lstrip(".")
    if found := re.search(r"unknown field `(.*)`", what, re.DOTALL):
        what = unknown("member", found[1][:100], _members(re.sub(r"\[.*?\]", "", place).rpartition(".")[2]))
    return f"{place}: {what}" if place else what


def _members(owner: str) -> list[str]:
    """Return the members that a part of a document has, by the name of the list or member that it stands in."""
    if owner == "clock":
        return [*ClockTold.__struct_fields__]
    tables = {"actions": "action", **{table.member: table.name for table in TABLES}}
    further = ["actions"] if owner == "jobs" else []
    return (
        [*(column.name for column in columns(tables[owner])), *further]
        if owner in tables
        else [*form().__struct_fields__]
    )
