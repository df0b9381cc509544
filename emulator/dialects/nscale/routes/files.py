"""Files: CSV tables, taken whole and looked into while they come."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from emulator.core import files
from emulator.core.datasets import Table
from emulator.core.files import Intake, Wanted
from emulator.dialects import multipart
from emulator.dialects.call import call_of
from emulator.dialects.multipart import Upload
from emulator.dialects.nscale import translate, wire
from emulator.dialects.nscale.entrance import API
from emulator.dialects.nscale.routes.answer import LIMIT, LIMIT_MAX, Limit, Pagination, answer, declared
from emulator.dialects.nscale.routes.downloads import file_url
from emulator.errors import Flaw, Invalid
from emulator.operations import Operation

PURPOSE = "fine-tune"
"""What all files are for; the provider has no word for it."""
GRAMMAR = Table()
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}

router = APIRouter(tags=["files"])


@router.post(
    f"{API}/files",
    summary="Upload a file",
    response_model=wire.File,
    responses=declared(413, 507),
    openapi_extra=FORM,
)
async def upload_file(request: Request, organization_id: str) -> Response:
    """Take a CSV file; what is wrong with it shows in ``columns``, or when a job reads it (unverified)."""
    call = call_of(request)
    world = call.caller.world
    multipart.check_length(request.headers, world.settings.upload_bytes_max)
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise _missing()
    upload = Upload(request.headers["content-type"], lambda: Intake(world, GRAMMAR), file_field="file")
    call.parts = upload.names
    try:
        await multipart.receive(upload, request.stream())
        if upload.intake is None:
            raise _missing()
        read = await run_in_threadpool(upload.intake.finish)
        file = await files.keep(call.caller, upload.intake, read, Wanted(upload.filename or "", PURPOSE))
    finally:
        upload.discard()
    return answer(translate.to_file(call.caller, file))


def _missing() -> Invalid:
    return Invalid([Flaw("missing", ("body", "file"), "a part with a file is required, in multipart/form-data")])


@router.get(f"{API}/files", summary="List files", response_model=wire.Files, responses=declared())
async def list_files(
    request: Request, organization_id: str, limit: Limit = LIMIT, *, pagination: Pagination = True
) -> Response:
    """List files, the newest first (unverified)."""
    caller = call_of(request).caller
    page, _ = files.page(caller, after=None, limit=min(limit, LIMIT_MAX))
    return answer(wire.Files(data=[translate.to_file(caller, file) for file in page]))


@router.get(
    f"{API}/files/{{file_id}}", summary="Get a file", response_model=wire.DownloadableFile, responses=declared(404)
)
async def get_file(request: Request, organization_id: str, file_id: str) -> Response:
    """Get a file, with a link to its bytes."""
    caller = call_of(request).caller
    file = files.get(caller, file_id)
    return answer(translate.to_downloadable(caller, file, file_url(request, file)))


@router.delete(f"{API}/files/{{file_id}}", summary="Delete a file", status_code=204, responses=declared(404, 507))
async def delete_file(request: Request, organization_id: str, file_id: str) -> Response:
    """Delete a file; a job that is still reading it fails, a dataset names it still (unverified)."""
    await files.delete(call_of(request).caller, file_id)
    return Response(status_code=204)


OPERATIONS = (
    Operation("files.create", "POST", f"{API}/files"),
    Operation("files.list", "GET", f"{API}/files"),
    Operation("files.retrieve", "GET", f"{API}/files/{{file_id}}"),
    Operation("files.delete", "DELETE", f"{API}/files/{{file_id}}"),
)
