"""The provider's answer trickles in."""

from typing import ClassVar

from pydantic import Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.faults.connection import gone
from emulator.faults.effect import Effect, Stage, Voice

PIECES_PER_SECOND = 20


class SlowBody(Effect):
    """Send the body at so many bytes a second; the headers go at once."""

    name: ClassVar[str] = "slow_body"
    main: ClassVar[str | None] = "bytes_per_second"
    stage: ClassVar[Stage] = Stage.SENDING
    truthful: ClassVar[bool] = True

    bytes_per_second: float = Field(default=1000.0, ge=0.01, le=1e9)
    """How fast, in host time."""

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Send small pieces, each after its time, for as long as the client is there."""
        size = max(1, int(self.bytes_per_second / PIECES_PER_SECOND))

        async def slowed(scope: Scope, receive: Receive, send: Send) -> None:
            left = False

            async def sent(message: Message) -> None:
                nonlocal left
                for piece in _pieces(message, size):
                    wait_s = len(piece.get("body", b"")) / self.bytes_per_second
                    left = left or (wait_s > 0 and await gone(receive, within_s=wait_s))
                    await send(piece)

            await app(scope, receive, sent)

        return slowed


def _pieces(message: Message, size: int) -> list[Message]:
    """Return a message as several, of which none has more than ``size`` bytes of a body."""
    body, more = message.get("body", b""), message.get("more_body", False)
    if len(body) <= size:
        return [message]
    return [
        {**message, "body": body[start : start + size], "more_body": more or start + size < len(body)}
        for start in range(0, len(body), size)
    ]
