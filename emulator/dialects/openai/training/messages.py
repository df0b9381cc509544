"""A message as a chat example may hold it: one class a role, each with the members that the role takes.

From the schemas of training lines that were published until 2025 and the chat messages they refer to. Members that a
role does not have are refused (documented: the vendor's own check of training files counts them as errors). Optional
members may be null, and texts may be empty (both unverified).
"""

from typing import ClassVar, Literal

import msgspec
from msgspec import Raw, Struct

from emulator.core.datasets.letters import json_bytes, utf8_bytes

IMAGE_TOKENS = 85
"""Of an image in low detail (documented for the models of 2024); more detail costs more, which is not counted."""


class Text(Struct, tag_field="type", tag="text", gc=False, forbid_unknown_fields=True):
    """A piece of text."""

    text: str


class Link(Struct, gc=False, forbid_unknown_fields=True):
    """Where an image is: an address, or the image itself as a ``data:`` URL."""

    url: str
    detail: Literal["auto", "low", "high"] | None = None


class Image(Struct, tag_field="type", tag="image_url", forbid_unknown_fields=True):
    """An image; only users send any."""

    image_url: Link


class Refusal(Struct, tag_field="type", tag="refusal", gc=False, forbid_unknown_fields=True):
    """The assistant's words when it will not answer."""

    refusal: str


class Call(Struct, gc=False):
    """The function that an assistant calls; its arguments are JSON in a string."""

    name: str
    arguments: str


class ToolCall(Struct, gc=False, omit_defaults=True):
    """One of an assistant's calls."""

    id: str
    type: Literal["function"]
    function: Call


class Callless(Struct):
    """A message of anybody who calls nothing."""

    tool_calls: ClassVar[None] = None
    function_call: ClassVar[None] = None


class System(Callless, tag_field="role", tag="system", gc=False, forbid_unknown_fields=True):
    """How the assistant is to behave."""

    content: str | list[Text]
    name: str | None = None


class Developer(System, tag="developer", gc=False, forbid_unknown_fields=True):
    """What newer models call the system (documented of chat; of training files unverified)."""


class User(Callless, tag_field="role", tag="user", gc=False, forbid_unknown_fields=True):
    """What a person says and shows."""

    content: str | list[Text | Image]
    name: str | None = None


class Tool(Callless, tag_field="role", tag="tool", gc=False, forbid_unknown_fields=True):
    """What a called tool answers: a string, for an array of text parts was refused (observed October 2024).

    ``name`` is not of the schema; the vendor's examples send it.
    """

    content: str
    tool_call_id: str
    name: str | None = None


class Function(Callless, tag_field="role", tag="function", gc=False, forbid_unknown_fields=True):
    """What a called function answers, before there were tools."""

    content: str | None
    name: str


class Assistant(Struct, tag_field="role", tag="assistant", forbid_unknown_fields=True):
    """What the model is to say or to call; one of ``weight`` 0 is not trained on, and counts like any other."""

    content: str | list[Text | Refusal] | None = None
    tool_calls: list[ToolCall] | None = None
    weight: Literal[0, 1] | None = None
    name: str | None = None
    refusal: str | None = None
    function_call: Call | None = None
    audio: Raw = Raw()

    @property
    def says_nothing(self) -> bool:
        """Whether it has neither content nor what stands in for it."""
        return self.content is None and not (self.tool_calls or self.function_call or self.refusal)


Message = System | User | Assistant | Tool | Developer | Function

ROLES = ("system", "user", "assistant", "tool", "function", "developer")


def text_bytes(message: Message) -> int:
    """Return the UTF-8 bytes of what a message says, and of the JSON of what it calls."""
    counted = _content_bytes(message.content)
    if isinstance(message, Assistant):
        counted += utf8_bytes(message.refusal or "")
        counted += json_bytes(msgspec.json.encode(message.tool_calls)) if message.tool_calls else 0
        counted += json_bytes(msgspec.json.encode(message.function_call)) if message.function_call else 0
    return counted


def images(message: Message) -> list[Image]:
    """Return the images that a message shows."""
    return [part for part in message.content or () if isinstance(part, Image)]


def _content_bytes(content: str | list[Text] | list[Text | Image] | list[Text | Refusal] | None) -> int:
    if isinstance(content, str):
        return utf8_bytes(content)
    return sum(_part_bytes(part) for part in content or ())


def _part_bytes(part: Text | Image | Refusal) -> int:
    match part:
        case Text(text=text):
            return utf8_bytes(text)
        case Refusal(refusal=text):
            return utf8_bytes(text)
        case Image():
            return 0
