"""The command: what it prints, what it refuses, and how it ends."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import pytest

from emulator.cli import main
from emulator.server import Emulator
from tests.conftest import LORA_FILES, Serve


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stop:
        main(arguments)

    assert stop.value.code == 2
    return capsys.readouterr().err


def test_an_unknown_option_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unknown option --prot; did you mean --port?" in refusal(capsys, "serve", "--prot", "1")


def test_an_unknown_value_is_refused_with_what_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--clock: got 'pol', takes one of real, manual, poll" in refusal(capsys, "serve", "--clock", "pol")


def test_an_unknown_command_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert "demo" in refusal(capsys, "demonstrate")


def test_a_missing_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "COMMAND" in refusal(capsys)


def test_an_unknown_dialect_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi", "nebiuss"]) == 2
    assert "got dialect 'nebiuss', takes one of nebius" in capsys.readouterr().err


def test_help_names_every_setting_and_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    text = capsys.readouterr().out

    assert "--upload-bytes-max BYTES" in text
    assert "(default: 8080)" in text


def test_health_is_0_where_a_server_answers_and_1_where_none_does(
    server: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["health", "--url", server.url]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "ok"
    assert main(["health", "--url", "http://127.0.0.1:1"]) == 1
    assert "no emulator answers at http://127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost", "::1", "::"])  # noqa: S104 -- as in a container
@pytest.mark.parametrize("root_path", ["", "/emulator"])
def test_health_finds_the_server_of_its_own_settings_without_a_proxy(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, host: str, root_path: str
) -> None:
    if ":" in host and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    port = httpx.URL(serve(host=host, root_path=root_path).url).port
    for variable, text in {"HOST": host, "PORT": str(port), "ROOT_PATH": root_path}.items():
        monkeypatch.setenv(f"FTEMU_{variable}", text)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert main(["health"]) == 0


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_health_cannot_guess_a_port_that_the_server_chose(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FTEMU_PORT", "0")

    assert main(["health"]) == 2
    assert "--url says where it answers" in capsys.readouterr().err


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Run something that is no emulator, and says this to whoever connects."""

    def answer_once() -> None:
        line, _ = bound.accept()
        with line:
            line.recv(65536)
            line.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as bound:
        thread = Thread(target=answer_once)
        thread.start()
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"220 mail.example ESMTP\r\n", "220 mail.example"),
        (b"HTTP/1.0 200 OK\r\n\r\n<h1>It works!</h1>", "Expecting value"),
        (b'HTTP/1.0 200 OK\r\n\r\n{"status": "starting"}', 'it says {"status": "starting"}'),
        (b"HTTP/1.0 200 OK\r\n\r\n[]", "it says []"),
        (b"HTTP/1.0 502 Bad Gateway\r\n\r\n", "Bad Gateway"),
    ],
)
def test_health_is_1_where_something_else_answers(capsys: pytest.CaptureFixture[str], answer: bytes, told: str) -> None:
    with answering(answer) as url:
        assert main(["health", "--url", url]) == 1

    assert told in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_server_that_is_stopped_while_it_starts_ends_well(tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    os.mkfifo(seed)  # its reader waits, so the start does
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--seed-file", str(seed)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process,
        seed.open("wb"),  # so it is reading
    ):
        process.terminate()
        told = process.communicate(timeout=30)

    assert (process.returncode, *told) == (0, "", "")


def test_the_demo_downloads_every_file_of_every_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--out", str(tmp_path / "out"), "--pace", "0.001"]) == 0

    told = capsys.readouterr().out
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert "succeeded" in told
    assert len(files) == 30
    assert {path.name for path in files} == {*LORA_FILES}


def test_the_line_of_a_server_behind_a_proxy_names_an_address_that_answers_here() -> None:
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--quiet", "--root-path", "/proxy"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().removeprefix("ftemu ready ").strip()
        answer = httpx.get(f"{url}/_emulator/health")
        process.terminate()
        _, told = process.communicate(timeout=10)

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert f"export OPENAI_BASE_URL={url}/v1" in told


def test_a_served_request_leaves_one_line_with_its_path_and_without_its_key() -> None:
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--log", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().removeprefix("ftemu ready ").strip()
        answer = httpx.get(f"{url}/v1/files?x=1", headers={"authorization": "Bearer secret-key"})
        process.terminate()
        _, told = process.communicate(timeout=10)

    assert answer.status_code == 200
    assert process.returncode == 0
    line = json.loads(next(line for line in told.splitlines() if line.startswith("{")))
    assert (line["method"], line["path"], line["status"]) == ("GET", "/v1/files", 200)
    assert "secret-key" not in told
    assert f"export OPENAI_BASE_URL={url}/v1" in told


def test_a_data_directory_that_cannot_be_used_is_refused_with_who_cannot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lock").mkdir()

    assert main(["serve", "--port", "0", "--data-dir", str(tmp_path)]) == 1
    who = f" by user id {os.getuid()}" if sys.platform != "win32" else ""
    assert f"the data directory {tmp_path} cannot be used{who}: " in capsys.readouterr().err
