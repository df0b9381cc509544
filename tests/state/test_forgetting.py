"""DELETE state: the tenant has never been, and nothing of it is left in the database, on the disk or in memory."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.core.world import World
from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import client_of
from tests.state.looks import FILES, JOBS, SNAPSHOTS, STATE, answered, create, lived, upload

MANY = 200
TABLES = ("tenant", "file", "job", "action", "tombstone", "rule", "rule_use", "journal", "snapshot", "snapshot_blob")
SEED_FILE = """
tenants:
- keys: [seeded, alias]
  files: [{name: a.jsonl, content: '{"text": "a"}'}]
"""
OWN_SEED = {"files": [{"name": "own.jsonl", "content": '{"text": "own"}'}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def still(folder: Path) -> Iterator[Emulator]:
    """A server whose clocks stand still, with a seed file for one key, and whose state lies in a known folder."""
    (folder / "seeds.yaml").write_text(SEED_FILE)
    asked: dict[str, Any] = {"clock": "manual", "data_dir": folder / "data", "seed_file": folder / "seeds.yaml"}
    with Emulator(Settings(port=0, quiet=True, journal=50, **asked)) as emulator:
        yield emulator


def world_of(emulator: Emulator) -> World:
    """Return what the server has in memory."""
    world: World = emulator._server.config.app.state.world  # type: ignore[union-attr]  # it is our own application
    return world


def counts(folder: Path) -> dict[str, int]:
    """Return how many rows each table has, and how many pages and blobs are in use."""
    with closing(sqlite3.connect(folder / "data" / "state.sqlite3")) as db:
        found = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}  # noqa: S608 -- names of the schema
        found["pages"] = (
            db.execute("PRAGMA page_count").fetchone()[0] - db.execute("PRAGMA freelist_count").fetchone()[0]
        )
    return {**found, "blobs": len([*(folder / "data" / "blobs").iterdir()])}


def remembered(world: World) -> dict[str, int]:
    """Return how much is in memory by tenant."""
    clocks = world.clocks
    names = {name: len(getattr(clocks, name)) for name in ("_own", "_past", "_pins", "due")}
    held = sum(world.blobs._held.values())
    return {**names, "own_seeds": len(world.own_seeds), "unwritten": len(world.unwritten), "held": held}


def forget(client: httpx.Client) -> None:
    assert answered(client.delete(STATE))["status"] == "forgotten"


@pytest.mark.full
def test_many_tenants_that_were_forgotten_leave_nothing_behind(still: Emulator, folder: Path) -> None:
    with client_of(still, "the first") as client:
        lived(client)
        forget(client)  # the tables have their first pages now
    before, in_memory = counts(folder), remembered(world_of(still))
    for number in range(MANY):
        with client_of(still, f"tenant {number}") as client:
            if number % 10 == 0:
                answered(client.put("/_emulator/seed", json=OWN_SEED))
                lived(client)
                answered(client.put(f"{SNAPSHOTS}/one"))
                answered(client.put("/_emulator/clock", json={"mode": "poll"}))
                answered(client.get(JOBS))
            else:
                create(client, upload(client))
            forget(client)

    assert counts(folder) == before
    assert remembered(world_of(still)) == in_memory


def test_what_was_due_on_a_poll_clock_is_not_due_to_one_who_has_never_been(still: Emulator, key: str) -> None:
    poll, by_digest = {"mode": "poll"}, httpx.Client(base_url=still.url, trust_env=False)
    with client_of(still, key) as client, by_digest:
        began = answered(client.get("/_emulator/clock"))["now"]
        by_digest.params = {"tenant": answered(client.post("/_emulator/reset"))["tenant"]}
        create(client, upload(client))
        answered(client.put("/_emulator/clock", json=poll))
        answered(client.get(JOBS))
        # By the digest, without the key: a request that brings it would let time go on first.
        answered(by_digest.delete(STATE))
        answered(by_digest.put("/_emulator/clock", json=poll))

        assert answered(client.get("/_emulator/clock"))["now"] == began
        forget(client)


def test_ids_begin_anew(still: Emulator, key: str) -> None:
    with client_of(still, key) as client:
        ids = []
        for _ in range(2):
            ids.append(upload(client))
            forget(client)

        assert ids[0] == ids[1]


def test_one_of_the_seed_file_has_that_state_again_whichever_of_its_keys_forgets(still: Emulator) -> None:
    with client_of(still, "seeded") as client, client_of(still, "alias") as alias:
        seeded = client.get(FILES).content
        answered(client.put("/_emulator/seed", json=OWN_SEED))
        assert client.get(FILES).content != seeded
        forget(alias)

        assert client.get(FILES).content == seeded


def test_bytes_that_another_tenant_has_as_well_stay(still: Emulator, key: str) -> None:
    with client_of(still, f"{key} 1") as one, client_of(still, f"{key} 2") as other:
        content = b'{"text": "shared by two"}\n'
        upload(one, content)
        theirs = upload(other, content)
        forget(one)

        assert other.get(f"{FILES}/{theirs}/content").content == content
        forget(other)


def test_nobody_elses_token_forgets_a_tenant(still: Emulator, key: str) -> None:
    with client_of(still, key) as client:
        upload(client)
        refused = httpx.delete(f"{still.url}{STATE}", trust_env=False)

        assert refused.status_code == httpx.codes.UNAUTHORIZED
        assert len(answered(client.get(FILES))["data"]) == 1
        forget(client)
