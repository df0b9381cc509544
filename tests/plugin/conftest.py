"""A project of a user's, on which pytest is run as a user runs it: in a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import pytest

MODULE = "emulator.pytest_plugin"
INSTALLED = any(each.value == MODULE for each in entry_points(group="pytest11"))
"""Whether the plugin is known to this environment; one that was installed by an older version must be told."""
PATIENCE_S = 120
OUTCOME = re.compile(r"^(?:\[gw\d+\] \[ *\d+%\] )?(PASSED|FAILED|ERROR|SKIPPED) (?:\[\d+\] )?(\S+)", re.MULTILINE)
HEAD = """
import pytest

DATA = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\\n' * 4

def start(client, **more):
    file = client.files.create(file=("d.jsonl", DATA), purpose="fine-tune")
    return client.fine_tuning.jobs.create(model="Qwen/Qwen3-4B", training_file=file.id, **more)
"""


@dataclass(frozen=True)
class Ran:
    """What a run said."""

    code: int
    out: str

    def outcomes(self, outcome: str) -> list[str]:
        """Return the names of the tests that had this outcome."""
        return [name.rpartition("::")[2] for said, name in OUTCOME.findall(self.out) if said == outcome]


@dataclass(frozen=True)
class Project:
    """A folder with tests."""

    folder: Path

    def write(self, **files: str) -> None:
        """Write modules by name."""
        for name, text in files.items():
            head = HEAD if name.startswith("test_") else ""
            (self.folder / f"{name}.py").write_text(head + text, encoding="utf-8")

    def command(self, *options: str) -> list[str]:
        """Return how pytest is run, strictly."""
        strict = ["-W", "error", "--strict-markers", "--strict-config", "-p", "no:cacheprovider", "-rA", "-q"]
        own = [] if INSTALLED else ["-p", MODULE]
        return [sys.executable, "-m", "pytest", *strict, *own, f"--rootdir={self.folder}", *options]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a run: nothing of the run that this one is part of."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "FTEMU_"))}  # noqa: TID251 -- of a process that is started
        (self.folder / "tmp").mkdir(exist_ok=True)
        return {**own, "TMPDIR": str(self.folder / "tmp"), **more}

    def run(self, *options: str, **variables: str) -> Ran:
        """Run pytest; nothing of a server may be left when it is over."""
        done = subprocess.run(
            self.command(*options),
            cwd=self.folder,
            env=self.environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert [*(self.folder / "tmp").glob("ftemu-*")] == []
        return Ran(done.returncode, done.stdout)


Run = Callable[..., Ran]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in the test's folder."""
    return Project(tmp_path)
