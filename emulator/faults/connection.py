"""The connection beneath a request: what no ASGI application can do by itself, a server may offer under this name."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EXTENSION = "emulator.connection"
LOOKS, LOOK_S = 1000, 0.005
"""How often in vain, and how many host seconds apart, it is looked whether what was sent arrives."""


class Connection(Protocol):
    """A client's connection."""

    @property
    def is_open(self) -> bool:
        """Say whether what is sent now can still arrive, as far as the server has noticed."""

    def close(self) -> None:
        """Close it once what was sent is out: the client reads to the end and finds nothing more."""

    def reset(self) -> None:
        """Break it off (RST): the client's reading fails."""

    def unsent(self) -> int:
        """Return how many bytes are still on their way to the client's system, as far as it can be known."""


class Undroppable(RuntimeError):
    """The connection cannot be broken: the application runs in another server than the emulator's own."""


def connection(scope: Scope) -> Connection:
    """Return the connection of a request; raise Undroppable."""
    try:
        found: Connection = scope["extensions"][EXTENSION]
    except KeyError:
        raise Undroppable("only the emulator's own server (ftemu serve, Emulator) can break a connection") from None
    return found


def is_open(scope: Scope) -> bool:
    """Say whether the client of a request is there, as far as the server has noticed or can tell."""
    found: Connection | None = scope.get("extensions", {}).get(EXTENSION)
    return found is None or found.is_open


async def gone(receive: Receive, *, within_s: float | None = None) -> bool:
    """Say whether the client is gone by then, in host seconds; None: once it is. What it still sends is dropped."""
    try:
        async with asyncio.timeout(within_s):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


async def delivered(line: Connection) -> None:
    """Return once what was sent has arrived, or nothing more of it does for a while: the client does not read."""
    left, looks = line.unsent(), 0
    while left and looks < LOOKS:
        await asyncio.sleep(LOOK_S)  # noqa: TID251 -- faults sleep
        before, left = left, line.unsent()
        looks = looks + 1 if left == before else 0


def broken_off(
    app: ASGIApp, kept: Callable[[int | None], int | None], end: Callable[[Connection], Awaitable[None]]
) -> ASGIApp:
    """Return the application with its connection ended in the middle of an answer.

    ``kept`` gets the body's length (None: it is not said), and says after how many of its bytes (None: never). An
    answer that has fewer is left as it is.
    """

    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        place, stop = 0, None

        async def sent(message: Message) -> None:
            nonlocal place, stop
            if message["type"] == "http.response.start":
                said = Headers(raw=message["headers"]).get("content-length")
                stop = kept(int(said) if said else None)
            elif stop is not None and place + len(message.get("body", b"")) >= stop:
                message = {**message, "body": message.get("body", b"")[: stop - place], "more_body": True}
            place += len(message.get("body", b""))
            await send(message)
            if place == stop:
                await end(connection(scope))
                await gone(receive)

        await app(scope, receive, sent)

    return breaking
