"""timeout, as clients meet it."""

import subprocess
import sys
from contextlib import ExitStack
from time import perf_counter

import httpx
import openai
import pytest

from emulator.server import Emulator
from tests.faults.calls import jobs, listed, order, set_fault, used
from tests.faults.sockets import asking, got, rest


def test_the_sdk_waits_as_long_as_it_was_told_retries_and_raises(client: httpx.Client, sdk: openai.OpenAI) -> None:
    set_fault(client, "timeout", "models.list")
    started_s = perf_counter()

    with pytest.raises(openai.APITimeoutError):
        sdk.with_options(timeout=0.2, max_retries=1).models.list()
    assert perf_counter() - started_s >= 2 * 0.2
    assert used(client) == [(2, 2)]


def test_a_request_that_is_never_answered_is_not_carried_out(client: httpx.Client) -> None:
    set_fault(client, "timeout", "jobs.create")
    client.timeout = httpx.Timeout(30, read=0.2)

    with pytest.raises(httpx.ReadTimeout):
        order(client)
    assert jobs(client) == []


def test_a_long_upload_is_read_to_its_end_all_the_same(client: httpx.Client) -> None:
    set_fault(client, "timeout", "files.create")
    content = b"a long row\n" * 2_000_000
    client.timeout = httpx.Timeout(30, read=0.2)

    with pytest.raises(httpx.ReadTimeout):  # not WriteTimeout: all was sent
        client.post("/v1/files", data={"purpose": "batch"}, files={"file": ("a", content)})
    assert listed(client) == []


def test_the_connection_is_closed_without_a_byte_after_its_time(
    server: Emulator, client: httpx.Client, key: str
) -> None:
    set_fault(client, "timeout=0.3", "models.list")
    started_s = perf_counter()
    ended = got(server.url, key, "/v1/models")

    assert perf_counter() - started_s >= 0.3
    assert (ended.head, ended.closed) == (b"", True)


def test_the_sdk_retries_a_connection_that_is_closed_so(client: httpx.Client, sdk: openai.OpenAI) -> None:
    set_fault(client, "timeout=0.1", "models.list", first=1)

    assert sdk.with_options(max_retries=1).models.list().data
    assert used(client) == [(2, 1)]


HANGING = {"models.list": "timeout", "files.list": "latency=3600", "jobs.list": "slow_body=0.01"}
PATHS = ("/v1/models", "/v1/files", "/v1/fine_tuning/jobs")


def test_a_server_stops_while_clients_hang() -> None:
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--quiet"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process,
        ExitStack() as stack,
    ):
        assert process.stdout
        url = process.stdout.readline().removeprefix("ftemu ready ").strip()
        client = stack.enter_context(httpx.Client(base_url=url, headers={"authorization": "Bearer a-key"}))
        for operation, effect in HANGING.items():
            set_fault(client, effect, operation)
        hung = [stack.enter_context(asking(url, "a-key", path)) for path in PATHS]
        while used(client) != [(1, 1)] * 3:
            pass
        process.terminate()
        _, told = process.communicate(timeout=20)

        assert [(ended.body, ended.closed) for ended in map(rest, hung)] == [(b"", False)] * 3
        assert process.returncode == 0
        assert "Traceback" not in told
