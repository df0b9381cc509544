"""Jobs: made or only reckoned, looked at, cancelled; and what they have measured."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from emulator.core import jobs
from emulator.core.jobs import Order, Seen
from emulator.core.world import Caller
from emulator.dialects.call import Call, call_of
from emulator.dialects.nscale import catalogue, metrics, orders, translate, wire
from emulator.dialects.nscale.entrance import API
from emulator.dialects.nscale.routes.answer import LIMIT, LIMIT_MAX, Limit, Pagination, answer, declared
from emulator.dialects.nscale.usage import Estimate, estimate
from emulator.dialects.readable import ReadableRoute
from emulator.operations import Operation
from emulator.timeline.actions import Deed

LISTED = TypeAdapter(list[wire.ListedMetric])

router = APIRouter(tags=["jobs"], route_class=ReadableRoute)


def shown(request: Request, seen: Seen) -> Call:
    """Return the call of a request whose answer shows a job."""
    call = call_of(request)
    call.showed([seen])
    return call


@router.post(
    f"{API}/jobs",
    summary="Create a job",
    response_model=wire.CreateJobResponse,
    responses=declared(402, 403, 404, 429, 507),
)
async def create_job(request: Request, organization_id: str, body: wire.CreateJobRequest) -> Response:
    """Create a fine-tuning job, or with ``dry_run`` tell only what it would cost."""
    call = call_of(request)
    order = orders.to_order(call.caller, body)
    usage = translate.to_usage(_estimate(call.caller, body, order))
    if body.dry_run:
        return answer(wire.CreateJobResponse(dry_run=True, estimated_usage=usage, job=None))
    seen = await jobs.create(call.caller, order)
    call.job = seen.stored.id
    return answer(wire.CreateJobResponse(dry_run=False, estimated_usage=usage, job=translate.to_job(seen)))


def _estimate(caller: Caller, body: wire.CreateJobRequest, order: Order) -> Estimate:
    """Return what a job would use; raise Missing, or Invalid for columns that there are not."""
    model = catalogue.find(caller.world.settings, body.base_model_id)
    looks = orders.evaluations(body.hyperparameters)
    recipe = jobs.settled(caller, order).recipe
    return estimate(recipe, evaluations=looks, usd_per_million_tokens=model.usd_per_million_tokens)


Wanted = Annotated[wire.JobStatus | None, Query(alias="status", description="Only those that show it now")]


@router.get(f"{API}/jobs", summary="List jobs", response_model=wire.Jobs, responses=declared())
async def list_jobs(
    request: Request,
    organization_id: str,
    wanted: Wanted = None,
    limit: Limit = LIMIT,
    *,
    pagination: Pagination = True,
) -> Response:
    """List jobs, the newest first (unverified), of one status where that is asked for (documented)."""
    call = call_of(request)
    statuses = [own for own, shown_as in translate.STATUSES.items() if wanted in (None, shown_as)]
    found = jobs.newest(call.caller, limit=min(limit, LIMIT_MAX), statuses=statuses)
    call.showed(found)
    return answer(wire.Jobs(data=[translate.to_job(seen) for seen in found]))


@router.get(f"{API}/jobs/{{job_id}}", summary="Get a job", response_model=wire.Job, responses=declared(404))
async def get_job(request: Request, organization_id: str, job_id: str) -> Response:
    """Get a job."""
    seen = jobs.get(call_of(request).caller, job_id)
    shown(request, seen)
    return answer(translate.to_job(seen))


@router.post(
    f"{API}/jobs/{{job_id}}/cancel", summary="Cancel a job", response_model=wire.Job, responses=declared(404, 507)
)
async def cancel_job(request: Request, organization_id: str, job_id: str) -> Response:
    """Cancel a job, whatever the body is; one that has ended is refused (unverified: the provider's client alone)."""
    return answer(translate.to_job(await jobs.act(call_of(request).caller, job_id, Deed.CANCEL)))


@router.get(
    f"{API}/jobs/{{job_id}}/metrics", summary="Get metrics", response_model=wire.Metrics, responses=declared(404)
)
async def get_metrics(request: Request, organization_id: str, job_id: str) -> Response:
    """Get what a job has measured so far; with the setting ``metrics`` as a bare list."""
    seen = jobs.get(call_of(request).caller, job_id)
    call = shown(request, seen)
    if call.caller.world.settings.metrics == "reference":
        return answer(metrics.to_metrics(seen))
    return Response(LISTED.dump_json(metrics.to_list(seen)), media_type="application/json")


OPERATIONS = (
    Operation("jobs.create", "POST", f"{API}/jobs"),
    Operation("jobs.list", "GET", f"{API}/jobs"),
    Operation("jobs.retrieve", "GET", f"{API}/jobs/{{job_id}}"),
    Operation("jobs.cancel", "POST", f"{API}/jobs/{{job_id}}/cancel"),
    Operation("jobs.metrics", "GET", f"{API}/jobs/{{job_id}}/metrics"),
)
