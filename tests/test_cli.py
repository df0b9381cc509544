"""The command: what it prints, what it refuses, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from emulator.cli import main
from emulator.server import Emulator
from tests.conftest import LORA_FILES


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


def test_the_demo_downloads_every_file_of_every_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--out", str(tmp_path / "out"), "--pace", "0.001"]) == 0

    told = capsys.readouterr().out
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert "succeeded" in told
    assert len(files) == 30
    assert {path.name for path in files} == {*LORA_FILES}


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
