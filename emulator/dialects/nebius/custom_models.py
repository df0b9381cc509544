"""Custom models: checkpoints of jobs, deployed under a name of their own so that they answer.

Known from recordings of 2025, when such a model was served beside its base: a name with four random letters, validation
of some seconds, the two answers, a bare array as the list, the deletion by the short name (all observed). In 2026 the
service gave this up for dedicated endpoints. Unverified are every refusal and ``status_reason``, and whatever a source
does that no recording deploys: a file or a repository is taken as it comes, and the model answers without its data.
That the list is oldest first is inferred: a recorded client takes the model that it has just made from the list's end.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from emulator.clock import seconds
from emulator.core import files, jobs
from emulator.core.inference import deployed
from emulator.core.inference.deployed import Wanted
from emulator.core.world import Caller
from emulator.dialects.call import Call, call_of
from emulator.dialects.nebius import catalogue
from emulator.dialects.nebius.routes.answer import answer, declared
from emulator.dialects.nebius.wire import custom_models as wire
from emulator.dialects.readable import ReadableRoute
from emulator.errors import Missing, Refused
from emulator.operations import Operation
from emulator.settings import Settings
from emulator.storage.models import StoredModel

MARK = "-LoRa:"
LETTERS = 4
FAST = "-fast"
JOB, FILE, REPOSITORY = "ftjob-", "file-", "huggingface.co/"
BEGUN = len("https://")


@dataclass(frozen=True, slots=True)
class Base:
    """A base whose adapters can be deployed, and what is told of it beside them. ``size_b`` is 10⁹ parameters."""

    vendor: str
    tags: tuple[str, ...] = ()
    quality: int | None = None
    context_window_k: int | None = None
    size_b: float | None = None


LLAMA_8B = Base("meta", ("128K context", "small", "JSON mode"), 73, 128, 8.03)

DEPLOYABLE: Mapping[str, Base] = {
    "meta-llama/Meta-Llama-3.1-8B-Instruct": LLAMA_8B,  # observed, with what is told of it
    "meta-llama/Meta-Llama-3.1-8B-Instruct-fast": LLAMA_8B,  # documented: the example of the schema
    "meta-llama/Llama-3.3-70B-Instruct": Base("meta", ("128K context",), None, 128, 70.6),  # third party, 2026
    "Qwen/Qwen3-4B-fast": Base("qwen", (), None, None, 4.02),  # observed in 2025; what is told of it is not
}
"""The setting ``model`` adds to it."""

router = APIRouter(tags=["custom models"], route_class=ReadableRoute)


def _base(settings: Settings, name: str) -> Base:
    """Return a base that can be deployed; raise Refused."""
    if found := DEPLOYABLE.get(name):
        return found
    if name in settings.models or catalogue.ANY in settings.models:
        return Base(name.partition("/")[0])
    taken = ", ".join(f"`{each}`" for each in (*DEPLOYABLE, *settings.models))
    raise Refused(f"The base model `{name[:200]}` does not support custom models. Those that do: {taken}.")


def _short(name: str) -> str:
    return name.rpartition(MARK)[2]


def _flaw(caller: Caller, body: wire.CreateCustomModelRequest) -> str | None:
    """Return why a source will never answer, or None."""
    source = body.source
    try:
        if source.startswith(JOB):
            return _flaw_of_job(caller, *source.partition(":")[::2], body.base_model)
        if source.startswith(FILE):
            files.get(caller, source)
            return None
    except Missing as missing:
        return f"The {missing.kind} `{missing.id[:200]}` does not exist."
    if REPOSITORY in source[: BEGUN + len(REPOSITORY)]:
        return None
    return "The source is neither a checkpoint of a job, nor a file, nor a Hugging Face repository."


def _flaw_of_job(caller: Caller, job_id: str, checkpoint_id: str, base: str) -> str | None:
    seen = jobs.get(caller, job_id)
    jobs.checkpoint(caller, seen, checkpoint_id)
    if seen.stored.lora is None:
        return "The checkpoint is not a LoRA adapter."
    if _same_model(seen.stored.model) != _same_model(base):
        return f"The checkpoint was trained on `{seen.stored.model}`, not on `{base}`."
    return None


def _same_model(base: str) -> str:
    """Return a base's name in one spelling: jobs and models spell some differently (observed)."""
    return base.removesuffix(FAST).replace("/Meta-Llama-", "/Llama-")


def _status(caller: Caller, model: StoredModel) -> wire.ModelStatus:
    if caller.now() < model.active_at:
        return "validating"
    return "error" if model.flaw else "active"


def _watched(call: Call, model: StoredModel) -> None:
    """Note a model that is still validated: on a poll clock, time goes on once the answer is sent."""
    if call.caller.now() < model.active_at:
        call.changes_at.append(model.active_at)


def _created(model: StoredModel, status: wire.ModelStatus) -> wire.CustomModelCreateResponse:
    return wire.CustomModelCreateResponse(
        name=model.name,
        base_model=model.base_model,
        source=model.source,
        description=model.description,
        created_at=seconds(model.created_at),
        status=status,
    )


def _info(caller: Caller, model: StoredModel) -> wire.CustomModelInfoResponse:
    base = DEPLOYABLE.get(model.base_model) or Base(model.base_model.partition("/")[0])
    status = _status(caller, model)
    return wire.CustomModelInfoResponse(
        name=model.name,
        status=status,
        status_reason=model.flaw if status == "error" else None,
        **_source(model.source),
        created_at=seconds(model.created_at),
        description=model.description,
        vendor=base.vendor,
        tags=[*base.tags, "lora"],
        use_cases=["lora"],
        quality=base.quality,
        context_window_k=base.context_window_k,
        size_b=base.size_b,
    )


def _source(source: str) -> dict[str, Any]:
    """Return the members that tell what a model was made of."""
    if source.startswith(JOB):
        job_id, _, checkpoint_id = source.partition(":")
        return {"job_id": job_id, "checkpoint_id": checkpoint_id or None}
    return {"file_id" if source.startswith(FILE) else "url": source}


@router.post(
    "/v0/models",
    summary="Create a custom model",
    response_model=wire.CustomModelCreateResponse,
    responses=declared(400, 507),
)
async def create_custom_model(
    request: Request, body: wire.CreateCustomModelRequest, ai_project_id: str | None = None
) -> Response:
    """Deploy an adapter: it is validated first, and answers then by its name."""
    caller = call_of(request).caller
    _base(caller.world.settings, body.base_model)

    def name(bits: int) -> str:
        letters = (string.ascii_letters[bits // 52**place % 52] for place in range(LETTERS))
        return f"{body.base_model}{MARK}{body.name}-{''.join(letters)}"

    flaw = _flaw(caller, body)
    wanted = Wanted(body.base_model, body.source, body.description, ai_project_id, name, flaw)
    return answer(_created(await deployed.deploy(caller, wanted), "validating"))


@router.get(
    "/v0/models",
    summary="List of custom models",
    response_model=list[wire.CustomModelInfoResponse],
    responses=declared(),
)
async def list_custom_models(request: Request, ai_project_id: str | None = None) -> Response:
    """List the custom models, oldest first: a bare array (observed)."""
    call = call_of(request)
    found = deployed.listed(call.caller, ai_project_id)
    for model in found:
        _watched(call, model)
    shown = ",".join(_info(call.caller, model).model_dump_json() for model in found)
    return Response(f"[{shown}]", media_type="application/json")


@router.get(
    "/v0/models/{name:path}",
    summary="Get a custom model",
    response_model=wire.CustomModelInfoResponse,
    responses=declared(404),
)
async def get_custom_model(request: Request, name: str) -> Response:
    """Get a custom model by its short name or its full one; a slash in that may be encoded or not (observed)."""
    call = call_of(request)
    model = deployed.get(call.caller, name, _short)
    _watched(call, model)
    return answer(_info(call.caller, model))


@router.delete(
    "/v0/models/{name:path}",
    summary="Delete a custom model",
    response_model=wire.CustomModelCreateResponse,
    responses=declared(404, 507),
)
@router.delete(
    "/v1/models/{name:path}",
    summary="Delete a custom model",
    response_model=wire.CustomModelCreateResponse,
    responses=declared(404, 507),
)
async def delete_custom_model(request: Request, name: str) -> Response:
    """Delete a custom model by its short name (observed) or its full one (third party)."""
    return answer(_created(await deployed.delete(call_of(request).caller, name, _short), "deleted"))


OPERATIONS = (
    Operation("custom_models.create", "POST", "/v0/models"),
    Operation("custom_models.list", "GET", "/v0/models"),
    Operation("custom_models.retrieve", "GET", "/v0/models/{name:path}"),
    Operation("custom_models.delete", "DELETE", "/v0/models/{name:path}"),
    Operation("models.delete", "DELETE", "/v1/models/{name:path}"),
)
