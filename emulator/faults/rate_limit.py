"""The provider takes only so many requests in a time."""

import math
from typing import ClassVar

from pydantic import Field
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.faults.answer import Change, changed, untouched
from emulator.faults.effect import Effect, Meeting, Stage, Voice

HARDLY = 1e-9
"""Less than any wait that counts: what floating point leaves over."""


class RateLimit(Effect):
    """Let requests in while a tenant's bucket has a token for each, and refuse the others with 429.

    The headers' names and the form of their values are Nebius's (observed on inference; on files and jobs unverified).
    """

    name: ClassVar[str] = "rate_limit"
    main: ClassVar[str | None] = "requests"
    stage: ClassVar[Stage] = Stage.ANSWER

    requests: int = Field(default=60, ge=1)
    """How many tokens come back in `per_seconds`, evenly."""
    per_seconds: float = Field(default=60.0, ge=0.001, le=86400)
    """In which time, in host seconds."""
    burst: int | None = Field(default=None, ge=1)
    """How many tokens the bucket holds, and starts with; without it, `requests`."""

    def met(self, meeting: Meeting) -> "Admitted | Refused":
        """Take a token, if there is one."""
        rate, full, memory = self.requests / self.per_seconds, float(self.burst or self.requests), meeting.memory
        gone_s = max(0.0, meeting.at_s - memory.get("at_s", meeting.at_s))
        tokens = min(full, memory.get("tokens", full) + gone_s * rate)
        admitted = tokens >= 1 - HARDLY
        left = max(0.0, tokens - 1) if admitted else tokens
        memory.update(at_s=meeting.at_s, tokens=left)
        verdict = Admitted if admitted else Refused
        return verdict(**dict(self), left=left, next_s=max(0.0, (1 - left) / rate), full_s=(full - left) / rate)


class Verdict(RateLimit):
    """What a bucket says of one request: the tokens left, and host seconds until there is one, and until it is full."""

    left: float
    next_s: float
    full_s: float

    def headers(self) -> dict[str, str]:
        """Return the provider's headers."""
        return {
            "x-ratelimit-limit-requests": str(self.requests),
            "x-ratelimit-remaining-requests": str(int(self.left)),
            "x-ratelimit-reset-requests": f"{_whole(self.full_s)}s",
        }


class Admitted(Verdict):
    """There was a token."""

    truthful: ClassVar[bool] = True

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Say in the answer what is left."""

        def begin(status: int, headers: MutableHeaders) -> Change:
            headers.update(self.headers())
            return untouched

        return changed(app, begin)


class Refused(Verdict):
    """There was none."""

    def headers(self) -> dict[str, str]:
        """Return the provider's headers."""
        return {**super().headers(), "retry-after": str(max(1, _whole(self.next_s)))}

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Say when there will be one, and let nothing in."""

        async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
            response = voice.fail(429, None)
            response.headers.update(self.headers())
            await response(scope, receive, send)

        return refusing


def _whole(seconds: float) -> int:
    """Return whole seconds in which so many will surely have passed."""
    return math.ceil(seconds - HARDLY)
