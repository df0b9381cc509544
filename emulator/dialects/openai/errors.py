"""What went wrong, in OpenAI's words: ``{"error": {"message", "type", "param", "code"}}``.

Texts that recordings or public copies of the service's answers have are marked observed; all others are unverified.
None is a 409: the service's SDKs send those again (measured), one client without end.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from emulator.dialects.openai import wire
from emulator.errors import (
    ApiError,
    Exhausted,
    Invalid,
    Malformed,
    Misfiled,
    Misread,
    Missing,
    Refused,
    Settled,
    StorageFailed,
    TooLarge,
    Unauthenticated,
    Unbuilt,
    Untrainable,
)

LONGEST_ID = 200
JOBS, FILES = "/v1/fine_tuning/jobs", "/v1/files"
INVALID = "invalid_request_error"
PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Said:
    """An error as it is answered. ``detail``: the files' calls tell it a second time (observed since 2026)."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    type: str | None = INVALID
    detail: bool = False


NO_KEY = Said(
    401,
    "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth"
    " (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API"
    " from your browser and are prompted for a username and password. You can obtain an API key from"
    " https://platform.openai.com/account/api-keys.",
)
"""Observed."""
WRONG_KEY = Said(
    401,
    "Incorrect API key provided: ********. You can find your API key at https://platform.openai.com/account/api-keys.",
    code="invalid_api_key",
)
"""Observed, but for the mask: the service shows the ends of the key, the emulator nothing of it."""
NO_ACCESS = Said(
    403,
    "OpenAI is winding down the fine-tuning platform and your organization is no longer able to create new fine-tuning"
    " training jobs.",
    code="training_not_available",
)
"""Observed, as far as it was quoted."""
NO_CREDIT = Said(
    429,
    "Fine-tuning jobs cannot be created on an Explore plan. You can upgrade to a paid plan on your billing page:"
    " https://platform.openai.com/account/billing/overview",
)
"""The text is observed, as far as it was quoted; its status is a guess."""

UNKNOWN: Mapping[str, Callable[[str], Said]] = {
    "file": lambda id_: Said(404, f"No such File object: {id_}", "id", detail=True),
    "job": lambda id_: Said(404, f"Could not find fine tune: {id_}", "fine_tune_id", "fine_tune_not_found"),
    "model": lambda id_: Said(404, f"The model '{id_}' does not exist", "model", "model_not_found"),
    "upload": lambda id_: Said(404, f"No such Upload object: {id_}", "id"),
    "part": lambda id_: Said(400, f"No such UploadPart object: {id_}", "part_ids"),
    "permission": lambda id_: Said(404, f"No such checkpoint.permission object: {id_}", "permission_id"),
    "webhook": lambda id_: Said(404, f"No such webhook_endpoint object: {id_}", "webhook_endpoint_id"),
}
"""The first three are observed."""


def refuse(error: ApiError) -> Response:
    """Return the answer to an error."""
    return answered(said(error))


def said(error: ApiError) -> Said:
    """Return what the provider says of an error."""
    match error:
        case Missing():
            return _missing(error)
        case Exhausted():
            return _exhausted(error)
        case Invalid(flaws):
            return _complaint([asdict(flaw) for flaw in flaws])
        case Settled() | Misfiled() | Untrainable() | Misread() | Refused():
            return _impossible(error)
        case _:
            return _rejected(error)


def _impossible(error: Settled | Misfiled | Untrainable | Misread | Refused) -> Said:
    """Return what is said of a request that was understood and cannot be done."""
    match error:
        case Settled(job, deed, status):  # observed of the legacy calls; of today's the words are not known
            return Said(400, f'Cannot {deed} a job {job} that already has status "{status}".')
        case Misfiled(id_, purpose, member):
            return Said(400, f"invalid {member}: {id_} has purpose '{purpose}', and not 'fine-tune'", member)
        case Untrainable(model):  # observed
            message = f"Model {model[:LONGEST_ID]} is not available for fine-tuning or does not exist."
            return Said(400, message, code="model_not_available")
        case Misread(message):
            return Said(400, message, "file", detail=True)
        case Refused(message):
            return Said(400, message)


def _missing(error: Missing) -> Said:
    id_ = error.id[:LONGEST_ID]
    if error.kind == "file" and error.member:
        return Said(400, f"invalid {error.member}: {id_}", error.member)  # observed
    what = UNKNOWN.get(error.kind)
    return what(id_) if what else Said(404, f"No such {error.kind}: {id_}", "id")


def _exhausted(error: Exhausted) -> Said:
    if error.kind == "access":
        return NO_ACCESS
    if error.kind == "credit":
        return NO_CREDIT
    message = (  # observed
        "This fine-tune request has been rate-limited. Your organization has reached the maximum of 3 active requests"
        f" (2 running, 1 pending) for the model '{error.model}'."
    )
    return Said(429, message, code="rate_limit_exceeded")


def _rejected(error: ApiError) -> Said:
    """Return what is said of a request that came to nothing before it was understood, or that nothing can serve."""
    match error:
        case Unauthenticated(given):
            return WRONG_KEY if given else NO_KEY
        case Malformed(message):
            return Said(400, message)
        case TooLarge(bytes_max):
            return Said(413, f"413: Maximum content size limit ({bytes_max}) exceeded")
        case Unbuilt(operation):
            return Said(501, f"{operation} is an operation of OpenAI that this emulator does not have.")
        case StorageFailed(message):
            return Said(507, message, type="server_error")
        case _:
            raise TypeError(type(error))


def answered(what: Said) -> Response:
    """Return an error in the provider's envelope."""
    error = {"message": what.message, "type": what.type, "param": what.param, "code": what.code}
    body: dict[str, Any] = {"error": error}
    if what.detail:
        body["detail"] = {"message": what.message, "code": what.code}
    text = json.dumps(body, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace")
    # The SDKs ask again after any 5xx: of what is not built it is no use.
    again = {"x-should-retry": "false"} if what.status == HTTPStatus.NOT_IMPLEMENTED else None
    return Response(text, status_code=what.status, media_type="application/json", headers=again)


def fail(status: int, message: str | None, *, code: str | None = None) -> Response:
    """Return any status in the provider's envelope."""
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else INVALID
    return answered(Said(status, message or FAILURES.get(status) or PHRASES.get(status, "Error"), code=code, type=kind))


FAILURES = {
    429: "Rate limit reached. Please try again later.",
    500: "The server had an error while processing your request. Sorry about that!",
    503: "The server is overloaded or not ready yet.",
}


def _complaint(errors: Sequence[Mapping[str, Any]], *, of_job: bool = False, of_file: bool = False) -> Said:
    error = wire.job_complaint(errors) if of_job else wire.complaint(errors)
    return Said(400, error.message, error.param, error.code, error.type, detail=of_file)


def _path(request: Request) -> str:
    return str(request.scope["path"]).removeprefix(request.scope.get("root_path", ""))


def install(app: FastAPI) -> None:
    """Answer the framework's own errors as the provider does: the first thing that is wrong, as a 400."""

    async def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)  # noqa: S101 -- registered for it
        return answered(replace(said(error), detail=_path(request).startswith(FILES)))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for it
        path = _path(request)
        of_job = path == JOBS and request.method == "POST"
        return answered(_complaint(error.errors(), of_job=of_job, of_file=path.startswith(FILES)))

    async def unknown(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 -- likewise
        path = _path(request)
        if error.status_code == HTTPStatus.NOT_FOUND:
            return answered(Said(404, f"Invalid URL ({request.method} {path})"))  # observed
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return answered(Said(405, f"Invalid method for URL ({request.method} {path})"))
        return fail(error.status_code, str(error.detail))

    async def broken(_: Request, __: Exception) -> Response:
        return fail(500, None)

    app.add_exception_handler(ApiError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, unknown)
    app.add_exception_handler(Exception, broken)
