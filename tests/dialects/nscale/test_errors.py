"""Whatever goes wrong is told as ``{"code", "message"}``, in the provider's words where it has any."""

import asyncio
import json
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from emulator.dialects.nscale import errors
from emulator.errors import (
    ApiError,
    Exhausted,
    Flaw,
    Invalid,
    Malformed,
    Missing,
    Refused,
    Settled,
    StorageFailed,
    TooLarge,
    Unauthenticated,
    Unbuilt,
    Unsigned,
)
from tests.dialects.nscale.api import LLAMA, NOBODY, Api, asked

TOLD: list[tuple[ApiError, int, str, str]] = [
    (Unauthenticated(given=False), 401, "unauthenticated", "The service token is missing."),
    (
        Unauthenticated(given=True),
        401,
        "unauthenticated",
        "The service token is not accepted: it takes a JWT, one of those listed where some are.",
    ),
    (Unsigned(expired=True), 403, "permission_denied", "The link has expired."),
    (Unsigned(expired=False), 403, "permission_denied", "The link's signature is missing or does not match."),
    (Missing("file", "x"), 404, "not_found", "the file 'x' does not exist"),
    (Missing("pair", "x"), 404, "not_found", "the dataset 'x' does not exist"),
    (Missing("push", "x"), 404, "not_found", "the export 'x' does not exist"),
    (Missing("archive", "x"), 404, "not_found", "the model of job 'x' does not exist"),
    (Missing("pair", "x", "dataset.id"), 404, "not_found", "dataset.id: the dataset 'x' does not exist"),
    (Invalid([Flaw("t", ("body", "a", "b"), "is odd")]), 400, "invalid_argument", "a.b: is odd"),
    (Invalid([Flaw("t", ("body",), "is odd")]), 400, "invalid_argument", "is odd"),
    (Refused("no"), 400, "failed_precondition", "no"),
    (Malformed("no JSON"), 400, "invalid_argument", "no JSON"),
    (StorageFailed("the disk is full"), 507, "resource_exhausted", "the disk is full"),
    (
        Exhausted("quota"),
        429,
        "resource_exhausted",
        "The organization's quota of fine-tuning jobs is used up. Try again later.",
    ),
    (
        Exhausted("credit"),
        402,
        "failed_precondition",
        "The organization's credit does not cover the job, which costs $2.00 at least.",
    ),
    (Exhausted("access"), 403, "permission_denied", "Fine-tuning is not available to this organization."),
]


@pytest.mark.parametrize(("error", "status", "code", "message"), TOLD)
def test_each_error_has_its_status_its_code_and_its_words(
    error: ApiError, status: int, code: str, message: str
) -> None:
    answer = errors.refuse(error)

    assert (answer.status_code, json.loads(bytes(answer.body))) == (status, {"code": code, "message": message})
    assert (answer.headers.get("retry-after") == "1") == (status == 429)


@pytest.mark.parametrize("error", [Settled("x", "cancel", "completed"), TooLarge(1000), Unbuilt("GET /x")])
def test_what_is_impossible_is_told_too(error: ApiError) -> None:
    status = {Settled: 400, TooLarge: 413, Unbuilt: 501}[type(error)]
    body = json.loads(bytes(errors.refuse(error).body))

    assert errors.refuse(error).status_code == status
    assert body["code"] == {400: "failed_precondition", 413: "invalid_argument", 501: "unimplemented"}[status]
    assert body["message"]


STATUSES = {
    400: "invalid_argument",
    401: "unauthenticated",
    402: "failed_precondition",
    403: "permission_denied",
    404: "not_found",
    405: "unimplemented",
    409: "already_exists",
    418: "unknown",
    429: "resource_exhausted",
    500: "internal",
    501: "unimplemented",
    502: "unavailable",
    503: "unavailable",
    504: "deadline_exceeded",
    507: "resource_exhausted",
    599: "internal",
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_fault_of_any_status_has_its_code_and_without_words_of_its_own_a_message_that_is_null(status: int) -> None:
    bare, told = errors.fail(status, None), errors.fail(status, "no", code="odd")

    assert json.loads(bytes(bare.body)) == {"code": STATUSES[status], "message": None}
    assert json.loads(bytes(told.body)) == {"code": "odd", "message": "no"}


def test_long_texts_are_cut_and_half_a_pair_of_letters_is_told_somehow() -> None:
    long = errors.words(Missing("file", "x" * 10_000))

    assert len(long) < 300
    for error in (Missing("file", "\ud800"), Refused("\ud800"), Invalid([Flaw("t", ("body",), "\ud800")])):
        told = json.loads(bytes(errors.refuse(error).body).decode("utf-8"))
        assert "ud800" in repr(told["message"])


def test_an_error_that_nobody_expected_is_internal_and_says_nothing() -> None:
    app = FastAPI()
    errors.install(app)

    @app.get("/boom")
    async def boom() -> None:
        raise ZeroDivisionError("a secret")

    async def ask() -> tuple[int, Any]:
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://x") as client:
            answer = await client.get("/boom")
            return answer.status_code, answer.json()

    assert asyncio.run(ask()) == (500, {"code": "internal", "message": None})


def test_an_unknown_path_and_an_unknown_method_are_told_as_the_provider_knows_them(api: Api) -> None:
    base = api.client.base_url.path.rstrip("/").removeprefix("/nscale")
    assert api.refused("GET", "/nothing", 404) == f"GET {base}/nothing is no operation"
    assert api.refused("DELETE", "/jobs/x", 405) == f"DELETE {base}/jobs/x is no operation"
    assert api.client.delete("/jobs/x").headers["allow"]
    assert len(api.refused("GET", f"/{'x' * 5000}", 404)) < 300


SCENARIOS = {"quota_exceeded": 429, "insufficient_credit": 402, "training_not_available": 403}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_job_that_is_not_taken_is_refused_and_a_dry_run_of_it_is_not(api: Api, name: str) -> None:
    api.scenario(name)
    body = api.asking()
    dry = api.post("/jobs", {**body, "dry_run": True})
    answer = api.client.post("/jobs", json=body)

    assert dry["job"] is None
    assert answer.status_code == SCENARIOS[name]
    assert api.listed("/jobs") == []
    assert answer.headers.get("retry-after") == ("1" if name == "quota_exceeded" else None)


def test_a_fault_answers_as_the_service_was_seen_to(api: Api) -> None:
    rule = {"match": {"operation": "jobs.create"}, "effects": "status=500"}
    api.control.post("/_emulator/faults", json=rule).raise_for_status()
    body = {"name": "n", "base_model_id": LLAMA, "dataset": asked(NOBODY)}
    answer = api.client.post("/jobs", json=body)

    assert (answer.status_code, answer.content) == (500, b'{"code":"internal","message":null}')
    assert api.client.post("/jobs", json={**body, "dry_run": True}).content == answer.content


JSON = {"content-type": "application/json"}
UNREADABLE = "the body is not JSON that can be read"
BODIES: dict[str, tuple[dict[str, str], bytes, str]] = {
    "a number of 5,000 digits": (JSON, b'{"n":' + b"9" * 5000 + b"}", UNREADABLE),
    "nested too deeply": (JSON, b"[" * 100_000, UNREADABLE),
    "cut": (JSON, b"{", UNREADABLE),
    "not UTF-8": (JSON, b"\xff\xfe", UNREADABLE),
    "none": (JSON, b"", "a body is required, a JSON object"),
    "a list": (JSON, b"[]", "the body is no JSON object"),
    "null": (JSON, b"null", "the body is no JSON object"),
    "JSON that is not called so": (
        {},
        b'{"name":"x"}',
        "the body was sent without a content type; it takes Content-Type: application/json",
    ),
    "JSON that is called text": (
        {"content-type": "text/plain;charset=UTF-8"},
        b'{"name":"x"}',
        "the body was sent as text/plain; it takes Content-Type: application/json",
    ),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_body_that_is_no_object_is_told_what_it_is(api: Api, case: str) -> None:
    headers, content, said = BODIES[case]

    assert api.refused("POST", "/jobs", 400, content=content, headers=headers) == said
