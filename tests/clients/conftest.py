"""A server of OpenAI's dialect for each test, on a poll clock, and clients that are started against it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.server import Emulator
from tests.clients.walking import Walker, rows

Serve = Callable[..., Emulator]
Walking = Callable[..., Walker]


@pytest.fixture(params=["strict", "faithful"])
def emulator(serve: Serve, request: pytest.FixtureRequest) -> Emulator:
    """A server whose jobs go on as they are looked at; where the service breaks its own schema clients bear it."""
    return serve(dialect="openai", clock="poll", quirks=request.param)


@pytest.fixture
def walking(tmp_path: Path) -> Walking:
    """Give what starts clients against a server: ``walking(emulator, OWN_VARIABLE="what it takes")``."""

    def against(emulator: Emulator, **own: Any) -> Walker:
        data, home = tmp_path / "training.jsonl", tmp_path / "home"
        data.write_text(rows(), encoding="utf-8")
        home.mkdir()
        return Walker(emulator.base_url(), "a-key", data, home, own)

    return against


@pytest.fixture
def walker(emulator: Emulator, walking: Walking) -> Walker:
    """Clients of the test's server that are told no more than where it is."""
    return walking(emulator)
