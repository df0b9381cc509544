"""The provider's disk is full."""

import errno
import os
from typing import ClassVar

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.errors import StorageFailed
from emulator.faults.effect import Effect, Stage, Voice


class StorageFull(Effect):
    """Answer what the provider answers when its disk takes no more; the request is not carried out."""

    name: ClassVar[str] = "storage_full"
    stage: ClassVar[Stage] = Stage.ANSWER

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Refuse, and let nothing in."""

        async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
            error = StorageFailed(f"the data directory takes no more bytes: {os.strerror(errno.ENOSPC)}")
            await voice.refuse(error)(scope, receive, send)

        return refusing
