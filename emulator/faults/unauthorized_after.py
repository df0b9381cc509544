"""The key is revoked while it is in use."""

from typing import ClassVar, Self

from pydantic import Field
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.errors import Unauthenticated
from emulator.faults.effect import Effect, Meeting, Stage, Voice


class UnauthorizedAfter(Effect):
    """Let the key in for a while, then answer as to a wrong one; the request is not carried out."""

    name: ClassVar[str] = "unauthorized_after"
    main: ClassVar[str | None] = "requests"
    stage: ClassVar[Stage] = Stage.ANSWER

    requests: int | None = Field(default=None, ge=0)
    """How many of the rule's requests are let in."""
    seconds: float | None = Field(default=None, ge=0)
    """For how many host seconds from when the rule was set. With both, what ends first counts; with none, at once."""

    def met(self, meeting: Meeting) -> Self | None:
        """Do nothing while the key still holds."""
        limits = ((self.requests, meeting.number), (self.seconds, meeting.age_s))
        within = [now <= limit for limit, now in limits if limit is not None]
        return None if within and all(within) else self

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Refuse, and let nothing in."""

        async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
            await voice.refuse(Unauthenticated(given=True))(scope, receive, send)

        return refusing
