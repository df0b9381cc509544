"""A tenant of the shared server, asked as Nebius AI Studio of 2025."""

from collections.abc import Iterator

import httpx
import openai
import pytest

from emulator.client import Tenant
from emulator.server import Emulator
from tests.conftest import client_of

NAME = "nebius-studio"


@pytest.fixture
def tenant(server: Emulator, key: str) -> Tenant:
    """The test's tenant."""
    return server.tenant(key, dialect=NAME)


@pytest.fixture
def plain(server: Emulator, key: str) -> Iterator[httpx.Client]:
    """A plain client, whose paths go on after the base URL's ``/v1``."""
    with client_of(server, key) as client:
        client.base_url = httpx.URL(server.base_url(NAME))
        yield client


@pytest.fixture
def studio(server: Emulator, key: str) -> Iterator[openai.OpenAI]:
    """The official SDK, told nothing but a base URL and a key."""
    with openai.OpenAI(base_url=server.base_url(NAME), api_key=key, max_retries=0) as official:
        yield official
