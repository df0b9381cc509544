"""The control calls: one table of routes, each acting on the tenant of its bearer token."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.control import clock, faults, journal, scenarios, state, webhooks, wire
from emulator.control.call import whose, world_of
from emulator.control.guard import Forbidden
from emulator.core import tenants
from emulator.core.soundness import Faces
from emulator.core.world import Seed, World
from emulator.errors import Missing, StorageFailed
from emulator.operations import Operation

Sow = Callable[[World, str, Any], Awaitable[Seed]]
LONGEST = 100
SELF_SAID = {"missing", "extra_forbidden", "value_error"}
"""Kinds of flaws whose message needs no value beside it: there is none, or it names it."""


def control(
    world: World,
    *,
    operations: Mapping[str, Sequence[Operation]],
    places: Mapping[str, wire.Place],
    faces: Faces,
    sow: Sow,
) -> FastAPI:
    """Return the control API of a server; ``operations`` are those of each dialect that it speaks, by its name.

    ``places`` are where their clients connect, ``faces`` the providers by theirs. ``sow`` makes a tenant's seed of a
    JSON value, its bytes held; it raises BadSetting.
    """
    middleware = [Middleware(AnyJson)]
    app = FastAPI(title="Emulator control", version=version("fine-tuning-emulator"), middleware=middleware)
    app.state.world, app.state.places, app.state.faces = world, places, faces
    app.state.sow = sow
    app.state.operations = [each for one in operations.values() for each in one]
    problem: dict[int | str, dict[str, Any]] = {status: {"model": wire.Problem} for status in (401, 403, 404, 409, 422)}
    for method, path, handler, answer in TABLE:
        app.add_api_route(path, handler, methods=[method], response_model=answer, responses=problem)
    for kind in (Forbidden, Missing, RequestValidationError, HTTPException, StorageFailed):
        app.add_exception_handler(kind, _refused)
    return app


async def health(request: Request) -> wire.Health:
    """Say that the server answers, and where its clients connect."""
    places, root = request.app.state.places, world_of(request).settings.dialect
    return wire.Health(version=request.app.version, dialects=[*places], root=root, clients=places)


async def reset(request: Request) -> wire.Reset:
    """Put the tenant back to its seed, or to nothing, at every provider, its clock included."""
    world, tenant = world_of(request), whose(request)
    await tenants.reset(world, tenant)
    return wire.Reset(tenant=tenant)


TABLE = (
    ("GET", "/health", health, wire.Health),
    ("POST", "/reset", reset, wire.Reset),
    *clock.TABLE,
    *faults.TABLE,
    *journal.TABLE,
    *scenarios.TABLE,
    *state.TABLE,
    *webhooks.TABLE,
)


async def _refused(_: Request, error: Exception) -> Response:
    """Answer what is wrong in one sentence."""
    match error:
        case Forbidden():
            return JSONResponse({"error": str(error)}, error.status)
        case Missing(kind, id_):
            return JSONResponse({"error": f"there is no {kind} {id_!r}"}, 404)
        case RequestValidationError():
            return JSONResponse({"error": "; ".join(map(_sentence, error.errors()))}, 422)
        case HTTPException(status_code=400):  # FastAPI's, for what its JSON parser gave up on
            return JSONResponse({"error": "the body cannot be read: nested too deeply, or a number too long"}, 400)
        case HTTPException():
            calls = ", ".join(f"{method} /_emulator{path}" for method, path, _, _ in TABLE)
            return JSONResponse({"error": f"{error.detail}; the control calls are {calls}"}, error.status_code)
        case _:
            return JSONResponse({"error": str(error)}, 507)


def _sentence(flaw: dict[str, Any]) -> str:
    if flaw["type"] == "json_invalid":
        return f"the body is not JSON: {flaw['ctx']['error']} at character {flaw['loc'][-1]}"
    # What a union has tried stands in parentheses, and is no place in the body.
    where = ".".join(part for part in map(str, flaw["loc"][1:]) if not part.startswith("(")) or str(flaw["loc"][0])
    got = "" if flaw["type"] in SELF_SAID else f", got {str(flaw.get('input'))[:LONGEST]}"
    message = flaw["msg"].removeprefix("Value error, ")
    return f"{where}: {message}{got}".encode("utf-8", "backslashreplace").decode()


class AnyJson:
    """Take every body for JSON, whatever it is called: ``curl -d`` calls it a form."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        others = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
        await self._app({**scope, "headers": [*others, (b"content-type", b"application/json")]}, receive, send)
