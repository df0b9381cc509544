"""A reply to what was asked, within the limits that were asked for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from emulator.core.datasets import estimate_tokens
from emulator.core.datasets.letters import utf8_bytes
from emulator.core.inference.conversation import Call, Turn, call_bytes, heard, prompt_tokens
from emulator.core.inference.examples import ASSISTANT, examples
from emulator.core.inference.index import BYTES_MAX, Index
from emulator.core.inference.shelf import SHELF
from emulator.storage.blobs import Blobs

TOKENS_MAX = 16_384
"""Tokens of the longest reply: the maximum of gpt-4o and gpt-4o-mini (documented), for all models (unverified)."""

Finish = Literal["stop", "length", "tool_calls"]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a model is asked.

    ``data`` is the digest of what it was trained on, None: nothing that is known. ``tools_bytes`` are those of the
    JSON of the functions that it may call. ``stop``: texts before which a reply ends. ``as_json``: a JSON object is
    wanted, which replies from training data are or are not, and the sentence of a model without data then is.
    """

    model: str
    conversation: tuple[Turn, ...]
    data: str | None = None
    tools_bytes: int = 0
    tokens_max: int | None = None
    stop: tuple[str, ...] = ()
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answers, why it ends there, and what asking and answering take in estimated tokens."""

    text: str
    calls: tuple[Call, ...]
    finish: Finish
    prompt_tokens: int
    completion_tokens: int


def reply(blobs: Blobs, ask: Ask) -> Reply:
    """Return the reply to what is asked. Slow where the data are large: not for the event loop's own thread."""
    turn = (_learned(blobs, ask.data, ask.conversation) if ask.data else None) or _sentence(ask)
    turn, stopped = _before(turn, ask.stop)
    limit = min(TOKENS_MAX, ask.tokens_max or TOKENS_MAX)
    tokens = estimate_tokens(text_bytes=utf8_bytes(turn.text) + sum(map(call_bytes, turn.calls)))
    asked = prompt_tokens(ask.conversation, further_bytes=ask.tools_bytes)
    if tokens > limit:
        cut = _within(turn, _bytes_within(limit))
        return Reply(cut.text, cut.calls, "length", asked, limit)
    return Reply(turn.text, turn.calls, "tool_calls" if turn.calls and not stopped else "stop", asked, tokens)


def _learned(blobs: Blobs, data: str, conversation: tuple[Turn, ...]) -> Turn | None:
    """Return the reply that the training data have, or None: they have none, or are gone."""
    try:
        index = SHELF.get(data, lambda: Index(_lines(blobs, data)))
        place = index.find(heard(conversation))
        if place is None:
            return None
        line = b"".join(blobs.read(data, place.start, place.start + place.length))
    except FileNotFoundError:
        return None
    return next((each.reply for number, each in enumerate(examples(line)) if number == place.number), None)


def _lines(blobs: Blobs, data: str) -> Iterator[bytes]:
    """Yield the lines at the beginning of a file, each with its end. The one in which that breaks off is no JSON."""
    rest = b""
    for piece in blobs.read(data, 0, BYTES_MAX):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in whole)
    yield rest


def _sentence(ask: Ask) -> Turn:
    """Return what a model says that has nothing to answer from."""
    text = f"This is an emulator's answer in place of {ask.model}: there is no training example to answer from."
    return Turn(ASSISTANT, msgspec.json.encode({"answer": text}).decode() if ask.as_json else text)


def _before(turn: Turn, stop: Iterable[str]) -> tuple[Turn, bool]:
    """Return a reply up to the first of some texts, and whether there is one of them."""
    places = [place for each in stop if each and (place := turn.text.find(each)) >= 0]
    return (replace(turn, text=turn.text[: min(places)], calls=()), True) if places else (turn, False)


def _bytes_within(tokens: int) -> int:
    """Return the bytes of the longest text that is not estimated at more tokens, its end not counted."""
    return (21 * tokens + 10) // 5  # the other way round than ``estimate_tokens``


def _within(turn: Turn, room: int) -> Turn:
    """Return a reply that breaks off after so many bytes: in its text, or in what it calls."""
    text, room = _cut(turn.text, room)
    calls: list[Call] = []
    for call in turn.calls:
        arguments, left = _cut(call.arguments, room - utf8_bytes(call.name))
        if left < 0:
            break
        calls.append(replace(call, arguments=arguments))
        room = left
    return replace(turn, text=text, calls=tuple(calls))


def _cut(text: str, room: int) -> tuple[str, int]:
    """Return as much of a text as has room, and the bytes that are left; no letter is cut in two."""
    kept = text.encode()[: max(0, room)]
    return kept.decode(errors="ignore"), room - len(kept)
