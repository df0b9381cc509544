"""The provider answers from a copy that lags behind."""

from typing import ClassVar

from pydantic import Field

from emulator.faults.effect import Effect, Sight, Stage


class StaleRead(Effect):
    """Answer a GET as of so many host seconds ago: what was made or done since is not known yet."""

    name: ClassVar[str] = "stale_read"
    main: ClassVar[str | None] = "seconds"
    stage: ClassVar[Stage] = Stage.DELIVERY
    truthful: ClassVar[bool] = True

    seconds: float = Field(default=5.0, ge=0, le=86400)
    """How far behind, in host seconds."""

    def sight(self) -> Sight:
        """Return the sight of a lagging copy."""
        return Sight(lag_s=self.seconds)
