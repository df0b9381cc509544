"""html_error, as clients meet it."""

import httpx
import openai
import pytest

from tests.faults.calls import listed, set_fault, used


def test_the_sdk_retries_a_502_and_then_raises_with_the_page_for_a_body(
    client: httpx.Client, sdk: openai.OpenAI
) -> None:
    set_fault(client, "html_error", "files.list")

    with pytest.raises(openai.InternalServerError) as raised:
        sdk.with_options(max_retries=1).files.list()
    assert used(client) == [(2, 2)]
    assert raised.value.status_code == 502
    assert "<title>502 Bad Gateway</title>" in str(raised.value.body)
    # openai 2 shows the page as the message as well; 3 keeps it out of there.
    assert str(raised.value) == (raised.value.body if openai.__version__ < "3" else "Error code: 502")


def test_a_gateway_answers_in_its_own_name_and_the_provider_never_hears_of_it(client: httpx.Client) -> None:
    set_fault(client, "html_error=504", "files.create")
    answer = client.post("/v1/files", data={"purpose": "fine-tune"}, files={"file": ("a.jsonl", b"{}")})

    assert answer.status_code == 504
    assert (answer.headers["content-type"], answer.headers["server"]) == ("text/html", "nginx")
    assert answer.text.startswith("<html>\n<head><title>504 Gateway Timeout</title>")
    assert listed(client) == []


def test_a_head_request_gets_the_headers_alone(client: httpx.Client) -> None:
    set_fault(client, "html_error=500")
    answer = client.head("/v1/files/a/content")

    assert (answer.status_code, answer.content) == (500, b"")
    assert int(answer.headers["content-length"]) > 0
