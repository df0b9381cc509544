"""The provider calls its answer what it is not."""

from typing import ClassVar

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp

from emulator.faults.answer import Change, changed, untouched
from emulator.faults.effect import Effect, Stage, Voice
from emulator.faults.header import HeaderText


class WrongContentType(Effect):
    """Send the true answer under another content type."""

    name: ClassVar[str] = "wrong_content_type"
    main: ClassVar[str | None] = "type"
    stage: ClassVar[Stage] = Stage.SENDING

    type: HeaderText = "text/html; charset=utf-8"
    """What it is called."""

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Change the header."""

        def begin(status: int, headers: MutableHeaders) -> Change:
            headers["content-type"] = self.type
            return untouched

        return changed(app, begin)
