"""One SQLite database: read in the caller's own thread, written by one thread, a whole transaction at a hop.

A read through this connection costs 5 to 11 µs; a hop to the writing thread about 70 µs, which is why a transaction is
one function that runs there from begin to commit, rather than one hop a statement.
"""

import asyncio
import math
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from emulator.errors import StorageFailed

Connection = sqlite3.Connection
Result = TypeVar("Result")

NOW_S = math.inf
"""Rows that were stored by then, in host seconds since 1970: all."""

VERSION = 4
SCHEMA = Path(__file__).with_name("schema.sql")
STEPS = {older: Path(__file__).with_name(f"schema_{older}_to_{older + 1}.sql") for older in range(1, VERSION)}
"""How a database of an older version becomes one of the next."""


class Database:
    """The open database of one server."""

    def __init__(self, path: Path, *, synchronous: str) -> None:
        self._writes = _opened(path, synchronous)
        self.reads = sqlite3.connect(
            f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ftemu-write")
        self.committed: Callable[[Connection], object] | None = None
        """Who hears of each commit, in the writing thread: it takes no time and raises nothing."""

    async def write(self, change: Callable[[Connection], Result]) -> Result:
        """Run ``change`` in a transaction of its own; it is committed when this returns, or nothing of it is done."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, change)

    def _transact(self, change: Callable[[Connection], Result]) -> Result:
        try:
            self._writes.execute("BEGIN IMMEDIATE")
            try:
                result = change(self._writes)
            except BaseException:
                self._writes.execute("ROLLBACK")
                raise
            self._writes.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if self._writes.in_transaction:
                self._writes.execute("ROLLBACK")
            raise StorageFailed(f"the database would not take it: {error}") from error
        if self.committed:
            self.committed(self._writes)
        return result

    def close(self) -> None:
        """Finish what is being written and close."""
        self._thread.shutdown()
        self.reads.close()
        self._writes.close()


def _opened(path: Path, synchronous: str) -> Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        _prepare(db, synchronous)
    except (sqlite3.Error, StorageFailed) as error:
        db.close()
        raise StorageFailed(f"the database {path} cannot be used: {error}") from error
    return db


def _prepare(db: Connection, synchronous: str) -> None:
    """Bring a new or known database into shape; refuse one that a newer version made."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute(f"PRAGMA synchronous = {synchronous}")
    db.execute("PRAGMA foreign_keys = ON")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StorageFailed(f"it was written by a newer version (schema {version}, here {VERSION})")
    if version == 0:
        _run(db, SCHEMA, VERSION)
    for older in range(version or VERSION, VERSION):
        _run(db, STEPS[older], older + 1)


def _run(db: Connection, script: Path, version: int) -> None:
    """Run a script in one transaction, at whose end the database has that version."""
    db.executescript(f"BEGIN; {script.read_text(encoding='utf-8')} PRAGMA user_version = {version}; COMMIT;")
