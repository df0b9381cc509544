"""What a row of training data teaches: after this conversation, that reply. One row may hold several.

Known are conversations (every turn of the assistant's that is trained on), preferences (the preferred reply), and
prompts with their completion. Rows of bare text or of tokens teach no reply, nor do rows that end with the user.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from emulator.core.inference.conversation import NOTHING, UNREADABLE, Heard, Turn, heard, said, turns

ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Example:
    """A reply, and what the conversation before it comes to."""

    heard: Heard
    reply: Turn


def examples(line: bytes) -> Iterator[Example]:
    """Yield the examples of a row, in their order; none of a line that is no row."""
    try:
        row = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except UNREADABLE:
        return
    match row:
        case {"messages": list(messages)}:
            yield from _of_conversation(turns(messages))
        case {"input": {"messages": list(messages)}, "preferred_output": [*preferred]}:
            yield from _of_preference(messages, preferred)
        case {"input": {"messages": list(messages)}, "preferred_completion": [*preferred]}:
            yield from _of_preference(messages, preferred)
        case {"prompt": str(prompt), "completion": str(completion)}:
            yield Example(heard(said(prompt)), Turn(ASSISTANT, completion))
        case _:
            pass


def _of_conversation(conversation: tuple[Turn, ...]) -> Iterator[Example]:
    replies = [place for place, turn in enumerate(conversation) if turn.role == ASSISTANT and turn.trained]
    before, heard_of = NOTHING, 0
    for place in replies:
        before = heard(conversation[heard_of:place], before)
        yield Example(before, conversation[place])
        heard_of = place


def _of_preference(messages: list[Any], preferred: list[Any]) -> Iterator[Example]:
    for turn in turns(preferred)[:1]:
        yield Example(heard(turns(messages)), turn)
