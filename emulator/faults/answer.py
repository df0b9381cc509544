"""How an effect changes the provider's answer on its way: its head, then its body piece by piece, held nowhere."""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Change = Callable[[bytes, int], bytes]
"""What becomes of a piece of a body, given where the piece begins."""


def changed(app: ASGIApp, begin: Callable[[int, MutableHeaders], Change]) -> ASGIApp:
    """Return the application with its answers changed: ``begin`` gets the status, and the headers to change."""

    async def changing(scope: Scope, receive: Receive, send: Send) -> None:
        change: Change = untouched
        place = 0

        async def sent(message: Message) -> None:
            nonlocal change, place
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=[*message["headers"]])
                change = begin(message["status"], headers)
                message = {**message, "headers": headers.raw}
            elif message["type"] == "http.response.body":
                piece = bytes(message.get("body", b""))
                message = {**message, "body": change(piece, place)}
                place += len(piece)
            await send(message)

        await app(scope, receive, sent)

    return changing


def untouched(piece: bytes, place: int) -> bytes:
    """Leave a piece as it is."""
    return piece


def length(headers: MutableHeaders) -> int | None:
    """Return how long the body will be, or None: that is not said."""
    return int(headers["content-length"]) if "content-length" in headers else None


def cut(headers: MutableHeaders, kept: Callable[[int], int]) -> Change:
    """Keep the beginning of a body, so much of its length, and say so in its headers.

    Of a body whose length is not said, the beginning of its first piece is kept.
    """
    whole = length(headers)
    if whole is not None:
        headers["content-length"] = str(kept(whole))

    def beginning(piece: bytes, place: int) -> bytes:
        known = whole if whole is not None else 0 if place else len(piece)
        return piece[: max(0, kept(known) - place)]

    return beginning
