"""A provider's application: its routes, its errors, its OpenAPI document, behind its authentication."""

from collections.abc import Awaitable, Callable, Iterable

from fastapi import APIRouter, FastAPI, Request
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.bearer import bearer
from emulator.core import scenarios
from emulator.core.world import Caller, World
from emulator.dialects.call import Call, attach
from emulator.dialects.dialect import Dialect
from emulator.errors import ApiError, Malformed, Unbuilt
from emulator.operations import find
from emulator.shorthand import unknown

PUBLIC = ("/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc")
"""The provider publishes its document without a key (documented)."""

ADMIN = "sk-admin-"
"""What the keys of an organization begin with (observed of OpenAI's)."""
OURS = b"x-emulator-"
HEADERS = (b"x-emulator-scenario", b"x-emulator-fault", b"x-emulator-token")


class Authenticated:
    """Let a request in on a key, and say whose it is; the key goes no further."""

    def __init__(self, app: ASGIApp, *, world: World, dialect: Dialect) -> None:
        self._app, self._world, self._dialect = app, world, dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or path in PUBLIC:
            await self._app(scope, receive, send)
            return
        try:
            account = self._dialect.enter(self._world, self._dialect, scope, path)
            _check_ours(scope)
        except ApiError as error:
            await self._dialect.refuse(error)(scope, receive, send)
            return
        scenario = Headers(scope=scope).get(scenarios.HEADER)
        is_admin = (bearer(scope) or "").startswith(ADMIN)
        caller = Caller(self._world, account, self._dialect.shapes, scenario=scenario, is_admin=is_admin)
        operation, parameters = find(self._dialect.operations, scope["method"], path)
        attach(scope, Call(caller, operation, parameters))
        await self._app(scope, receive, send)


def _check_ours(scope: Scope) -> None:
    """Raise Malformed for a header of ours that there is not: a misspelled one would go without a word."""
    for name, _ in scope["headers"]:
        if name.startswith(OURS) and name not in HEADERS:
            raise Malformed(unknown("header", name.decode("latin-1"), (each.decode() for each in HEADERS)))


def unbuilt(known: Iterable[tuple[str, str]]) -> APIRouter:
    """Return routes for what a provider has and the emulator does not, by methods and paths: 501, by name."""
    router = APIRouter(include_in_schema=False)
    for method, path in known:
        router.add_api_route(path, _unbuilt(f"{method} {path}"), methods=[method])
    return router


def _unbuilt(operation: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer_unbuilt(request: Request) -> Response:
        raise Unbuilt(operation)

    return answer_unbuilt


def refusals(app: FastAPI, refuse: Callable[[ApiError], Response]) -> None:
    """Answer the emulator's own errors in a provider's words."""

    async def known(_: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)  # noqa: S101 -- registered for it
        return refuse(error)

    async def gone(_: Request, __: Exception) -> Response:
        return Response(status_code=400)  # nobody is there to read it

    app.add_exception_handler(ApiError, known)
    app.add_exception_handler(ClientDisconnect, gone)
