"""Permissions on the wire: which other projects may use a checkpoint.

Names are those of the published document 2.3.0 (documented). Times are unix seconds.
"""

from typing import Literal

from pydantic import Field

from emulator.dialects.openai.wire.model import ClosedModel, UnixSeconds, WireModel


class CreateFineTuningCheckpointPermissionRequest(ClosedModel):
    """The projects that are let in."""

    project_ids: list[str]


class FineTuningCheckpointPermission(WireModel):
    """One project's permission."""

    object: Literal["checkpoint.permission"]
    id: str
    created_at: UnixSeconds
    project_id: str


class ListFineTuningCheckpointPermissionResponse(WireModel):
    """A page of permissions, or those that were just given."""

    object: Literal["list"]
    data: list[FineTuningCheckpointPermission]
    has_more: bool
    first_id: str | None = None
    last_id: str | None = Field(default=None, description="The cursor of the next page: openai-python reads it here")


class DeleteFineTuningCheckpointPermissionResponse(WireModel):
    """The answer to a withdrawal."""

    object: Literal["checkpoint.permission"]
    id: str
    deleted: bool
