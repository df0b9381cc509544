"""What effects make of an answer does not depend on how it comes in pieces: laws, without a server."""

import asyncio
import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from emulator.faults.corrupt_download import CorruptDownload
from emulator.faults.effect import Effect, Meeting, Voice, faulty
from emulator.faults.empty_body import EmptyBody
from emulator.faults.malformed_json import MalformedJson
from emulator.faults.wrong_content_type import WrongContentType

Sent = tuple[dict[str, str], bytes]
PIECES = st.lists(st.binary(max_size=20), min_size=1, max_size=6)
AT = st.floats(0, 1, exclude_max=True)


def speechless(*said: Any, **further: Any) -> Any:
    raise AssertionError(said)


def sent(effect: Effect, pieces: list[bytes], **headers: str) -> Sent:
    """Return the headers and the body that a client gets of an answer in these pieces."""
    messages: list[Message] = []

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 206, "headers": raw})
        for number, piece in enumerate(pieces, 1):
            await send({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})

    async def keep(message: Message) -> None:
        messages.append(message)

    async def nothing() -> Message:
        raise AssertionError

    voice = Voice(refuse=speechless, fail=speechless)
    asyncio.run(faulty(answering, [effect], voice)({"type": "http"}, nothing, keep))  # type: ignore[arg-type]  # a coroutine
    assert messages[0]["status"] == 206
    assert [message.get("more_body", False) for message in messages[1:]] == [True] * (len(pieces) - 1) + [False]
    got = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    return got, b"".join(message["body"] for message in messages[1:])


def whole(pieces: list[bytes]) -> str:
    return str(sum(map(len, pieces)))


@given(pieces=PIECES, at=AT)
def test_one_bit_of_a_body_is_flipped_wherever_its_pieces_end(pieces: list[bytes], at: float) -> None:
    body = b"".join(pieces)
    headers, got = sent(CorruptDownload(at=at), pieces, content_length=whole(pieces), etag='"a"')
    flipped = int.from_bytes(got) ^ int.from_bytes(body)

    assert headers == {"content-length": str(len(body)), "etag": '"a"'}
    assert len(got) == len(body)
    assert flipped.bit_count() == (1 if body else 0)


@given(pieces=PIECES, at=AT, start=st.none() | st.integers(0, 100))
def test_a_short_body_has_the_length_and_the_range_that_its_headers_say(
    pieces: list[bytes], at: float, start: int | None
) -> None:
    body = b"".join(pieces)
    ranged = {"content_range": f"bytes {start}-{start + len(body) - 1}/999"} if body and start is not None else {}
    headers, got = sent(CorruptDownload(how="short", at=at), pieces, content_length=whole(pieces), **ranged)

    assert body.startswith(got)
    assert len(got) < len(body) or len(body) <= len(ranged)
    assert headers["content-length"] == str(len(got))
    if ranged:
        assert got, "there is no empty range"
        assert headers["content-range"] == f"bytes {start}-{(start or 0) + len(got) - 1}/999"


SCALARS = st.none() | st.booleans() | st.integers() | st.text()
JSON = st.recursive(SCALARS, lambda kids: st.lists(kids) | st.dictionaries(st.text(), kids), max_leaves=8)


@given(value=st.lists(JSON) | st.dictionaries(st.text(), JSON), keep=st.floats(0, 0.9), place=st.integers(0, 1000))
def test_no_object_or_list_that_is_cut_is_json(value: Any, keep: float, place: int) -> None:
    body = json.dumps(value).encode()
    headers, got = sent(
        MalformedJson(keep=keep), [body[:place], body[place:]], content_length=str(len(body)), content_type="a/json"
    )

    assert headers == {"content-length": str(len(got)), "content-type": "a/json"}
    with pytest.raises(json.JSONDecodeError):
        json.loads(got)


@given(pieces=PIECES)
def test_an_empty_body_is_said_to_be_empty(pieces: list[bytes]) -> None:
    assert sent(EmptyBody(), pieces, content_length=whole(pieces), x_a="b") == (
        {"content-length": "0", "x-a": "b"},
        b"",
    )
    assert sent(EmptyBody(), pieces) == ({}, b"")


@given(pieces=PIECES, at=AT)
def test_an_answer_that_does_not_say_its_length_is_changed_in_its_first_bytes(pieces: list[bytes], at: float) -> None:
    body, first = b"".join(pieces), next((piece for piece in pieces if piece), b"")
    cut = sent(CorruptDownload(how="short", at=at), pieces)
    headers, flipped = sent(CorruptDownload(at=at), pieces)

    assert cut == ({}, first[: int(len(first) * at)])
    assert headers == {}
    assert (int.from_bytes(flipped) ^ int.from_bytes(body)).bit_count() == (1 if body else 0)


@given(pieces=PIECES)
def test_another_content_type_leaves_the_body_alone(pieces: list[bytes]) -> None:
    got = sent(WrongContentType(), pieces, content_type="application/json", content_length=whole(pieces))

    assert got == ({"content-type": "text/html; charset=utf-8", "content-length": whole(pieces)}, b"".join(pieces))


def test_where_a_body_is_corrupt_is_drawn_and_drawn_alike_for_one_seed() -> None:
    drawn = [CorruptDownload().met(Meeting(1, 0.0, 0.0, Random(seed), {})) for seed in (1, 1, 2)]

    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert CorruptDownload(at=0.0).met(Meeting(1, 0.0, 0.0, Random(1), {})).at == 0.0
