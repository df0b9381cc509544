"""What is noted of requests that do not come to their end: the truth, as far as the server can know it."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import openai
import pytest
from starlette.types import Message, Receive, Scope, Send

from emulator.clock import host_clock
from emulator.core.world import Caller, opened
from emulator.dialects import NEBIUS
from emulator.dialects.call import Call, attach
from emulator.journal import Journal
from emulator.server import Emulator
from emulator.settings import Settings
from emulator.storage.accounts import Account
from tests.journal.looking import JOBS, entries, fault, noted, upload

SCOPE = {
    "type": "http",
    "method": "GET",
    "scheme": "http",
    "path": JOBS,
    "query_string": b"",
    "headers": [],
    "http_version": "1.1",
}
BODY = b'{"model": "m", "training_file": "f"}'


@contextmanager
def sent(emulator: Emulator, key: str, head: str, body: bytes = b"", *, reset: bool = False) -> Iterator[socket.socket]:
    """Give a connection on which this was sent; at the end it is closed, or broken off."""
    place = urlsplit(emulator.url)
    assert place.hostname
    assert place.port
    with socket.create_connection((place.hostname, place.port)) as connection:
        connection.sendall(f"{head}\r\nhost: x\r\nauthorization: Bearer {key}\r\n\r\n".encode() + body)
        yield connection
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_left_before_the_answer_got_none(
    server: Emulator, client: httpx.Client, key: str, *, reset: bool
) -> None:
    with sent(server, key, f"GET {JOBS} HTTP/1.1\r\nx-emulator-fault: latency=0.1", reset=reset):
        pass
    found = noted(client)

    assert (found["operation"], found["status"], found["wait_ms"]) == ("jobs.list", None, None)
    assert (found["response"]["bytes"], found["response"]["complete"]) == (0, False)
    assert found["duration_ms"] >= 100


def test_a_client_that_gave_up_waiting_is_noted_once_for_each_attempt(
    server: Emulator, client: httpx.Client, key: str
) -> None:
    fault(client, "jobs.list", "timeout")
    with (
        openai.OpenAI(base_url=server.base_url(), api_key=key, timeout=0.05, max_retries=1) as sdk,
        pytest.raises(openai.APITimeoutError),
    ):
        sdk.fine_tuning.jobs.list()
    noted(client, after=1)
    found = entries(client)

    assert [(each["retry"], each["status"]) for each in found] == [(0, None), (1, None)]
    assert [each["faults"] for each in found] == [[{"rule": "rule-1", "effect": "timeout"}]] * 2


def test_an_upload_that_broke_off_is_noted_as_far_as_it_came(server: Emulator, client: httpx.Client, key: str) -> None:
    part = b'--B\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n--B\r\ncontent-dis'
    kind = "content-type: multipart/form-data; boundary=B"
    with sent(server, key, f"POST /v1/files HTTP/1.1\r\n{kind}\r\ncontent-length: 10000", part):
        pass
    found = noted(client)

    assert (found["operation"], found["status"], found["response"]["complete"]) == ("files.create", None, False)
    assert found["request"]["bytes"] == len(part)
    assert found["request"]["headers"]["content-length"] == "10000"


def test_json_that_broke_off_is_noted_as_far_as_it_came(server: Emulator, client: httpx.Client, key: str) -> None:
    head = f"POST {JOBS} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 100"
    with sent(server, key, head, BODY):
        pass
    found = noted(client)

    assert (found["operation"], found["status"]) == ("jobs.create", None)
    assert found["request"]["bytes"] == len(BODY)


def test_a_download_that_was_left_is_not_complete(server: Emulator, client: httpx.Client, key: str) -> None:
    size = 30_000_000
    file_id = upload(client, b'{"text": "a"}\n' * (size // 14))
    with sent(server, key, f"GET /v1/files/{file_id}/content HTTP/1.1") as connection:
        assert len(connection.recv(100_000, socket.MSG_WAITALL)) == 100_000
    found = noted(client, operation="files.content")

    assert (found["status"], found["response"]["complete"]) == (200, False)
    assert 0 < found["response"]["bytes"] < size


def test_a_download_is_complete_though_the_client_goes_once_it_has_all(
    server: Emulator, client: httpx.Client, key: str
) -> None:
    data = b'{"text": "a"}\n' * 300
    file_id = upload(client, data)
    for _ in range(20):
        with sent(server, key, f"GET /v1/files/{file_id}/content HTTP/1.1") as connection:
            got = b""
            while not got.endswith(data):
                got += connection.recv(100_000)
    found = [each for each in entries(client) if each["operation"] == "files.content"]

    assert [(each["response"]["bytes"], each["response"]["complete"]) for each in found] == [(len(data), True)] * 20


@pytest.mark.parametrize(
    ("effects", "status", "size"), [("reset", None, 0), ("reset=headers", 200, 0), ("reset=5", 200, 5)]
)
def test_a_reset_is_noted_with_what_got_through(
    client: httpx.Client, effects: str, status: int | None, size: int
) -> None:
    with pytest.raises(httpx.TransportError):
        client.get("/v1/models", headers={"x-emulator-fault": effects})
    [found] = entries(client)

    assert (found["status"], found["response"]["bytes"], found["response"]["complete"]) == (status, size, False)


def test_a_client_that_waits_for_leave_to_send_json_is_given_it(
    server: Emulator, key: str, client: httpx.Client
) -> None:
    head = (
        f"POST {JOBS} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {len(BODY)}\r\nexpect: 100-continue"
    )
    with sent(server, key, head) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(BODY)
        assert connection.recv(1000).startswith(b"HTTP/1.1 422 ")

    assert noted(client)["request"]["body"] == {"model": "m", "training_file": "f"}


def test_json_in_pieces_is_noted_whole(client: httpx.Client) -> None:
    answer = client.post(
        JOBS, content=iter([BODY[:9], BODY[9:]]), headers={"content-type": "application/json; charset=utf-8"}
    )

    assert answer.request.headers["transfer-encoding"] == "chunked"
    assert noted(client)["request"]["body"] == {"model": "m", "training_file": "f"}


def test_an_answer_is_noted_before_anybody_can_have_read_its_end() -> None:
    async def run() -> list[int]:
        sent, looked, seen = asyncio.Event(), asyncio.Event(), []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            attach(scope, Call(Caller(world, Account("t", "nebius"), NEBIUS.shapes)))
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            await looked.wait()  # it is done with the client, and not with itself

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                sent.set()

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def look() -> None:
            await sent.wait()
            seen.append(len(world.unwritten))
            looked.set()

        await asyncio.gather(Journal(app, host=host)(SCOPE, receive, send), look())
        return [*seen, len(world.unwritten)]

    host = host_clock()
    with opened(Settings(), host) as world:
        assert asyncio.run(run()) == [1, 1]
