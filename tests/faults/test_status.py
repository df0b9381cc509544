"""status, as the official SDK meets it: what it retries, how often, how long it waits, what it raises."""

import logging
import re
import time
from collections.abc import Iterator

import httpx
import openai
import pytest

from emulator.server import Emulator
from tests.faults.calls import FAULTS, listed, set_fault, used

RETRIED = {
    408: openai.APIStatusError,
    409: openai.ConflictError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
    529: openai.InternalServerError,
}
RAISED = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    413: openai.APIStatusError,
    422: openai.UnprocessableEntityError,
    425: openai.APIStatusError,
}
PATIENCE_S = 120
"""The longest retry-after that the SDK waits for: in openai 2.54 and 3.54 alike (earlier ones of 2 had a minute)."""


class Waits(BaseException):
    """The SDK is about to wait: its own log line says for how long, and this ends it there."""


class Watch(logging.Handler):
    """Raise Waits with the seconds as soon as the SDK says that it will wait."""

    def emit(self, record: logging.LogRecord) -> None:
        if found := re.search(r"Retrying request .*?in ([\d.]+) seconds", record.getMessage()):
            raise Waits(float(found[1]))


@pytest.fixture
def retrying(server: Emulator, key: str) -> Iterator[openai.OpenAI]:
    """The SDK with its default of two retries."""
    with openai.OpenAI(base_url=server.base_url(), api_key=key) as official:
        yield official


@pytest.fixture
def watched(retrying: openai.OpenAI) -> Iterator[openai.OpenAI]:
    """The SDK, which raises Waits instead of waiting."""
    logger, watch = logging.getLogger("openai._base_client"), Watch()
    before = logger.level
    logger.addHandler(watch)
    logger.setLevel(logging.INFO)
    yield retrying
    logger.removeHandler(watch)
    logger.setLevel(before)


def wait(sdk: openai.OpenAI) -> float:
    """Return for how long the SDK means to wait before it asks again."""
    with pytest.raises(Waits) as waits:
        sdk.files.list()
    return float(waits.value.args[0])


@pytest.mark.parametrize("status", RETRIED)
def test_what_may_pass_is_retried_twice_and_then_raised(
    client: httpx.Client, retrying: openai.OpenAI, status: int
) -> None:
    set_fault(client, f"status={status},retry_after_ms=1", "files.list")

    with pytest.raises(RETRIED[status]) as raised:
        retrying.files.list()
    assert raised.value.status_code == status
    assert used(client) == [(3, 3)]


@pytest.mark.parametrize("status", RAISED)
def test_what_will_not_pass_is_raised_at_once(client: httpx.Client, retrying: openai.OpenAI, status: int) -> None:
    set_fault(client, f"status={status},message=so it is", "files.list")

    with pytest.raises(RAISED[status]) as raised:
        retrying.files.list()
    assert raised.value.body == {"detail": "so it is"}
    assert used(client) == [(1, 1)]


def test_a_retry_that_finds_the_fault_gone_succeeds(client: httpx.Client, retrying: openai.OpenAI) -> None:
    set_fault(client, "status=500,retry_after_ms=1", "files.list", first=2)

    assert retrying.files.list().data == []
    assert used(client) == [(3, 2)]


def test_retry_after_is_waited_for(client: httpx.Client, retrying: openai.OpenAI) -> None:
    set_fault(client, "status=429,retry_after=0.2", "files.list", first=2)
    begun = time.monotonic()  # noqa: TID251 -- what a client waits is host time
    retrying.files.list()

    assert time.monotonic() - begun >= 0.4  # noqa: TID251 -- as above


def test_retry_after_ms_is_preferred(client: httpx.Client, watched: openai.OpenAI) -> None:
    set_fault(client, "status=429,retry_after=30,retry_after_ms=40", "files.list")

    assert wait(watched) == 0.04


def test_retry_after_may_be_a_date(client: httpx.Client, watched: openai.OpenAI) -> None:
    long_ago = "Thu, 01 Jan 2026 00:00:00 GMT"
    set_fault(client, f'status=503,retry_after="{long_ago}"', "files.list")

    assert client.get("/v1/files").headers["retry-after"] == long_ago
    assert 0.3 < wait(watched) <= 0.5, "a date that is past is ignored for the SDK's own waiting"


def test_a_retry_after_up_to_the_sdks_patience_is_waited_for(client: httpx.Client, watched: openai.OpenAI) -> None:
    set_fault(client, f"status=429,retry_after={PATIENCE_S}", "files.list")

    assert wait(watched) == PATIENCE_S


def test_a_longer_retry_after_ends_it_at_once(client: httpx.Client, watched: openai.OpenAI) -> None:
    set_fault(client, f"status=429,retry_after={PATIENCE_S + 1},should_retry=true", "files.list")

    with pytest.raises(openai.RateLimitError):
        watched.files.list()
    assert used(client) == [(1, 1)]


def test_x_should_retry_beats_the_status(client: httpx.Client, retrying: openai.OpenAI) -> None:
    set_fault(client, "status=400,should_retry=true,retry_after_ms=1", "files.list")
    with pytest.raises(openai.BadRequestError):
        retrying.files.list()
    set_fault(client, "status=500,should_retry=false", "jobs.list")
    with pytest.raises(openai.InternalServerError):
        retrying.fine_tuning.jobs.list()

    assert used(client) == [(3, 3), (1, 1)]


def test_nothing_is_carried_out(client: httpx.Client, retrying: openai.OpenAI) -> None:
    set_fault(client, "status=500,retry_after_ms=1", "files.create")
    with pytest.raises(openai.InternalServerError):
        retrying.files.create(file=("a.jsonl", b"{}"), purpose="fine-tune")

    assert listed(client) == []


def test_headers_and_the_providers_envelope_arrive_as_they_were_set(client: httpx.Client) -> None:
    effect = {"effect": "status", "code": 418, "message": "é\n", "retry_after": 2, "headers": {"X-A": "b", "x-n": 3}}
    set_fault(client, [effect])
    answer = client.get("/v1/files")

    assert (answer.status_code, answer.json()) == (418, {"detail": "é\n"})
    assert [answer.headers[name] for name in ("retry-after", "x-a", "x-n")] == ["2", "b", "3"]


def test_an_error_code_is_what_openais_sdk_branches_on(server: Emulator, client: httpx.Client, key: str) -> None:
    set_fault(client, "status=403,message=No more,error_code=training_not_available", "jobs.create")

    with (
        openai.OpenAI(base_url=server.base_url("openai"), api_key=key, max_retries=0) as official,
        pytest.raises(openai.PermissionDeniedError) as raised,
    ):
        official.fine_tuning.jobs.create(model="gpt-4o-mini-2024-07-18", training_file="file-any")
    assert raised.value.code == "training_not_available"
    assert raised.value.body == {
        "message": "No more",
        "type": "invalid_request_error",
        "param": None,
        "code": "training_not_available",
    }


def test_an_error_without_a_code_of_its_own_has_none(client: httpx.Client) -> None:
    set_fault(client, "status=403")

    assert client.get("/openai/v1/files").json()["error"]["code"] is None


def test_an_envelope_that_has_no_code_goes_without(client: httpx.Client) -> None:
    set_fault(client, "status=403,message=No,error_code=training_not_available")

    assert client.get("/nebius/v1/files").json() == {"detail": "No"}


@pytest.mark.parametrize("code", ["", "x" * 201, 7])
def test_an_error_code_that_no_envelope_would_hold_is_refused(client: httpx.Client, code: object) -> None:
    answer = client.post(FAULTS, json={"effects": [{"effect": "status", "error_code": code}]})

    assert answer.status_code == 422
    assert "error_code" in answer.text


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_without_a_body_has_none_and_the_connection_goes_on(client: httpx.Client, status: int) -> None:
    set_fault(client, f"status={status}", first=2)

    for method in ("GET", "HEAD"):
        answer = client.request(method, "/v1/files")
        assert (answer.status_code, answer.content) == (status, b"")
    assert client.get("/v1/files").status_code == 200
