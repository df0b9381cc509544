"""Downloads: links to a job's model and to files, and what they lead to.

The guide says that the call answers with a redirect to a signed URL, and a few lines on that it gives a signed
``download_url``; the provider's own client needs the second, ``curl -L`` the first. Here a request that asks for JSON
gets JSON, any other the redirect, and the setting ``download`` makes it one of them.
"""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from emulator.clock import micros
from emulator.core import derived, files, jobs, links
from emulator.core.file import File
from emulator.core.jobs import Seen
from emulator.core.world import Caller
from emulator.dialects import content
from emulator.dialects.call import call_of
from emulator.dialects.nscale import catalogue, metrics, translate, wire
from emulator.dialects.nscale.entrance import API, DOWNLOADS, followed
from emulator.dialects.nscale.routes.answer import answer, declared, signed_url, wants_json
from emulator.errors import Missing, Refused
from emulator.operations import Operation
from emulator.timeline import history
from emulator.timeline.artifacts.archive import archive
from emulator.timeline.history import Checkpoint
from emulator.timeline.job import Status

ARCHIVE = "fine_tuned_model.tar.gz"
"""As the guide saves it (documented)."""
LEFT_OUT = frozenset({"checkpoint.meta"})
"""What only another provider's checkpoints have."""
GZIP, CSV = "application/gzip", "text/csv; charset=utf-8"

router = APIRouter(tags=["downloads"])


def completed(caller: Caller, job_id: str, wanted: str) -> Seen:
    """Return a job whose model can be had; raise Missing, or Refused where it is not completed (documented)."""
    seen = jobs.get(caller, job_id)
    if seen.view.status is not Status.SUCCEEDED:
        status = translate.STATUSES[seen.view.status]
        raise Refused(f"the job {job_id!r} is {status}; its model can be {wanted} once it is completed")
    if not history.is_final(seen.view):
        raise Missing("archive", job_id)
    return seen


@router.head(f"{API}/jobs/{{job_id}}/download", include_in_schema=False)
@router.get(
    f"{API}/jobs/{{job_id}}/download",
    summary="Download a model",
    response_model=wire.Download,
    responses={302: {"description": "Where the archive is"}, **declared(404)},
)
async def download_model(request: Request, organization_id: str, job_id: str) -> Response:
    """Give a signed link to the archive of a completed job's model, as JSON or as a redirect."""
    caller = call_of(request).caller
    completed(caller, job_id, "downloaded")
    url = signed_url(request, f"{_below(organization_id)}/jobs/{job_id}/{ARCHIVE}")
    form = caller.world.settings.download
    if form == "json" or (form == "auto" and wants_json(request.headers)):
        return answer(wire.Download(download_url=url))
    return RedirectResponse(url, status_code=302)


def file_url(request: Request, file: File) -> str:
    """Return a signed link to the bytes of a file."""
    organization = call_of(request).caller.account.organization
    return signed_url(request, f"{_below(organization)}/files/{file.id}")


def _below(organization_id: str) -> str:
    return DOWNLOADS.format(organization_id=organization_id)


@router.head(f"{DOWNLOADS}/jobs/{{job_id}}/{ARCHIVE}", include_in_schema=False)
@router.get(f"{DOWNLOADS}/jobs/{{job_id}}/{ARCHIVE}", include_in_schema=False)
async def get_archive(request: Request, organization_id: str, job_id: str) -> Response:
    """Get the archive that a link leads to, or a range of it."""
    caller = _linked(request)
    file = _archive(caller, completed(caller, job_id, "downloaded"))
    return content.answer(caller.world, file, request.headers, head=request.method == "HEAD", media_type=GZIP)


@router.head(f"{DOWNLOADS}/files/{{file_id}}", include_in_schema=False)
@router.get(f"{DOWNLOADS}/files/{{file_id}}", include_in_schema=False)
async def get_content(request: Request, organization_id: str, file_id: str) -> Response:
    """Get the bytes of the file that a link leads to, or a range of them."""
    caller = _linked(request)
    file = files.get(caller, file_id)
    return content.answer(caller.world, file, request.headers, head=request.method == "HEAD", media_type=CSV)


def _linked(request: Request) -> Caller:
    """Return who signed the link that was followed; raise Unsigned where its time is over."""
    caller = call_of(request).caller
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    links.check(followed(caller.world, request.scope, path), caller.now())
    return caller


def _archive(caller: Caller, seen: Seen) -> File:
    """Return the archive of a job's model; raise Missing where its scenario is that it cannot be found."""
    made, job = _chosen(seen), seen.stored
    if derived.is_missing(job, ARCHIVE):
        raise Missing("archive", job.id)
    saved = derived.artifacts(caller, job, made, context_tokens=_context_tokens(caller, job.model))
    found = [each for each in saved if each.name not in LEFT_OUT]
    packed = archive(ARCHIVE, found, created_at=micros(made.at) // 10**6)
    return File(f"{job.id}-{made.step}", packed.size, made.at, ARCHIVE, "model", packed)


def _context_tokens(caller: Caller, model: str) -> int:
    """Return the context of a base model; of one that is offered no longer, the usual one."""
    offered = catalogue.offered(caller.world.settings)
    return next((each.context_tokens for each in offered if each.name == model), catalogue.CONTEXT_TOKENS)


def _chosen(seen: Seen) -> Checkpoint:
    """Return the checkpoint that is the model: the last one, or the best one where that was asked (documented)."""
    view = seen.view
    best = metrics.best_step(seen) if metrics.asked(seen).best_checkpoints else None
    made = history.checkpoints(view)
    return next((each for each in made if each.step == best), made[-1])


OPERATIONS = (
    Operation("jobs.download", "GET", f"{API}/jobs/{{job_id}}/download"),
    Operation("jobs.content", "GET", f"{DOWNLOADS}/jobs/{{job_id}}/{ARCHIVE}"),
    Operation("files.content", "GET", f"{DOWNLOADS}/files/{{file_id}}"),
)
