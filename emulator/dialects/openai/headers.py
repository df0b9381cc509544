"""The headers that each answer bears: whose it is, how long it took, and the id under which the service knows it.

All are observed. Left out are those of the network in front of the service (``cf-ray``, ``alt-svc``, cookies), and
``x-ratelimit-*``, which none of the recorded answers of these calls has.
"""

from itertools import count

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.core import ids
from emulator.core.world import World
from emulator.dialects.call import call_in
from emulator.dialects.openai.names import BASE62

VERSION = "2020-10-01"
OPEN = ("/v1/files", "/v1/uploads")
MODELS = "/v1/models"
ORGANIZATION = ids.Letters("org-", BASE62, 24)
PROJECT = ids.Letters("proj_", BASE62, 24)


def organization_id(world: World, tenant: str) -> str:
    """Return the id of a tenant's organization."""
    return _own(ORGANIZATION, world, tenant, "organization")


def _own(shape: ids.Letters, world: World, tenant: str, kind: str) -> str:
    return shape.write(ids.draw(world.settings.seed, tenant, kind, bits=shape.bits), world.settings.epoch)


class Stamped:
    """Give each answer the provider's headers."""

    def __init__(self, app: ASGIApp, *, world: World) -> None:
        self._app, self._world, self._numbers = app, world, count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, number = self._world.clocks.host_s(), next(self._numbers)

        async def stamping(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._stamp(scope, MutableHeaders(scope=message), number, self._world.clocks.host_s() - began_s)
            await send(message)

        await self._app(scope, receive, stamping)

    def _stamp(self, scope: Scope, headers: MutableHeaders, number: int, lasted_s: float) -> None:
        path, call = scope["path"].removeprefix(scope.get("root_path", "")), call_in(scope)
        own = {
            "openai-version": VERSION,
            "openai-processing-ms": str(max(1, round(lasted_s * 1000))),
            "x-request-id": f"req_{ids.draw(self._world.settings.seed, number, 'request', bits=128):032x}",
            "x-content-type-options": "nosniff",
        }
        looks = scope["method"] in {"GET", "HEAD"}
        if call and not (looks and path.startswith(MODELS)):
            own["openai-organization"] = self._world.settings.organization
            own["openai-project"] = _own(PROJECT, self._world, call.caller.account.tenant, "project")
        if path.startswith(OPEN) or (path.startswith(MODELS) and not looks):
            own["access-control-allow-origin"] = "*"
        for name, value in own.items():
            headers.setdefault(name, value)
