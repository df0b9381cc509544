"""Rows for the tests of OpenAI's training files, and a reader for them."""

import json
from typing import Any

from emulator.core.datasets import Reader
from emulator.dialects.openai.training import GRAMMAR
from emulator.timeline.job import Dataset

Json = dict[str, Any]

USER: Json = {"role": "user", "content": "hello"}
ASSISTANT: Json = {"role": "assistant", "content": "hi"}
CALL: Json = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}

CHAT: Json = {"messages": [USER, ASSISTANT]}
PROMPT: Json = {"messages": [USER], "answer": 4}
PREFERENCE: Json = {"input": {"messages": [USER]}, "preferred_output": [ASSISTANT], "non_preferred_output": [ASSISTANT]}
COMPLETION: Json = {"prompt": "2 + 2", "completion": "4"}
GOOD = {"conversational": CHAT, "preference": PREFERENCE, "instruction": COMPLETION}


def chat(**message: object) -> Json:
    """Return a chat whose second message has these members; the assistant has the last word."""
    return {"messages": [USER, message, ASSISTANT]}


def lines(*rows: object, ascii_only: bool = False) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=ascii_only).encode() + b"\n" for row in rows)


def read(*pieces: bytes) -> Dataset:
    reader = Reader(GRAMMAR, line_bytes_max=10_000_000)
    for piece in pieces:
        reader.feed(piece)
    return reader.finish()


def complaint(row: object, *, after: Json = CHAT) -> str:
    """Return what is said of a row that stands in the second line, and see that in the first it would be the same."""
    second, first = read(lines(after, row)).problem, read(lines(row)).problem
    assert first is not None
    assert second is not None
    again = second.message.replace("Example 2", "Example 1").replace("Line 2", "Line 1")
    assert (first.message, first.code) == (again, second.code)
    return first.message
