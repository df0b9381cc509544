"""A server on a manual clock at the provider's own pace: a polite client is polite there, and waits for nothing."""

from collections.abc import Iterator

import httpx
import pytest

from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import client_of


@pytest.fixture(scope="session")
def manual() -> Iterator[Emulator]:
    """The server; each test has a key, and so a clock and a journal, of its own."""
    with Emulator(Settings(port=0, quiet=True, clock="manual", pace=1)) as emulator:
        yield emulator


@pytest.fixture
def plain(manual: Emulator, key: str) -> Iterator[httpx.Client]:
    """A plain HTTP client of that server."""
    with client_of(manual, key) as client:
        yield client
