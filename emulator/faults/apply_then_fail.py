"""The request is carried out, and the client is told that it failed: the cause of duplicate jobs."""

from typing import ClassVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.faults.effect import Effect, Stage, Voice
from emulator.faults.fail_before_apply import Failure, failing


class ApplyThenFail(Effect):
    """Carry the request out whole, keep its answer back, and tell the client that it failed."""

    name: ClassVar[str] = "apply_then_fail"
    main: ClassVar[str | None] = "how"
    stage: ClassVar[Stage] = Stage.ANSWER

    how: Failure = 500
    """How it is told: a status; `reset`, a broken connection; or `timeout`, no answer at all."""

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Apply, then fail."""
        fail = failing(self.how).wrap(app, voice)

        async def applying(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope}, receive, unheard)
            await fail(scope, receive, send)

        return applying


async def unheard(_: Message) -> None:
    """Send nothing: the answer is lost."""
