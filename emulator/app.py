"""The composition root: settings and a host clock in, one ASGI application out. The only module that knows all others.

A request's itinerary, in order::

    Cors        lets browsers of the listed origins in
    RequestLog  leaves one line on standard error
    Journal     notes what was asked and what the client saw of the answer
    PollClock   lets time go on where an unfinished job was shown
    Router      /_emulator | /nebius and the others, by their names | the dialect at the root
    Authenticated (each dialect)  says whose request it is
    Faulty        (each dialect)  lets go wrong what is to go wrong
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount
from starlette.types import ASGIApp

from emulator import clock, dialects
from emulator.clock import Host
from emulator.control.routes import control
from emulator.control.wire import Place
from emulator.core import journal
from emulator.core.webhooks.manner import Manner
from emulator.core.world import World, opened
from emulator.deliveries import delivering
from emulator.journal import Journal
from emulator.poll import PollClock
from emulator.request_log import RequestLog
from emulator.seeding import seed, sown
from emulator.settings import BadSetting, Settings


def create_app(settings: Settings, host: Host | None = None, world: World | None = None) -> Starlette:
    """Return the application. A world that is not handed in is opened when it starts, and closed when it stops."""
    host = host or clock.host_clock()
    if world:
        _begin(world)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with nullcontext(world) if world else opened(settings, host) as own:
            if own is not world:
                _begin(own)
            _serve(app, own)
            async with delivering(own, _manners()):
                yield
            await journal.write(own)

    return Starlette(
        lifespan=lifespan,
        middleware=[
            *([Middleware(CORSMiddleware, **_cors(settings))] if settings.cors else []),
            *([] if settings.quiet else [Middleware(RequestLog, host=host, form=settings.log)]),
            *([Middleware(Journal, host=host)] if settings.journal else []),
            Middleware(PollClock),
        ],
    )


def _serve(app: Starlette, world: World) -> None:
    """Give the application its routes: what no provider has, each dialect under its name, and one at the root."""
    app.state.world = world
    faces = {each.name: each.face(world) for each in dialects.ALL}
    operations = {each.name: each.operations for each in dialects.ALL}
    places = {each.name: Place(path=each.client_path, organization=each.has_organizations) for each in dialects.ALL}
    showing = {each.provider: each for each in dialects.ALL}
    app.router.routes[:] = [
        Mount("/_emulator", control(world, operations=operations, places=places, faces=showing, sow=sown)),
        *(_mounted(each.base_path, faces[each.name]) for each in dialects.ALL),
    ]
    app.router.default, app.router.redirect_slashes = faces[world.settings.dialect], False


def _mounted(path: str, face: ASGIApp) -> Mount:
    """Return a mount that takes every path below its own, those with a line's end in them too."""
    mount = Mount(path, face)
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def _begin(world: World) -> None:
    """Let a world begin as its settings say; raise BadSetting where it cannot, before anybody is served."""
    _check_rules(world)
    seed(world)


def _check_rules(world: World) -> None:
    """Raise BadSetting for a rule of the setting ``faults`` that can match no call of any provider."""
    known = [operation for each in dialects.ALL for operation in each.operations]
    for rule in world.rules:
        if why := rule.match.misses(known):
            raise BadSetting(f"faults: the rule {rule.id} can match nothing: {why}")


def _manners() -> Mapping[str, Manner]:
    """Return how the providers that tell of the ends of jobs do, by their names."""
    return {each.provider: each.manner for each in dialects.ALL if each.manner}


def _cors(settings: Settings) -> dict[str, Any]:
    return {"allow_origins": [*settings.cors], "allow_methods": ["*"], "allow_headers": ["*"], "expose_headers": ["*"]}
