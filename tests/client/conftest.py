"""A server whose clocks stand still, and a tenant of each test's own."""

from collections.abc import Iterator

import pytest

from emulator import Emulator, Tenant


@pytest.fixture(scope="module")
def still() -> Iterator[Emulator]:
    """A server whose clocks stand still."""
    with Emulator(clock="manual") as emulator:
        yield emulator


@pytest.fixture
def tenant(still: Emulator, key: str) -> Iterator[Tenant]:
    """A tenant of the test's own."""
    tenant = still.tenant(key)
    yield tenant
    tenant.forget()
