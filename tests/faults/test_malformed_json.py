"""malformed_json, as clients meet it."""

import json

import httpx
import openai
import pytest

from tests.faults.calls import listed, set_fault, upload, used


def test_the_sdk_raises_a_decode_error_and_does_not_retry(client: httpx.Client, sdk: openai.OpenAI) -> None:
    upload(client)
    set_fault(client, "malformed_json", "files.list")

    with pytest.raises(json.JSONDecodeError):
        sdk.with_options(max_retries=2).files.list()
    assert used(client) == [(1, 1)]


def test_the_answer_is_whole_as_http_goes_and_the_request_is_carried_out(client: httpx.Client) -> None:
    set_fault(client, "malformed_json=0.25", "files.create")
    answer = client.post("/v1/files", data={"purpose": "fine-tune"}, files={"file": ("a.jsonl", b"{}")})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.text.startswith('{"id":"')
    assert len(listed(client)) == 1


def test_an_error_is_malformed_too(client: httpx.Client) -> None:
    set_fault(client, "malformed_json", "files.retrieve")
    answer = client.get("/v1/files/none")

    assert answer.status_code == 404
    assert answer.text == '{"detail":"The file `n'
