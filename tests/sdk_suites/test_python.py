"""OpenAI's own tests of its Python SDK, against the emulator: those of files, uploads, models and fine-tuning.

They check that every call is answered 2xx and that each member has its declared type; no value, no order, no error.
What they take for granted is in ``fixtures/seeds/openai-sdk.yaml``. They run as their authors run them, with the SDK's
released package, but one after the other: each begins with a reset, which would pull the rug from under its neighbours.
"""

import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from emulator.server import Emulator
from tests.conftest import Serve
from tests.sdk_suites.fetching import fetch, kept

HERE = Path(__file__).parent
SEED = HERE.parents[1] / "fixtures" / "seeds" / "openai-sdk.yaml"
FILES = (
    "tests/api_resources/test_files.py",
    "tests/api_resources/test_uploads.py",
    "tests/api_resources/uploads",
    "tests/api_resources/test_models.py",
    "tests/api_resources/fine_tuning",
)
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--retries", "1")
RUN_WITHIN_S = 300


@dataclass(frozen=True)
class Suite:
    """A release of the SDK, how many of its tests pass, how many it skips itself, and what they need to run."""

    version: str
    passed: int
    skipped: int
    needs: tuple[str, ...]
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.version


PYTEST = ("pytest==9.0.3", "pytest-asyncio==1.4.0", "rich>=13")
# The older ones meet warnings of newer Pythons and dependencies, which their configuration makes errors.
LENIENT = ("-W", "ignore", "-o", "filterwarnings=")
NEWEST = Suite("3.52.0", 557, 3, PYTEST)
SECOND = Suite("2.30.0", 557, 3, (*PYTEST, "respx>=0.22"), LENIENT)
FIRST = Suite("1.109.1", 532, 3, (*PYTEST, "respx>=0.22"), LENIENT)


def fetched(suite: Suite) -> Path:
    """Return a folder with the SDK's tests, and within it ``packages``: the SDK and what it and they need."""

    def make(folder: Path) -> None:
        sdk = f"openai=={suite.version}"
        fetch(f"the sources of {sdk}", [*PIP, "download", "--no-deps", "--no-binary", "openai", sdk], folder)
        _unpack(folder / f"openai-{suite.version}.tar.gz", folder)
        released = sdk.replace("openai", "openai[aiohttp]")
        fetch(sdk, [*PIP, "install", "--target", folder / "packages", released, *suite.needs], folder)

    return kept(f"openai-{suite.version}-{sys.implementation.cache_tag}", make)


def _unpack(archive: Path, folder: Path) -> None:
    """Take the tests and their configuration out of a source distribution: the SDK is the released package."""
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            _, _, member.name = member.name.partition("/")
            if member.name == "pyproject.toml" or member.name.startswith("tests/"):
                tar.extract(member, folder, filter="data")
    archive.unlink()


def ran(suite: Suite, emulator: Emulator, report: Path) -> str:
    """Run a suite against a server; return what it printed."""
    folder = fetched(suite)
    environment = {
        "TEST_API_BASE_URL": f"{emulator.url}/v1",
        "EMULATOR_RESET_URL": f"{emulator.url}/_emulator/reset",
        "DEFER_PYDANTIC_BUILD": "false",  # as its authors run it
        "PYTHONPATH": os.pathsep.join(map(str, (folder / "packages", HERE))),
    }
    # -S: of the environment that this test runs in, they see nothing.
    command = [sys.executable, "-S", "-m", "pytest", *FILES, "-p", "reset_first", "-p", "no:cacheprovider"]
    options = ["-o", "addopts=", "--tb=short", "-q", f"--junitxml={report}", *suite.options]
    done = subprocess.run(
        [*command, *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_WITHIN_S,
    )
    return done.stdout + done.stderr


def counts(report: Path) -> dict[str, int]:
    """Return how many tests passed, were skipped and failed, by a report in JUnit's form."""
    suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314 -- written by our own run
    assert suite is not None
    total, skipped, *wrong = (int(suite.attrib[name]) for name in ("tests", "skipped", "failures", "errors"))
    return {"passed": total - skipped - sum(wrong), "skipped": skipped, "failed": sum(wrong)}


@pytest.mark.parametrize(
    "suite",
    [NEWEST, pytest.param(SECOND, marks=pytest.mark.full), pytest.param(FIRST, marks=pytest.mark.full)],
    ids=str,
)
def test_the_sdk_s_own_tests_pass_but_for_those_that_it_skips(suite: Suite, serve: Serve, tmp_path: Path) -> None:
    emulator = serve(dialect="openai", seed_file=SEED)
    said = ran(suite, emulator, tmp_path / "report.xml")
    assert (tmp_path / "report.xml").exists(), said

    assert counts(tmp_path / "report.xml") == {"passed": suite.passed, "skipped": suite.skipped, "failed": 0}, said
