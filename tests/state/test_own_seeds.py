"""PUT seed: a tenant is given what it begins with, at run time, and every reset goes back to it."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Serve, client_of
from tests.state.looks import FILES, JOBS, STATE, advance, answered, everything, exported, lived, upload

SEED = "/_emulator/seed"
ROWS = '{"text": "a row"}\n' * 20
SEEDED: dict[str, Any] = {
    "clock": {"mode": "manual", "now": "2026-02-01T00:00:00Z"},
    "files": [
        {"name": "d.jsonl", "content": ROWS},
        {"name": "b.bin", "base64": base64.b64encode(b"\xff\x00").decode(), "purpose": "batch"},
    ],
    "jobs": [{"model": "Qwen/Qwen3-4B", "training_file": "d.jsonl", "age_s": 3600, "id": "ftjob-mine"}],
}


@pytest.fixture
def client(serve: Serve) -> Iterator[httpx.Client]:
    """A client of a server whose clocks stand still."""
    with client_of(serve(clock="manual")) as plain:
        yield plain


def test_a_seed_is_there_at_once_and_after_every_reset(client: httpx.Client) -> None:
    upload(client, b"before")
    assert answered(client.put(SEED, json=SEEDED))["status"] == "restored"
    seeded = everything(client)
    assert {file["filename"] for file in answered(client.get(FILES))["data"]} == {"d.jsonl", "b.bin"}
    assert answered(client.get(f"{JOBS}/ftjob-mine"))["status"] == "succeeded"
    for _ in range(2):
        upload(client, b"more")
        advance(client, 100)
        answered(client.post("/_emulator/reset"))

        assert everything(client) == seeded


def test_bytes_given_in_base64_are_the_files_bytes(client: httpx.Client) -> None:
    answered(client.put(SEED, json=SEEDED))
    file = next(each for each in answered(client.get(FILES))["data"] if each["filename"] == "b.bin")

    assert client.get(f"{FILES}/{file['id']}/content").content == b"\xff\x00"


def test_a_seed_that_only_sets_the_clock_is_a_state_without_files(client: httpx.Client) -> None:
    upload(client)
    answered(client.put(SEED, json={"clock": {"mode": "poll", "now": "2027-01-01T00:00:00Z"}}))

    assert answered(client.get(FILES))["data"] == []
    assert answered(client.get("/_emulator/clock"))["now"] == "2027-01-01T00:00:00Z"
    assert answered(client.get("/_emulator/clock"))["mode"] == "poll"


def test_an_exported_state_can_be_the_seed(client: httpx.Client, serve: Serve) -> None:
    lived(client)
    document, all_of_it = client.get(STATE).json(), everything(client)
    with client_of(serve(clock="manual")) as elsewhere:
        answered(elsewhere.put(SEED, json={"state": document}))
        advance(elsewhere, 1000)
        answered(elsewhere.post("/_emulator/reset"))

        assert everything(elsewhere) == all_of_it


def test_ages_count_from_each_reset(serve: Serve) -> None:
    with client_of(serve(clock="manual")) as client:
        answered(client.put(SEED, json={"files": [{"name": "a", "content": "{}", "age_s": 60}]}))
        [first] = answered(client.get(FILES))["data"]
        advance(client, 500)
        answered(client.post("/_emulator/reset"))
        [again] = answered(client.get(FILES))["data"]

        assert again == first


def test_a_new_seed_takes_the_place_of_the_old_one_and_its_bytes_go(client: httpx.Client) -> None:
    answered(client.put(SEED, json=SEEDED))
    answered(client.put(SEED, json={"files": [{"name": "only.jsonl", "content": ROWS}]}))
    answered(client.post("/_emulator/reset"))

    assert [file["filename"] for file in answered(client.get(FILES))["data"]] == ["only.jsonl"]


@pytest.mark.parametrize(
    ("seed", "said"),
    [
        ({"file": []}, "there is no member of a seed 'file'; did you mean files?"),
        ({"keys": ["a-secret-key"]}, "a seed takes the members dialect, organization, clock, files, jobs, datasets,"),
        ([], "a seed is an object"),
        ({"files": [{"path": "/etc/passwd"}]}, "files[0].path: no path is read here; takes content, or base64"),
        ({"state": "/etc/passwd"}, "state: no path is read here; takes the exported state itself"),
        ({"dialect": "nebus"}, "dialect: there is no dialect 'nebus'; did you mean nebius?"),
        ({"files": [{"name": "a", "base64": "?"}]}, "files[0].base64: "),
        ({"clock": {"mode": "polle"}}, "clock.mode: "),
        ({"jobs": [{"model": "Qwen/Qwen3-4B", "training_file": "no"}]}, "jobs[0].training_file: "),
        ({"state": {"version": 99}}, "state."),
    ],
    ids=lambda value: json.dumps(value)[:30],
)
def test_a_bad_seed_is_refused_by_its_place_and_changes_nothing(client: httpx.Client, seed: Any, said: str) -> None:
    lived(client)
    before = exported(client)
    refused = client.put(SEED, json=seed)

    assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert refused.json()["error"].startswith(said)
    assert "a-secret-key" not in refused.text
    assert exported(client) == before


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_json_is_refused(client: httpx.Client, text: bytes) -> None:
    refused = client.put(SEED, content=text)

    assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "the body is" in refused.json()["error"]


def test_a_seed_that_is_refused_half_way_leaves_no_bytes(serve: Serve, tmp_path: Path) -> None:
    with client_of(serve(clock="manual", data_dir=tmp_path)) as kept:
        refused = kept.put(SEED, json={**SEEDED, "jobs": [{"model": "no", "training_file": "d.jsonl"}]})

        assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert [*(tmp_path / "blobs").iterdir()] == []
