"""The contract tests' command line and session; what it is made of is in ``harness``."""

from collections.abc import Mapping
from typing import Any

import pytest

from contract_tests.harness import options
from contract_tests.harness.plugin import Plugin
from contract_tests.harness.run import Run, clean_up


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
    runs = [Run(asked, config) for asked in options.every(config.option)]
    config.pluginmanager.register(Plugin(runs), "contract")


def pytest_ignore_collect(collection_path: Any, config: pytest.Config) -> bool | None:
    """Leave the folders of providers out that are not asked."""
    folder = collection_path.parent
    asked = _plugin(config).runs
    other = (folder / "provider.py").exists() and options.name_of(folder.name) not in ("harness", *asked)
    return True if other else None


def _plugin(config: pytest.Config) -> Plugin:
    plugin: Plugin = config.pluginmanager.getplugin("contract")
    return plugin


@pytest.fixture(scope="session")
def runs(pytestconfig: pytest.Config) -> Mapping[str, Run]:
    """The runs, each with its target, its options and its money, by their providers."""
    return _plugin(pytestconfig).runs
