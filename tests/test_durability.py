"""A real server process, killed at any instant: what it answered is kept whole, and nothing else is half there."""

import hashlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from emulator.server import listening

JSON = dict[str, Any]
JOBS, FILES = "/v1/fine_tuning/jobs", "/v1/files"
KILLS = 5
TENANTS = 3
WALK = ["validating_files", "queued", "running", "succeeded"]
STOP_S = 5.0
"""How long a stop may take, in host time."""

# Few contents, some of several pieces: tenants share their bytes, so that one deletes what another is uploading.
CONTENTS = [b'{"token_ids": [%d]}\n' % number * rows for number, rows in enumerate([1, 10, 30_000, 60_000])]
Start = Callable[..., "Process"]


@dataclass
class Process:
    """A server process that said that it is ready."""

    popen: subprocess.Popen[str]
    url: str

    def client(self, key: str = "a-key") -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {key}"}, timeout=30)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal; return the exit code and what was left to read of standard output and standard error."""
        self.popen.send_signal(how)
        out, err = self.popen.communicate(timeout=STOP_S)
        return self.popen.returncode, out, err


def launched(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def started(*arguments: str | Path) -> Iterator[Process]:
    popen = launched("--quiet", *arguments)
    try:
        assert popen.stdout is not None
        ready = popen.stdout.readline()
        assert re.fullmatch(r"ftemu ready http://127\.0\.0\.1:\d+\n", ready), popen.communicate(timeout=STOP_S)
        yield Process(popen, ready.split()[-1])
    finally:
        popen.kill()
        popen.communicate()


@dataclass
class Witness:
    """A client that remembers what it was answered, and the one deed that may have been cut off."""

    key: str
    rng: Random
    files: dict[str, tuple[JSON, bytes]] = field(default_factory=dict)
    jobs: dict[str, JSON] = field(default_factory=dict)
    gone: dict[str, bytes] = field(default_factory=dict)
    """What was in the files that were deleted: a job keeps what it was trained on, for its model answers from it."""
    pending: tuple[str, Any] | None = None
    now: str = "1970-01-01T00:00:00Z"

    def live(self, client: httpx.Client, killed: Event) -> None:
        """Do one thing after another until the server dies."""
        try:
            while not killed.is_set():
                self.act(client)
        except httpx.TransportError:
            return

    def act(self, client: httpx.Client) -> None:
        deed = self.rng.choice(["upload", "upload", "create", "cancel", "delete", "look", "look"])
        match deed:
            case "upload":
                self.upload(client, self.rng.choice(CONTENTS))
            case "create" if self.files:
                self.create(client, self.rng.choice([*self.files]))
            case "cancel" if self.jobs:
                self.cancel(client, self.rng.choice([*self.jobs]))
            case "delete" if self.files:
                self.delete(client, self.rng.choice([*self.files]))
            case _:
                self.look(client)

    def upload(self, client: httpx.Client, content: bytes) -> str:
        self.pending = ("upload", content)
        form: JSON = {"files": {"file": ("d.jsonl", content)}, "data": {"purpose": "fine-tune"}}
        wire = answered(client.post(FILES, **form))
        self.files[wire["id"]], self.pending = (wire, content), None
        return str(wire["id"])

    def create(self, client: httpx.Client, file: str) -> str:
        self.pending = ("create", file)
        wire = answered(client.post(JOBS, json={"model": "Qwen/Qwen3-4B", "training_file": file}))
        self.jobs[wire["id"]], self.pending = wire, None
        return str(wire["id"])

    def delete(self, client: httpx.Client, file: str) -> None:
        self.pending = ("delete", file)
        answered(client.delete(f"{FILES}/{file}"))
        self.gone[file] = self.files.pop(file)[1]
        self.pending = None

    def cancel(self, client: httpx.Client, job: str) -> None:
        self.pending = ("cancel", job)
        answer = client.post(f"{JOBS}/{job}/cancel")
        if answer.is_success:
            self.jobs[job] = answer.json()
        self.pending = None

    def look(self, client: httpx.Client) -> None:
        """See how the jobs and the clock are: what was once seen must not be otherwise later."""
        for wire in answered(client.get(JOBS, params={"limit": 10_000}))["data"]:
            self.jobs[wire["id"]] = wire
        self.now = answered(client.get("/_emulator/clock"))["now"]

    def check(self, client: httpx.Client) -> None:
        """Compare a server that was started again with all that was answered."""
        deed, what = self.pending or ("", None)
        self.check_files(client, deed, what)
        self.check_jobs(client, deed, what)
        assert datetime.fromisoformat(answered(client.get("/_emulator/clock"))["now"]) >= datetime.fromisoformat(
            self.now
        )
        self.pending = None
        self.look(client)

    def check_files(self, client: httpx.Client, deed: str, what: Any) -> None:
        listed = {wire["id"]: wire for wire in answered(client.get(FILES, params={"limit": 10_000}))["data"]}
        if deed == "delete" and what not in listed:
            self.gone[what] = self.files.pop(what)[1]
        new = listed.keys() - self.files.keys()
        assert len(new) <= (deed == "upload")
        self.files |= {file: (listed[file], what) for file in new}
        for file, (wire, content) in self.files.items():
            assert listed[file] == wire
            assert client.get(f"{FILES}/{file}/content").content == content
            assert wire["bytes"] == len(content)
        assert {client.get(f"{FILES}/{file}").status_code for file in self.gone} <= {404}

    def check_jobs(self, client: httpx.Client, deed: str, what: Any) -> None:
        listed = {wire["id"]: wire for wire in answered(client.get(JOBS, params={"limit": 10_000}))["data"]}
        new = listed.keys() - self.jobs.keys()
        assert len(new) <= (deed == "create")
        assert all(listed[job]["training_file"] == what for job in new)
        for job, before in self.jobs.items():
            check_job(before, listed[job], may_be_cancelled=(deed, what) == ("cancel", job))


def check_job(before: JSON, after: JSON, *, may_be_cancelled: bool) -> None:
    same = {"id", "created_at", "model", "training_file", "validation_file", "hyperparameters", "seed", "suffix"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["trained_steps"] >= before["trained_steps"]
    if before["status"] in {"cancelled", "failed", "succeeded"}:
        assert after == before
    elif after["status"] == "failed":
        assert after["error"]["code"] == "training_file_deleted"
    else:
        assert after["status"] in WALK[WALK.index(before["status"]) :] or (
            may_be_cancelled and after["status"] == "cancelled"
        )


def answered(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def suffer(server: Process, witnesses: list[Witness], after_s: float) -> None:
    """Kill a server, so many seconds of host time after the clients began."""
    killed = Event()
    clients = [server.client(witness.key) for witness in witnesses]
    threads = [Thread(target=each.live, args=(client, killed)) for each, client in zip(witnesses, clients, strict=True)]
    for thread in threads:
        thread.start()
    killed.wait(after_s)  # not for luck: the instant of the kill is what the test varies
    server.popen.kill()
    killed.set()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    "clock", ["real", *(pytest.param(each, marks=pytest.mark.full) for each in ("manual", "poll"))]
)
def test_a_server_killed_at_any_instant_keeps_what_it_answered_and_nothing_by_halves(
    tmp_path: Path, clock: str
) -> None:
    rng = Random(f"kills/{clock}")
    witnesses = [Witness(f"key {number}", Random(f"{clock}/{number}")) for number in range(TENANTS)]
    for _ in range(KILLS):
        with started("--data-dir", tmp_path, "--clock", clock) as server:
            check_all(server, witnesses, tmp_path)
            suffer(server, witnesses, rng.uniform(0.05, 0.4))
    with started("--data-dir", tmp_path, "--clock", clock) as server:
        check_all(server, witnesses, tmp_path)
        with server.client(witnesses[0].key) as client:
            job = witnesses[0].create(client, witnesses[0].upload(client, CONTENTS[1]))
        server.popen.kill()
    with started("--data-dir", tmp_path, "--clock", clock) as server, server.client(witnesses[0].key) as client:
        check_all(server, witnesses, tmp_path)
        client.post("/_emulator/clock/advance", json={"seconds": 10**6})

        assert answered(client.get(f"{JOBS}/{job}"))["status"] == "succeeded"


def check_all(server: Process, witnesses: list[Witness], data_dir: Path) -> None:
    for witness in witnesses:
        with server.client(witness.key) as client:
            witness.check(client)
    contents = {content for witness in witnesses for _, content in witness.files.values()}
    for witness in witnesses:
        trained = {job["training_file"] for job in witness.jobs.values()}
        contents |= {content for file, content in witness.gone.items() if file in trained}
    assert {path.name for path in (data_dir / "blobs").iterdir()} == {
        hashlib.sha256(each).hexdigest() for each in contents
    }


# Starting and stopping.


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_a_server_at_once_though_a_client_stays_connected(how: signal.Signals) -> None:
    with started() as server, server.client() as client:
        answered(client.get(JOBS))
        code, out, err = server.stop(how)

    assert (code, out) == (0, "")
    assert "Traceback" not in err


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_a_server_soon_though_a_download_is_not_read(how: signal.Signals) -> None:
    with started("--weight-bytes", "500000000", "--clock", "manual") as server, server.client() as client:
        form: JSON = {"files": {"file": ("d.jsonl", CONTENTS[1])}, "data": {"purpose": "fine-tune"}}
        file = answered(client.post(FILES, **form))["id"]
        order = {"model": "Qwen/Qwen3-4B", "training_file": file, "hyperparameters": {"lora": True}}
        job = answered(client.post(JOBS, json=order))["id"]
        client.post("/_emulator/clock/advance", json={"seconds": 1000})
        results = answered(client.get(f"{JOBS}/{job}"))["result_files"]
        largest = max(results, key=lambda result: int(answered(client.get(f"{FILES}/{result}"))["bytes"]))
        with client.stream("GET", f"{FILES}/{largest}/content") as download:
            assert next(download.iter_raw())
            code, out, err = server.stop(how)

    assert (code, out) == (0, "")
    assert "Traceback" not in err


def test_standard_output_is_the_ready_line_alone() -> None:
    with started() as server, server.client() as client:
        answered(client.get(JOBS))
        client.get("/nowhere")
        port = httpx.URL(server.url).port
        _, rest, _ = server.stop()

    # ``started`` has read the first line and found it to be the ready line.
    assert (server.url, rest) == (f"http://127.0.0.1:{port}", "")


def refused(*arguments: str | Path) -> str:
    """Start a server that cannot start; return what it says."""
    out, err = (popen := launched(*arguments)).communicate(timeout=30)
    assert (popen.returncode, out) == (1, ""), err
    return err


def test_a_second_server_on_a_data_directory_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with started("--data-dir", tmp_path) as first, first.client() as client:
        witness = Witness("a-key", Random(1))
        witness.upload(client, CONTENTS[2])
        said = refused("--data-dir", tmp_path)
        witness.check(client)

    assert "another server uses the data directory" in said
    assert str(tmp_path) in said


def test_a_data_directory_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with started("--data-dir", tmp_path) as server, server.client() as client:
        Witness("a-key", Random(1)).upload(client, CONTENTS[0])
        server.stop()
    with sqlite3.connect(tmp_path / "state.sqlite3") as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    blobs = sorted((tmp_path / "blobs").iterdir())

    assert "newer version (schema 999" in refused("--data-dir", tmp_path)
    assert sorted((tmp_path / "blobs").iterdir()) == blobs != []


def test_a_port_in_use_is_refused_by_its_number() -> None:
    with started() as server:
        port = str(httpx.URL(server.url).port)
        said = refused("--port", port)

    assert port in said
    assert "--port 0" in said


def test_answers_are_not_held_back_for_the_next_ones() -> None:
    with listening("127.0.0.1", 0) as bound:
        # By the protocol asyncio knows a socket whose answers must go at once; without it each takes 40 ms more.
        assert bound.proto == socket.IPPROTO_TCP
