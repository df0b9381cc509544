"""Files that come in parts: announced, brought, put together or given up. There is no call that looks at one."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from emulator.core import uploads
from emulator.core.files import Intake, Wanted
from emulator.core.uploads import Announced
from emulator.dialects import multipart
from emulator.dialects.call import call_of
from emulator.dialects.multipart import Upload
from emulator.dialects.openai import training, translate, wire
from emulator.dialects.openai.routes.answer import answer
from emulator.dialects.openai.routes.files import TRAINING, content_type, form
from emulator.dialects.readable import ReadableRoute
from emulator.errors import ApiError, Flaw, Invalid, Misread
from emulator.operations import Operation
from emulator.timeline.job import Dataset

PART_BYTES_MAX = 64 * 2**20  # documented
UPLOAD = "/v1/uploads/{upload_id}"

router = APIRouter(tags=["Uploads"], route_class=ReadableRoute)


@router.post("/v1/uploads", operation_id="createUpload", summary="Create upload", response_model=wire.Upload)
async def create_upload(request: Request, body: wire.CreateUploadRequest) -> Response:
    """Announce a file that comes in parts; it takes them for an hour."""
    lasts_s = body.expires_after.seconds if body.expires_after else None
    announced = Announced(Wanted(body.filename, body.purpose, lasts_s=lasts_s), body.mime_type, body.bytes)
    return answer(translate.to_upload(await uploads.create(call_of(request).caller, announced)))


@router.post(
    UPLOAD + "/parts",
    operation_id="addUploadPart",
    summary="Add upload part",
    response_model=wire.UploadPart,
    openapi_extra=form(wire.AddUploadPartRequest),
)
async def add_upload_part(request: Request, upload_id: str) -> Response:
    """Take a part; several may come at once, and their order is told at the end."""
    call = call_of(request)
    caller, world = call.caller, call.caller.world
    multipart.check_length(request.headers, PART_BYTES_MAX)
    uploads.get(caller, upload_id)
    part = Upload(content_type(request), lambda: Intake(world, None, bytes_max=PART_BYTES_MAX), file_field="data")
    call.parts = part.names
    try:
        await multipart.receive(part, request.stream())
        if part.intake is None:
            raise Invalid([Flaw("missing", ("body", "data"), "Field required")])
        blob, _ = await run_in_threadpool(part.intake.finish)
        added = await uploads.add_part(caller, upload_id, part.intake, blob)
    finally:
        part.discard()
    return answer(translate.to_part(added, upload_id))


@router.post(UPLOAD + "/complete", operation_id="completeUpload", summary="Complete upload", response_model=wire.Upload)
async def complete_upload(request: Request, upload_id: str, body: wire.CompleteUploadRequest) -> Response:
    """Put the parts together in the order that is told."""
    caller = call_of(request).caller
    purpose = uploads.get(caller, upload_id).stored.purpose
    shown = await uploads.complete(
        caller,
        upload_id,
        body.part_ids,
        md5=body.md5,
        intake=lambda: Intake(caller.world, training.GRAMMAR if purpose == TRAINING else None),
        refusal=_refusal,
    )
    return answer(translate.to_upload(shown))


def _refusal(data: Dataset) -> ApiError | None:
    why = training.upload_refusal(data)
    return Misread(why) if why else None


@router.post(UPLOAD + "/cancel", operation_id="cancelUpload", summary="Cancel upload", response_model=wire.Upload)
async def cancel_upload(request: Request, upload_id: str) -> Response:
    """Give an upload up."""
    return answer(translate.to_upload(await uploads.cancel(call_of(request).caller, upload_id)))


OPERATIONS = (
    Operation("uploads.create", "POST", "/v1/uploads"),
    Operation("uploads.parts.create", "POST", "/v1/uploads/{upload_id}/parts"),
    Operation("uploads.complete", "POST", "/v1/uploads/{upload_id}/complete"),
    Operation("uploads.cancel", "POST", "/v1/uploads/{upload_id}/cancel"),
)
