"""duplicate_delivery, as clients meet it, and the law of what it records."""

import asyncio
from io import BytesIO

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive

from emulator.faults.duplicate_delivery import Tape
from tests.faults.calls import jobs, listed, order, set_fault, upload, used

LONG = b'{"text": "longer than what is recorded in memory"}\n' * 60_000


@pytest.mark.parametrize(("effect", "times"), [("duplicate_delivery", 2), ("duplicate_delivery=4", 4)])
@pytest.mark.parametrize("content", [b"{}\n", LONG])
def test_an_upload_that_arrives_again_makes_a_file_each_time(
    client: httpx.Client, sdk: openai.OpenAI, effect: str, times: int, content: bytes
) -> None:
    set_fault(client, effect, "files.create")
    told = sdk.files.create(file=("a.jsonl", content), purpose="fine-tune")
    there = listed(client)

    assert used(client) == [(1, 1)]
    assert len(set(there)) == times
    assert told.id == there[0], "newest first: the client is told of the last"
    assert all(client.get(f"/v1/files/{file}/content").content == content for file in there)


def test_an_order_that_arrives_twice_makes_two_jobs(client: httpx.Client) -> None:
    set_fault(client, "duplicate_delivery", "jobs.create")
    answer = order(client)
    there = jobs(client)

    assert answer.status_code == 200
    assert len(set(there)) == 2
    assert answer.json()["id"] == there[0]


def test_a_rule_that_read_the_body_leaves_it_to_both(client: httpx.Client) -> None:
    set_fault(client, "duplicate_delivery", {"operation": "jobs.create", "body": {"model": "Qwen/Qwen3-4B"}})

    assert order(client).status_code == 200
    assert len(jobs(client)) == 2


def test_a_deletion_that_arrives_twice_is_told_that_there_is_nothing(client: httpx.Client, sdk: openai.OpenAI) -> None:
    file = upload(client)
    set_fault(client, "duplicate_delivery", "files.delete")

    with pytest.raises(openai.NotFoundError):
        sdk.files.delete(file)
    assert listed(client) == []


def test_both_deliveries_are_done_before_the_client_is_told_of_a_failure(client: httpx.Client) -> None:
    set_fault(client, "apply_then_fail; duplicate_delivery", "jobs.create")

    assert order(client).status_code == 500
    assert len(jobs(client)) == 2


def test_a_download_that_is_asked_for_twice_is_answered_once(client: httpx.Client) -> None:
    file = upload(client, LONG)
    set_fault(client, "duplicate_delivery=10", "files.content")

    assert client.get(f"/v1/files/{file}/content").content == LONG


def test_a_body_that_the_provider_refuses_to_read_is_refused_as_ever(client: httpx.Client) -> None:
    set_fault(client, "duplicate_delivery", "files.create")
    answer = client.post("/v1/files", content=LONG, headers={"content-type": "application/json"})

    assert answer.status_code == 422
    assert client.get("/v1/models").status_code == 200


def test_an_empty_body_arrives_empty_each_time(client: httpx.Client) -> None:
    set_fault(client, "duplicate_delivery", "jobs.create")

    assert client.post("/v1/fine_tuning/jobs").status_code == 422


async def read(receive: Receive, messages: int | None = None) -> bytes:
    """Read a body to its end, or so many messages of it."""
    body, more = b"", True
    while more and messages != 0:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
        messages = messages and messages - 1
    return body


@given(st.lists(st.binary(max_size=100_000), min_size=1, max_size=5), st.lists(st.integers(0, 6), max_size=3))
def test_however_much_was_read_before_a_body_is_played_whole(pieces: list[bytes], before: list[int]) -> None:
    sent = [
        {"type": "http.request", "body": piece, "more_body": place < len(pieces)}
        for place, piece in enumerate(pieces, 1)
    ]
    coming = iter(sent)

    async def receive() -> Message:
        return next(coming)

    async def played() -> bytes:
        tape = Tape(BytesIO(), receive)
        for messages in before:
            await read(tape.played(), messages)
        return await read(tape.played())

    assert asyncio.run(played()) == b"".join(pieces)
