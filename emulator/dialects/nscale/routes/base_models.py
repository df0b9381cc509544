"""Base models: what can be fine-tuned."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from emulator.dialects.call import call_of
from emulator.dialects.nscale import catalogue, translate, wire
from emulator.dialects.nscale.entrance import API
from emulator.dialects.nscale.routes.answer import LIMIT, LIMIT_MAX, Limit, answer, declared
from emulator.operations import Operation

router = APIRouter(tags=["base models"])


@router.get(f"{API}/base-models", summary="List base models", response_model=wire.BaseModels, responses=declared())
async def list_base_models(request: Request, organization_id: str, limit: Limit = LIMIT) -> Response:
    """List the models that can be fine-tuned."""
    models = catalogue.offered(call_of(request).caller.world.settings)[: min(limit, LIMIT_MAX)]
    return answer(wire.BaseModels(data=[translate.to_base_model(model) for model in models]))


OPERATIONS = (Operation("models.list", "GET", f"{API}/base-models"),)
