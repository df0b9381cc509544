"""An emulator whose answers are altered on their way out: a service that is not quite like it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.app import create_app
from emulator.clock import host_clock
from emulator.core.world import opened
from emulator.server import Server, listening, url
from emulator.settings import Settings

Alter = Callable[[str, Any], Any]


class Altered:
    """An application whose JSON answers are altered."""

    def __init__(self, app: ASGIApp, alter: Alter) -> None:
        self._app, self._alter = app, alter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: list[Message] = []
        held = bytearray()

        async def altered(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
                return
            held.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            body = self._altered(scope["path"], bytes(held))
            [head] = start
            headers = [(name, value) for name, value in head["headers"] if name != b"content-length"]
            await send({**head, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, altered if scope["type"] == "http" else send)

    def _altered(self, path: str, raw: bytes) -> bytes:
        try:
            return json.dumps(self._alter(path, json.loads(raw))).encode()
        except ValueError:
            return raw


@contextmanager
def altering(alter: Alter) -> Iterator[str]:
    """Give the URL of an emulator whose answers are altered."""
    settings, host, ready = Settings(port=0, quiet=True, clock="poll"), host_clock(), Event()
    with listening(settings.host, settings.port) as bound, opened(settings, host) as world:
        app = Altered(create_app(settings, host, world), alter)
        server = Server(uvicorn.Config(app, log_level="warning", lifespan="on", ws="none"), ready.set)
        thread = Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])))
        thread.start()
        assert ready.wait(30)
        try:
            yield url(settings, bound)
        finally:
            server.should_exit = True
            thread.join()
