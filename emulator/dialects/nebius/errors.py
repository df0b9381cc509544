"""What went wrong, in Nebius's words: ``{"detail": ...}``, as FastAPI answers.

The 401 texts, the 404 of a model and the list form of a 422 are observed; every other text is unverified.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from emulator.dialects.nebius import catalogue
from emulator.dialects.nebius.wire import masked
from emulator.errors import (
    ApiError,
    Exhausted,
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
)
from emulator.settings import Settings

NAMES = {"file": "file", "job": "fine-tuning job", "checkpoint": "checkpoint", "event": "event", "model": "model"}
LONGEST_ID = 200
PHRASES = {status.value: status.phrase for status in HTTPStatus}

RETRY_AFTER_S = "1"
EXHAUSTED = {
    "quota": "The quota of fine-tuning jobs is exceeded. Try again later.",
    "credit": "The balance is insufficient. Top it up to create fine-tuning jobs.",
    "access": "Fine-tuning is not available for this account.",
}
"""That a 429 comes with Retry-After is documented; its seconds, the 402, the 403 and the texts are unverified."""

STATUS: Mapping[type[ApiError], int] = {
    Unauthenticated: 401,
    Missing: 404,
    Refused: 400,
    Misfiled: 400,
    Settled: 400,
    Malformed: 400,
    TooLarge: 413,
    StorageFailed: 507,
}


def refuse(error: ApiError, *, service: str) -> Response:
    """Return the answer of a service to an error."""
    match error:
        case Invalid(flaws):
            return unprocessable([flaw_item(flaw) for flaw in flaws])
        case Exhausted("quota"):
            answer = detail(429, words(error, service))
            answer.headers["retry-after"] = RETRY_AFTER_S
            return answer
        case Exhausted(kind):
            return detail(402 if kind == "credit" else 403, words(error, service))
        case Unbuilt():
            answer = detail(501, words(error, service))
            answer.headers["x-should-retry"] = "false"  # the SDKs ask again after any 5xx
            return answer
        case _:
            return detail(STATUS[type(error)], words(error, service))


def words(error: ApiError, service: str) -> str:
    """Return what a service says of an error."""
    match error:
        case Unauthenticated(given):
            return f"Couldn't authenticate. Reason: {'Unable authenticate' if given else 'token is not present'}"
        case Missing(kind, id_):
            return f"The {NAMES[kind]} `{id_[:LONGEST_ID]}` does not exist."
        case TooLarge(bytes_max):
            return f"The file is larger than the maximum of {bytes_max} bytes."
        case Exhausted(kind):
            return EXHAUSTED[kind]
        case Misfiled() | Settled() | Unbuilt():
            return _impossible(error, service)
        case Refused(message) | Malformed(message) | StorageFailed(message):
            return message
        case _:
            raise TypeError(type(error))


def _impossible(error: Misfiled | Settled | Unbuilt, service: str) -> str:
    if isinstance(error, Unbuilt):
        return f"{error.operation} is an operation of {service} that this emulator does not have."
    if isinstance(error, Misfiled):
        return f"The file `{error.id}` has purpose `{error.purpose}`; a job takes files of purpose `fine-tune`."
    return f"Fine-tuning job `{error.job}` is already {error.status} and cannot be changed by {error.deed}."


def flaw_item(flaw: Any) -> dict[str, Any]:
    """Return one entry of a 422."""
    item = {"type": flaw.type, "loc": list(flaw.loc), "msg": flaw.msg, "input": flaw.input}
    return {**item, "ctx": flaw.ctx} if flaw.ctx else item


def detail(status: int, content: str | Sequence[Mapping[str, Any]]) -> Response:
    """Return an error in the provider's envelope."""
    body = json.dumps({"detail": content}, ensure_ascii=False, separators=(",", ":"))
    return Response(body.encode("utf-8", "backslashreplace"), status_code=status, media_type="application/json")


def fail(status: int, message: str | None, *, code: str | None = None) -> Response:
    """Return any status in the provider's envelope, which has no code; FastAPI's text is the status's own phrase."""
    return detail(status, message or PHRASES.get(status, "Error"))


def unprocessable(items: Sequence[Mapping[str, Any]]) -> Response:
    """Return a 422 that names every wrong place, without secrets and without what JSON cannot carry."""
    return detail(422, masked(items))


def install(app: FastAPI, settings: Settings) -> None:
    """Answer FastAPI's own errors as the provider, which is a FastAPI service, does: all of a body in one pass."""

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for it
        orders = isinstance(error.body, dict) and request.url.path.endswith("/fine_tuning/jobs")
        model = error.body.get("model") if orders else None
        return unprocessable([*error.errors(), *map(flaw_item, catalogue.flaws(settings, model))])

    async def broken(_: Request, __: Exception) -> Response:
        return detail(500, "Internal Server Error")

    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, broken)
