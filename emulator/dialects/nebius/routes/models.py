"""The models that can be fine-tuned."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from emulator.dialects.call import call_of
from emulator.dialects.nebius import catalogue, wire
from emulator.dialects.nebius.routes.answer import answer, declared
from emulator.operations import Operation

router = APIRouter()


@router.get(
    "/v1/models",
    summary="List models",
    response_model=wire.ModelListResponse | wire.RichModelListResponse,
    responses=declared(),
)
async def list_models(request: Request, *, verbose: bool = False, ai_project_id: str | None = None) -> Response:
    """List the base models that can be fine-tuned."""
    return answer(catalogue.listed(call_of(request).caller.world.settings, verbose=verbose))


@router.get("/v1/models/{model_id:path}", summary="Get a model", response_model=wire.Model, responses=declared(404))
async def get_model(request: Request, model_id: str) -> Response:
    """Get one base model; a slash in its name may be encoded or not."""
    return answer(catalogue.one(call_of(request).caller.world.settings, model_id))


OPERATIONS = (
    Operation("models.list", "GET", "/v1/models"),
    Operation("models.retrieve", "GET", "/v1/models/{model_id:path}"),
)
