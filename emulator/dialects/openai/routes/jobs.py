"""Fine-tuning jobs: made, looked at, cancelled, paused and resumed; their events and checkpoints, the newest first.

An unknown cursor is an empty page, and a limit of 0 as well: the SDK's own tests ask so (documented).
"""

import re
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from emulator.core import jobs, models
from emulator.core.jobs import Seen
from emulator.dialects.call import Call, call_of
from emulator.dialects.openai import grading, translate, wire
from emulator.dialects.openai.orders import to_order
from emulator.dialects.openai.routes.answer import LIMIT_MAX, After, Limit, answer, ends
from emulator.dialects.readable import ReadableRoute
from emulator.errors import Missing, Untrainable
from emulator.operations import Operation
from emulator.storage.jobs import EVERYTHING
from emulator.timeline.actions import Deed

LIMIT, CHECKPOINTS_LIMIT = 20, 10
JOBS = "/v1/fine_tuning/jobs"
JOB = JOBS + "/{fine_tuning_job_id}"
GRADER = ("body", "method", "reinforcement", "grader")
PAIR = re.compile(r"metadata\[(.*)\]", re.DOTALL)

METADATA = {
    "name": "metadata",
    "in": "query",
    "required": False,
    "style": "deepObject",
    "explode": True,
    "schema": {"type": "object", "nullable": True, "additionalProperties": {"type": "string"}},
    "description": "Pairs that the jobs have, as `metadata[k]=v`; `metadata=null`: they have none",
}

router = APIRouter(tags=["Fine-tuning"], route_class=ReadableRoute)


@router.post(
    JOBS, operation_id="createFineTuningJob", summary="Create fine-tuning job", response_model=wire.FineTuningJob
)
async def create_job(request: Request, body: wire.CreateFineTuningJobRequest) -> Response:
    """Create a job that tunes a model on an upload."""
    call = call_of(request)
    caller = call.caller
    if body.method and body.method.reinforcement:
        await run_in_threadpool(grading.check, body.method.reinforcement.grader, *GRADER)
    order = to_order(caller.world.settings, body)
    if order.recipe.model.startswith("ft:"):
        try:
            models.find(caller, order.recipe.model)
        except Missing as missing:
            raise Untrainable(missing.id) from None
    seen = await jobs.create(caller, order)
    call.job = seen.stored.id
    return answer(translate.to_job(caller, seen))


@router.get(
    JOBS,
    operation_id="listPaginatedFineTuningJobs",
    summary="List fine-tuning jobs",
    response_model=wire.ListPaginatedFineTuningJobsResponse,
    openapi_extra={"parameters": [METADATA]},
)
async def list_jobs(request: Request, after: After = None, limit: Limit = LIMIT) -> Response:
    """List jobs, the newest first."""
    call = call_of(request)
    try:
        wanted = _metadata(request)
        page, more = jobs.page(call.caller, after=after, limit=min(limit, LIMIT_MAX), metadata=wanted)
    except Missing:
        page, more = [], False
    call.showed(page)
    data = [translate.to_job(call.caller, seen) for seen in page]
    return answer(wire.ListPaginatedFineTuningJobsResponse(object="list", data=data, has_more=more))


def _metadata(request: Request) -> Mapping[str, str] | None:
    """Return the pairs that jobs are to have; None: they are to have none."""
    if request.query_params.get("metadata") == "null":
        return None
    found = ((PAIR.fullmatch(name), value) for name, value in request.query_params.multi_items())
    return {pair[1]: value for pair, value in found if pair} or EVERYTHING


@router.get(
    JOB, operation_id="retrieveFineTuningJob", summary="Retrieve fine-tuning job", response_model=wire.FineTuningJob
)
async def retrieve_job(request: Request, fine_tuning_job_id: str) -> Response:
    """Get a job."""
    call, seen = _shown(request, fine_tuning_job_id)
    return answer(translate.to_job(call.caller, seen))


def _shown(request: Request, job_id: str) -> tuple[Call, Seen]:
    call = call_of(request)
    seen = jobs.get(call.caller, job_id)
    call.showed([seen])
    return call, seen


@router.post(
    JOB + "/cancel", operation_id="cancelFineTuningJob", summary="Cancel fine-tuning", response_model=wire.FineTuningJob
)
async def cancel_job(request: Request, fine_tuning_job_id: str) -> Response:
    """Cancel a job at once; one that has ended is a 400 (unverified)."""
    return await _done(request, fine_tuning_job_id, Deed.CANCEL)


@router.post(
    JOB + "/pause", operation_id="pauseFineTuningJob", summary="Pause fine-tuning", response_model=wire.FineTuningJob
)
async def pause_job(request: Request, fine_tuning_job_id: str) -> Response:
    """Let a job stand still; one that is paused stays so."""
    return await _done(request, fine_tuning_job_id, Deed.PAUSE)


@router.post(
    JOB + "/resume", operation_id="resumeFineTuningJob", summary="Resume fine-tuning", response_model=wire.FineTuningJob
)
async def resume_job(request: Request, fine_tuning_job_id: str) -> Response:
    """Let a paused job go on; one that is not paused stays as it is."""
    return await _done(request, fine_tuning_job_id, Deed.RESUME)


async def _done(request: Request, job_id: str, deed: Deed) -> Response:
    caller = call_of(request).caller
    return answer(translate.to_job(caller, await jobs.act(caller, job_id, deed)))


@router.get(
    JOB + "/events",
    operation_id="listFineTuningEvents",
    summary="List fine-tuning events",
    response_model=wire.ListFineTuningJobEventsResponse,
)
async def list_events(request: Request, fine_tuning_job_id: str, after: After = None, limit: Limit = LIMIT) -> Response:
    """List a job's events, the newest first (observed)."""
    call, seen = _shown(request, fine_tuning_job_id)
    call.showed_events(seen)
    size = min(limit, LIMIT_MAX)
    try:
        page, more = jobs.event_page(call.caller, seen, after=after, limit=size, newest_first=True)
    except Missing:
        page, more = [], False
    data = [translate.to_event(call.caller, seen, event) for event in page]
    return answer(wire.ListFineTuningJobEventsResponse(object="list", data=data, has_more=more))


@router.get(
    JOB + "/checkpoints",
    operation_id="listFineTuningJobCheckpoints",
    summary="List fine-tuning checkpoints",
    response_model=wire.ListFineTuningJobCheckpointsResponse,
)
async def list_checkpoints(
    request: Request, fine_tuning_job_id: str, after: After = None, limit: Limit = CHECKPOINTS_LIMIT
) -> Response:
    """List a job's last checkpoints, the newest first (observed)."""
    call, seen = _shown(request, fine_tuning_job_id)
    size = min(limit, LIMIT_MAX)
    try:
        page, more = jobs.checkpoint_page(call.caller, seen, after=after, limit=size, newest_first=True)
    except Missing:
        page, more = [], False
    data = [translate.to_checkpoint(call.caller, seen, made) for made in page]
    return answer(wire.ListFineTuningJobCheckpointsResponse(object="list", data=data, has_more=more, **ends(data)))


@router.get(JOBS + "/", include_in_schema=False)
async def list_jobs_elsewhere(request: Request) -> Response:
    """Send a client that asks with a slash at the end to the list (observed)."""
    url = request.url
    return RedirectResponse(url.replace(path=url.path.removesuffix("/")), status_code=307)


@router.get(JOBS + "//{fine_tuning_job_id}", include_in_schema=False)
async def retrieve_job_of_no_id(request: Request, fine_tuning_job_id: str) -> Response:
    """Take what follows an empty id for the id (observed)."""
    return await retrieve_job(request, fine_tuning_job_id)


OPERATIONS = (
    Operation("jobs.create", "POST", "/v1/fine_tuning/jobs"),
    Operation("jobs.list", "GET", "/v1/fine_tuning/jobs"),
    Operation("jobs.retrieve", "GET", "/v1/fine_tuning/jobs/{job_id}"),
    Operation("jobs.cancel", "POST", "/v1/fine_tuning/jobs/{job_id}/cancel"),
    Operation("jobs.pause", "POST", "/v1/fine_tuning/jobs/{job_id}/pause"),
    Operation("jobs.resume", "POST", "/v1/fine_tuning/jobs/{job_id}/resume"),
    Operation("jobs.events", "GET", "/v1/fine_tuning/jobs/{job_id}/events"),
    Operation("jobs.checkpoints", "GET", "/v1/fine_tuning/jobs/{job_id}/checkpoints"),
)
