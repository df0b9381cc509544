"""``ftemu record``: its options, its one line, its end."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from emulator.recording.proxy import BadUpstream, Upstream
from emulator.recording.writing import Source
from emulator.server import Emulator
from tests.commands.conftest import Command
from tests.recording.conftest import Record
from tests.recording.conftest import record as record  # noqa: PLC0414 -- a fixture


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_on_a_signal_with_all_written(
    stop: signal.Signals, server: Emulator, record: Record, key: str
) -> None:
    recording = record(f"{server.url}/v1")
    assert recording.out == f"ftemu recording {recording.url} -> {server.url}\n"
    httpx.get(f"{recording.url}/v1/models", headers={"authorization": f"Bearer {key}"}).raise_for_status()
    recording.process.send_signal(stop)
    out, err = recording.process.communicate(timeout=30)
    assert (recording.process.returncode, out) == (0, "")
    assert err == f"ftemu: 1 exchanges are in {recording.folder}\n"
    index = json.loads((recording.folder / "session.json").read_text(encoding="utf-8"))
    assert (index["exchanges"], index["dialect"], index["upstream"]) == (1, "nebius", "a private host")
    assert index["ended_at"] >= index["started_at"]
    assert [path.name for path in recording.folder.glob("*/*")] == ["001-200.json"]


def test_a_folder_that_holds_a_recording_is_not_written_into(server: Emulator, record: Record) -> None:
    recording = record(server.url)
    recording.stop()
    before = recording.everything()
    command = [sys.executable, "-m", "emulator", "record", "--upstream", server.url, "--out", str(recording.folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "holds a recording already; takes a new folder" in done.stderr
    assert recording.everything() == before


def test_an_exchange_that_cannot_be_written_is_told_and_its_client_answered(
    server: Emulator, record: Record, key: str
) -> None:
    recording = record(server.url)
    (recording.folder / "models.list").write_text("in the way")
    asked = {"authorization": f"Bearer {key}"}
    answers = [httpx.get(f"{recording.url}/v1/{path}", headers=asked).status_code for path in ("models", "files")]
    assert answers == [200, 200]
    assert recording.stop() == 1
    assert "exchange 1 is not kept: " in recording.err
    assert "1 exchanges are in" in recording.err


def test_its_help_says_that_what_is_said_to_models_is_not_kept(command: Command) -> None:
    told = " ".join(command("record", "--help").out.split())
    assert "Of chats, completions and runs of graders neither what is said nor what is answered is kept" in told


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--upstream", "nowhere"), "--upstream: takes a URL such as https://"),
        (("--upstream", "https://user:canary@host.example"), "takes a URL without a user and password"),
        (("--upstream", "ftp://host.example"), "--upstream: takes a URL such as https://"),
        (("--upstream", "https://host.example:port"), "--upstream: takes a URL such as https://"),
        ((), "the following arguments are required: --upstream"),
        (("--upstream", "https://h.example", "--timeout", "0"), "got '0', takes seconds, more than 0"),
        (("--upstream", "https://h.example", "--dialect", "nebus"), "did you mean nebius?"),
        (("--upstream", "https://h.example", "--port", "70000"), "takes a whole number from 0 to 65535"),
    ],
)
def test_what_it_does_not_take_is_refused(words: tuple[str, ...], says: str, command: Command, tmp_path: Path) -> None:
    told = command("record", *words, "--out", str(tmp_path / "out"))
    assert (told.code, told.out) == (2, "")
    assert says in told.err
    assert "canary" not in told.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "origin", "prefix"),
    [
        ("https://api.example", "https://api.example", ""),
        ("https://api.example/v1/", "https://api.example", ""),
        ("http://[::1]:8080/gateway/v1", "http://[::1]:8080", "/gateway"),
    ],
)
def test_a_services_url_may_end_with_v1(text: str, origin: str, prefix: str) -> None:
    assert Upstream.read(text) == Upstream(origin, prefix)
    with pytest.raises(BadUpstream):
        Upstream.read(f"{text}?key=1")


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("api.tokenfactory.nebius.com", "api.tokenfactory.nebius.com"),
        ("api.example:8443", "api.example"),
        ("localhost:1", "a private host"),
        ("10.0.0.7", "a private host"),
        ("[::1]:80", "a private host"),
        ("gateway.corp", "a private host"),
    ],
)
def test_a_private_host_is_not_named(host: str, named: str) -> None:
    assert Source(host=host, prefix="", dialect="nebius", operations=()).named == named
