"""A trial: contract tests run against one sabotaged emulator, both in a process of their own that ends with it.

The process is forked from one that has imported what takes long, so that hundreds of trials cost little more than their
requests. What is patched in it and what it holds in memory is nobody else's.
"""

import gc
import os
import signal
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from io import StringIO
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

import pytest

from contract_tests.harness.options import folder_of
from contract_tests.harness.provider import Manner
from contract_tests.harness.run import tenant
from tests.contract.sabotages import ALL, Sabotage, sabotaged

FOLDER = Path(__file__).parents[3] / "contract_tests"
HONEST = {
    "nebius": Sabotage("honest", "Nothing is broken."),
    "openai": Sabotage("openai_honest", "Nothing is broken of OpenAI's.", dialect="openai"),
    "nebius-studio": Sabotage("studio_honest", "Nothing is broken of AI Studio's.", dialect="nebius-studio"),
    "nscale": Sabotage("nscale_honest", "Nothing is broken of Nscale's.", dialect="nscale"),
}
"""The emulator that nobody sabotaged, by the provider that it is asked as."""
NAMED = {each.name: each for each in (*HONEST.values(), *ALL)}
EPOCHS = {"nebius": "3", "openai": "4", "nebius-studio": "3", "nscale": "3"}
MANNERS: Mapping[str, Manner] = {
    dialect: import_module(f"contract_tests.{folder_of(dialect)}.provider").PROVIDER.manner for dialect in HONEST
}
KEYS = {"CONTRACT_KEY": tenant("of-the-sabotaged").reveal(), "CONTRACT_SECOND_KEY": tenant("of-another").reveal()}
RULES = (
    *("--foreign", "--allow-spending", "1000", "--request-interval", "0"),
    *("--poll-interval", "0.04", "--patience", "6"),
)
"""As strict as towards a real service, which takes listed keys only; a job that never ends is given up after 6 s."""
PRELOADED = ["pytest", "httpx", "openai", "jsonschema_rs", "tests.contract.sabotages.trial"]
AT_ONCE = 2 * (os.cpu_count() or 1)
"""Trials under way at once: most of each one's time is waiting for a job."""
CAN_FORK = "forkserver" in get_all_start_methods()
TEST_S_MAX = 30
"""Seconds of the host after which a test is given up: a sabotage made it ask for ever."""
TRIAL_S_MAX = 300
"""The same of a trial, most of whose time may be waiting for a processor."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one test: ``passed``, ``skipped``, ``failed``, or ``error`` in its preparation, and the crash."""

    word: str
    crash: str = ""
    seconds: float = 0

    @property
    def catches(self) -> bool:
        """Say whether it failed because what it holds does not hold: by an assertion, not by stumbling."""
        return self.word in ("failed", "error") and self.crash.startswith(("assert", "AssertionError", "Failed"))


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a sabotage: how often it acted, and each test's outcome by its node id."""

    name: str
    acts: int
    outcomes: Mapping[str, Outcome]
    seconds: float
    said: str = ""

    @property
    def caught_by(self) -> list[str]:
        """The tests that catch it."""
        return [test for test, outcome in self.outcomes.items() if outcome.catches]

    @property
    def stumbled(self) -> list[str]:
        """The tests that failed otherwise than by an assertion."""
        fallen = ("failed", "error")
        return [test for test, each in self.outcomes.items() if each.word in fallen and not each.catches]


@dataclass
class Notes:
    """A pytest plugin that keeps what became of each test."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Give up a test that does not end."""
        signal.signal(signal.SIGALRM, _gave_up)
        signal.alarm(TEST_S_MAX)
        try:
            return (yield)
        finally:
            signal.alarm(0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of a test's phases, and the time of all."""
        before = self.outcomes.get(report.nodeid, Outcome(""))
        seconds = before.seconds + report.duration
        word, crash = before.word, before.crash
        if report.skipped or (report.when == "call" and report.passed):
            word = report.outcome
        if report.failed and word not in ("failed", "error"):
            word, crash = "failed" if report.when == "call" else "error", _crash(report)
        self.outcomes[report.nodeid] = Outcome(word, crash, seconds)


def _gave_up(*_: object) -> None:
    raise TimeoutError(f"the test did not end within {TEST_S_MAX} s")


def _crash(report: pytest.TestReport) -> str:
    """Return the first line of what a test failed with."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else report.longreprtext.rpartition("\nE   ")[2]
    return str(text).strip().partition("\n")[0][:300]


def _try(name: str, tests: Sequence[str]) -> Trial:
    """Run contract tests against a sabotaged emulator; in a process that does nothing else."""
    gc.freeze()  # pytest collects garbage often, and what was imported before the fork is none
    environment = {**KEYS, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    os.environ.update(environment)  # noqa: TID251 -- of this trial's own process
    notes, said, dialect = Notes(), StringIO(), NAMED[name].dialect
    start = time.monotonic()  # noqa: TID251 -- how long the trial took
    os.chdir(FOLDER.parent)
    with (
        tempfile.TemporaryDirectory() as kept,
        sabotaged(NAMED[name], pace=MANNERS[dialect].pace, api_key=tuple(KEYS.values())) as (server, acts),
        redirect_stdout(said),
        redirect_stderr(said),
    ):
        pytest.main(
            [
                *(f"{FOLDER}/{test}" for test in tests or [folder_of(dialect)]),
                *("--dialect", dialect, "--epochs", EPOCHS[dialect]),
                *("-c", f"{FOLDER}/pytest.ini", "-p", "no:cacheprovider", "--tb=short"),
                *("--target", server.url + MANNERS[dialect].path),
                *("--evidence", f"{kept}/evidence", "--ledger", f"{kept}/ledger"),
                *("--api-key-env", "CONTRACT_KEY", "--second-api-key-env", "CONTRACT_SECOND_KEY"),
                *RULES,
            ],
            plugins=[notes],
        )
    took = time.monotonic() - start  # noqa: TID251 -- as above
    return Trial(name, acts.count, notes.outcomes, took, said.getvalue()[-2000:])


@contextmanager
def trials(asked: Mapping[str, Sequence[str]]) -> Iterator[Mapping[str, "Future[Trial]"]]:
    """Give the trials of some sabotages, by name, each against some tests (none named: all), as they come to an end."""
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with ProcessPoolExecutor(AT_ONCE, mp_context=context, max_tasks_per_child=1) as pool:
        yield {name: pool.submit(_try, name, tests) for name, tests in asked.items()}
