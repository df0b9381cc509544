"""A server that is killed while a tenant's whole state is replaced has the one or the other, and never half of each."""

import json
from pathlib import Path
from random import Random
from threading import Event, Thread

import httpx
import pytest

from tests.state.looks import FILES, SNAPSHOTS, STATE, answered, everything, lived, upload
from tests.test_durability import Process, started

KILLS = 4


def wander(client: httpx.Client, documents: list[bytes], killed: Event) -> None:
    """Go from state to state until the server dies."""
    try:
        while not killed.is_set():
            for document in documents:
                answered(client.put(STATE, content=document))
            for name in ("one", "two"):
                answered(client.post(f"{SNAPSHOTS}/{name}/load"))
            answered(client.put(f"{SNAPSHOTS}/three"))
            answered(client.post("/_emulator/reset"))
    except httpx.TransportError:
        return


def killed_after(server: Process, client: httpx.Client, documents: list[bytes], after_s: float) -> None:
    killed = Event()
    thread = Thread(target=wander, args=(client, documents, killed))
    thread.start()
    killed.wait(after_s)  # not for luck: the instant of the kill is what the test varies
    server.popen.kill()
    killed.set()
    thread.join()


@pytest.mark.parametrize("with_seed", [pytest.param("no seed file", marks=pytest.mark.full), "a seed file"])
def test_after_a_kill_a_tenant_is_in_one_of_the_states_that_it_was_put_into(tmp_path: Path, with_seed: str) -> None:
    seed = tmp_path / "seed.json"
    seeded = {"keys": ["a-key"], "files": [{"name": "s.jsonl", "content": '{"text": "seed"}\n', "id": "file-seed"}]}
    seed.write_text(json.dumps({"tenants": [seeded]}))
    data, rng = tmp_path / "data", Random(with_seed)
    with_file: list[str | Path] = ["--seed-file", seed] if with_seed == "a seed file" else []
    arguments: list[str | Path] = ["--data-dir", data, "--clock", "manual", *with_file]
    states, documents = [], []
    with started(*arguments) as server, server.client() as client:
        answered(client.post("/_emulator/reset"))
        states.append(everything(client))
        for name in ("one", "two"):
            lived(client) if name == "one" else upload(client, bytes(500_000), "big.bin", "batch")
            states.append(everything(client))
            documents.append(client.get(STATE).content)
            answered(client.put(f"{SNAPSHOTS}/{name}"))

    for _ in range(KILLS):
        with started(*arguments) as server, server.client() as client:
            assert everything(client) in states
            killed_after(server, client, documents, rng.uniform(0.02, 0.3))
    with started(*arguments) as server, server.client() as client:
        assert everything(client) in states
        for name, state in zip(("one", "two"), states[1:], strict=True):
            answered(client.post(f"{SNAPSHOTS}/{name}/load"))
            assert everything(client) == state

        for each in answered(client.get(SNAPSHOTS))["snapshots"]:
            answered(client.delete(f"{SNAPSHOTS}/{each['name']}"))
        answered(client.post("/_emulator/reset"))
        assert everything(client) == states[0]
        assert len([*(data / "blobs").iterdir()]) == len(answered(client.get(FILES))["data"])
