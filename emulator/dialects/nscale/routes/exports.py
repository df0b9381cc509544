"""Exports: a job's model on its way to Hugging Face. They are kept, and nothing is sent.

The guide tells of the call that starts one and of "a running export" (documented). That there is a list, a call for
one, and what they answer, is unverified.
"""

from fastapi import APIRouter, Request
from starlette.responses import Response

from emulator.core import jobs, pushes
from emulator.dialects.call import Call, call_of
from emulator.dialects.nscale import translate, wire
from emulator.dialects.nscale.entrance import API
from emulator.dialects.nscale.routes.answer import LIMIT, LIMIT_MAX, Limit, answer, declared
from emulator.dialects.nscale.routes.downloads import completed
from emulator.dialects.readable import ReadableRoute
from emulator.operations import Operation
from emulator.storage.pushes import StoredPush

LASTS_S = 60.0
"""Virtual seconds, before the pace, that an export takes (unverified)."""

router = APIRouter(tags=["exports"], route_class=ReadableRoute)


def _shown(call: Call, push: StoredPush) -> wire.Export:
    """Return an export that an answer shows: on a poll clock, time goes on to its end."""
    call.changes_at += [push.ends_at] if push.ends_at > call.caller.now() else []
    return translate.to_export(call.caller, push)


@router.post(
    f"{API}/jobs/{{job_id}}/exports/hugging-face",
    summary="Push a model to Hugging Face",
    response_model=wire.Export,
    responses=declared(404, 507),
)
async def create_export(
    request: Request, organization_id: str, job_id: str, body: wire.CreateExportRequest
) -> Response:
    """Start to push a completed job's model to a repository."""
    caller = call_of(request).caller
    seen = completed(caller, job_id, "exported")
    place, login = body.huggingface_repository_id, body.huggingface_user_id
    push = await pushes.create(caller, seen, place=place, login=login, lasts_s=LASTS_S)
    return answer(translate.to_export(caller, push))


@router.get(
    f"{API}/jobs/{{job_id}}/exports", summary="List exports", response_model=wire.Exports, responses=declared(404)
)
async def list_exports(request: Request, organization_id: str, job_id: str, limit: Limit = LIMIT) -> Response:
    """List the exports of a job's model, the newest first."""
    call = call_of(request)
    found = pushes.newest(call.caller, jobs.get(call.caller, job_id), limit=min(limit, LIMIT_MAX))
    return answer(wire.Exports(data=[_shown(call, push) for push in found]))


@router.get(
    f"{API}/jobs/{{job_id}}/exports/{{export_id}}",
    summary="Get an export",
    response_model=wire.Export,
    responses=declared(404),
)
async def get_export(request: Request, organization_id: str, job_id: str, export_id: str) -> Response:
    """Get one export."""
    call = call_of(request)
    return answer(_shown(call, pushes.get(call.caller, jobs.get(call.caller, job_id), export_id)))


OPERATIONS = (
    Operation("exports.create", "POST", f"{API}/jobs/{{job_id}}/exports/hugging-face"),
    Operation("exports.list", "GET", f"{API}/jobs/{{job_id}}/exports"),
    Operation("exports.retrieve", "GET", f"{API}/jobs/{{job_id}}/exports/{{export_id}}"),
)
