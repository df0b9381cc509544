"""The tables of pairs and pushes: rows in, the same values out, for their own account alone."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from emulator.storage import pairs, pushes
from emulator.storage.accounts import Account
from emulator.storage.database import Connection, Database
from emulator.storage.pairs import StoredPair
from emulator.storage.pushes import StoredPush

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
MINE, OTHER, ELSEWHERE = Account("t", "nscale/one"), Account("u", "nscale/one"), Account("t", "nscale/two")
PAIR = StoredPair(0, "p", "n\0ü", "f", "v", 7, AT, AT)
PUSH = StoredPush("q", "j", "a/b", "me", AT, AT + timedelta(seconds=1))


def insert(account: Account, pair: StoredPair, to: Connection, *, at_s: float = 0.0) -> None:
    pairs.insert(to, account, pair, at_s=at_s)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A database of its own."""
    made = Database(tmp_path / "state.sqlite3", synchronous="normal")
    yield made
    made.close()


def test_a_pair_comes_out_as_it_went_in_and_for_its_account_alone(db: Database) -> None:
    for account in (MINE, OTHER):
        asyncio.run(db.write(partial(insert, account, PAIR, at_s=50.0)))

    assert pairs.get(db.reads, MINE, "p") == replace(PAIR, seq=1)
    assert pairs.get(db.reads, OTHER, "p") == replace(PAIR, seq=2)
    assert pairs.get(db.reads, ELSEWHERE, "p") is None
    assert pairs.newest(db.reads, ELSEWHERE, limit=9) == []


def test_a_pair_is_not_seen_before_it_was_stored(db: Database) -> None:
    asyncio.run(db.write(lambda to: pairs.insert(to, MINE, PAIR, at_s=50.0)))

    assert pairs.get(db.reads, MINE, "p", by_s=49.9) is None
    assert pairs.get(db.reads, MINE, "p", by_s=50.0)
    assert pairs.newest(db.reads, MINE, limit=9, by_s=49.9) == []


def test_a_change_and_a_removal_are_of_one_account_and_one_pair(db: Database) -> None:
    both = [PAIR, replace(PAIR, id="other")]
    for account in (MINE, OTHER, ELSEWHERE):
        for each in both:
            asyncio.run(db.write(partial(insert, account, each)))
    new = replace(PAIR, name="m", training_file="g", validation_file=None, bytes=9, updated_at=AT + timedelta(hours=1))
    asyncio.run(db.write(lambda to: pairs.update(to, MINE, new)))

    assert pairs.get(db.reads, MINE, "p") == replace(new, seq=1)
    assert [each.name for each in pairs.newest(db.reads, OTHER, limit=9)] == [PAIR.name, PAIR.name]
    assert asyncio.run(db.write(lambda to: pairs.delete(to, MINE, "p"))) is True
    assert asyncio.run(db.write(lambda to: pairs.delete(to, MINE, "p"))) is False
    left = [len(pairs.newest(db.reads, account, limit=9)) for account in (MINE, OTHER, ELSEWHERE)]
    assert left == [1, 2, 2]


def test_a_push_comes_out_as_it_went_in_for_its_account_and_its_job_alone(db: Database) -> None:
    asyncio.run(db.write(lambda to: pushes.insert(to, MINE, PUSH)))

    assert pushes.get(db.reads, MINE, "j", "q") == PUSH
    assert pushes.get(db.reads, MINE, "k", "q") is None
    for account in (OTHER, ELSEWHERE):
        assert pushes.get(db.reads, account, "j", "q") is None
        assert pushes.listed(db.reads, account, "j", limit=9) == []


def test_the_next_end_is_the_earliest_after_now_in_any_organization(db: Database) -> None:
    later = replace(PUSH, id="r", ends_at=AT + timedelta(seconds=9))
    asyncio.run(db.write(lambda to: pushes.insert(to, ELSEWHERE, later)))
    asyncio.run(db.write(lambda to: pushes.insert(to, MINE, PUSH)))

    assert pushes.next_end(db.reads, "t", AT) == [PUSH.ends_at]
    assert pushes.next_end(db.reads, "t", PUSH.ends_at) == [later.ends_at]
    assert pushes.next_end(db.reads, "t", later.ends_at) == []
    assert pushes.next_end(db.reads, "u", AT) == []
