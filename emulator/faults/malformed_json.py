"""The provider answers JSON that no parser takes."""

from typing import ClassVar

from pydantic import Field
from starlette.types import ASGIApp

from emulator.faults.answer import changed, cut
from emulator.faults.effect import Effect, Stage, Voice


class MalformedJson(Effect):
    """Cut the answer off in the middle, and give that as its whole length: an unfinished object or list."""

    name: ClassVar[str] = "malformed_json"
    main: ClassVar[str | None] = "keep"
    stage: ClassVar[Stage] = Stage.SENDING

    keep: float = Field(default=0.5, ge=0, le=0.9)
    """How much of it is left, as a share of its bytes."""

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Cut the answer."""
        return changed(app, lambda status, headers: cut(headers, lambda whole: int(whole * self.keep)))
