"""The provider answers nothing."""

from typing import ClassVar

from starlette.types import ASGIApp

from emulator.faults.answer import changed, cut
from emulator.faults.effect import Effect, Stage, Voice


class EmptyBody(Effect):
    """Answer with the true status and headers, and a body of no bytes."""

    name: ClassVar[str] = "empty_body"
    stage: ClassVar[Stage] = Stage.SENDING

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Leave out the body."""
        return changed(app, lambda status, headers: cut(headers, lambda whole: 0))
