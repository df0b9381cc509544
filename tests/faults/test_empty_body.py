"""empty_body, as clients meet it."""

import json

import httpx
import openai
import pytest

from tests.faults.calls import listed, set_fault, upload, used


def test_the_sdk_raises_a_decode_error_does_not_retry_and_the_file_is_there(
    client: httpx.Client, sdk: openai.OpenAI
) -> None:
    set_fault(client, "empty_body", "files.create")

    with pytest.raises(json.JSONDecodeError):
        sdk.with_options(max_retries=2).files.create(file=("a.jsonl", b"{}"), purpose="fine-tune")
    assert used(client) == [(1, 1)]
    assert len(listed(client)) == 1


def test_status_and_headers_are_true_and_the_connection_goes_on(client: httpx.Client) -> None:
    file_id = upload(client)
    truth = client.get(f"/v1/files/{file_id}/content")
    set_fault(client, "empty_body", "files.content", first=2)
    answers = [client.get(f"/v1/files/{file_id}/content"), client.head(f"/v1/files/{file_id}/content")]

    for answer in answers:
        assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")
        assert answer.headers["etag"] == truth.headers["etag"]
    assert client.get(f"/v1/files/{file_id}/content").content == truth.content
