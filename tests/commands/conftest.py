"""The command in this process, against a real server, for the tenant of the test."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from emulator.cli import main
from emulator.dialects.nebius import catalogue
from emulator.server import Emulator
from emulator.settings import CLIENT_KEYS


@dataclass(frozen=True)
class Told:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Told]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command with no more than its words; the environment has no keys."""
    for variable in CLIENT_KEYS:
        monkeypatch.delenv(variable, raising=False)

    def run(*words: str) -> Told:
        capsys.readouterr()
        try:
            code = main(words)
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return Told(code, said.out, said.err)

    return run


@pytest.fixture
def ftemu(command: Command, server: Emulator, key: str) -> Command:
    """Run a command on the shared server, for the test's own key."""
    return lambda *words: command(*words, "--url", server.url, "--key", key)


def start_job(client: httpx.Client, **members: Any) -> str:
    """Upload a small dataset and start a job; return the job's id."""
    data = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n' * 4
    form = {"purpose": "fine-tune"}
    file = client.post("/v1/files", files={"file": ("t.jsonl", data)}, data=form).raise_for_status().json()["id"]
    request = {"model": catalogue.base_models()[0], "training_file": file, **members}
    return str(client.post("/v1/fine_tuning/jobs", json=request).raise_for_status().json()["id"])
