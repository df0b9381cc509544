"""Named snapshots: save, load, list, remove; and the bytes that they need stay for as long, and no longer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import Serve, client_of
from tests.state.looks import FILES, JOBS, SNAPSHOTS, advance, answered, create, everything, exported, lived, upload

Clients = Callable[..., httpx.Client]


@pytest.fixture
def clients() -> Iterator[Clients]:
    """Give clients of servers."""
    with ExitStack() as stack:
        yield lambda emulator, key="a-key": stack.enter_context(client_of(emulator, key))


@pytest.fixture
def client(serve: Serve, clients: Clients, tmp_path: Path) -> httpx.Client:
    """A client of a server whose clocks stand still, and whose bytes lie in the test's folder."""
    return clients(serve(clock="manual", data_dir=tmp_path))


def blobs(folder: Path) -> int:
    return len([*(folder / "blobs").iterdir()])


def save(client: httpx.Client, name: str = "one") -> None:
    answered(client.put(f"{SNAPSHOTS}/{name}"))


def load(client: httpx.Client, name: str = "one") -> None:
    answered(client.post(f"{SNAPSHOTS}/{name}/load"))


def test_a_snapshot_that_is_loaded_gives_the_same_answers_again(client: httpx.Client) -> None:
    ids = lived(client)
    before, document = everything(client), exported(client)
    save(client)
    advance(client, 1000)
    answered(client.delete(f"{FILES}/{ids['first']}"))
    upload(client, b"more")
    answered(client.delete("/_emulator/faults"))
    load(client)

    assert everything(client) == before
    assert exported(client) == document


def test_the_same_calls_after_a_load_make_the_same_again(client: httpx.Client) -> None:
    ids = lived(client)
    save(client)
    again = []
    for _ in range(2):
        load(client)
        made = upload(client, b'{"text": "new"}\n'), create(client, ids["first"])
        advance(client, 3)
        again.append((made, everything(client)))

    assert again[0] == again[1]


def test_a_reset_leaves_snapshots_and_their_bytes(client: httpx.Client) -> None:
    lived(client)
    before = everything(client)
    save(client)
    answered(client.post("/_emulator/reset"))
    assert answered(client.get(FILES))["data"] == []
    load(client)

    assert everything(client) == before


def test_bytes_go_when_neither_files_nor_snapshots_need_them(client: httpx.Client, tmp_path: Path) -> None:
    file = upload(client, b"kept by both")
    save(client, "one")
    save(client, "two")
    counts = []
    for path in (f"{FILES}/{file}", f"{SNAPSHOTS}/one", f"{SNAPSHOTS}/two"):
        counts.append(blobs(tmp_path))
        answered(client.delete(path))

    assert [*counts, blobs(tmp_path)] == [1, 1, 1, 0]


def test_saving_again_under_a_name_replaces_it_and_lets_its_bytes_go(client: httpx.Client, tmp_path: Path) -> None:
    answered(client.delete(f"{FILES}/{upload(client, b'first')}"))
    old = upload(client, b"old")
    save(client)
    answered(client.delete(f"{FILES}/{old}"))
    new = upload(client, b"new")
    save(client)
    load(client)

    assert [file["id"] for file in answered(client.get(FILES))["data"]] == [new]
    assert blobs(tmp_path) == 1
    assert len(answered(client.get(SNAPSHOTS))["snapshots"]) == 1


def test_snapshots_are_listed_by_name_with_what_they_hold(client: httpx.Client) -> None:
    begun = datetime.now(UTC)  # noqa: TID251 -- the host's own time is what is answered
    save(client, "b")
    file = upload(client)
    create(client, file)
    save(client, "a.2_x-y")
    listed = answered(client.get(SNAPSHOTS))["snapshots"]

    assert [(each["name"], each["files"], each["jobs"]) for each in listed] == [("a.2_x-y", 1, 1), ("b", 0, 0)]
    for each in listed:
        assert abs(datetime.fromisoformat(each["saved_at"]) - begun) < timedelta(hours=1)


def test_a_snapshot_is_its_tenants_alone(client: httpx.Client) -> None:
    save(client)
    other = {"authorization": "Bearer another"}

    assert answered(client.get(SNAPSHOTS, headers=other))["snapshots"] == []
    said = answered(client.post(f"{SNAPSHOTS}/one/load", headers=other), 404)["error"]
    assert said == "there is no snapshot 'one'; none is saved"


@pytest.mark.parametrize(("method", "tail"), [("POST", "/load"), ("DELETE", "")])
def test_an_unknown_snapshot_is_refused_with_the_nearest_name(client: httpx.Client, method: str, tail: str) -> None:
    save(client, "before-training")
    said = answered(client.request(method, f"{SNAPSHOTS}/before-trainin{tail}"), 404)["error"]

    assert said == "there is no snapshot 'before-trainin'; did you mean before-training?"


@pytest.mark.parametrize("name", ["a b", "x" * 65, "ä/b", "a%0Ab", "%F0%9F%98%80"])
def test_a_name_that_is_none_is_refused(client: httpx.Client, name: str) -> None:
    assert client.put(f"{SNAPSHOTS}/{name}").status_code in {404, 422}
    assert answered(client.get(SNAPSHOTS))["snapshots"] == []


def test_a_snapshot_holds_the_clock_and_what_ran_goes_on_running(client: httpx.Client) -> None:
    job = create(client, upload(client))
    advance(client, 1)
    save(client)
    status = answered(client.get(f"{JOBS}/{job}"))["status"]
    advance(client, 10**6)
    load(client)

    assert answered(client.get("/_emulator/clock"))["now"] == "2026-01-01T00:00:01Z"
    assert answered(client.get(f"{JOBS}/{job}"))["status"] == status == "running"


def test_snapshots_survive_a_restart_with_their_bytes(serve: Serve, clients: Clients, tmp_path: Path) -> None:
    with ExitStack() as first:
        emulator = first.enter_context(_server(tmp_path))
        client = first.enter_context(client_of(emulator))
        lived(client)
        before = everything(client)
        save(client)
        answered(client.post("/_emulator/reset"))
    client = clients(serve(clock="manual", data_dir=tmp_path))
    load(client)

    assert everything(client) == before


def test_the_clock_of_a_snapshot_survives_a_restart(serve: Serve, clients: Clients, tmp_path: Path) -> None:
    with _server(tmp_path) as emulator, client_of(emulator) as client:
        advance(client, 5)
        save(client)
        advance(client, 1000)
        load(client)
    client = clients(serve(clock="manual", data_dir=tmp_path))

    assert answered(client.get("/_emulator/clock"))["now"] == "2026-01-01T00:00:05Z"


def _server(folder: Path) -> Emulator:
    return Emulator(Settings(port=0, quiet=True, clock="manual", data_dir=folder))
