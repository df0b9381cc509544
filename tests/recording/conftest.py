"""A recorder in a process of its own, in front of a server of the test's choice."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Recording:
    """A recorder that runs: where it listens, and where it writes."""

    process: subprocess.Popen[str]
    url: str
    folder: Path
    out: str = ""
    err: str = ""

    def stop(self) -> int:
        """End it as a signal does; return its exit code."""
        if self.process.returncode is None:
            self.process.terminate()
            out, self.err = self.process.communicate(timeout=30)
            self.out += out
        return self.process.returncode

    def exchanges(self) -> list[dict[str, Any]]:
        """Return what was written so far, in order."""
        told = [json.loads(path.read_text(encoding="utf-8")) for path in self.folder.glob("*/*.json")]
        return sorted(told, key=lambda each: int(each["number"]))

    def everything(self) -> bytes:
        """Return all that it wrote and printed, names of files included."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        said = [(self.out + self.err).encode(), *(str(path).encode() for path in files)]
        return b"\n".join([*said, *(path.read_bytes() for path in files)])


Record = Callable[..., Recording]


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    """Start recorders: ``record(url, "--keep-data")``."""
    started: list[Recording] = []

    def start(upstream: str, *options: str) -> Recording:
        folder = tmp_path / f"recorded-{len(started)}"
        command = [sys.executable, "-m", "emulator", "record", "--upstream", upstream, "--out", str(folder), *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout
        ready = process.stdout.readline()
        assert ready.startswith("ftemu recording http://127.0.0.1:"), process.communicate()
        started.append(Recording(process, ready.split()[2], folder, out=ready))
        return started[-1]

    yield start
    for each in started:
        each.stop()
