"""The database: whole transactions or nothing, and no directory that it does not know."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulator.errors import StorageFailed
from emulator.storage import pairs, pushes
from emulator.storage.accounts import Account
from emulator.storage.database import VERSION, Connection, Database
from emulator.storage.lock import locked
from emulator.storage.pairs import StoredPair
from emulator.storage.pushes import StoredPush

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


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


@pytest.mark.parametrize("version", range(1, VERSION))
def test_an_older_database_becomes_one_of_today_and_keeps_what_it_holds(tmp_path: Path, version: int) -> None:
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
    old = older(tmp_path / "old", version)
    add_tenant(old)
    old.commit()
    old.close()
    risen, fresh = opened(tmp_path / "old"), opened(tmp_path / "new")

    assert tenants(risen) == 1
    assert shape(risen) == shape(fresh)
    risen.close()
    fresh.close()


def older(folder: Path, version: int) -> Connection:
    """Make a database as an earlier version did."""
    db = sqlite3.connect(folder / "state.sqlite3")
    db.executescript((Path(__file__).parent / f"schema_{version}.sql").read_text(encoding="utf-8"))
    db.execute(f"PRAGMA user_version = {version}")
    return db


def test_an_older_databases_jobs_keep_their_data_and_its_deleted_files_their_places(tmp_path: Path) -> None:
    old = older(tmp_path, 2)
    columns = "tenant, provider, name, purpose, bytes, seq, id, created_at, blob"
    file = f"INSERT INTO file ({columns}) VALUES ('t', 'p', 'n', 'x', 1, ?, ?, ?, ?)"  # noqa: S608 -- the test's own
    old.executemany(file, [(1, "file-1", 100, "aa"), (3, "file-3", 300, "cc")])
    old.executemany("INSERT INTO tombstone VALUES ('t', 'p', ?, ?)", [("file-2", 2), ("derived", None)])
    job = "handle, created_at, model, training_file, weight_bytes, request, plan, counted_at, ended_at, outcome"
    values = "1, 1, 'm', 'file-3', 1, '{}', '{}', 1, 1, 'x'"
    old.execute(f"INSERT INTO job (tenant, provider, id, {job}) VALUES ('t', 'p', 'job-1', {values})")  # noqa: S608 -- the test's own
    old.commit()
    old.close()
    db = opened(tmp_path)

    assert db.reads.execute("SELECT blob FROM job").fetchall() == [("cc",)]
    placed = {"derived": None, "file-2": 100}  # when the upload before it was made
    assert dict(db.reads.execute("SELECT file, created_at FROM tombstone").fetchall()) == placed
    db.close()


def test_an_older_databases_jobs_and_files_stay_and_it_takes_pairs_and_pushes(tmp_path: Path) -> None:
    old = older(tmp_path, 3)
    columns = "tenant, provider, name, purpose, bytes, id, created_at, blob"
    old.execute(f"INSERT INTO file ({columns}) VALUES ('t', 'openai', 'n', 'x', 1, 'file-1', 100, 'aa')")  # noqa: S608 -- the test's own
    job = "handle, created_at, model, training_file, weight_bytes, request, plan, counted_at, ended_at, outcome, blob"
    values = "1, 1, 'm', 'file-1', 1, '{}', '{}', 1, 1, 'x', 'aa'"
    old.execute(f"INSERT INTO job (tenant, provider, id, {job}) VALUES ('t', 'openai', 'job-1', {values})")  # noqa: S608 -- the test's own
    kept = [old.execute(f"SELECT * FROM {table}").fetchall() for table in ("file", "job")]  # noqa: S608 -- see above
    old.commit()
    old.close()
    db, account = opened(tmp_path), Account("t", "nscale/one")
    pair = StoredPair(0, "p", "n", "file-1", None, 1, AT, AT)
    push = StoredPush("q", "job-1", "a/b", "me", AT, AT)
    asyncio.run(db.write(lambda to: pairs.insert(to, account, pair, at_s=0)))
    asyncio.run(db.write(lambda to: pushes.insert(to, account, push)))

    assert [db.reads.execute(f"SELECT * FROM {table}").fetchall() for table in ("file", "job")] == kept  # noqa: S608 -- see above
    assert pairs.get(db.reads, account, "p") == replace(pair, seq=1)
    assert pushes.listed(db.reads, account, "job-1", limit=9) == [push]
    db.close()


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
