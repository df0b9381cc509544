"""The request fails before anything is done: the harmless twin of apply_then_fail."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from starlette.types import ASGIApp

from emulator.faults.effect import Effect, Stage, Voice
from emulator.faults.reset import Reset
from emulator.faults.status import Status
from emulator.faults.timeout import Timeout


def _way(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        raise ValueError("takes a status from 400 to 599, reset or timeout") from None


Failure = Annotated[Literal["reset", "timeout"] | Annotated[int, Field(ge=400, le=599)], WrapValidator(_way)]


def failing(how: Failure) -> Effect:
    """Return the effect that tells a client of a failure in this way."""
    match how:
        case "reset":
            return Reset()
        case "timeout":
            return Timeout()
        case code:
            return Status(code=code)


class FailBeforeApply(Effect):
    """Tell the client that its request failed; it is not carried out."""

    name: ClassVar[str] = "fail_before_apply"
    main: ClassVar[str | None] = "how"
    stage: ClassVar[Stage] = Stage.ANSWER

    how: Failure = 500
    """How it is told: a status; `reset`, a broken connection; or `timeout`, no answer at all."""

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Fail, and let nothing in."""
        return failing(self.how).wrap(app, voice)
