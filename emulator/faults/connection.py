"""The connection beneath a request: what no ASGI application can do by itself, a server may offer under this name."""

from typing import Protocol

from starlette.types import Receive, Scope

EXTENSION = "emulator.connection"


class Connection(Protocol):
    """A client's connection."""

    def close(self) -> None:
        """Close it once what was sent is out: the client reads to the end and finds nothing more."""

    def reset(self) -> None:
        """Break it off (RST): the client's reading fails."""


class Undroppable(RuntimeError):
    """The connection cannot be broken: the application runs in another server than the emulator's own."""


def connection(scope: Scope) -> Connection:
    """Return the connection of a request; raise Undroppable."""
    try:
        found: Connection = scope["extensions"][EXTENSION]
    except KeyError:
        raise Undroppable("only the emulator's own server (ftemu serve, Emulator) can break a connection") from None
    return found


async def gone(receive: Receive) -> None:
    """Return once the client is gone; what it still sends is dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass
