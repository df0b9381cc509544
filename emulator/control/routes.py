"""The control calls: one table of routes, each acting on the tenant of its bearer token."""

from datetime import timedelta
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.clock import LATEST, RATES, Clock, Mode
from emulator.control import wire
from emulator.control.guard import Forbidden, check_browser, check_token, tenant
from emulator.core import jobs, tenants
from emulator.core.world import World
from emulator.errors import StorageFailed

LONGEST = 100


def control(world: World, *, dialects: list[str]) -> FastAPI:
    """Return the control API of a server that speaks these dialects."""
    middleware = [Middleware(AnyJson)]
    app = FastAPI(title="Emulator control", version=version("fine-tuning-emulator"), middleware=middleware)
    app.state.world, app.state.dialects = world, dialects
    problem: dict[int | str, dict[str, Any]] = {status: {"model": wire.Problem} for status in (401, 403, 409, 422)}
    for method, path, handler, answer in TABLE:
        app.add_api_route(path, handler, methods=[method], response_model=answer, responses=problem)
    for kind in (Forbidden, RequestValidationError, HTTPException, StorageFailed):
        app.add_exception_handler(kind, _refused)
    return app


async def health(request: Request) -> wire.Health:
    """Say that the server answers."""
    return wire.Health(version=request.app.version, dialects=request.app.state.dialects)


async def reset(request: Request) -> wire.Reset:
    """Remove all that belongs to the tenant, at every provider, its clock included."""
    world, whose = _world(request), _whose(request)
    await tenants.reset(world, whose)
    return wire.Reset(tenant=whose)


async def get_clock(request: Request) -> wire.ClockState:
    """Return the tenant's clock."""
    return _state(_world(request), _whose(request))


async def put_clock(request: Request, body: wire.ClockSettings) -> wire.ClockState:
    """Set the tenant's clock; it never goes back."""
    world, whose = _world(request), _whose(request)

    def change(clock: Clock, host_s: float) -> Clock:
        now = clock.now(host_s)
        if body.now and body.now < now:
            message = f"time does not go back: got now {body.now.isoformat()}, the clock is at {now.isoformat()}"
            raise Forbidden(409, message)
        if body.mode:
            clock = Clock(Mode(body.mode), RATES[Mode(body.mode)], now, host_s)
        if body.rate is not None:
            clock = clock.at_rate(body.rate, host_s)
        return clock.moved_to(body.now, host_s) if body.now else clock

    await tenants.set_clock(world, whose, change)
    return _state(world, whose)


async def advance(request: Request, body: wire.Advance) -> wire.ClockState:
    """Move the tenant's clock forward."""
    world, whose = _world(request), _whose(request)

    def change(clock: Clock, host_s: float) -> Clock:
        now = clock.now(host_s)
        room_s = (LATEST - now).total_seconds()
        return clock.moved_to(now + timedelta(seconds=min(body.seconds, room_s)), host_s)

    await tenants.set_clock(world, whose, change)
    return _state(world, whose)


async def skip(request: Request) -> wire.Skipped:
    """Move the tenant's clock to the next moment of any of its jobs; where there is none it stays."""
    world, whose = _world(request), _whose(request)
    moved = False

    def change(clock: Clock, host_s: float) -> Clock:
        nonlocal moved
        to = jobs.next_moment(world, whose, clock.now(host_s))
        moved = to is not None
        return clock.moved_to(to, host_s) if to else clock

    await tenants.set_clock(world, whose, change)
    return wire.Skipped(**_state(world, whose).model_dump(), moved=moved)


TABLE = (
    ("GET", "/health", health, wire.Health),
    ("POST", "/reset", reset, wire.Reset),
    ("GET", "/clock", get_clock, wire.ClockState),
    ("PUT", "/clock", put_clock, wire.ClockState),
    ("POST", "/clock/advance", advance, wire.ClockState),
    ("POST", "/clock/skip", skip, wire.Skipped),
)


def _world(request: Request) -> World:
    world = request.app.state.world
    assert isinstance(world, World)  # noqa: S101 -- set where the application is made
    return world


def _whose(request: Request) -> str:
    settings = _world(request).settings
    check_browser(request, settings)
    check_token(request, settings)
    return tenant(request, settings)


def _state(world: World, whose: str) -> wire.ClockState:
    clock = world.clocks.of(whose)
    return wire.ClockState(mode=clock.mode.value, rate=clock.rate, now=world.clocks.now(whose))


async def _refused(_: Request, error: Exception) -> Response:
    """Answer what is wrong in one sentence."""
    match error:
        case Forbidden():
            return JSONResponse({"error": str(error)}, error.status)
        case RequestValidationError():
            return JSONResponse({"error": "; ".join(map(_sentence, error.errors()))}, 422)
        case HTTPException():
            calls = ", ".join(f"{method} /_emulator{path}" for method, path, _, _ in TABLE)
            return JSONResponse({"error": f"{error.detail}; the control calls are {calls}"}, error.status_code)
        case _:
            return JSONResponse({"error": str(error)}, 507)


def _sentence(flaw: dict[str, Any]) -> str:
    if flaw["type"] == "json_invalid":
        return f"the body is not JSON: {flaw['ctx']['error']} at character {flaw['loc'][-1]}"
    where = ".".join(str(part) for part in flaw["loc"][1:]) or "body"
    got = "" if flaw["type"] in {"missing", "extra_forbidden"} else f", got {str(flaw.get('input'))[:LONGEST]}"
    return f"{where}: {flaw['msg']}{got}".encode("utf-8", "backslashreplace").decode()


class AnyJson:
    """Take every body for JSON, whatever it is called: ``curl -d`` calls it a form."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        others = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
        await self._app({**scope, "headers": [*others, (b"content-type", b"application/json")]}, receive, send)
