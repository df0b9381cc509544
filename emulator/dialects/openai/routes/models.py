"""Models: the base models, and those that jobs have made, each checkpoint's included (observed)."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from emulator.core import models
from emulator.dialects.call import call_of
from emulator.dialects.openai import catalogue, translate, wire
from emulator.dialects.openai.routes.answer import answer
from emulator.errors import Refused
from emulator.operations import Operation

router = APIRouter(tags=["Models"])


@router.get("/v1/models", operation_id="listModels", summary="List models", response_model=wire.ListModelsResponse)
async def list_models(request: Request) -> Response:
    """List all models at once, the base models first (their order is unverified)."""
    caller = call_of(request).caller
    settings = caller.world.settings
    base = [translate.to_base_model(model) for model in catalogue.offered(settings).values()]
    own = [translate.to_model(model, settings.organization) for model in models.tuned(caller)]
    return answer(wire.ListModelsResponse(object="list", data=[*base, *own]))


@router.get(
    "/v1/models/{model:path}", operation_id="retrieveModel", summary="Retrieve model", response_model=wire.Model
)
async def retrieve_model(request: Request, model: str) -> Response:
    """Get a model; a colon or a slash in its name may be encoded or not."""
    caller = call_of(request).caller
    settings = caller.world.settings
    if base := catalogue.known(settings, model):
        return answer(translate.to_base_model(base))
    return answer(translate.to_model(models.find(caller, model), settings.organization))


@router.delete(
    "/v1/models/{model:path}",
    operation_id="deleteModel",
    summary="Delete model",
    response_model=wire.DeleteModelResponse,
)
async def delete_model(request: Request, model: str) -> Response:
    """Delete a tuned model; a base model is nobody's to delete (its refusal is unverified)."""
    caller = call_of(request).caller
    if catalogue.known(caller.world.settings, model):
        raise Refused(f"The model '{model}' is a base model and cannot be deleted.")
    await models.delete(caller, model)
    return answer(wire.DeleteModelResponse(id=model, object="model", deleted=True))


OPERATIONS = (
    Operation("models.list", "GET", "/v1/models"),
    Operation("models.retrieve", "GET", "/v1/models/{model_id:path}"),
    Operation("models.delete", "DELETE", "/v1/models/{model_id:path}"),
)
