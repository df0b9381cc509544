"""Jobs, their events and their checkpoints; the editions differ in the order, the job and the list of jobs."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from emulator.core import jobs
from emulator.core.jobs import Order
from emulator.core.world import Caller
from emulator.dialects.call import call_of
from emulator.dialects.nebius import catalogue, translate, wire
from emulator.dialects.nebius.edition import Asked, Edition
from emulator.dialects.nebius.routes.answer import LIMIT_MAX, Project, answer, checked, declared, shown
from emulator.errors import Flaw, Invalid
from emulator.operations import Operation
from emulator.settings import Settings
from emulator.timeline.actions import Deed
from emulator.timeline.job import Lifecycle

LIMIT = 20  # unverified: OpenAI's default; recorded lists of up to 10 came whole
UNICODE = "Input should be a valid string, unable to parse raw data as a unicode string"
JOBS, JOB = "/v1/fine_tuning/jobs", "/v1/fine_tuning/jobs/{job_id}"

Handler = Callable[..., Awaitable[Response]]


def of(edition: Edition) -> APIRouter:
    """Return the calls that an edition has in its own way."""
    made, job = APIRouter(tags=["fine-tuning"]), edition.job
    post, get = {"methods": ["POST"], "response_model": job}, {"methods": ["GET"], "response_model": job}
    listed = {"methods": ["GET"], "response_model": edition.jobs}
    listing = _list_in_pages(edition) if edition.pages else _list_whole(edition)
    for path, handler, summary, how, errors in (
        (JOBS, _create(edition), "Create a fine-tuning job", post, (400, 402, 403, 404, 429, 507)),
        (JOBS, listing, "List fine-tuning jobs", listed, (404,) if edition.pages else ()),
        (JOB, _get(edition), "Get fine-tuning job info", get, (404,)),
        (f"{JOB}/cancel", _cancel(edition), "Cancel fine-tuning job", post, (400, 404, 507)),
    ):
        made.add_api_route(path, handler, summary=summary, responses=declared(*errors), **how)
    return made


def _create(edition: Edition) -> Handler:
    async def create_fine_tuning_job(
        request: Request,
        body: edition.request,  # type: ignore[name-defined] # FastAPI reads it when the route is made
        ai_project_id: Project = None,
    ) -> Response:
        """Create a job that fine-tunes a model on a data set."""
        call = call_of(request)
        caller = call.caller
        seen = await jobs.create(caller, _order(caller.world.settings, body, await request.body(), ai_project_id))
        call.job = seen.stored.id
        return answer(translate.to_job(edition, caller, seen))

    return create_fine_tuning_job


def _order(settings: Settings, body: Asked, raw: bytes, project: str | None) -> Order:
    """Return the job that a request orders; raise Invalid for what its model does not see."""
    flaws = [Flaw("string_unicode", ("body", *loc), UNICODE, text) for loc, text in wire.unencodable(raw)]
    if flaws := [*flaws, *catalogue.flaws(settings, body.model)]:
        raise Invalid(flaws)
    return translate.to_order(body, project=project, lifecycle=Lifecycle(settings.lifecycle))


def order(edition: Edition, caller: Caller, body: Mapping[str, Any], project: str | None) -> Order:
    """Return the job that a request of this body would order; raise ValidationError or Invalid."""
    return _order(caller.world.settings, edition.request.model_validate(body), json.dumps(body).encode(), project)


def _list_in_pages(edition: Edition) -> Handler:
    async def list_fine_tuning_jobs(
        request: Request, limit: int | None = None, after: str | None = None, ai_project_id: Project = None
    ) -> Response:
        """List all fine-tuning jobs, newest first (unverified)."""
        return _page(edition, request, limit=checked(limit, LIMIT), after=after, project=ai_project_id)

    return list_fine_tuning_jobs


def _list_whole(edition: Edition) -> Handler:
    async def list_fine_tuning_jobs(request: Request, ai_project_id: Project = None) -> Response:
        """List all fine-tuning jobs, newest first (unverified), up to 10,000 of them; ``limit`` is not read."""
        return _page(edition, request, limit=LIMIT_MAX, after=None, project=ai_project_id)

    return list_fine_tuning_jobs


def _page(edition: Edition, request: Request, *, limit: int, after: str | None, project: str | None) -> Response:
    call = call_of(request)
    page, more = jobs.page(call.caller, after=after, limit=limit, project=project)
    call.showed(page)
    return answer(edition.jobs(data=[translate.to_job(edition, call.caller, seen) for seen in page], has_more=more))


def _get(edition: Edition) -> Handler:
    async def get_fine_tuning_job(request: Request, job_id: str) -> Response:
        """Get info about a fine-tuning job."""
        seen = jobs.get(call_of(request).caller, job_id)
        return answer(translate.to_job(edition, shown(request, seen).caller, seen))

    return get_fine_tuning_job


def _cancel(edition: Edition) -> Handler:
    async def cancel_fine_tuning_job(request: Request, job_id: str) -> Response:
        """Immediately cancel a fine-tuning job; one that has ended is a 400 (unverified)."""
        caller = call_of(request).caller
        return answer(translate.to_job(edition, caller, await jobs.act(caller, job_id, Deed.CANCEL)))

    return cancel_fine_tuning_job


fine_tuning = APIRouter(tags=["fine-tuning"])
"""The calls that every edition has in one way."""


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


OPERATIONS = (
    Operation("jobs.create", "POST", JOBS),
    Operation("jobs.list", "GET", JOBS),
    Operation("jobs.retrieve", "GET", JOB),
    Operation("jobs.cancel", "POST", f"{JOB}/cancel"),
    Operation("jobs.events", "GET", f"{JOB}/events"),
    Operation("jobs.checkpoints", "GET", f"{JOB}/checkpoints"),
    Operation("jobs.checkpoint", "GET", f"{JOB}/checkpoints/{{checkpoint_id}}"),
)
