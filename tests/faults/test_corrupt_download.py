"""corrupt_download, as clients meet it."""

import httpx
import openai
import pytest

from tests.faults.calls import set_fault, upload

WHOLE = bytes(range(256)) * 4000
"""Longer than one piece of a download."""


def bits_apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def test_a_download_differs_in_one_bit_and_nothing_tells(client: httpx.Client, sdk: openai.OpenAI) -> None:
    file_id = upload(client, WHOLE)
    truth = client.get(f"/v1/files/{file_id}/content")
    set_fault(client, "corrupt_download", "files.content")
    corrupt = sdk.files.content(file_id).response

    assert bits_apart(corrupt.content, WHOLE) == 1
    for name in ("content-length", "etag", "content-type"):
        assert corrupt.headers[name] == truth.headers[name]


def test_each_download_is_corrupt_at_a_place_of_its_own(client: httpx.Client) -> None:
    file_id = upload(client, WHOLE)
    set_fault(client, "corrupt_download", "files.content")

    assert len({client.get(f"/v1/files/{file_id}/content").content for _ in range(4)}) == 4


def test_a_short_download_is_complete_by_its_own_headers(client: httpx.Client, sdk: openai.OpenAI) -> None:
    file_id = upload(client, WHOLE)
    set_fault(client, "corrupt_download=short", "files.content")
    got = sdk.files.content(file_id).content

    assert len(got) < len(WHOLE)
    assert WHOLE.startswith(got)
    assert sdk.files.retrieve(file_id).bytes == len(WHOLE), "by which a client can tell"


@pytest.mark.parametrize("asked", ["bytes=100-199", "bytes=-300", "bytes=5-5"])
def test_a_range_stays_consistent_with_itself(client: httpx.Client, asked: str) -> None:
    path = f"/v1/files/{upload(client, WHOLE)}/content"
    truth = client.get(path, headers={"range": asked})
    set_fault(client, "corrupt_download", "files.content", first=1)
    flipped = client.get(path, headers={"range": asked})
    set_fault(client, "corrupt_download=short", "files.content")
    short = client.get(path, headers={"range": asked})
    first = int(short.headers["content-range"].removeprefix("bytes ").partition("-")[0])

    assert flipped.headers["content-range"] == truth.headers["content-range"]
    assert bits_apart(flipped.content, truth.content) == 1
    assert short.status_code == 206
    assert short.headers["content-range"] == f"bytes {first}-{first + len(short.content) - 1}/{len(WHOLE)}"
    assert truth.content.startswith(short.content)


def test_a_head_request_says_the_length_that_a_get_would_have(client: httpx.Client) -> None:
    path = f"/v1/files/{upload(client, WHOLE)}/content"
    set_fault(client, "corrupt_download=short,at=0.25", "files.content")

    assert client.head(path).headers["content-length"] == client.get(path).headers["content-length"] == "256000"
