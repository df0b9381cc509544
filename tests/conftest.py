"""Servers on real sockets, and clients for them. Each test has a key, and so a tenant, of its own."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import httpx
import openai
import pytest
from hypothesis import settings

from emulator.server import Emulator
from emulator.settings import Settings

# A machine may be slow for a moment; that is no property of ours.
settings.register_profile("patient", settings.default, deadline=None)
settings.load_profile("patient")

# A shell has what it runs in the background ignore SIGINT, and with it the programs that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ("tests.contract.tally",)

Serve = Callable[..., Emulator]

LORA_FILES = [
    "adapter_config.json",
    "adapter_model.safetensors",
    "chat_template.jinja",
    "checkpoint.meta",
    "tokenizer.json",
    "tokenizer_config.json",
]
"""The files of a LoRA checkpoint that were seen, in their order (observed)."""


@pytest.fixture(scope="session", autouse=True)
def certificates_are_read_once() -> Iterator[None]:
    """Let clients share what httpx reads of certificates: it takes 25 ms a client, and no server here has one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", cache(httpx.create_ssl_context))
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[Emulator]:
    """A server on a poll clock, shared by all tests: time goes on when a test looks."""
    with Emulator(Settings(port=0, quiet=True, clock="poll")) as emulator:
        yield emulator


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers with settings of the test's own: ``serve(clock="manual")``."""
    with ExitStack() as stack:

        def start(**asked: Any) -> Emulator:
            return stack.enter_context(Emulator(Settings(**{"port": 0, "quiet": True, **asked})))

        yield start


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """An API key that no other test has."""
    return str(request.node.nodeid).encode("ascii", "replace").decode()


@pytest.fixture
def client(server: Emulator, key: str) -> Iterator[httpx.Client]:
    """A plain HTTP client of the shared server's root dialect."""
    with client_of(server, key) as plain:
        yield plain


@pytest.fixture
def sdk(server: Emulator, key: str) -> Iterator[openai.OpenAI]:
    """The official SDK, told nothing but a base URL and a key."""
    with openai.OpenAI(base_url=server.base_url(), api_key=key, max_retries=0) as official:
        yield official


def client_of(emulator: Emulator, key: str = "a-key") -> httpx.Client:
    """Give a plain HTTP client of a server; its base URL is the server's, without ``/v1``."""
    return httpx.Client(base_url=emulator.url, headers={"authorization": f"Bearer {key}"}, timeout=30)
