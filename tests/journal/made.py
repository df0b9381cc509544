"""Entries that were never asked for: strategies for the laws of the journal, and a database to keep them in."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from emulator.storage import journal
from emulator.storage.database import SCHEMA, Connection
from emulator.storage.journal import Answer, Entry, Fault, Request, Wanted

Json = dict[str, Any]
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
OPERATIONS = ("jobs.create", "jobs.list", "jobs.retrieve", "files.create")
STATUSES = (200, 201, 404, 429, 500, 503, None)
JOBS = ("ftjob-a", "ftjob-b", None)
FAULTS = (("slow", "latency,seconds=1"), ("slow", "status,code=503"), ("header", "status,code=429"))


def made(**members: Any) -> Entry:
    """Return an entry with these members; the others are as they may be."""
    body, status = members.pop("body", None), members.pop("status", 200)
    given: Json = {
        "at": EPOCH,
        "started_at": EPOCH,
        "duration_ms": 1.5,
        "wait_ms": 1.0,
        "tenant": "t",
        "provider": "nebius",
        "operation": "jobs.list",
        "method": "GET",
        "path": "/v1/fine_tuning/jobs",
        "query": {},
        "url": "http://127.0.0.1/v1/fine_tuning/jobs",
        "http": "1.1",
        "job": None,
        "retry": 0,
        "user_agent": None,
        "faults": [],
        "errors": [],
        "request": Request(bytes=0, headers={"user-agent": "me/1"}, body=body),
        "response": Answer(bytes=0, headers={}, complete=True),
    }
    return Entry(**{**given, "status": status, **members})


def _entry(minute: int, faults: Sequence[tuple[str, str]], **members: Any) -> Entry:
    met = [Fault(rule=rule, effect=effect) for rule, effect in faults]
    return made(at=EPOCH + timedelta(minutes=minute), faults=met, **members)


entries = st.lists(
    st.builds(
        _entry,
        minute=st.integers(0, 5),
        faults=st.lists(st.sampled_from(FAULTS), max_size=2),
        tenant=st.sampled_from("tu"),
        operation=st.sampled_from((*OPERATIONS, None)),
        status=st.sampled_from(STATUSES),
        job=st.sampled_from(JOBS),
    ),
    max_size=30,
)
instants = st.none() | st.builds(lambda minute: EPOCH + timedelta(minutes=minute), st.integers(0, 6))
wanted = st.builds(
    Wanted,
    operation=st.sampled_from((None, "jobs.*", "*", *OPERATIONS)),
    status=st.sampled_from((None, (0, 0), (200, 200), (400, 499), (500, 599), (429, 429))),
    since=instants,
    until=instants,
    job=st.sampled_from(JOBS),
    fault=st.sampled_from((None, "slow", "status", "latency", "header", "low", "slo")),
)


@contextmanager
def kept(batches: Sequence[Sequence[Entry]], *, keep: int = 1000) -> Iterator[Connection]:
    """Give a database that got these batches of entries."""
    with sqlite3.connect(":memory:") as db:
        db.executescript(SCHEMA.read_text(encoding="utf-8"))
        for batch in batches:
            journal.insert(db, [journal.row(entry) for entry in batch], keep=keep)
        yield db
    db.close()
