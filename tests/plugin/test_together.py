"""The plugin beside what else projects use, and where something that it needs is not there."""

import signal
import subprocess
import sys

import pytest

from tests.plugin.conftest import INSTALLED, Project

HEAVY = ("httpx", "fastapi", "openai", "yaml", "pydantic", "uvicorn", "emulator.server", "emulator.client", "asyncio")


def test_importing_the_plugin_imports_nothing_that_takes_long() -> None:
    script = (
        "import sys, pytest; before = {*sys.modules}; import emulator.pytest_plugin; print(*{*sys.modules} - before)"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert "emulator.pytest_plugin" in loaded
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_a_run_that_does_not_use_it_starts_nothing(project: Project) -> None:
    test = """
import sys, threading

def test_plain():
    assert "emulator.server" not in sys.modules
    assert not [each for each in threading.enumerate() if each.name.startswith("ftemu")]
"""
    project.write(test_plain=test)
    ran = project.run("-n", "0")

    assert ran.code == 0, ran.out


def test_async_tests_and_unittest_cases_use_it(project: Project) -> None:
    test = """
import unittest
import openai

@pytest.mark.anyio
async def test_async(ft_emulator):
    async with openai.AsyncOpenAI(base_url=ft_emulator.base_url(), api_key=ft_emulator.api_key) as client:
        assert (await client.files.list()).data == []
    ft_emulator.journal.verify(operation="files.list", count=1)

@pytest.mark.usefixtures("ft_emulator")
class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _emulator(self, ft_emulator, ft_client):
        self.emulator, self.client = ft_emulator, ft_client

    def test_one(self):
        self.client.files.list()
        self.assertEqual(len(self.emulator.journal.list()), 1)

    @pytest.mark.ft_emulator(clock="manual")
    def test_other(self):
        self.assertEqual(self.emulator.journal.list(), [])
        self.assertEqual(self.emulator.clock.get()["mode"], "manual")

class TestByHand(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from emulator import Emulator
        cls.emulator = Emulator(clock="manual").start()
        cls.addClassCleanup(cls.emulator.stop)

    def test_it(self):
        self.assertEqual(self.emulator.clock.now().year, 2026)
"""
    conftest = "import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    project.write(test_it=test, conftest=conftest)
    ran = project.run("-n", "0")

    assert ran.code == 0, ran.out
    assert sorted(ran.outcomes("PASSED")) == ["test_async", "test_it", "test_one", "test_other"]


@pytest.mark.full
def test_without_the_sdk_a_test_that_needs_it_is_skipped_and_says_so(project: Project) -> None:
    test = "def test_sdk(ft_client): pass\ndef test_plain(ft_emulator): ft_emulator.clock.now()\n"
    project.write(test_it=test, openai="raise ImportError('not installed')\n")
    ran = project.run("-n", "0")

    assert ran.code == 0, ran.out
    assert ran.outcomes("PASSED") == ["test_plain"]
    assert "ft_client needs the official SDK: pip install openai" in ran.out


@pytest.mark.skipif(not INSTALLED, reason="this environment was made before the plugin was: install the project again")
def test_a_run_may_do_without_it(project: Project) -> None:
    project.write(test_it="def test_it(ft_emulator): pass\n")
    ran = project.run("-n", "0", "-p", "no:ft_emulator")

    assert "fixture 'ft_emulator' not found" in ran.out


@pytest.mark.full
def test_an_interrupted_run_leaves_no_folder_and_no_process(project: Project) -> None:
    test = """
import signal, sys, threading

def test_waits(ft_client):
    ft_client.files.list()
    print("waiting", file=sys.__stdout__, flush=True)
    threading.Event().wait(100)
"""
    project.write(test_it=test)
    running = subprocess.Popen(
        project.command("-n", "0", "-s"),
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert running.stdout
    with running:
        said = next((line for line in running.stdout if "waiting" in line), None)
        running.send_signal(signal.SIGINT)
        rest = running.stdout.read()

    assert said
    assert running.returncode == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in rest
    assert [*(project.folder / "tmp").glob("ftemu-*")] == []


def test_when_a_session_is_over_its_server_is_stopped_though_the_process_goes_on(project: Project) -> None:
    project.write(test_it="def test_it(ft_client): ft_client.files.list()\n")
    script = f"""
import sys, threading, pytest
print("code", int(pytest.main({project.command("-n", "0")[3:]!r})))
print("left", [each.name for each in threading.enumerate() if each.name.startswith("ftemu")])
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert "code 0" in done.stdout
    assert "left []" in done.stdout
