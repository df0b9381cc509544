"""The provider is slow."""

import asyncio
import math
from typing import ClassVar, Literal, Self

from pydantic import Field
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.faults.effect import Effect, Meeting, Stage, Voice

LONGEST_S = 3600.0


class Latency(Effect):
    """Keep the request waiting before anything is done with it."""

    name: ClassVar[str] = "latency"
    main: ClassVar[str | None] = "seconds"
    stage: ClassVar[Stage] = Stage.HOLD
    truthful: ClassVar[bool] = True

    seconds: float = Field(default=1.0, ge=0, le=LONGEST_S)
    """How long: exactly, or on the average."""
    spread: float = Field(default=0.5, ge=0, le=1)
    """How far it strays from that, as a share of it: the half width of `uniform`, the deviation of `normal`."""
    shape: Literal["constant", "uniform", "normal", "heavy_tail"] = "constant"
    """How it strays; `heavy_tail` is Pareto's with exponent 1.5: mostly below the average, now and then far above."""

    def met(self, meeting: Meeting) -> Self:
        """Draw how long this request waits."""
        rng, mean = meeting.rng, self.seconds
        match self.shape:
            case "constant":
                drawn = mean
            case "uniform":
                drawn = rng.uniform(mean * (1 - self.spread), mean * (1 + self.spread))
            case "normal":
                drawn = rng.gauss(mean, mean * self.spread)
            case "heavy_tail":
                drawn = mean / 3 * rng.paretovariate(1.5)
        seconds = math.floor(min(max(drawn, 0.0), LONGEST_S) * 1e6) / 1e6
        return self.model_copy(update={"seconds": seconds})

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Wait, then let the request in."""

        async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(self.seconds)  # noqa: TID251 -- faults sleep
            await app(scope, receive, send)

        return waiting
