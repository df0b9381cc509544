"""Uploads in parts on the wire.

Names are those of the published document 2.3.0 (documented). Times are unix seconds, sizes bytes.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from emulator.dialects.openai.wire.files import Binary, FileExpirationAfter, OpenAIFile
from emulator.dialects.openai.wire.model import LEFT_OUT, NULL_UNTOLD, NUMERIC, ClosedModel, UnixSeconds, WireModel

UPLOAD_BYTES_MAX = 8 * 1024**3
"""8 GB (documented); whether the service counts in 1000s or 1024s is unverified."""

UploadPurpose = Literal["assistants", "batch", "fine-tune", "vision"]
# The document tells the maximum in words only.
UploadBytes = Annotated[int, Field(ge=0, le=UPLOAD_BYTES_MAX), NUMERIC, WithJsonSchema({"type": "integer"})]


def _without_default(schema: dict[str, Any]) -> None:
    """Take out of a schema what the document does not tell."""
    del schema["default"]


class Upload(WireModel):
    """An upload; ``file`` is a member once it is completed (observed), and ``expires_at`` is an hour after its start.

    The document spells ``file`` in OpenAPI 3.0's way, so that it says "a file and anything" where null is meant.
    """

    id: str
    object: Literal["upload"] = Field(default="upload", json_schema_extra=_without_default)
    bytes: int = Field(description="Size that the parts must add up to")
    created_at: UnixSeconds
    filename: str
    purpose: str
    status: Literal["pending", "completed", "cancelled", "expired"]
    expires_at: UnixSeconds
    file: Annotated[OpenAIFile | None, LEFT_OUT] = Field(default=None, description="What the parts became")


class UploadPart(WireModel):
    """A part of an upload."""

    id: str
    object: Literal["upload.part"]
    created_at: UnixSeconds
    upload_id: str


class CreateUploadRequest(ClosedModel):
    """The beginning of an upload; ``mime_type`` is taken as it comes (unverified)."""

    filename: str
    purpose: UploadPurpose
    bytes: UploadBytes = Field(description="Size of the whole")
    mime_type: str
    expires_after: Annotated[FileExpirationAfter | None, NULL_UNTOLD] = None


class AddUploadPartRequest(ClosedModel):
    """The form that brings a part, of 64 MB at most (documented)."""

    data: Binary = Field(description="The bytes")


class CompleteUploadRequest(ClosedModel):
    """The end of an upload: which parts, in which order, and perhaps the MD5 of the whole."""

    part_ids: list[str]
    md5: Annotated[str | None, NULL_UNTOLD] = None
