"""The contract tests' command line and session; what it is made of is in ``harness``."""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.harness import options
from contract_tests.harness.line import Line
from contract_tests.harness.plugin import Plugin
from contract_tests.harness.run import Run, clean_up
from contract_tests.harness.target import Target


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Clean up instead of testing, where that is asked."""
    if not config.option.clean_up:
        return None
    said = list(clean_up(options.read(config.option)))
    print("\n".join(said))  # noqa: T201 -- the command's answer
    return int(any("left behind" in line for line in said))


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or config.getoption("numprocesses", None):
        raise pytest.UsageError("contract tests run in one process, because each worker would create jobs: add -n 0")
    config.pluginmanager.register(Plugin(Run(options.read(config.option), config)), "contract")


def pytest_ignore_collect(collection_path: Any, config: pytest.Config) -> bool | None:
    """Leave the other providers' folders out."""
    folder = collection_path.parent
    other = (folder / "provider.py").exists() and folder.name not in ("harness", config.option.dialect)
    return True if other else None


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Run:
    """The run: its target, its options, its money."""
    plugin: Plugin = pytestconfig.pluginmanager.getplugin("contract")
    return plugin.run


@pytest.fixture(scope="session")
def target(run: Run) -> Target:
    return run.target


@pytest.fixture(scope="session")
def line(run: Run) -> Line:
    """The target, asked under the run's key."""
    return run.line


@pytest.fixture(scope="session")
def anonymous(run: Run) -> Line:
    """The target, asked without a key."""
    return run.line_of(None)


@pytest.fixture(scope="session")
def stranger(run: Run) -> Line:
    """The target, asked under the key of another account; skips where there is none, or it is not taken."""
    if not run.target.second_key:
        pytest.skip("takes the key of another account: --second-api-key-env NAME")
    other = run.line_of(run.target.second_key)
    if other.get("/models").status in (401, 403) and not run.target.own and not run.options.second_key:
        pytest.skip("this target takes listed keys only: --second-api-key-env NAME")
    return other


@pytest.fixture
def observe(run: Run, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Put into the evidence what was seen: small, and equal at any two honest targets."""

    def keep(**seen: Any) -> None:
        run.findings[request.node.nodeid].observe(seen)

    return keep
