"""What the providers' chat and text completions have in common, for both speak OpenAI's protocol (documented).

Handlers give what was asked as plain values, and get a reply, its deltas, and a stream of server-sent events. Not here:
the JSON of a provider, which is its own wire's.

Nothing is written: an id is drawn from the server's seed, the tenant, the bytes of the request and the tenant's time,
so that completions leave the ids of everything else as they are. Two equal requests at one instant have one id.
"""

import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from anyio.lowlevel import checkpoint
from pydantic import BaseModel
from pydantic_core import PydanticKnownError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from emulator.clock import micros
from emulator.core import ids, models
from emulator.core.datasets import estimate_tokens
from emulator.core.datasets.letters import utf8_bytes
from emulator.core.inference.conversation import Call, Turn, said, turns
from emulator.core.inference.replies import Ask, Reply, reply
from emulator.core.world import Caller
from emulator.errors import Flaw, Invalid

CHOICES_MAX = 128
"""Answers that one request may ask for: the published maximum of OpenAI's ``n`` (documented)."""
STOPS_MAX = 4
"""Stop sequences that OpenAI takes (documented)."""
PIECES_MAX = 256
"""Deltas that a text is streamed in; a shorter one comes word by word. Real ones come by tokens."""

JSON_FORMATS = ("json_object", "json_schema")
TEXT_TOKENS = 16
"""Tokens of a text completion that says nothing of its length: OpenAI's default (documented), as vLLM's is."""

_WORD = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True, slots=True)
class Made:
    """What an answer says of itself besides the reply: when it was made, and bits from which its id is written."""

    at: datetime
    bits: int

    def letters(self, alphabet: str, length: int) -> str:
        """Return random-looking letters that depend on the bits alone."""
        numbers = (ids.draw(self.bits, place, "letter", bits=32) for place in range(length))
        return "".join(alphabet[number % len(alphabet)] for number in numbers)


async def made(caller: Caller, request: Request) -> Made:
    """Return what makes the answer to a request its own."""
    at, body = caller.now(), await request.body()
    parts = (caller.world.settings.seed, caller.account.tenant, micros(at), body.hex())
    return Made(at, ids.draw(*parts, "completion", bits=128))


def trained_on(caller: Caller, model: str) -> str | None:
    """Return the digest of the data that one of the caller's models was trained on, None: not known; raise Missing."""
    seen = models.find(caller, model).seen
    return seen.stored.blob if seen else None


def spoken(messages: Sequence[BaseModel]) -> tuple[Turn, ...]:
    """Return the conversation of a request; raise Invalid for a message that says nothing."""
    told = [message.model_dump() for message in messages]
    flaws = [
        Flaw("string_type", ("body", "messages", place, "content"), "Input should be a valid string")
        for place, each in enumerate(told)
        if each["content"] is None and not (each["role"] == "assistant" and _calls(each))
    ]
    if flaws:
        raise Invalid(flaws)
    return turns(told)


def _calls(message: Mapping[str, Any]) -> bool:
    return bool(message.get("tool_calls") or message.get("function_call"))


def prompts(value: Any) -> list[str | list[int]]:
    """Return the prompts of a text completion, of which one or several are sent, as texts or as tokens.

    For a pydantic validator: raise its errors. None is an empty text, as the SDK says of it (documented).
    """
    if value is None or isinstance(value, str):
        return [value or ""]
    if _is_tokens(value):
        return [value]
    if isinstance(value, list) and value and (all(map(_is_text, value)) or all(map(_is_tokens, value))):
        return value
    raise PydanticKnownError("string_type")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_tokens(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(each) is int for each in value)


def asked_by(prompt: str | list[int]) -> tuple[Turn, ...]:
    """Return the conversation that a prompt is; tokens are not read: nothing is known of what they stand for."""
    return said(prompt if isinstance(prompt, str) else "")


def check_choices(prompts: Sequence[Any], n: int) -> None:
    """Raise Invalid for more answers than one request may ask for (that several prompts count is unverified)."""
    if len(prompts) * n > CHOICES_MAX:
        message = f"List should have at most {CHOICES_MAX // n} items after validation, not {len(prompts)}"
        ctx = {"field_type": "List", "max_length": CHOICES_MAX // n, "actual_length": len(prompts)}
        raise Invalid([Flaw("too_long", ("body", "prompt"), message, [*prompts], ctx)])


@dataclass(frozen=True, slots=True)
class Text:
    """One answer to a prompt, or a piece of it; ``finish`` is None where more is to come."""

    index: int
    text: str
    finish: Literal["stop", "length"] | None


async def written(caller: Caller, asks: Sequence[Ask]) -> list[Reply]:
    """Return the replies to several prompts."""
    return [await replied(caller, ask) for ask in asks]


def texts(given: Sequence[Reply], prompts: Sequence[str | list[int]], n: int, *, echo: bool) -> Iterator[Text]:
    """Yield ``n`` answers to each prompt; with ``echo`` they begin with it. What is called is no part of a text."""
    for place, (each, prompt) in enumerate(zip(given, prompts, strict=True)):
        before = prompt if echo and isinstance(prompt, str) else ""
        for index in range(place * n, place * n + n):
            yield Text(index, before + each.text, "length" if each.finish == "length" else "stop")


def text_deltas(whole: Iterable[Text]) -> Iterator[Text]:
    """Yield answers piece by piece."""
    for each in whole:
        yield from (Text(each.index, piece, None) for piece in pieces(each.text))
        yield Text(each.index, "", each.finish)


def text_usage(given: Sequence[Reply], prompts: Sequence[str | list[int]], n: int) -> dict[str, int]:
    """Return the tokens of prompts, as sent or estimated, and of all answers together."""
    asked = sum(
        estimate_tokens(text_bytes=utf8_bytes(prompt)) if isinstance(prompt, str) else len(prompt) for prompt in prompts
    )
    return usage(asked, n * sum(each.completion_tokens for each in given))


def usage(asked: int, answered: int) -> dict[str, int]:
    """Return the members that tell of tokens."""
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}


def json_bytes(value: Any) -> int:
    """Return how long the JSON of a value is."""
    return len(json.dumps(value)) if value else 0


def stops(stop: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the texts before which a reply ends."""
    return (stop,) if isinstance(stop, str) else tuple(stop or ())


def is_json(response_format: Mapping[str, Any] | None) -> bool:
    """Say whether a JSON object is wanted."""
    return (response_format or {}).get("type") in JSON_FORMATS


async def replied(caller: Caller, ask: Ask) -> Reply:
    """Return the reply to what is asked."""
    return await run_in_threadpool(reply, caller.world.blobs, ask)


def deltas(given: Reply, calls: Sequence[Mapping[str, Any]]) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Yield what a stream adds to a message, piece by piece, and at last why it ends; ``calls`` are those answered."""
    yield {"role": "assistant", "content": None if calls and not given.text else ""}, None
    for piece in pieces(given.text):
        yield {"content": piece}, None
    for index, call in enumerate(calls):
        begun = {**call, "function": {**call["function"], "arguments": ""}}
        yield {"tool_calls": [{"index": index, **begun}]}, None
        for piece in pieces(call["function"]["arguments"]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}, None
    yield {}, given.finish


def pieces(text: str) -> list[str]:
    """Return a text in pieces: its words with the spaces before them, or several at once where they are many."""
    found = _WORD.findall(text)
    at_once = -(-len(found) // PIECES_MAX) or 1
    return ["".join(found[start : start + at_once]) for start in range(0, len(found), at_once)]


def tool_calls(calls: Iterable[Call], made_ids: Iterator[str]) -> list[dict[str, Any]]:
    """Return calls as they are answered: with the id that they have in the training data, or else one of these."""
    return [
        {
            "id": call.id or next(made_ids),
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call in calls
    ]


def stream(chunks: Iterable[BaseModel], *, usage: bool) -> StreamingResponse:
    """Return chunks as server-sent events, at last the word that these were all; their ``usage`` only where wanted."""
    return StreamingResponse(_events(chunks, set() if usage else {"usage"}), media_type="text/event-stream")


async def _events(chunks: Iterable[BaseModel], left_out: set[str]) -> AsyncIterator[str]:
    for chunk in chunks:
        await checkpoint()  # others have their turn: nothing here waits for anything
        yield f"data: {chunk.model_dump_json(exclude=left_out)}\n\n"
    yield "data: [DONE]\n\n"
