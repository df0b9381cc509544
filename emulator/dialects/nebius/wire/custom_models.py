"""Custom models, under the names that the published pages have for their schemas.

Both answers are recorded, one of each (observed); the members that the pages have besides, such as ``flavors``, are in
neither and left out.
"""

from typing import Annotated, Literal

from pydantic import Field

from emulator.dialects.nebius.wire.model import WireModel

Known = Annotated[int | float | None, Field(exclude_if=lambda value: value is None)]
ModelStatus = Literal["validating", "active", "error", "deleted"]


class CreateCustomModelRequest(WireModel):
    """A model to be deployed; that a name takes 1 to 100 characters is unverified."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    base_model: str
    source: str = Field(description="`<job>:<checkpoint>`, the id of a file, or the URL of a Hugging Face repository")
    description: str | None = None


class CustomModelCreateResponse(WireModel):
    """A model that was deployed or deleted."""

    name: str
    base_model: str
    source: str
    description: str | None = None
    created_at: int
    status: ModelStatus


class CustomModelInfoResponse(WireModel):
    """A model as it is found and listed; from ``quality`` on left out where nothing is known of its base."""

    type: Literal["text2text"] = "text2text"
    name: str
    status: ModelStatus
    status_reason: str | None = None
    checkpoint_id: str | None = None
    job_id: str | None = None
    file_id: str | None = None
    url: str | None = None
    created_at: int
    description: str | None = None
    vendor: str
    tags: list[str]
    use_cases: list[str]
    quality: Known = None
    context_window_k: Known = None
    size_b: Known = None
