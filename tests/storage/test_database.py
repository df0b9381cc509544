"""The database: whole transactions or nothing, and no directory that it does not know."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from emulator.errors import StorageFailed
from emulator.storage.database import VERSION, Connection, Database
from emulator.storage.lock import locked


def opened(folder: Path) -> Database:
    return Database(folder / "state.sqlite3", synchronous="normal")


def add_tenant(db: Connection) -> None:
    db.execute("INSERT INTO tenant (digest) VALUES ('t')")


def tenants(db: Database) -> int:
    (count,) = db.reads.execute("SELECT count(*) FROM tenant").fetchone()
    return int(count)


def test_what_is_written_is_read_by_the_other_connection(tmp_path: Path) -> None:
    db = opened(tmp_path)
    asyncio.run(db.write(add_tenant))

    assert tenants(db) == 1
    db.close()


def test_a_change_that_raises_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    db = opened(tmp_path)

    def half(connection: Connection) -> None:
        add_tenant(connection)
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        asyncio.run(db.write(half))

    assert tenants(db) == 0
    asyncio.run(db.write(add_tenant))
    assert tenants(db) == 1
    db.close()


def test_reads_cannot_write(tmp_path: Path) -> None:
    db = opened(tmp_path)

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        add_tenant(db.reads)
    db.close()


def test_a_database_opens_again_with_what_it_holds(tmp_path: Path) -> None:
    first = opened(tmp_path)
    asyncio.run(first.write(add_tenant))
    first.close()
    second = opened(tmp_path)

    assert tenants(second) == 1
    assert second.reads.execute("PRAGMA user_version").fetchone() == (VERSION,)
    second.close()


def test_a_newer_database_is_refused_by_name(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "state.sqlite3") as db:
        db.execute("PRAGMA user_version = 999")
    db.close()

    with pytest.raises(StorageFailed, match=rf"newer version \(schema 999, here {VERSION}\)"):
        opened(tmp_path)


def test_an_older_database_becomes_one_of_today_and_keeps_what_it_holds(tmp_path: Path) -> None:
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
    with sqlite3.connect(tmp_path / "old" / "state.sqlite3") as old:
        old.executescript((Path(__file__).parent / "schema_1.sql").read_text(encoding="utf-8"))
        old.execute("PRAGMA user_version = 1")
        add_tenant(old)
    old.close()
    risen, fresh = opened(tmp_path / "old"), opened(tmp_path / "new")

    assert tenants(risen) == 1
    assert shape(risen) == shape(fresh)
    risen.close()
    fresh.close()


def shape(db: Database) -> dict[str, set[object]]:
    names = [name for (name,) in db.reads.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")]
    pragmas = ("table_info", "index_info", "foreign_key_list")
    return {
        name: {
            row[1:] if pragma == "table_info" else row
            for pragma in pragmas
            for row in db.reads.execute(f"PRAGMA {pragma}({name})")
        }
        for name in names
    }


def test_a_data_directory_has_one_server_at_a_time(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), pytest.raises(StorageFailed, match="another server"), locked(tmp_path / "lock"):
        pass
    with locked(tmp_path / "lock"):
        pass
