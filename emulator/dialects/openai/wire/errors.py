"""Errors on the wire: one envelope for all of them (observed)."""

from typing import Annotated

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from emulator.dialects.openai.wire.model import LEFT_OUT, WireModel


class Error(WireModel):
    """What went wrong, in the order of recordings."""

    message: str
    type: str = Field(description="`invalid_request_error`, `server_error`, …")
    param: str | None = Field(description="The member that was wrong")
    code: str | None = Field(description="For programs")


class Detail(WireModel):
    """The same again, in fewer words."""

    message: str
    code: str | None


class ErrorResponse(WireModel):
    """The envelope; refusals of ``/files`` have ``detail`` beside the error since 2026 (observed)."""

    error: Error
    detail: Annotated[Detail | None, SkipJsonSchema(), LEFT_OUT] = None
