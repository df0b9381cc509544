"""The provider takes a request and never answers."""

from typing import ClassVar

from pydantic import Field
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.faults.connection import connection, gone
from emulator.faults.effect import Effect, Stage, Voice
from emulator.faults.latency import LONGEST_S


class Timeout(Effect):
    """Read the request and answer nothing, until the client is gone; the request is not carried out."""

    name: ClassVar[str] = "timeout"
    main: ClassVar[str | None] = "seconds"
    stage: ClassVar[Stage] = Stage.ANSWER

    seconds: float | None = Field(default=None, ge=0, le=LONGEST_S)
    """After how many host seconds the connection is closed, still without a byte; without it, never."""

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Hang, and let nothing in."""

        async def hanging(scope: Scope, receive: Receive, send: Send) -> None:
            if not await gone(receive, within_s=self.seconds):
                connection(scope).close()
                await gone(receive)

        return hanging
