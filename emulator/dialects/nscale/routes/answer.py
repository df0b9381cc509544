"""What the calls have in common: how they answer, how long their lists are, and the links that they give."""

import re
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
JSON = "application/json"
ARCHIVES = ("application/gzip", "application/x-gzip", "application/octet-stream", "application/*", "*/*")
"""What an archive is taken as."""
WEIGHT = re.compile(r"[01](\.[0-9]{0,3})?")
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
    """Say whether a client asks for JSON: it says so of what it sends, as the provider's own, or likes an archive less.

    Who takes anything as gladly, as axios says by itself, does not ask for JSON.
    """
    if JSON in headers.get("content-type", "").lower():
        return True
    liked = dict(_liked(each) for each in headers.get("accept", "").lower().split(","))
    return liked.get(JSON, 0.0) > max(liked.get(kind, 0.0) for kind in ARCHIVES)


def _liked(taken: str) -> tuple[str, float]:
    """Return a kind of content that is taken, and how gladly, from 0 to 1."""
    kind, *parameters = (part.strip() for part in taken.split(";"))
    weight = next((each.removeprefix("q=") for each in parameters if each.startswith("q=")), "1")
    return kind, float(weight) if WEIGHT.fullmatch(weight) else 1.0
