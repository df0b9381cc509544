"""Datasets: a training file and perhaps a validation file under a name."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from emulator.core import pairs
from emulator.dialects.call import call_of
from emulator.dialects.nscale import translate, wire
from emulator.dialects.nscale.entrance import API
from emulator.dialects.nscale.routes.answer import LIMIT, LIMIT_MAX, Limit, Pagination, answer, declared
from emulator.dialects.readable import ReadableRoute
from emulator.operations import Operation

MEMBERS = {"name": "name", "training_file_id": "training_file", "validation_file_id": "validation_file"}
"""The provider's members, and the pair's."""

router = APIRouter(tags=["datasets"], route_class=ReadableRoute)


@router.post(f"{API}/datasets", summary="Create a dataset", response_model=wire.Dataset, responses=declared(404, 507))
async def create_dataset(request: Request, organization_id: str, body: wire.CreateDatasetRequest) -> Response:
    """Put files together under a name."""
    caller = call_of(request).caller
    pair = await pairs.create(caller, body.name, body.training_file_id, body.validation_file_id)
    return answer(translate.to_dataset(caller, pair))


@router.get(f"{API}/datasets", summary="List datasets", response_model=wire.Datasets, responses=declared())
async def list_datasets(
    request: Request, organization_id: str, limit: Limit = LIMIT, *, pagination: Pagination = True
) -> Response:
    """List datasets, the newest first (unverified)."""
    caller = call_of(request).caller
    found = pairs.newest(caller, limit=min(limit, LIMIT_MAX))
    return answer(wire.Datasets(data=[translate.to_dataset(caller, pair) for pair in found]))


@router.get(
    f"{API}/datasets/{{dataset_id}}", summary="Get a dataset", response_model=wire.Dataset, responses=declared(404)
)
async def get_dataset(request: Request, organization_id: str, dataset_id: str) -> Response:
    """Get a dataset."""
    caller = call_of(request).caller
    return answer(translate.to_dataset(caller, pairs.get(caller, dataset_id)))


@router.patch(
    f"{API}/datasets/{{dataset_id}}",
    summary="Update a dataset",
    response_model=wire.Dataset,
    responses=declared(404, 507),
)
async def update_dataset(
    request: Request, organization_id: str, dataset_id: str, body: wire.UpdateDatasetRequest
) -> Response:
    """Change a dataset's name or files, or take its validation file out (documented)."""
    caller = call_of(request).caller
    return answer(translate.to_dataset(caller, await pairs.update(caller, dataset_id, _changes(body))))


def _changes(body: wire.UpdateDatasetRequest) -> dict[str, Any]:
    """Return what is to change of a pair; null is as absent, as there is ``unset``."""
    given = {own: value for member, own in MEMBERS.items() if (value := getattr(body, member)) is not None}
    return {**given, "validation_file": None} if body.unset.validation_file_id else given


@router.delete(
    f"{API}/datasets/{{dataset_id}}", summary="Delete a dataset", status_code=204, responses=declared(404, 507)
)
async def delete_dataset(request: Request, organization_id: str, dataset_id: str) -> Response:
    """Delete a dataset, and none of its files (unverified)."""
    await pairs.delete(call_of(request).caller, dataset_id)
    return Response(status_code=204)


OPERATIONS = (
    Operation("datasets.create", "POST", f"{API}/datasets"),
    Operation("datasets.list", "GET", f"{API}/datasets"),
    Operation("datasets.retrieve", "GET", f"{API}/datasets/{{dataset_id}}"),
    Operation("datasets.update", "PATCH", f"{API}/datasets/{{dataset_id}}"),
    Operation("datasets.delete", "DELETE", f"{API}/datasets/{{dataset_id}}"),
)
