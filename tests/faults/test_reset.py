"""reset, as clients meet it."""

from time import perf_counter

import httpx
import openai
import pytest

from emulator.server import Emulator
from tests.faults.calls import jobs, order, set_fault, upload, used
from tests.faults.sockets import got

PATH = "/v1/models"


def test_a_connection_is_reset_before_any_byte(server: Emulator, client: httpx.Client, key: str) -> None:
    set_fault(client, "reset", "models.list")
    ended = got(server.url, key, PATH)

    assert (ended.head, ended.body, ended.closed) == (b"", b"", False)


def test_a_connection_is_reset_once_it_was_held(server: Emulator, client: httpx.Client, key: str) -> None:
    set_fault(client, "latency=0.2; reset", "models.list")
    started_s = perf_counter()

    assert not got(server.url, key, PATH).closed
    assert perf_counter() - started_s >= 0.2


def test_the_headers_arrive_before_the_reset(server: Emulator, client: httpx.Client, key: str) -> None:
    set_fault(client, "reset=headers", "models.list")
    ended = got(server.url, key, PATH)

    assert ended.head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert ended.length > 0
    assert (ended.body, ended.closed) == (b"", False)


@pytest.mark.parametrize(("kept", "window"), [(1, None), (100_000, 10_000), (4_999_999, None)])
def test_exactly_so_many_bytes_of_the_body_arrive_before_the_reset(
    server: Emulator, client: httpx.Client, key: str, kept: int, window: int | None
) -> None:
    content = bytes(range(250)) * 20_000
    path = f"/v1/files/{upload(client, content)}/content"
    set_fault(client, f"reset={kept}", "files.content")
    ended = got(server.url, key, path, window=window)

    assert ended.length == len(content)
    assert ended.body == content[:kept]
    assert not ended.closed


def test_a_shorter_answer_is_left_whole(server: Emulator, client: httpx.Client, key: str) -> None:
    set_fault(client, "reset=1000000", "models.list")
    ended = got(server.url, key, PATH)

    assert len(ended.body) == ended.length > 0
    assert ended.closed


def test_an_answer_of_another_fault_is_reset_in_its_middle(server: Emulator, client: httpx.Client, key: str) -> None:
    set_fault(client, "status=503; reset=3", "models.list")
    ended = got(server.url, key, PATH)

    assert ended.head.startswith(b"HTTP/1.1 503 ")
    assert (ended.body, ended.closed) == (b'{"d', False)


@pytest.mark.parametrize(("effect", "made"), [("reset", 0), ("reset=headers", 1), ("reset=10", 1)])
def test_a_request_is_carried_out_if_anything_of_its_answer_arrives(
    client: httpx.Client, effect: str, made: int
) -> None:
    set_fault(client, effect, "jobs.create")

    with pytest.raises(httpx.TransportError):
        order(client)
    assert len(jobs(client)) == made


@pytest.mark.parametrize("effect", ["reset", "reset=headers", "reset=10"])
def test_the_sdk_retries_a_reset_and_never_tells(client: httpx.Client, sdk: openai.OpenAI, effect: str) -> None:
    set_fault(client, effect, "models.list", first=1)

    assert sdk.with_options(max_retries=1).models.list().data
    assert used(client) == [(2, 1)]


def test_the_sdk_raises_a_connection_error_when_its_retries_are_used_up(
    client: httpx.Client, sdk: openai.OpenAI
) -> None:
    set_fault(client, "reset", "models.list")

    with pytest.raises(openai.APIConnectionError) as raised:
        sdk.with_options(max_retries=1).models.list()
    assert not isinstance(raised.value, openai.APITimeoutError)
    assert used(client) == [(2, 2)]


def test_what_it_takes_is_said(client: httpx.Client) -> None:
    answer = client.post("/_emulator/faults", json={"effects": "reset=body"})

    assert answer.status_code == 422
    assert "reset: after: takes nothing, headers or a number of bytes, got 'body'" in answer.json()["error"]
