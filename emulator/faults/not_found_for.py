"""The provider does not find at once what it has just made."""

from typing import ClassVar

from pydantic import Field

from emulator.faults.effect import Effect, Sight, Stage


class NotFoundFor(Effect):
    """Answer 404 to whatever asks for a file, dataset or job, and leave it out of lists, for so many host seconds."""

    name: ClassVar[str] = "not_found_for"
    main: ClassVar[str | None] = "seconds"
    stage: ClassVar[Stage] = Stage.DELIVERY
    truthful: ClassVar[bool] = True

    seconds: float = Field(default=2.0, ge=0, le=86400)
    """For how long after it was made, in host seconds."""

    def sight(self) -> Sight:
        """Return the sight of what is older than that."""
        return Sight(unseen_s=self.seconds)
