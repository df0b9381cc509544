"""The fixtures that each provider's tests have: whom they ask, under which key, and what they note.

A provider's ``conftest.py`` makes them its own by importing them, and says with ``run`` which run they belong to: so
each provider has a target of its own in the same session.
"""

from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.harness.line import Line
from contract_tests.harness.run import Run
from contract_tests.harness.target import Target


@pytest.fixture(scope="session")
def target(run: Run) -> Target:
    """Whom the tests ask."""
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
    if other.get(run.provider.manner.probe).status in (401, 403) and not run.target.own and not run.options.second_key:
        pytest.skip("this target takes listed keys only: --second-api-key-env NAME")
    return other


@pytest.fixture
def observe(run: Run, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Put into the evidence what was seen: small, and equal at any two honest targets."""

    def keep(**seen: Any) -> None:
        run.findings[request.node.nodeid].observe(seen)

    return keep
