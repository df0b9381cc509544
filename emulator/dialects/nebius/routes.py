"""The calls of Nebius Token Factory: paths and status codes, in handlers of a few lines."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from emulator.core import files, jobs
from emulator.core.files import Intake, Wanted
from emulator.core.jobs import Order, Seen
from emulator.dialects import content, multipart
from emulator.dialects.call import Call, call_of
from emulator.dialects.multipart import Upload
from emulator.dialects.nebius import catalogue, translate, wire
from emulator.dialects.nebius.training import GRAMMAR
from emulator.errors import Flaw, Invalid, TooLarge, Unbuilt
from emulator.operations import Operation
from emulator.settings import Settings
from emulator.timeline.actions import Deed
from emulator.timeline.job import Lifecycle

PURPOSES = ("batch", "fine-tune")
FILES_LIMIT = 10  # documented
LIMIT = 20  # unverified: OpenAI's default; recorded lists of up to 10 came whole
LIMIT_MAX = 10_000
UNICODE = "Input should be a valid string, unable to parse raw data as a unicode string"

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Detail"}}}}
    for status, text in {
        400: "Bad Request",
        401: "Unauthorized",
        402: "Payment Required",
        403: "Forbidden",
        404: "Not Found",
        413: "Content Too Large",
        429: "Too Many Requests",
        507: "Insufficient Storage",
    }.items()
}

Project = Annotated[str | None, Query(description="A partition of the key's state: given, it filters")]

fine_tuning = APIRouter(tags=["fine-tuning"])
neighbours = APIRouter()


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error statuses that an operation documents besides 422."""
    return {status: ERRORS[status] for status in (401, *statuses)}


def answer(body: BaseModel, *, sparse: bool = False) -> Response:
    """Return a JSON answer; a sparse one leaves out what was not set."""
    return Response(body.model_dump_json(exclude_unset=sparse), media_type="application/json")


def checked(limit: int | None, default: int) -> int:
    """Return how many entries a page has; raise Invalid below 1 (unverified: the schema has no bound)."""
    if limit is None:
        return default
    if limit < 1:
        msg = "Input should be greater than or equal to 1"
        raise Invalid([Flaw("greater_than_equal", ("query", "limit"), msg, str(limit), {"ge": 1})])
    return min(limit, LIMIT_MAX)


def shown(request: Request, seen: Seen) -> Call:
    """Return the call of a request whose answer shows a job."""
    call = call_of(request)
    call.showed([seen])
    return call


@fine_tuning.post(
    "/v1/fine_tuning/jobs",
    summary="Create a fine-tuning job",
    response_model=wire.FineTuningJob,
    responses=declared(400, 402, 403, 404, 429, 507),
)
async def create_fine_tuning_job(
    request: Request, body: wire.FineTuningRequest, ai_project_id: Project = None
) -> Response:
    """Create a job that fine-tunes a model on a data set."""
    call = call_of(request)
    caller = call.caller
    seen = await jobs.create(caller, _order(caller.world.settings, body, await request.body(), ai_project_id))
    call.job = seen.stored.id
    return answer(translate.to_job(caller, seen))


def _order(settings: Settings, body: wire.FineTuningRequest, raw: bytes, project: str | None) -> Order:
    """Return the job that a request orders; raise Invalid for what its model does not see."""
    flaws = [Flaw("string_unicode", ("body", *loc), UNICODE, text) for loc, text in wire.unencodable(raw)]
    if flaws := [*flaws, *catalogue.flaws(settings, body.model)]:
        raise Invalid(flaws)
    return translate.to_order(body, project=project, lifecycle=Lifecycle(settings.lifecycle))


def order(settings: Settings, body: Mapping[str, Any], project: str | None) -> Order:
    """Return the job that a request of this body would order; raise ValidationError or Invalid."""
    return _order(settings, wire.FineTuningRequest.model_validate(body), json.dumps(body).encode(), project)


@fine_tuning.get(
    "/v1/fine_tuning/jobs",
    summary="List fine-tuning jobs",
    response_model=wire.FineTuningJobListResponse,
    responses=declared(404),
)
async def list_fine_tuning_jobs(
    request: Request, limit: int | None = None, after: str | None = None, ai_project_id: Project = None
) -> Response:
    """List all fine-tuning jobs, newest first (unverified)."""
    call = call_of(request)
    page, more = jobs.page(call.caller, after=after, limit=checked(limit, LIMIT), project=ai_project_id)
    call.showed(page)
    data = [translate.to_job(call.caller, seen) for seen in page]
    return answer(wire.FineTuningJobListResponse(data=data, has_more=more))


@fine_tuning.get(
    "/v1/fine_tuning/jobs/{job_id}",
    summary="Get fine-tuning job info",
    response_model=wire.FineTuningJob,
    responses=declared(404),
)
async def get_fine_tuning_job(request: Request, job_id: str) -> Response:
    """Get info about a fine-tuning job."""
    seen = jobs.get(call_of(request).caller, job_id)
    return answer(translate.to_job(shown(request, seen).caller, seen))


@fine_tuning.post(
    "/v1/fine_tuning/jobs/{job_id}/cancel",
    summary="Cancel fine-tuning job",
    response_model=wire.FineTuningJob,
    responses=declared(400, 404, 507),
)
async def cancel_fine_tuning_job(request: Request, job_id: str) -> Response:
    """Immediately cancel a fine-tuning job; one that has ended is a 400 (unverified)."""
    caller = call_of(request).caller
    return answer(translate.to_job(caller, await jobs.act(caller, job_id, Deed.CANCEL)))


@fine_tuning.get(
    "/v1/fine_tuning/jobs/{job_id}/events",
    summary="List fine-tuning events",
    response_model=wire.ListEventsResponse,
    responses=declared(404),
)
async def list_fine_tuning_events(
    request: Request, job_id: str, limit: int | None = None, after: str | None = None
) -> Response:
    """Get status updates for a fine-tuning job, oldest first, without an ``object`` member (observed)."""
    seen = jobs.get(call_of(request).caller, job_id)
    call = shown(request, seen)
    caller = call.caller
    call.showed_events(seen)
    page, more = jobs.event_page(caller, seen, after=after, limit=checked(limit, LIMIT))
    data = [translate.to_event(caller, seen, event) for event in page]
    return answer(wire.ListEventsResponse(data=data, has_more=more), sparse=True)


@fine_tuning.get(
    "/v1/fine_tuning/jobs/{job_id}/checkpoints",
    summary="List fine-tuning checkpoints",
    response_model=wire.ListCheckpointsResponse,
    responses=declared(404),
)
async def list_fine_tuning_checkpoints(
    request: Request, job_id: str, limit: int | None = None, after: str | None = None
) -> Response:
    """Get training checkpoints for a fine-tuning job, oldest first (observed)."""
    seen = jobs.get(call_of(request).caller, job_id)
    caller = shown(request, seen).caller
    page, more = jobs.checkpoint_page(caller, seen, after=after, limit=checked(limit, LIMIT))
    data = [translate.to_checkpoint(caller, seen, checkpoint) for checkpoint in page]
    first, last = (data[0].id, data[-1].id) if data else (None, None)
    return answer(wire.ListCheckpointsResponse(data=data, first_id=first, last_id=last, has_more=more))


@fine_tuning.get(
    "/v1/fine_tuning/jobs/{job_id}/checkpoints/{checkpoint_id}",
    summary="Get fine-tuning checkpoint",
    response_model=wire.FineTuningJobCheckpoint,
    responses=declared(404),
)
async def get_fine_tuning_checkpoint(request: Request, job_id: str, checkpoint_id: str) -> Response:
    """Get one checkpoint, with its files: outside the schema, which allows more members (unverified)."""
    seen = jobs.get(call_of(request).caller, job_id)
    caller = shown(request, seen).caller
    return answer(translate.to_checkpoint(caller, seen, jobs.checkpoint(caller, seen, checkpoint_id)))


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


@neighbours.post(
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
    _check_length(request, world.settings.upload_bytes_max)
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


def _check_length(request: Request, bytes_max: int) -> None:
    """Refuse at once what announces itself as too large, the form around the file allowed for."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > bytes_max + 64 * 1024:
        raise TooLarge(bytes_max)


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


@neighbours.get("/v1/files", summary="List user files", response_model=wire.FileListResponse, responses=declared(404))
async def list_files(
    request: Request,
    limit: int = FILES_LIMIT,
    after: str | None = None,
    purpose: Literal["batch", "fine-tune"] | None = None,
    ai_project_id: str | None = None,
) -> Response:
    """List uploads, newest first (unverified); without has_more (documented), so clients page until an empty page."""
    caller, size = call_of(request).caller, checked(limit, FILES_LIMIT)
    page, _ = files.page(caller, after=after, limit=size, purpose=purpose, project=ai_project_id)
    return answer(wire.FileListResponse(data=[translate.to_file(file) for file in page]))


@neighbours.get("/v1/files/{file_id}", summary="Retrieve file", response_model=wire.OpenAIFile, responses=declared(404))
async def get_file_info(request: Request, file_id: str) -> Response:
    """Get info about a file."""
    return answer(translate.to_file(files.get(call_of(request).caller, file_id)))


@neighbours.delete(
    "/v1/files/{file_id}", summary="Delete file", response_model=wire.FileDeletedResponse, responses=declared(404, 507)
)
async def delete_file(request: Request, file_id: str) -> Response:
    """Delete a file; a job that is still reading it fails (unverified)."""
    await files.delete(call_of(request).caller, file_id)
    return answer(wire.FileDeletedResponse(id=file_id, deleted=True))


@neighbours.head("/v1/files/{file_id}/content", include_in_schema=False)
@neighbours.get(
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


@neighbours.get(
    "/v1/models",
    summary="List models",
    response_model=wire.ModelListResponse | wire.RichModelListResponse,
    responses=declared(),
)
async def list_models(request: Request, *, verbose: bool = False, ai_project_id: str | None = None) -> Response:
    """List the base models that can be fine-tuned."""
    return answer(catalogue.listed(call_of(request).caller.world.settings, verbose=verbose))


@neighbours.get("/v1/models/{model_id:path}", summary="Get a model", response_model=wire.Model, responses=declared(404))
async def get_model(request: Request, model_id: str) -> Response:
    """Get one base model; a slash in its name may be encoded or not."""
    return answer(catalogue.one(call_of(request).caller.world.settings, model_id))


OPERATIONS = (
    Operation("files.create", "POST", "/v1/files"),
    Operation("files.list", "GET", "/v1/files"),
    Operation("files.retrieve", "GET", "/v1/files/{file_id}"),
    Operation("files.delete", "DELETE", "/v1/files/{file_id}"),
    Operation("files.content", "GET", "/v1/files/{file_id}/content"),
    Operation("jobs.create", "POST", "/v1/fine_tuning/jobs"),
    Operation("jobs.list", "GET", "/v1/fine_tuning/jobs"),
    Operation("jobs.retrieve", "GET", "/v1/fine_tuning/jobs/{job_id}"),
    Operation("jobs.cancel", "POST", "/v1/fine_tuning/jobs/{job_id}/cancel"),
    Operation("jobs.events", "GET", "/v1/fine_tuning/jobs/{job_id}/events"),
    Operation("jobs.checkpoints", "GET", "/v1/fine_tuning/jobs/{job_id}/checkpoints"),
    Operation("jobs.checkpoint", "GET", "/v1/fine_tuning/jobs/{job_id}/checkpoints/{checkpoint_id}"),
    Operation("models.list", "GET", "/v1/models"),
    Operation("models.retrieve", "GET", "/v1/models/{model_id:path}"),
)
"""The calls by the names that faults and the journal use."""

KNOWN = (
    ("GET", "/v1/files/{file_id}/link"),
    ("POST", "/v1/files/model_archive"),
    ("POST", "/v0/models/upload"),
    ("GET", "/v0/dedicated_endpoints"),
    ("POST", "/v0/dedicated_endpoints"),
    ("GET", "/v0/dedicated_endpoints/templates"),
    ("PATCH", "/v0/dedicated_endpoints/{endpoint_id}"),
    ("DELETE", "/v0/dedicated_endpoints/{endpoint_id}"),
    ("POST", "/v1/datasets"),
    ("GET", "/v1/datasets"),
    ("POST", "/v1/datasets/uploads"),
    ("GET", "/v1/datasets/{dataset_id}"),
    ("GET", "/v1/datasets/{dataset_id}/export"),
    ("GET", "/v1/datasets/{dataset_id}/content"),
    ("POST", "/v1/operations"),
    ("GET", "/v1/operations"),
    ("GET", "/v1/operations/{operation_id}"),
    ("GET", "/v1/operations/{operation_id}/results"),
    ("POST", "/v1/batches"),
    ("GET", "/v1/batches"),
    ("POST", "/v1/embeddings"),
    ("POST", "/v1/images/generations"),
)
"""What the provider has (documented or observed) and this emulator does not: answered 501, by name."""

unbuilt = APIRouter(include_in_schema=False)


def _unbuilt(operation: str) -> Any:
    async def answer_unbuilt(request: Request) -> Response:
        raise Unbuilt(operation)

    return answer_unbuilt


for _method, _path in KNOWN:
    unbuilt.add_api_route(_path, _unbuilt(f"{_method} {_path}"), methods=[_method])
