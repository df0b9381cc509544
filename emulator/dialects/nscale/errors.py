"""What went wrong, in Nscale's words: ``{"code", "message"}``.

Observed is one body, ``{"code": "internal", "message": null}`` with a 500, and that the answer to a wrong base model
names ``base_model_id``. The other codes follow the style of that one (unverified), as do their statuses and all texts.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from emulator.errors import (
    ApiError,
    Exhausted,
    Flaw,
    Invalid,
    Malformed,
    Misfiled,
    Missing,
    Refused,
    Settled,
    StorageFailed,
    TooLarge,
    Unauthenticated,
    Unbuilt,
    Unsigned,
)

CODES: Mapping[int, str] = {
    400: "invalid_argument",
    401: "unauthenticated",
    402: "failed_precondition",
    403: "permission_denied",
    404: "not_found",
    405: "unimplemented",
    409: "already_exists",
    413: "invalid_argument",
    422: "invalid_argument",
    429: "resource_exhausted",
    500: "internal",
    501: "unimplemented",
    502: "unavailable",
    503: "unavailable",
    504: "deadline_exceeded",
    507: "resource_exhausted",
}
NAMES = {"pair": "dataset", "push": "export", "archive": "model of job"}
"""What the provider calls what is called otherwise here."""
MEMBERS = {"training_file": "training_file_id", "validation_file": "validation_file_id", "suffix": "name"}
"""Likewise, the members of its requests."""
STATUS: Mapping[type[ApiError], int] = {
    Unauthenticated: 401,
    Unsigned: 403,
    Missing: 404,
    Invalid: 400,
    Refused: 400,
    Misfiled: 400,
    Settled: 400,
    Malformed: 400,
    TooLarge: 413,
    Unbuilt: 501,
    StorageFailed: 507,
}
FAILED_PRECONDITION = (Refused, Settled, Misfiled)
"""What is understood, and not possible for what it is asked of."""
EXHAUSTED: Mapping[str, tuple[int, str]] = {
    "quota": (429, "The organization's quota of fine-tuning jobs is used up. Try again later."),
    "credit": (402, "The organization's credit does not cover the job, which costs $2.00 at least."),
    "access": (403, "Fine-tuning is not available to this organization."),
}
NOT_LET_IN = "The service token is not accepted: it takes a JWT, one of those listed where some are."
RETRY_AFTER_S = "1"
LONGEST = 200
UNREADABLE = "the body is not JSON that can be read"
NOT_OBJECTS = frozenset({"model_attributes_type", "model_type", "dict_type"})
"""Kinds of flaws of what is no object: FastAPI reads JSON only where it is called so."""
SAID_AT_MOST = 8
"""Flaws that one message names."""


def refuse(error: ApiError) -> Response:
    """Return the answer to an error."""
    if isinstance(error, Exhausted):
        status, message = EXHAUSTED[error.kind]
        headers = {"retry-after": RETRY_AFTER_S} if error.kind == "quota" else None
        return envelope(status, CODES[status], message, headers=headers)
    status = STATUS[type(error)]
    code = "failed_precondition" if isinstance(error, FAILED_PRECONDITION) else CODES[status]
    return envelope(status, code, words(error))


def words(error: ApiError) -> str:
    """Return what is said of an error."""
    match error:
        case Unauthenticated(given):
            return NOT_LET_IN if given else "The service token is missing."
        case Unsigned(expired):
            return "The link has expired." if expired else "The link's signature is missing or does not match."
        case Missing(kind, id_, member):
            place = f"{MEMBERS.get(member, member)}: " if member else ""
            return f"{place}the {NAMES.get(kind, kind)} {id_[:LONGEST]!r} does not exist"
        case Invalid(flaws):
            return complaint(flaws)
        case Misfiled() | Settled() | Unbuilt() | TooLarge():
            return _impossible(error)
        case Refused(message) | Malformed(message) | StorageFailed(message):
            return message
        case _:
            raise TypeError(type(error))


def _impossible(error: Misfiled | Settled | Unbuilt | TooLarge) -> str:
    if isinstance(error, TooLarge):
        return f"The file is larger than the maximum of {error.bytes_max} bytes."
    if isinstance(error, Unbuilt):
        return f"{error.operation} is an operation of Nscale that this emulator does not have."
    if isinstance(error, Misfiled):
        return f"{error.member}: the file {error.id[:LONGEST]!r} is no training file"
    return f"the job {error.job[:LONGEST]!r} is {ENDED.get(error.status, error.status)} and cannot be cancelled"


ENDED = {"succeeded": "completed"}


def complaint(flaws: Sequence[Flaw]) -> str:
    """Return one sentence that names every wrong place, the first few of them."""
    said = [f"{_place(flaw.loc)}{flaw.msg.removeprefix('Value error, ')}" for flaw in flaws]
    more = f"; and {len(said) - SAID_AT_MOST} more" if len(said) > SAID_AT_MOST else ""
    return "; ".join(said[:SAID_AT_MOST]) + more


def _place(loc: Iterable[str | int]) -> str:
    """Return where a flaw is, as ``dataset.answer_column: ``, without the part of the request that it is in."""
    way = [MEMBERS.get(str(part), str(part)[:LONGEST]) for part in loc][1:]
    return f"{'.'.join(way)}: " if way else ""


def envelope(status: int, code: str, message: str | None, *, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error in the provider's envelope."""
    body = json.dumps({"code": code, "message": message}, ensure_ascii=False, separators=(",", ":"))
    content = body.encode("utf-8", "backslashreplace")
    return Response(content, status_code=status, headers=headers, media_type="application/json")


def fail(status: int, message: str | None, *, code: str | None = None) -> Response:
    """Return any status in the provider's envelope; without a message it is null, as was seen."""
    usual = "internal" if status >= 500 else "unknown"  # noqa: PLR2004 -- HTTP's class
    return envelope(status, code or CODES.get(status, usual), message)


def install(app: FastAPI) -> None:
    """Answer FastAPI's own errors as the provider."""

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for it
        said = _unread(request, error.errors()) or complaint([_flaw(each) for each in error.errors()])
        return envelope(400, CODES[400], said)

    async def routed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 -- registered for it
        if error.status_code == HTTPStatus.BAD_REQUEST:  # FastAPI's, for a body that cannot be parsed
            return envelope(400, CODES[400], UNREADABLE)
        # As the provider knows it, without what it is mounted at here.
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        said = f"{request.method} {path[:LONGEST]} is no operation"
        return envelope(error.status_code, CODES.get(error.status_code, "unknown"), said, headers=error.headers)

    async def broken(_: Request, __: Exception) -> Response:
        return envelope(500, CODES[500], None)

    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, routed)
    app.add_exception_handler(Exception, broken)


def _unread(request: Request, flaws: Sequence[Mapping[str, Any]]) -> str | None:
    """Return what to say of a body that was read as no object at all, None: it was read as one."""
    whole = [flaw for flaw in flaws if tuple(flaw["loc"]) == ("body",) or flaw["type"] == "json_invalid"]
    if not whole:
        return None
    called = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if whole[0]["type"] in NOT_OBJECTS and "json" not in called:
        how = f"as {called[:LONGEST]}" if called else "without a content type"
        return f"the body was sent {how}; it takes Content-Type: application/json"
    return {"missing": "a body is required, a JSON object", "json_invalid": UNREADABLE}.get(
        whole[0]["type"], "the body is no JSON object"
    )


def _flaw(told: Mapping[str, Any]) -> Flaw:
    msg = "Input should be an object" if told["type"] in NOT_OBJECTS else str(told["msg"])
    return Flaw(str(told["type"]), tuple(told["loc"]), msg)
