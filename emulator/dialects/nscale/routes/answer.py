"""What the calls have in common: how they answer, how long their lists are, and the links that they give."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel
from starlette.datastructures import URL
from starlette.responses import Response

from emulator.core import links
from emulator.dialects.call import call_of
from emulator.dialects.nscale import wire

LIMIT = 100
"""Entries of a list where a request names no limit (unverified), as there is no way to its next page."""
LIMIT_MAX = 10_000
LINK_LASTS_S = 3600
"""Virtual seconds that a signed link leads anywhere (unverified)."""

Limit = Annotated[int, Query(ge=1, description="How many entries, the newest first")]
Pagination = Annotated[bool, Query(description="Taken, and without effect: what its pages are is not known")]

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": wire.Error, "description": text}
    for status, text in {
        400: "Bad Request",
        401: "Unauthorized",
        402: "Payment Required",
        403: "Forbidden",
        404: "Not Found",
        413: "Content Too Large",
        429: "Too Many Requests",
        507: "Insufficient Storage",
    }.items()
}


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error statuses that an operation has besides 400 and 401."""
    return {status: ERRORS[status] for status in (400, 401, *statuses)}


def answer(body: BaseModel) -> Response:
    """Return a JSON answer, without the members that were not set; all POSTs answer 200 too (observed)."""
    return Response(body.model_dump_json(exclude_unset=True), media_type="application/json")


def signed_url(request: Request, path: str) -> str:
    """Return an absolute link below the server that was asked, which leads to a path for a while."""
    caller = call_of(request).caller
    link = links.signed(caller.world, caller.account, path, at=caller.now(), lasts_s=LINK_LASTS_S)
    asked = URL(scope=request.scope)
    return f"{asked.scheme}://{asked.netloc}{request.scope.get('root_path', '')}{link}"


def wants_json(headers: Mapping[str, str]) -> bool:
    """Say whether a client asks for JSON: it says that it takes it, or, as the provider's own, that it sends it."""
    return any("application/json" in headers.get(name, "").lower() for name in ("accept", "content-type"))
