"""The provider answers with an error and does nothing."""

from typing import ClassVar

from pydantic import Field
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.faults.effect import Effect, Stage, Voice
from emulator.faults.header import Headers, HeaderText

ADVICE = {"retry_after": "retry-after", "retry_after_ms": "retry-after-ms", "should_retry": "x-should-retry"}

BODILESS = {204, 205, 304}
"""Statuses whose answers have no body, so no envelope either (RFC 9110)."""


class Status(Effect):
    """Answer any status in the provider's own envelope; the request is not carried out."""

    name: ClassVar[str] = "status"
    main: ClassVar[str | None] = "code"
    stage: ClassVar[Stage] = Stage.ANSWER

    code: int = Field(default=500, ge=200, le=599)
    """The status."""
    message: str | None = Field(default=None, max_length=10_000)
    """What the envelope says; by default the status's own phrase."""
    error_code: str | None = Field(default=None, min_length=1, max_length=200)
    """What a program reads in the envelope (OpenAI's `error.code`); an envelope that has no such member lacks it."""
    retry_after: HeaderText | None = None
    """The header `retry-after`: seconds or an HTTP date."""
    retry_after_ms: HeaderText | None = None
    """The header `retry-after-ms`, which the official SDKs prefer."""
    should_retry: bool | None = None
    """The header `x-should-retry`, which the official SDKs obey before anything else."""
    headers: Headers = Field(default_factory=dict)
    """Further headers."""

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Answer, and let nothing in."""

        async def answering(scope: Scope, receive: Receive, send: Send) -> None:
            if self.code in BODILESS:
                response = Response(status_code=self.code)
            else:
                response = voice.fail(self.code, self.message, code=self.error_code)
            for field, header in ADVICE.items():
                if (value := getattr(self, field)) is not None:
                    response.headers[header] = str(value).lower() if isinstance(value, bool) else str(value)
            for header, value in self.headers.items():
                response.headers[header] = value
            await response(scope, receive, send)

        return answering
