"""What a row may be: an example of a chat, of a preference between two answers, or of a prompt and its completion.

Which of them a job takes, its method decides: a chat may serve supervised fine-tuning or reinforcement. What speaks
against one of the two is a caveat of the row, not a fault: members beside the chat, which only graders read, and who
has the last word.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta, Raw, Struct, ValidationError

from emulator.core.datasets.grammar import Refused
from emulator.core.datasets.letters import json_bytes, utf8_bytes
from emulator.core.datasets.tokens import estimate_tokens
from emulator.dialects.openai.training.messages import IMAGE_TOKENS, Assistant, Message, User, images, text_bytes

CHAT, PREFERENCE, COMPLETION = "conversational", "preference", "instruction"

EXTRA = "extra"
"""A chat has members that supervised fine-tuning refuses."""
NO_ASSISTANT = "no_assistant"
"""A chat has no message of the assistant for supervised fine-tuning to train on."""
NOT_USER_LAST = "not_user_last"
"""A chat does not end with the user, whom reinforcement has answered by the model."""

_CAVEATS: Mapping[tuple[bool, bool], frozenset[str]] = {
    (True, True): frozenset(),
    (True, False): frozenset({NOT_USER_LAST}),
    (False, True): frozenset({NO_ASSISTANT}),
    (False, False): frozenset({NO_ASSISTANT, NOT_USER_LAST}),
}
_ANSWERED = _CAVEATS[True, False]


class Misplaced(Refused):
    """A value has the right type and is not what its place takes; ``place`` is the library's path to it."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


class Function(Struct, gc=False):
    """A function that the assistant may call; its description and parameters are for the model to understand."""

    name: str


class Tool(Struct, gc=False):
    """What the assistant may use; the API has functions only."""

    function: Function
    type: str = "function"


class Turns(Struct, kw_only=True):
    """Messages, and what the assistant may call in them."""

    messages: Annotated[list[Message], Meta(min_length=1)]
    tools: Raw = Raw()
    parallel_tool_calls: bool | None = None
    functions: Raw = Raw()
    within: ClassVar[str] = ""

    def tokens(self) -> int:
        """Estimate from what is said and shown, and from calls and tools by the bytes of their JSON."""
        counted, shown = 0, 0
        if self.tools or self.functions:
            counted += _listed_bytes(self.tools, f"{self.within}.tools", _TOOLS)
            counted += _listed_bytes(self.functions, f"{self.within}.functions", _FUNCTIONS)
        for place, message in enumerate(self.messages):
            content = message.content
            # Nearly every message goes here; a call for each would cost a fifth of the whole check.
            if type(content) is str and message.tool_calls is None and message.function_call is None:
                counted += len(content) if content.isascii() else len(content.encode())
            else:
                _check(message, f"{self.within}.messages[{place}]")
                counted += text_bytes(message)
                shown += sum(min(IMAGE_TOKENS, len(image.image_url.url)) for image in images(message))
        return estimate_tokens(text_bytes=counted, messages=len(self.messages)) + shown

    def caveats(self) -> frozenset[str]:
        """Return the codes of what speaks against one of the methods, by who has the last word."""
        last = type(self.messages[-1])
        if last is Assistant:
            return _ANSWERED
        return _CAVEATS[any(type(message) is Assistant for message in self.messages), last is User]


class Chat(Turns, kw_only=True):
    """A row of chat, whatever else is in it."""


class PlainChat(Turns, kw_only=True, forbid_unknown_fields=True):
    """A row of chat and of nothing else."""


class Input(Turns, kw_only=True, forbid_unknown_fields=True):
    """What both answers of a preference answer."""

    within: ClassVar[str] = ".input"


Answer = Annotated[list[Assistant], Meta(min_length=1, max_length=1)]


class Preference(Struct, forbid_unknown_fields=True):
    """Two answers, of which one is preferred: by the names in the vendor's guide, which its own examples use."""

    input: Input
    preferred_output: Answer
    non_preferred_output: Answer

    def answers(self) -> list[Assistant]:
        """Return the preferred answer and the other."""
        return [*self.preferred_output, *self.non_preferred_output]

    def tokens(self) -> int:
        """Estimate from the input and both answers; how the provider counts them is unverified."""
        tokens = self.input.tokens()
        for member, message in zip(self.__struct_encode_fields__[1:], self.answers(), strict=True):
            _check(message, f".{member}[0]")
            tokens += estimate_tokens(text_bytes=text_bytes(message), messages=1)
        return tokens


class SchemaPreference(Preference, forbid_unknown_fields=True):
    """The same by the names in the published schema; that the service takes them is unverified."""

    preferred_output: Answer = msgspec.field(name="preferred_completion")
    non_preferred_output: Answer = msgspec.field(name="non_preferred_completion")


class Completion(Struct, gc=False, forbid_unknown_fields=True):
    """A prompt and its completion, for the models that are no chat models."""

    prompt: str
    completion: str

    def tokens(self) -> int:
        """Estimate from both texts."""
        return estimate_tokens(text_bytes=utf8_bytes(self.prompt) + utf8_bytes(self.completion))


ANSWERS, SCHEMA_ANSWERS = Preference.__struct_encode_fields__[1:], SchemaPreference.__struct_encode_fields__[1:]

_TOOLS = msgspec.json.Decoder(list[Tool] | None)
_FUNCTIONS = msgspec.json.Decoder(Annotated[list[Function], Meta(min_length=1, max_length=128)] | None)


def form_of(row: Mapping[str, Raw]) -> str:
    """Return the form that a row of these members has, or tries to have; empty if it has none."""
    if "messages" in row:
        return CHAT
    if any(member in row for member in ANSWERS + SCHEMA_ANSWERS) or bytes(row.get("input", b"")).startswith(b"{"):
        return PREFERENCE
    return COMPLETION if "prompt" in row or "completion" in row else ""


def needed(form: str, row: Mapping[str, Raw]) -> Sequence[str]:
    """Return the members that a row of this form needs; of the two spellings of a preference, the one that is begun."""
    if form == CHAT:
        return ("messages",)
    if form == COMPLETION:
        return ("prompt", "completion")
    begun = any(member in row for member in SCHEMA_ANSWERS) and not any(member in row for member in ANSWERS)
    return ("input", *(SCHEMA_ANSWERS if begun else ANSWERS))


def _check(message: Message, place: str) -> None:
    if isinstance(message, Assistant) and message.says_nothing:
        raise Misplaced(f"{place}.content", "Field required")


def _listed_bytes(listed: Raw, place: str, decoder: msgspec.json.Decoder[object]) -> int:
    if not listed:
        return 0
    try:
        return json_bytes(bytes(listed)) if decoder.decode(listed) else 0
    except ValidationError as error:
        said, at, path = str(error).rpartition(" - at `$")
        inside = path.removesuffix("`") if at else ""
        raise Misplaced(f"{place}{inside}", said or path) from error
