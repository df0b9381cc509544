"""What a fine-tuning client touches besides jobs: files and the list of models.

The provider publishes no whole document of these, so list and deletion wrappers bear names of our own here; each class
says what its shape is known from.
"""

from typing import Any, Literal

from pydantic import Field

from emulator.dialects.nebius.wire.model import OpenModel, WireModel


class OpenAIFile(WireModel):
    """An uploaded or produced file (documented); ``status`` is null in every recording, never "processed"."""

    id: str
    bytes: int
    created_at: int
    filename: str
    object: str = "file"
    purpose: str
    status: str | None = None
    status_details: str | None = None


class FileListResponse(WireModel):
    """A list of files: no ``has_more``, no cursor (documented). Both members are optional in the schema."""

    data: list[OpenAIFile] = Field(default_factory=list)
    object: str = "list"


class FileDeletedResponse(WireModel):
    """The answer to a deletion (third-party evidence)."""

    id: str
    deleted: bool
    object: str = "file"


class Model(WireModel):
    """A model in the plain list (third-party evidence)."""

    id: str
    created: int
    object: Literal["model"] = "model"
    owned_by: str = "system"


class ModelListResponse(WireModel):
    """The plain list of models (third-party evidence)."""

    object: str = "list"
    data: list[Model]


class RichModel(OpenModel):
    """A model in the verbose list (third-party sample; further members are known by name only, so it is open).

    ``context_length`` is in tokens, ``pricing`` in dollars a token as decimal strings.
    """

    id: str
    name: str
    created: int
    description: str = ""
    context_length: int | None = None
    architecture: dict[str, Any] | None = None
    quantization: str | None = None
    pricing: dict[str, str] | None = None
    per_request_limits: dict[str, float] | None = None
    object: Literal["model"] = "model"
    owned_by: str = "system"


class RichModelListResponse(WireModel):
    """The verbose list of models (third-party evidence)."""

    object: str = "list"
    data: list[RichModel]
