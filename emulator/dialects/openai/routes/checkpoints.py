"""Which projects may use a checkpoint's model: kept and told, and nowhere enforced."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from emulator.core import permissions
from emulator.dialects.call import call_of
from emulator.dialects.openai import translate, wire
from emulator.dialects.openai.routes.answer import LIMIT_MAX, After, Limit, answer, ends
from emulator.dialects.readable import ReadableRoute
from emulator.errors import Missing
from emulator.operations import Operation

LIMIT = 10
PERMISSIONS = "/v1/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions"

router = APIRouter(tags=["Fine-tuning"], route_class=ReadableRoute)


@router.post(
    PERMISSIONS,
    operation_id="createFineTuningCheckpointPermission",
    summary="Create checkpoint permissions",
    response_model=wire.ListFineTuningCheckpointPermissionResponse,
)
async def create_permissions(
    request: Request, fine_tuned_model_checkpoint: str, body: wire.CreateFineTuningCheckpointPermissionRequest
) -> Response:
    """Let projects use a checkpoint's model; the service asks for an admin key, the emulator takes any."""
    made = await permissions.create(call_of(request).caller, fine_tuned_model_checkpoint, body.project_ids)
    data = [translate.to_permission(each) for each in made]
    return answer(
        wire.ListFineTuningCheckpointPermissionResponse(object="list", data=data, has_more=False, **ends(data))
    )


@router.get(
    PERMISSIONS,
    operation_id="listFineTuningCheckpointPermissions",
    summary="List checkpoint permissions",
    response_model=wire.ListFineTuningCheckpointPermissionResponse,
)
async def list_permissions(
    request: Request,
    fine_tuned_model_checkpoint: str,
    *,
    project_id: Annotated[str | None, Query(description="Only this project's")] = None,
    after: After = None,
    limit: Limit = LIMIT,
    order: Annotated[Literal["ascending", "descending"], Query(description="Oldest or newest first")] = "descending",
) -> Response:
    """List who may use a checkpoint's model."""
    caller, ascending, size = call_of(request).caller, order == "ascending", min(limit, LIMIT_MAX)
    how = {"project_id": project_id, "limit": size, "ascending": ascending}
    try:
        page, more = permissions.page(caller, fine_tuned_model_checkpoint, after=after, **how)  # type: ignore[arg-type]  # mixed
    except Missing as missing:
        if missing.kind != "permission":
            raise
        page, more = [], False
    data = [translate.to_permission(each) for each in page]
    return answer(
        wire.ListFineTuningCheckpointPermissionResponse(object="list", data=data, has_more=more, **ends(data))
    )


@router.delete(
    PERMISSIONS + "/{permission_id}",
    operation_id="deleteFineTuningCheckpointPermission",
    summary="Delete checkpoint permission",
    response_model=wire.DeleteFineTuningCheckpointPermissionResponse,
)
async def delete_permission(request: Request, fine_tuned_model_checkpoint: str, permission_id: str) -> Response:
    """Take a permission back."""
    await permissions.delete(call_of(request).caller, fine_tuned_model_checkpoint, permission_id)
    return answer(
        wire.DeleteFineTuningCheckpointPermissionResponse(
            object="checkpoint.permission", id=permission_id, deleted=True
        )
    )


OPERATIONS = (
    Operation("permissions.create", "POST", "/v1/fine_tuning/checkpoints/{model}/permissions"),
    Operation("permissions.list", "GET", "/v1/fine_tuning/checkpoints/{model}/permissions"),
    Operation("permissions.delete", "DELETE", "/v1/fine_tuning/checkpoints/{model}/permissions/{permission_id}"),
)
