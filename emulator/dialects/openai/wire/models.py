"""Models on the wire: base models, and what jobs and their checkpoints became.

Names are those of the published document 2.3.0 (documented). Times are unix seconds.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from emulator.dialects.openai.wire.model import LEFT_OUT, UnixSeconds, WireModel


class Model(WireModel):
    """A model; ``shutdown_date`` came into the document in 2026 and is left out where there is none (unverified)."""

    id: str
    object: Literal["model"]
    created: UnixSeconds
    owned_by: str
    shutdown_date: Annotated[date | None, LEFT_OUT] = Field(default=None, description="After it, it does not answer")


class ListModelsResponse(WireModel):
    """All models at once: this list has no pages."""

    object: Literal["list"]
    data: list[Model]


class DeleteModelResponse(WireModel):
    """The answer to a deletion."""

    id: str
    object: str
    deleted: bool
