"""Files on the wire: the object, its lists, its deletion, and the form that brings one.

Names and bounds are those of the published document 2.3.0 (documented); the order of the members is that of recordings
(observed). Times are unix seconds, sizes bytes.
"""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from emulator.dialects.openai.wire.model import NULL_UNTOLD, NUMERIC, ClosedModel, UnixSeconds, WireModel

Binary = Annotated[str, WithJsonSchema({"type": "string", "format": "binary"})]
"""Bytes in a form: described here, and never held as a string."""

FilePurpose = Literal["fine-tune", "assistants", "batch", "user_data", "vision", "evals"]
"""What an upload may be for, in the order of the refusal of anything else (observed)."""

KnownPurpose = Literal[
    "assistants",
    "assistants_output",
    "batch",
    "batch_output",
    "fine-tune",
    "fine-tune-results",
    "vision",
    "user_data",
]


class OpenAIFile(WireModel):
    """A file; ``status`` is ``processed`` at once for small files since 2024 (observed).

    Outside the published schema: null for ``expires_at`` and ``status_details`` (observed), and the purpose ``evals``,
    which an upload may have and the schema of the answer forgets.
    """

    object: Literal["file"] = Field(description="Always `file`")
    id: str
    purpose: KnownPurpose | SkipJsonSchema[Literal["evals"]]
    filename: str
    bytes: int = Field(description="Size")
    created_at: UnixSeconds
    expires_at: Annotated[UnixSeconds | None, NULL_UNTOLD] = Field(default=None, description="Null: never")
    status: Literal["uploaded", "processed", "error"] = Field(description="Whether it was read yet")
    status_details: Annotated[str | None, NULL_UNTOLD] = Field(default=None, description="Why it could not be read")


class ListFilesResponse(WireModel):
    """A page of files; the ids of an empty one are null (unverified, and outside the schema)."""

    object: str
    data: list[OpenAIFile]
    has_more: bool
    first_id: Annotated[str | None, NULL_UNTOLD]
    last_id: Annotated[str | None, NULL_UNTOLD]


class DeleteFileResponse(WireModel):
    """The answer to a deletion."""

    object: Literal["file"]
    deleted: bool
    id: str


class FileExpirationAfter(WireModel):
    """How long a file is kept; without it, until it is deleted, or 30 days for a batch's (documented)."""

    anchor: Literal["created_at"] = Field(description="From when on the seconds count")
    seconds: Annotated[
        int,
        Field(ge=3600, le=2_592_000, json_schema_extra={"format": "int64"}, description="1 h to 30 days"),
        NUMERIC,
    ]


class CreateFileRequest(ClosedModel):
    """The form that brings a file; the file itself is read as it comes and is no member of what is checked."""

    file: Binary = Field(description="The bytes, with their name")
    purpose: FilePurpose = Field(description="What it is for")
    expires_after: Annotated[FileExpirationAfter | None, NULL_UNTOLD] = None
