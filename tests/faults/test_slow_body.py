"""slow_body, as clients meet it."""

from time import perf_counter

import httpx
import openai

from emulator.server import Emulator
from tests.faults.calls import order, set_fault, upload
from tests.faults.sockets import asking, rest

CONTENT = bytes(range(250)) * 40 + b"!"


def test_a_body_arrives_whole_and_no_faster_than_its_rate(client: httpx.Client, sdk: openai.OpenAI) -> None:
    content = CONTENT * 60
    file = upload(client, content)
    set_fault(client, "slow_body=2e6", "files.content")
    started_s = perf_counter()

    assert sdk.files.content(file).read() == content
    assert perf_counter() - started_s >= len(content) / 2e6


def test_a_small_answer_trickles_in_byte_by_byte(client: httpx.Client) -> None:
    set_fault(client, "slow_body=39", "files.list")
    started_s = perf_counter()
    answer = client.get("/v1/files")

    assert answer.json()["data"] == []
    assert perf_counter() - started_s >= len(answer.content) / 39


def test_it_comes_in_small_pieces_after_headers_that_do_not_wait(
    server: Emulator, client: httpx.Client, key: str
) -> None:
    path = f"/v1/files/{upload(client, CONTENT)}/content"
    set_fault(client, "slow_body=20000", "files.content")
    with asking(server.url, key, path) as connected:
        started_s = perf_counter()
        first = connected.recv(65536)
        ended = rest(connected)

    assert first.endswith(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert perf_counter() - started_s >= len(CONTENT) / 20_000
    assert ended.head == CONTENT


def test_a_slow_answer_is_true_so_a_poll_clock_goes_on(client: httpx.Client) -> None:
    job = order(client).json()["id"]
    set_fault(client, "slow_body=1e6", "jobs.retrieve")
    statuses = [client.get(f"/v1/fine_tuning/jobs/{job}").json()["status"] for _ in range(4)]

    assert statuses == ["validating_files", "queued", "running", "succeeded"]
