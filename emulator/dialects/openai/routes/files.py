"""Files: brought in a form, listed with the results of jobs among them, read, deleted."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from emulator.core import files
from emulator.core.files import Intake, Wanted
from emulator.dialects import content, multipart
from emulator.dialects.call import call_of
from emulator.dialects.multipart import Upload
from emulator.dialects.openai import training, translate, wire
from emulator.dialects.openai.routes.answer import LIMIT_MAX, After, Limit, answer, ends
from emulator.errors import Flaw, Invalid, Misread, Missing, Refused
from emulator.operations import Operation

LIMIT = 10_000
FILE = "/v1/files/{file_id}"
TRAINING = "fine-tune"
KEPT = frozenset({"assistants", "user_data"})
"""Purposes whose files are not given back (observed of `user_data`; of `assistants` told in the same breath)."""
CONTENT = {
    "application/json": {"schema": {"type": "string"}},
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
}
"""What a download is: the first as the document has it, the second as it comes (observed)."""

router = APIRouter(tags=["Files"])


def form(schema: type[Any]) -> dict[str, Any]:
    """Return what an operation's document says of a form, by the name of its schema."""
    reference = {"$ref": f"#/components/schemas/{schema.__name__}"}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": reference}}}}


@router.post(
    "/v1/files",
    operation_id="createFile",
    summary="Upload file",
    response_model=wire.OpenAIFile,
    openapi_extra=form(wire.CreateFileRequest),
)
async def create_file(request: Request) -> Response:
    """Take a file; one for training that is not JSON line by line is refused (observed)."""
    call = call_of(request)
    caller, world = call.caller, call.caller.world
    multipart.check_length(request.headers, world.settings.upload_bytes_max)
    upload = Upload(content_type(request), lambda: Intake(world, training.GRAMMAR), file_field="file")
    call.parts = upload.names
    try:
        await multipart.receive(upload, request.stream())
        wanted = _wanted(upload)
        if upload.intake is None:
            raise Invalid([Flaw("missing", ("body", "file"), "Field required")])
        if wanted.purpose != TRAINING:
            upload.intake.check_nothing()
        read = await run_in_threadpool(upload.intake.finish)
        if read[1] and (why := training.upload_refusal(read[1])):
            raise Misread(why)
        file = await files.keep(caller, upload.intake, read, wanted)
    finally:
        upload.discard()
    return answer(translate.to_file(file))


def content_type(request: Request) -> str:
    """Return the content type of a form; raise Invalid for what is none, as all members are missing then."""
    told = request.headers.get("content-type", "")
    if not told.lower().startswith("multipart/form-data"):
        raise Invalid([Flaw("missing", ("body", "file"), "Field required")])
    return told


def _wanted(upload: Upload) -> Wanted:
    """Return how a file is to be kept; raise Invalid."""
    fields = upload.fields
    expiry = {name: fields[field] for name in ("anchor", "seconds") if (field := f"expires_after[{name}]") in fields}
    told: dict[str, Any] = {"file": "", **({"expires_after": expiry} if expiry else {})}
    if "purpose" in fields:
        told["purpose"] = fields["purpose"]
    try:
        asked = wire.CreateFileRequest.model_validate(told)
    except ValidationError as error:
        raise Invalid([*map(_flaw, error.errors())]) from None
    lasts_s = asked.expires_after.seconds if asked.expires_after else None
    return Wanted(upload.filename or "", asked.purpose, lasts_s=lasts_s)


def _flaw(told: ErrorDetails) -> Flaw:
    return Flaw(told["type"], ("body", *told["loc"]), told["msg"], told["input"], told.get("ctx", {}))


@router.get("/v1/files", operation_id="listFiles", summary="List files", response_model=wire.ListFilesResponse)
async def list_files(
    request: Request,
    purpose: Annotated[str | None, Query(description="Only files that are for this")] = None,
    limit: Limit = LIMIT,
    order: Annotated[Literal["asc", "desc"], Query(description="Oldest or newest first")] = "desc",
    after: After = None,
) -> Response:
    """List uploads and the results of jobs, the newest first (observed)."""
    caller, ascending = call_of(request).caller, order == "asc"
    how: dict[str, Any] = {"limit": min(limit, LIMIT_MAX), "purpose": purpose, "ascending": ascending}
    try:
        page, more = files.page(caller, after=after, results=True, **how)
    except Missing:
        page, more = [], False
    data = [translate.to_file(file) for file in page]
    return answer(wire.ListFilesResponse(object="list", data=data, has_more=more, **ends(data)))


@router.get(FILE, operation_id="retrieveFile", summary="Retrieve file", response_model=wire.OpenAIFile)
async def retrieve_file(request: Request, file_id: str) -> Response:
    """Get what is known of a file."""
    return answer(translate.to_file(files.get(call_of(request).caller, file_id)))


@router.delete(FILE, operation_id="deleteFile", summary="Delete file", response_model=wire.DeleteFileResponse)
async def delete_file(request: Request, file_id: str) -> Response:
    """Delete a file; a job that still reads it fails (observed)."""
    await files.delete(call_of(request).caller, file_id)
    return answer(wire.DeleteFileResponse(object="file", deleted=True, id=file_id))


@router.head(FILE + "/content", include_in_schema=False)
@router.get(
    FILE + "/content",
    operation_id="downloadFile",
    summary="Retrieve file content",
    response_class=Response,
    responses={200: {"content": CONTENT}},
)
async def download_file(request: Request, file_id: str) -> Response:
    """Get the bytes of a file, or a range of them."""
    caller = call_of(request).caller
    file = files.get(caller, file_id)
    if file.purpose in KEPT:
        raise Refused(f"Not allowed to download files of purpose: {file.purpose}")  # observed
    return content.answer(caller.world, file, request.headers, head=request.method == "HEAD")


OPERATIONS = (
    Operation("files.create", "POST", "/v1/files"),
    Operation("files.list", "GET", "/v1/files"),
    Operation("files.retrieve", "GET", "/v1/files/{file_id}"),
    Operation("files.delete", "DELETE", "/v1/files/{file_id}"),
    Operation("files.content", "GET", "/v1/files/{file_id}/content"),
)
