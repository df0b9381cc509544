"""The composition root: settings and a host clock in, one ASGI application out. The only module that knows all others.

A request's itinerary, in order::

    Cors        lets browsers of the listed origins in
    RequestLog  leaves one line on standard error
    PollClock   lets time go on once an unfinished job was shown
    Router      /_emulator | /nebius | the dialect at the root
    Authenticated (each dialect)  says whose request it is
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount

from emulator import clock, dialects
from emulator.clock import Host
from emulator.control.routes import control
from emulator.core.world import opened
from emulator.poll import PollClock
from emulator.request_log import RequestLog
from emulator.settings import Settings


def create_app(settings: Settings, host: Host | None = None) -> Starlette:
    """Return the application; its state is opened when it starts and closed when it stops."""
    host = host or clock.host_clock()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            world = stack.enter_context(opened(settings, host))
            app.state.world = world
            faces = {each.name: each.face(world) for each in dialects.ALL}
            app.router.routes[:] = [
                Mount("/_emulator", control(world, dialects=[*faces])),
                *(Mount(each.base_path, faces[each.name]) for each in dialects.ALL),
            ]
            app.router.default, app.router.redirect_slashes = faces[settings.dialect], False
            yield

    return Starlette(
        lifespan=lifespan,
        middleware=[
            *([Middleware(CORSMiddleware, **_cors(settings))] if settings.cors else []),
            *([] if settings.quiet else [Middleware(RequestLog, host=host, form=settings.log)]),
            Middleware(PollClock),
        ],
    )


def _cors(settings: Settings) -> dict[str, Any]:
    return {"allow_origins": [*settings.cors], "allow_methods": ["*"], "allow_headers": ["*"], "expose_headers": ["*"]}
