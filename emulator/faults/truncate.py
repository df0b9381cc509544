"""The answer ends before its end."""

from typing import ClassVar

from pydantic import Field
from starlette.types import ASGIApp

from emulator.faults.connection import Connection, broken_off
from emulator.faults.effect import Effect, Stage, Voice


class Truncate(Effect):
    """Leave out the last bytes of the body that `content-length` announces, and close the connection."""

    name: ClassVar[str] = "truncate"
    main: ClassVar[str | None] = "bytes"
    stage: ClassVar[Stage] = Stage.SENDING

    bytes: int = Field(default=1, ge=1)
    """How many bytes are left out; of a shorter body, all. An empty one is left as it is."""

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Cut the answer."""
        return broken_off(app, lambda length: max(0, length - self.bytes) if length else None, _close)


async def _close(line: Connection) -> None:
    line.close()
