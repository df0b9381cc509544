"""Servers whose host clock a test moves."""

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import Any

from emulator.client import Running, Tenant
from emulator.core.world import opened
from emulator.server import from_keywords, listening, server, url


class Host:
    """A host clock that a test moves."""

    def __init__(self, s: float = 1_800_000_000.0) -> None:
        self.s = s

    def __call__(self) -> float:
        return self.s


@contextmanager
def served(host: Host, **asked: Any) -> Iterator[Tenant]:
    """Give a tenant of a server that goes by such a clock."""
    settings = from_keywords({"port": 0, "quiet": True, "clock": "manual", "dialect": "openai", **asked})
    ready = Event()
    with listening(settings.host, 0) as bound, opened(settings, host) as world:
        running = server(world, host, ready.set)
        thread = Thread(target=lambda: asyncio.run(running.serve(sockets=[bound])), daemon=True)
        thread.start()
        ready.wait()
        try:
            with closing(Running(url(settings, bound))) as calls:
                yield Tenant(calls, "a-key")
        finally:
            running.should_exit = True
            thread.join()
