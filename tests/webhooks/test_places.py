"""Where deliveries may go: nowhere but loopback and the hosts that are listed, however a URL is written."""

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import Tenant
from emulator.core.webhooks.places import host_of, is_loopback, misplaced
from tests.conftest import Serve
from tests.webhooks.conftest import client, subscribed
from tests.webhooks.receiver import receiving


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.8.9.10:8080/hook?a=b",
        "https://localhost/hook",
        "http://LOCALHOST:1/",
        "http://[::1]:8000/hook",
    ],
)
def test_loopback_is_taken_with_and_without_encryption(url: str) -> None:
    assert misplaced(url, ()) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook",
        "https://",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://example.com/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::ffff:10.0.0.1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://user:password@127.0.0.1/",
        "http://127.0.0.1@example.com/",
        "http://127.0.0.1\\@example.com/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/\nhost: example.com",
        "http://127.0.0.1/#fragment",
        "http://１２７.0.0.1/",  # noqa: RUF001 -- letters that some take for digits
        "http://127.0.0.1/" + "a" * 2048,
        "http://[127.0.0.1/",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    assert misplaced(url, ()) is not None


def test_a_listed_host_is_taken_and_no_other() -> None:
    assert misplaced("https://hooks.internal:8443/x", ("hooks.internal",)) is None
    assert misplaced("https://other.internal/x", ("hooks.internal",)) is not None
    assert misplaced("https://hooks.internal.example.com/x", ("hooks.internal",)) is not None


@given(st.text())
def test_any_text_is_a_url_with_a_host_or_none(text: str) -> None:
    host = host_of(text)

    assert host is None or host == host.lower()
    assert is_loopback(text) in {True, False}


def test_a_listed_host_is_delivered_to_under_its_own_name(serve: Serve) -> None:
    emulator = serve(clock="manual", dialect="openai", webhook_host=("hooks.internal", "127.0.0.1"))
    with receiving() as receiver, client(emulator) as sdk:
        made, _ = subscribed(sdk, receiver.url)
        sdk.webhooks.test(made, event_type="fine_tuning.job.failed")

        assert receiver.next().headers["host"] == f"127.0.0.1:{receiver.port}"


def test_localhost_is_tried_at_each_of_its_addresses(sdk: openai.OpenAI) -> None:
    with receiving() as receiver:
        made, secret = subscribed(sdk, f"http://localhost:{receiver.port}/hook?a=b&c")
        sdk.webhooks.test(made, event_type="fine_tuning.job.failed")
        got = receiver.next()

    assert got.path == "/hook?a=b&c"
    assert got.headers["host"] == f"localhost:{receiver.port}"
    assert got.event(secret).type == "fine_tuning.job.failed"


def test_a_test_says_what_the_endpoint_answered_whatever_that_was(sdk: openai.OpenAI, tenant: Tenant) -> None:
    with receiving([503]) as receiver:
        made, secret = subscribed(sdk, receiver.url)
        result = sdk.webhooks.test(made, event_type="batch.completed")

    assert (result.status_code, result.success, result.webhook_endpoint_id) == (503, True, made)
    assert receiver.next().event(secret).type == "batch.completed"
    assert tenant.webhooks.deliveries() == []


def test_a_test_of_an_endpoint_that_is_not_there_is_an_error_that_says_so(sdk: openai.OpenAI) -> None:
    with receiving() as gone:
        pass
    made, _ = subscribed(sdk, gone.url)
    with pytest.raises(openai.BadRequestError, match="could not be reached"):
        sdk.webhooks.test(made, event_type="batch.completed")
