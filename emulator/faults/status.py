"""The provider answers with an error and does nothing."""

from typing import ClassVar

from pydantic import Field
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.faults.effect import Effect, Stage, Voice

ADVICE = {"retry_after": "retry-after", "retry_after_ms": "retry-after-ms", "should_retry": "x-should-retry"}


class Status(Effect):
    """Answer any status in the provider's own envelope; the request is not carried out."""

    name: ClassVar[str] = "status"
    main: ClassVar[str | None] = "code"
    stage: ClassVar[Stage] = Stage.ANSWER

    code: int = Field(default=500, ge=200, le=599)
    """The status."""
    message: str | None = None
    """What the envelope says; by default the status's own phrase."""
    retry_after: str | None = None
    """The header `retry-after`: seconds or an HTTP date."""
    retry_after_ms: str | None = None
    """The header `retry-after-ms`, which the official SDKs prefer."""
    should_retry: bool | None = None
    """The header `x-should-retry`, which the official SDKs obey before anything else."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Further headers."""

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Answer, and let nothing in."""

        async def answering(scope: Scope, receive: Receive, send: Send) -> None:
            response = voice.fail(self.code, self.message)
            for field, header in ADVICE.items():
                if (value := getattr(self, field)) is not None:
                    response.headers[header] = str(value).lower() if isinstance(value, bool) else str(value)
            for header, value in self.headers.items():
                response.headers[header] = value
            await response(scope, receive, send)

        return answering
