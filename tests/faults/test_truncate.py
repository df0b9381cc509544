"""truncate, as clients meet it."""

import httpx
import openai
import pytest

from emulator.server import Emulator
from tests.faults.calls import jobs, order, set_fault, upload, used
from tests.faults.sockets import got

ROWS = b'{"text": "a row"}\n' * 20_000


@pytest.mark.parametrize("missing", [1, 1000, len(ROWS), 10 * len(ROWS)])
def test_the_last_bytes_are_missing_and_the_length_announces_them(
    server: Emulator, client: httpx.Client, key: str, missing: int
) -> None:
    path = f"/v1/files/{upload(client, ROWS)}/content"
    set_fault(client, f"truncate={missing}", "files.content")
    ended = got(server.url, key, path)

    assert ended.length == len(ROWS)
    assert ended.body == ROWS[: max(0, len(ROWS) - missing)]
    assert ended.closed


def test_an_answer_without_a_body_is_left_as_it_is(client: httpx.Client) -> None:
    file = upload(client)
    set_fault(client, "truncate", "files.content")
    set_fault(client, "status=204; truncate", "files.retrieve")

    assert client.head(f"/v1/files/{file}/content").status_code == 200
    assert client.get(f"/v1/files/{file}").status_code == 204


def test_a_request_whose_answer_is_cut_is_carried_out(client: httpx.Client) -> None:
    set_fault(client, "truncate=10", "jobs.create")

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        order(client)
    assert len(jobs(client)) == 1


def test_the_sdk_retries_a_cut_answer_and_never_tells(client: httpx.Client, sdk: openai.OpenAI) -> None:
    set_fault(client, "truncate", "models.list", first=1)

    assert sdk.with_options(max_retries=1).models.list().data
    assert used(client) == [(2, 1)]


def test_the_sdk_does_not_retry_a_download_that_is_cut_while_it_is_read(
    client: httpx.Client, sdk: openai.OpenAI
) -> None:
    file, read = upload(client, ROWS), bytearray()
    set_fault(client, "truncate=5000", "files.content")

    with (
        sdk.with_options(max_retries=2).files.with_streaming_response.content(file) as answer,
        pytest.raises(Exception, match="without sending complete message body") as raised,
    ):
        read.extend(piece for part in answer.iter_bytes(1000) for piece in part)
    # It is the HTTP library's own error: httpx2's below openai 3, httpx's below openai 2.
    assert type(raised.value).__name__ == "RemoteProtocolError"
    assert not isinstance(raised.value, openai.OpenAIError)
    assert ROWS.startswith(read)
    assert used(client) == [(1, 1)]


def test_a_slow_refusal_may_be_cut_as_well(server: Emulator, client: httpx.Client, key: str) -> None:
    set_fault(client, "latency=0.1; status=429,retry_after=7; slow_body=200; truncate=5", "models.list")
    ended = got(server.url, key, "/v1/models")

    assert ended.head.startswith(b"HTTP/1.1 429 ")
    assert b"retry-after: 7" in ended.head
    assert ended.body == b'{"detail":"Too Many Requests"}'[:-5]
    assert ended.closed
