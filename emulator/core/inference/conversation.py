"""A conversation, as far as it is compared and answered: who said what, and which functions were called.

It is read from JSON, of a request as of a row of training data, so that both are read alike. What cannot be read is
taken as not said: a row was checked when it was uploaded, a request by its dialect.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import blake2b
from typing import Any
from zlib import crc32

import msgspec

from emulator.core.datasets import estimate_tokens
from emulator.core.datasets.letters import utf8_bytes

USER = "user"
INSTRUCTIONS = "system"
ROLES = {"developer": INSTRUCTIONS, "function": "tool"}
"""Roles that go by another name, too."""
LOOKED_AT = 4000
"""Characters of a text whose words are compared: its beginning."""
UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What reading JSON may raise."""

# Letters of scripts that write no spaces are words of their own.
_ALONE = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+")


@dataclass(frozen=True, slots=True)
class Call:
    """A function that the assistant calls. ``arguments`` is JSON as text; ``id`` is empty where the data have none."""

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody said. ``trained`` is false where the data ask that the model does not learn it."""

    role: str
    text: str
    calls: tuple[Call, ...] = ()
    trained: bool = True


def turns(messages: Any) -> tuple[Turn, ...]:
    """Return the turns of a JSON list of messages."""
    return tuple(_turn(each) for each in messages if isinstance(each, dict)) if isinstance(messages, list) else ()


def said(text: str) -> tuple[Turn, ...]:
    """Return the conversation that a bare prompt is."""
    return (Turn(USER, text),)


def _turn(message: dict[str, Any]) -> Turn:
    role = str(message.get("role"))
    weight = message.get("weight")
    text = _text(message.get("content"))
    return Turn(ROLES.get(role, role), text, tuple(_calls(message)), weight is None or bool(weight))


def _calls(message: dict[str, Any]) -> Iterator[Call]:
    listed = message.get("tool_calls")
    # The other member is how functions were called before there were tools.
    for each in (*(listed if isinstance(listed, list) else ()), {"function": message.get("function_call")}):
        match each:
            case {"function": {"name": str(name), "arguments": arguments}}:
                text = arguments if isinstance(arguments, str) else msgspec.json.encode(arguments).decode()
                yield Call(name, text, str(each.get("id") or ""))
            case _:
                pass


def _text(content: Any) -> str:
    """Return the text of a message; its pictures and sounds are not looked at."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str))
    return content if isinstance(content, str) else ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a conversation comes to for whoever answers it.

    ``digest`` is equal where the same was said and called by the same; ids do not count. ``question`` is the last text
    of the user's, or without one the last of all. ``since`` counts the turns after it.
    """

    digest: bytes = b""
    question: str = ""
    since: int = 0
    from_user: bool = False

    def then(self, turn: Turn) -> "Heard":
        """Return what the conversation comes to with one more turn."""
        calls = [(call.name, _sorted(call.arguments)) for call in turn.calls]
        told = msgspec.json.encode((turn.role, turn.text, calls))
        digest = blake2b(self.digest + told, digest_size=16).digest()
        if self.from_user and turn.role != USER:
            return Heard(digest, self.question, self.since + 1, from_user=True)
        return Heard(digest, turn.text, 0, from_user=turn.role == USER)


NOTHING = Heard()


def heard(conversation: Iterable[Turn], before: Heard = NOTHING) -> Heard:
    """Return what a conversation comes to, or one that goes on after another."""
    return reduce(Heard.then, conversation, before)


def _sorted(arguments: str) -> str:
    """Return arguments so that spaces and the order of members do not count."""
    try:
        return msgspec.json.encode(msgspec.json.decode(arguments), order="deterministic").decode()
    except UNREADABLE:
        return arguments


def words(text: str) -> set[int]:
    """Return the words of a text as 32-bit numbers, without regard to case."""
    return {crc32(word.encode()) for word in _WORD.findall(text[:LOOKED_AT].casefold())}


def prompt_tokens(conversation: Sequence[Turn], *, further_bytes: int = 0) -> int:
    """Estimate the tokens of what was asked; ``further_bytes`` are those of the tools' JSON."""
    spoken = sum(utf8_bytes(turn.text) + sum(map(call_bytes, turn.calls)) for turn in conversation)
    return estimate_tokens(text_bytes=spoken + further_bytes, messages=len(conversation))


def call_bytes(call: Call) -> int:
    """Return the UTF-8 bytes of a call."""
    return utf8_bytes(call.name) + utf8_bytes(call.arguments)
