"""Tenants of the provider's, each of one test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from emulator.server import Emulator
from tests.conftest import Serve
from tests.dialects.nscale.api import Api

Tenants = Callable[..., Api]


@pytest.fixture
def api(server: Emulator, key: str) -> Iterator[Api]:
    """A tenant of the shared server, on a clock of its own that the test moves."""
    with closing(Api(server, key)) as tenant:
        yield tenant


@pytest.fixture
def api_of(serve: Serve, key: str) -> Iterator[Tenants]:
    """Tenants of servers with settings of the test's own."""
    with ExitStack() as stack:

        def start(**settings: object) -> Api:
            return stack.enter_context(closing(Api(serve(**{"clock": "manual", **settings}), key)))

        yield start
