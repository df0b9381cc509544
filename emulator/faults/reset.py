"""The connection breaks: the client's reading or writing fails with "connection reset by peer"."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.faults.connection import Connection, broken_off, connection, delivered, gone
from emulator.faults.effect import Effect, Stage, Voice


def _place(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        raise ValueError("takes nothing, headers or a number of bytes") from None


Place = Annotated[Literal["nothing", "headers"] | Annotated[int, Field(ge=0)], WrapValidator(_place)]


class Reset(Effect):
    """Break the connection off (RST): before any byte, and the request is not carried out; or in the answer."""

    name: ClassVar[str] = "reset"
    main: ClassVar[str | None] = "after"

    after: Place = "nothing"
    """What the client still gets: `nothing`, the `headers`, or so many bytes of the body (a shorter one is whole)."""

    @property
    def stage(self) -> Stage:  # type: ignore[override]  # without any answer it stands in for one, else it cuts one
        """Stand where an answer would, or on its way."""
        return Stage.ANSWER if self.after == "nothing" else Stage.SENDING

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Break off at once, and let nothing in; or later."""
        if self.after == "nothing":
            return _dropped
        kept = 0 if self.after == "headers" else self.after
        return broken_off(app, lambda length: kept, _reset)


async def _dropped(scope: Scope, receive: Receive, send: Send) -> None:
    connection(scope).reset()
    await gone(receive)


async def _reset(line: Connection) -> None:
    await delivered(line)  # a reset overtakes what is still under way
    line.reset()
