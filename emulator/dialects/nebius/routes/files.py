"""Files: uploads, what is told of them, and bytes."""

from typing import Literal

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from emulator.core import files
from emulator.core.files import Intake, Wanted
from emulator.dialects import content, multipart
from emulator.dialects.call import call_of
from emulator.dialects.multipart import Upload
from emulator.dialects.nebius import translate, wire
from emulator.dialects.nebius.routes.answer import answer, checked, declared
from emulator.dialects.nebius.training import GRAMMAR
from emulator.errors import Flaw, Invalid
from emulator.operations import Operation

PURPOSES = ("batch", "fine-tune")
LIMIT = 10  # documented

router = APIRouter()

FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "purpose": {"type": "string", "enum": [*PURPOSES]},
                    },
                }
            }
        },
    }
}


@router.post(
    "/v1/files",
    summary="Upload file",
    response_model=wire.OpenAIFile,
    responses=declared(400, 413, 507),
    openapi_extra=FORM,
)
async def upload_file(request: Request, ai_project_id: str | None = None) -> Response:
    """Take a file; what is wrong with it as a dataset shows when a job reads it."""
    call = call_of(request)
    caller, world = call.caller, call.caller.world
    multipart.check_length(request.headers, world.settings.upload_bytes_max)
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Invalid([_required("file"), _required("purpose")])
    upload = Upload(request.headers["content-type"], lambda: Intake(world, GRAMMAR), file_field="file")
    call.parts = upload.names
    try:
        await multipart.receive(upload, request.stream())
        intake, filename, purpose = _form(upload)
        if purpose != "fine-tune":
            intake.check_nothing()
        read = await run_in_threadpool(intake.finish)
        file = await files.keep(caller, intake, read, Wanted(filename, purpose, ai_project_id))
    finally:
        upload.discard()
    return answer(translate.to_file(file))


def _form(upload: Upload) -> tuple[Intake, str, str]:
    """Return the file, its name and its purpose; raise Invalid naming all that is wrong, as FastAPI words it."""
    flaws = []
    if "file" in upload.fields:
        msg = "Value error, Expected UploadFile, received: <class 'str'>"
        flaws.append(Flaw("value_error", ("body", "file"), msg, upload.fields["file"], {"error": {}}))
    elif not upload.intake:
        flaws.append(_required("file"))
    purpose = upload.fields.get("purpose")
    if purpose is None:
        flaws.append(_required("purpose"))
    elif purpose not in PURPOSES:
        expected = " or ".join(f"'{value}'" for value in PURPOSES)
        ctx = {"expected": expected}
        flaws.append(Flaw("literal_error", ("body", "purpose"), f"Input should be {expected}", purpose, ctx))
    if flaws or not upload.intake or purpose is None:
        raise Invalid(flaws)
    return upload.intake, upload.filename or "", purpose


def _required(name: str) -> Flaw:
    return Flaw("missing", ("body", name), "Field required")


@router.get("/v1/files", summary="List user files", response_model=wire.FileListResponse, responses=declared(404))
async def list_files(
    request: Request,
    limit: int = LIMIT,
    after: str | None = None,
    purpose: Literal["batch", "fine-tune"] | None = None,
    ai_project_id: str | None = None,
) -> Response:
    """List uploads, newest first (unverified); without has_more (documented), so clients page until an empty page."""
    caller, size = call_of(request).caller, checked(limit, LIMIT)
    page, _ = files.page(caller, after=after, limit=size, purpose=purpose, project=ai_project_id)
    return answer(wire.FileListResponse(data=[translate.to_file(file) for file in page]))


@router.get("/v1/files/{file_id}", summary="Retrieve file", response_model=wire.OpenAIFile, responses=declared(404))
async def get_file_info(request: Request, file_id: str) -> Response:
    """Get info about a file."""
    return answer(translate.to_file(files.get(call_of(request).caller, file_id)))


@router.delete(
    "/v1/files/{file_id}", summary="Delete file", response_model=wire.FileDeletedResponse, responses=declared(404, 507)
)
async def delete_file(request: Request, file_id: str) -> Response:
    """Delete a file; a job that is still reading it fails (unverified)."""
    await files.delete(call_of(request).caller, file_id)
    return answer(wire.FileDeletedResponse(id=file_id, deleted=True))


@router.head("/v1/files/{file_id}/content", include_in_schema=False)
@router.get(
    "/v1/files/{file_id}/content",
    summary="Retrieve file content",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, **declared(404)},
)
async def get_file_content(request: Request, file_id: str) -> Response:
    """Get the bytes of a file, or a range of them."""
    caller = call_of(request).caller
    file = files.get(caller, file_id)
    return content.answer(caller.world, file, request.headers, head=request.method == "HEAD")


OPERATIONS = (
    Operation("files.create", "POST", "/v1/files"),
    Operation("files.list", "GET", "/v1/files"),
    Operation("files.retrieve", "GET", "/v1/files/{file_id}"),
    Operation("files.delete", "DELETE", "/v1/files/{file_id}"),
    Operation("files.content", "GET", "/v1/files/{file_id}/content"),
)
