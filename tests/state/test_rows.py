"""A document has all that the schema has: a column or a table of tomorrow is told, or it is left out on purpose."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from emulator.storage import state
from emulator.storage.database import VERSION, Connection, Database
from emulator.storage.document import read

ON_PURPOSE = {
    "tenant.digest": "whose it is, the importer says",
    "tenant.clock": "the core tells it as mode, rate and now",
    "tenant.journaled": "the journal is no part of the state",
    "file.tenant": "as above",
    "job.tenant": "as above",
    "job.seq": "jobs stand in their order",
    "action.seq": "actions stand in their order",
    "action.job": "actions stand within their job",
    "tombstone.tenant": "as above",
    "rule.tenant": "as above",
    "rule.seq": "rules stand in their order",
    "rule_use.tenant": "as above",
    **{f"{table}.tenant": "as above" for table in ("upload", "part", "model", "permission", "webhook", "delivery")},
    **{f"{table}.seq": "they stand in their order" for table in ("upload", "part", "model", "permission")},
    **{f"{table}.seq": "they stand in their order" for table in ("webhook", "delivery", "pair", "push")},
    **{f"{table}.tenant": "as above" for table in ("pair", "push")},
    "rule_use.memory": "what effects remember is of host time",
    "file.stored_s": "host time begins anew",
    "job.stored_s": "host time begins anew",
    "action.stored_s": "host time begins anew",
    "pair.stored_s": "host time begins anew",
    "rule_use.since_s": "host time begins anew",
    "delivery.due_s": "host time begins anew",
}
NO_STATE = {"journal", "snapshot", "snapshot_blob", "sqlite_sequence"}
NEW = {"upload", "part", "model", "permission", "webhook", "delivery", "pair", "push"}
STATE = {"tenant", "file", "job", "action", "tombstone", "rule", "rule_use"} | NEW
JSON = {"upcoming", "dataset", "lora", "request", "plan", "metadata", "events", "tries"}
NOW_S = 77.0


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    """A new database, as a server makes it."""
    Database(tmp_path / "state.sqlite3", synchronous="off").close()
    connection = sqlite3.connect(tmp_path / "state.sqlite3", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection
    connection.close()


def rows(db: Connection, table: str, where: str = "1") -> list[dict[str, Any]]:
    cursor = db.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY 1, 2")  # noqa: S608 -- names of the test's own
    return [dict(zip([column[0] for column in cursor.description], row, strict=True)) for row in cursor]


def fill(db: Connection, table: str, **fixed: Any) -> None:
    """Add a row whose every column has a value of its own."""
    values: dict[str, Any] = {}
    for number, name, kind, *_ in db.execute(f"PRAGMA table_info({table})").fetchall():
        text = f'{{"{name}": {number}}}' if name in JSON else f"{name}!"
        values[name] = {"INTEGER": 10**6 + number, "REAL": 5.5, "TEXT": text}[kind]
    values |= fixed
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", (*values.values(),))  # noqa: S608 -- names of the schema


def lived(db: Connection) -> None:
    fill(db, "tenant", digest="one")
    for seq in (3, 9):
        fill(db, "file", tenant="one", seq=seq, id=f"file {seq}")
        fill(db, "job", tenant="one", seq=seq, id=f"job {seq}", handle=seq)
        fill(db, "action", seq=seq, job=seq)
        for table in NEW:
            own = {"job": f"job {seq}"} if table == "delivery" else {}
            fill(db, table, tenant="one", seq=seq, id=f"{table} {seq}", **own)
        fill(db, "rule", tenant="one", seq=seq, id=f"rule {seq}", rule='{"id": "x"}')
    fill(db, "tombstone", tenant="one", seq=5)
    fill(db, "rule_use", tenant="one")


def moved(db: Connection, *, later: timedelta = timedelta(0)) -> None:
    """Put what one tenant has into the place of another's."""
    head = {"version": 1, "schema": VERSION, "exported_at": "2026-01-01T00:00:00Z", "clock": None}
    document = read(msgspec.json.encode({**head, **state.taken(db, "one")}))
    state.clear(db, "two")
    state.put(db, "two", document, host_s=NOW_S, later=later)


def told(table: str, row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if f"{table}.{name}" not in ON_PURPOSE}


@pytest.mark.parametrize("table", sorted(STATE - {"tenant", "action"}))
def test_every_column_of_a_tenants_table_comes_back_or_is_left_out_on_purpose(db: Connection, table: str) -> None:
    lived(db)
    moved(db)
    one, two = rows(db, table, "tenant = 'one'"), rows(db, table, "tenant = 'two'")
    for row in (*one, *two):
        row.pop("seq", None)

    assert len(one) == len(two) > 0
    assert [told(table, row) for row in two] == [told(table, row) for row in one]
    assert {value for row in two for name, value in row.items() if name.endswith("_s")} <= {NOW_S}


def test_the_columns_of_tenants_and_actions_come_back_likewise(db: Connection) -> None:
    lived(db)
    moved(db)
    [one], [two] = rows(db, "tenant", "digest = 'one'"), rows(db, "tenant", "digest = 'two'")
    assert told("tenant", two) == told("tenant", one)

    own, others = ("SELECT seq FROM job WHERE tenant = 'one'", "SELECT seq FROM job WHERE tenant = 'two'")
    before, after = rows(db, "action", f"job IN ({own})"), rows(db, "action", f"job IN ({others})")
    assert [told("action", row) for row in after] == [told("action", row) for row in before]
    assert len(after) == 2


def test_places_among_the_uploads_keep_their_order_and_are_new(db: Connection) -> None:
    lived(db)
    moved(db)
    files = rows(db, "file", "tenant = 'two'")
    [gone] = rows(db, "tombstone", "tenant = 'two'")

    assert [file["id"] for file in files] == ["file 3", "file 9"]
    assert 9 < files[0]["seq"] < gone["seq"] < files[1]["seq"]


def test_every_instant_is_moved_and_nothing_else(db: Connection) -> None:
    lived(db)
    moved(db, later=timedelta(seconds=3))
    for table in ("file", "job"):
        for one, two in zip(rows(db, table, "tenant = 'one'"), rows(db, table, "tenant = 'two'"), strict=True):
            moves = {name: two[name] - one[name] for name in one if name.endswith("_at")}
            assert set(moves.values()) == {3_000_000}
            assert {name for name in told(table, one) if one[name] != two[name]} - {"seq"} == {*moves}


def test_every_table_is_a_part_of_the_state_or_no_part_on_purpose(db: Connection) -> None:
    assert {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")} == STATE | NO_STATE


def test_clearing_removes_every_row_of_the_state_and_no_journal(db: Connection) -> None:
    lived(db)
    fill(db, "journal", tenant="one")
    state.clear(db, "one")

    assert [table for table in STATE - {"tenant"} if rows(db, table)] == []
    assert len(rows(db, "journal")) == 1


@pytest.mark.parametrize("table", ["file", "job", "tombstone", "rule", "rule_use"])
def test_a_tenant_with_any_row_is_known(db: Connection, table: str) -> None:
    assert not state.is_known(db, "one")
    fill(db, table, tenant="one")

    assert state.is_known(db, "one")
