"""What a row may be: the four forms of the provider's documentation, each with the tokens it makes.

Unknown members are ignored. Optional members may be null (unverified), for tools that write tables write them so. Any
role may come last: the documentation expects the assistant, but conversations that end with the user were observed to
train. That a conversation without any assistant message is accepted, and that texts may be empty, is unverified.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct, ValidationError

from emulator.core.datasets.grammar import Refused, Row
from emulator.core.datasets.letters import json_bytes, utf8_bytes
from emulator.core.datasets.tokens import estimate_tokens
from emulator.dialects.nebius.training.words import worded


class Part(Struct, gc=False):
    """A piece of a message's content; nothing but text can be trained on."""

    type: Literal["text"]
    text: str


class Call(Struct):
    """The function that an assistant calls, and with what."""

    name: str
    arguments: str | dict[str, Raw]


class ToolCall(Struct, omit_defaults=True):
    """One of an assistant's calls."""

    function: Call
    id: str | None = None
    type: Literal["function"] | None = None


class Message(Struct, gc=False):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    tool_calls: list[ToolCall] | None = None
    name: str | None = None
    tool_call_id: str | None = None

    def text_bytes(self, place: int) -> int:
        """Return the UTF-8 bytes of the content and of the calls' JSON; ``place`` is the index of the message."""
        calls = json_bytes(msgspec.json.encode(self.tool_calls)) if self.tool_calls else 0
        if isinstance(self.content, str):
            return calls + utf8_bytes(self.content)
        if self.content is not None:
            return calls + sum(utf8_bytes(part.text) for part in self.content)
        if self.role == "assistant" and calls:
            return calls
        raise Refused(f"messages[{place}].content: is missing or null; only an assistant with tool_calls goes without")


class Function(Struct):
    """A function that the assistant may call; its description and parameters are for the model to understand."""

    name: str


class Tool(Struct):
    """What the assistant may use; the API has functions only."""

    function: Function
    type: Literal["function"] | None = None


class Conversation(Struct):
    """``{"messages": [...], "tools": [...]}``."""

    messages: Annotated[list[Message], Meta(min_length=1)]
    tools: Raw = Raw()

    def tokens(self) -> int:
        """Estimate from contents, calls and tools, the latter two by the bytes of their JSON."""
        text_bytes = _tools_bytes(self.tools) if self.tools else 0
        for place, message in enumerate(self.messages):
            content = message.content
            # Nearly every message goes here; a call for each would cost a fifth of the whole check.
            if message.tool_calls is None and type(content) is str:
                text_bytes += len(content) if content.isascii() else len(content.encode())
            else:
                text_bytes += message.text_bytes(place)
        return estimate_tokens(text_bytes=text_bytes, messages=len(self.messages))


class Instruction(Struct):
    """``{"prompt": ..., "completion": ...}``; what the provider puts around the two is unknown and not counted."""

    prompt: str
    completion: str
    messages: Raw = Raw()

    def tokens(self) -> int:
        """Estimate from both texts."""
        _give_way_to(self.messages)
        return estimate_tokens(text_bytes=utf8_bytes(self.prompt) + utf8_bytes(self.completion))


class Text(Struct):
    """``{"text": ...}``."""

    text: str
    messages: Raw = Raw()
    prompt: Raw = Raw()
    completion: Raw = Raw()

    def tokens(self) -> int:
        """Estimate from the text."""
        _give_way_to(self.messages, self.prompt and self.completion)
        return estimate_tokens(text_bytes=utf8_bytes(self.text))


class Pretokenized(Struct):
    """``{"token_ids": [...], "labels": [...]}``, where a label of -100 masks its position.

    The arrays stay JSON: as lists they would take ten times the memory of a long line.
    """

    token_ids: Raw
    labels: Raw = Raw()
    messages: Raw = Raw()
    prompt: Raw = Raw()
    completion: Raw = Raw()
    text: Raw = Raw()

    def tokens(self) -> int:
        """Count them: this is exact."""
        _give_way_to(self.messages, self.prompt and self.completion, self.text)
        tokens = _integers(self.token_ids, "token_ids")
        if self.labels and bytes(self.labels) != b"null":
            labels = _integers(self.labels, "labels")
            if labels != tokens:
                raise Refused(f"labels: has {labels} entries, token_ids has {tokens}; they take the same number")
        return tokens


_TOOLS = msgspec.json.Decoder(list[Tool] | None)

# In order of precedence, with the members by which a form is known.
MEMBERS: Mapping[str, frozenset[str]] = {
    "conversational": frozenset({"messages"}),
    "instruction": frozenset({"prompt", "completion"}),
    "text": frozenset({"text"}),
    "pretokenized": frozenset({"token_ids"}),
}

DECODERS: Mapping[str, msgspec.json.Decoder[Row]] = {
    "conversational": msgspec.json.Decoder(Conversation),
    "instruction": msgspec.json.Decoder(Instruction),
    "text": msgspec.json.Decoder(Text),
    "pretokenized": msgspec.json.Decoder(Pretokenized),
}


def form_of(members: Collection[str]) -> str:
    """Return the form that a row of these members has, or tries to have; empty if it has none."""
    whole = (form for form, needed in MEMBERS.items() if needed.issubset(members))
    half = (form for form, needed in MEMBERS.items() if not needed.isdisjoint(members))
    return next(whole, "") or next(half, "")


def _give_way_to(*others: Raw) -> None:
    if any(others):
        raise Refused("has the members of a form that goes before")


def _tools_bytes(tools: Raw) -> int:
    try:
        listed = _TOOLS.decode(tools)
    except ValidationError as error:
        raise Refused(worded(error, within="tools")) from error
    return json_bytes(bytes(tools)) if listed else 0


def _integers(array: Raw, member: str) -> int:
    # The JSON is known to be well-formed: with the numbers and commas gone, only the brackets of a flat array remain.
    text = bytes(array)
    if text.translate(None, b"-0123456789, \t\r\n") != b"[]":
        raise Refused(_not_integers(array, member))
    return text.count(b",") + 1 if text.strip(b"[] \t\r\n") else 0


def _not_integers(array: Raw, member: str) -> str:
    try:
        msgspec.json.decode(array, type=list[int])
    except ValidationError as error:
        return worded(error, within=member)
    return f"{member}: takes an array of integers"
