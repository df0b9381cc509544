"""The contract tests, run as a person runs them: a program of its own, whose folders are the test's."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_tests.harness.options import folder_of

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "contract_tests"
FAST = ("--request-interval", "0", "--poll-interval", "0.05", "--patience", "60")
"""The haste that a foreign host is not treated with, but a server that plays one is."""


@dataclass(frozen=True)
class Result:
    """What a run printed, returned and left behind."""

    code: int
    out: str
    folder: Path

    @property
    def evidence(self) -> dict[str, Any]:
        """The one file of evidence."""
        (path,) = (self.folder / "evidence").glob("*.json")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    @property
    def outcomes(self) -> dict[str, str]:
        """What became of each test, of every provider that was asked."""
        files = [json.loads(path.read_text(encoding="utf-8")) for path in (self.folder / "evidence").glob("*.json")]
        return {fact["test"]: fact["outcome"] for told in files for fact in told["facts"]}

    @property
    def ledgers(self) -> list[Path]:
        """The ledgers that are left."""
        return sorted((self.folder / "ledger").glob("*"))


def command(folder: Path, *args: str, tests: Path = TESTS) -> list[str]:
    """Return the command line of a run whose evidence and ledger lie in a folder."""
    kept = ["--evidence", str(folder / "evidence"), "--ledger", str(folder / "ledger")]
    plain = ["-p", "no:cacheprovider", "--color", "no"]
    named = [arg for arg in args if arg.endswith(".py")]
    return [
        *(sys.executable, "-m", "pytest", "-c", str(tests / "pytest.ini"), *plain, *kept),
        *(args if named else (str(tests), *args)),
    ]


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment with further variables, and without what an outer pytest put there."""
    here = os.environ  # noqa: TID251 -- handed on to a program of its own
    return {**{name: value for name, value in here.items() if not name.startswith("PYTEST_")}, **(variables or {})}


def run(folder: Path, *args: str, tests: Path = TESTS, variables: Mapping[str, str] | None = None) -> Result:
    """Run the contract tests to their end, standard error with standard output."""
    done = subprocess.run(
        command(folder, *args, tests=tests),
        cwd=folder if tests is not TESTS else ROOT,
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    return Result(done.returncode, done.stdout, folder)


def file(name: str, dialect: str = "nebius") -> str:
    """Return the path of a file of tests of a provider."""
    return str(TESTS / folder_of(dialect) / f"{name}.py")
