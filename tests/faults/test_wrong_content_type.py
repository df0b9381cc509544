"""wrong_content_type, as clients meet it."""

import httpx
import openai

from tests.faults.calls import set_fault, upload


def test_the_sdk_takes_json_for_json_whatever_it_is_called(client: httpx.Client, sdk: openai.OpenAI) -> None:
    file_id = upload(client)
    set_fault(client, "wrong_content_type", "files.retrieve")
    raw = sdk.files.with_raw_response.retrieve(file_id)

    assert raw.headers["content-type"] == "text/html; charset=utf-8"
    assert raw.parse().id == file_id


def test_what_is_no_json_the_sdk_gives_as_a_text(client: httpx.Client, sdk: openai.OpenAI) -> None:
    """The declared type notwithstanding: a pipeline that reads `file.id` then fails far from the cause."""
    file_id = upload(client)
    set_fault(client, "malformed_json; wrong_content_type", "files.retrieve")
    got: object = sdk.files.retrieve(file_id)

    assert isinstance(got, str)
    assert got.startswith(f'{{"id":"{file_id}"')


def test_any_type_may_be_named(client: httpx.Client) -> None:
    set_fault(client, [{"effect": "wrong_content_type", "type": "text/plain"}])

    assert client.get("/v1/files").headers["content-type"] == "text/plain"
    assert client.get("/v1/files").json()["data"] == []
