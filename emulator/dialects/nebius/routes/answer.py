"""What the calls have in common: how they answer, which errors they document, and how long a page is."""

from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from emulator.core.jobs import Seen
from emulator.dialects.call import Call, call_of
from emulator.errors import Flaw, Invalid

LIMIT_MAX = 10_000

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Detail"}}}}
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

Project = Annotated[str | None, Query(description="A partition of the key's state: given, it filters")]


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error statuses that an operation documents besides 422."""
    return {status: ERRORS[status] for status in (401, *statuses)}


def answer(body: BaseModel, *, sparse: bool = False) -> Response:
    """Return a JSON answer; a sparse one leaves out what was not set."""
    return Response(body.model_dump_json(exclude_unset=sparse), media_type="application/json")


def checked(limit: int | None, default: int) -> int:
    """Return how many entries a page has; raise Invalid below 1 (unverified: the schema has no bound)."""
    if limit is None:
        return default
    if limit < 1:
        msg = "Input should be greater than or equal to 1"
        raise Invalid([Flaw("greater_than_equal", ("query", "limit"), msg, str(limit), {"ge": 1})])
    return min(limit, LIMIT_MAX)


def shown(request: Request, seen: Seen) -> Call:
    """Return the call of a request whose answer shows a job."""
    call = call_of(request)
    call.showed([seen])
    return call
