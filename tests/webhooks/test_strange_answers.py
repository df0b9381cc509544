"""Endpoints that answer no HTTP, or nothing at all: an attempt that failed, told in the log, and nothing worse."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import openai
import pytest

from emulator import Tenant
from tests.webhooks.conftest import ordered, subscribed
from tests.webhooks.receiver import PATIENCE_S, Receiver


@contextmanager
def saying(answer: bytes) -> Iterator[int]:
    """Give the port of something that says the same to everybody, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(PATIENCE_S)
        thread = Thread(target=_serve, args=(listening, answer), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def _serve(listening: socket.socket, answer: bytes) -> None:
    line, _ = listening.accept()
    with line, suppress(OSError):
        line.settimeout(PATIENCE_S)
        line.recv(65536)
        line.sendall(answer)


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.0\r\n",
        b"HTTP/1.1 999999 What\r\n\r\n",
        HEAD + b"content-length: 100\r\n\r\nshort",
        HEAD + b"content-length: -1\r\n\r\n",
        HEAD + b"x: " + b"a" * 300_000 + b"\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\x00\xff\xfe" * 1000,
    ],
)
def test_an_answer_that_is_none_is_a_try_that_failed(
    sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver, answer: bytes
) -> None:
    with saying(answer) as port:
        strange, _ = subscribed(sdk, f"http://127.0.0.1:{port}/")
        subscribed(sdk, receiver.url)
        sdk.fine_tuning.jobs.cancel(ordered(sdk))
        receiver.next()
    [told] = [each for each in tried(tenant) if each["webhook"] == strange]

    assert told["state"] == "pending"
    assert told["tries"][0]["error"].startswith("the endpoint did not answer to the end")
    assert told["due_at"] is not None


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"content-length: 2\r\n\r\nok",
        HEAD + b"content-encoding: gzip\r\ncontent-length: 5\r\n\r\nnot z",
        HEAD + b"connection: close\r\n\r\n" + b"a" * 1_000_000,
        HEAD + b"x-\xc3\xa9: \xff\r\ncontent-length: 0\r\n\r\n".replace(b"x-\xc3\xa9", b"x"),
        b"HTTP/1.0 204 No Content\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD + b"content-length: 0\r\n\r\n",
    ],
)
def test_a_success_is_one_whatever_comes_with_it(sdk: openai.OpenAI, tenant: Tenant, answer: bytes) -> None:
    with saying(answer) as port:
        subscribed(sdk, f"http://127.0.0.1:{port}/")
        sdk.fine_tuning.jobs.cancel(ordered(sdk))
        [told] = tried(tenant)

    assert (told["state"], told["tries"][0]["error"]) == ("delivered", None)


def test_plain_http_is_no_https(sdk: openai.OpenAI, receiver: Receiver) -> None:
    made, _ = subscribed(sdk, receiver.url.replace("http:", "https:"))

    with pytest.raises(openai.BadRequestError, match="could not be reached"):
        sdk.webhooks.test(made, event_type="fine_tuning.job.failed")


def test_an_imported_endpoint_elsewhere_is_sent_nothing_and_the_log_names_the_setting(
    sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver
) -> None:
    subscribed(sdk, receiver.url)
    state = tenant.state.export()
    state["webhooks"][0]["url"] = "https://example.com/hook"
    tenant.state.load(state)
    sdk.fine_tuning.jobs.cancel(ordered(sdk))
    [told] = tried(tenant)

    assert "--webhook-host" in told["tries"][0]["error"]
    assert receiver.is_quiet()


def tried(tenant: Tenant) -> list[dict[str, Any]]:
    """Return the deliveries once each was tried."""
    for _ in range(10_000):
        found = tenant.webhooks.deliveries()
        if found and all(each["tries"] for each in found):
            return found
    raise AssertionError(found)
