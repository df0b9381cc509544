"""Training data of the tests, and where they are kept."""

import json
from pathlib import Path
from typing import Any

from emulator.core.inference.conversation import Turn, turns
from emulator.storage.blobs import Blobs


def line(row: Any) -> bytes:
    """Return a row as it stands in a file."""
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def chat(*said: str, **first: Any) -> dict[str, Any]:
    """Return a conversation of the user's and the assistant's in turn."""
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[place % 2], "content": text, **first} for place, text in enumerate(said)]}


def asked(*said: str) -> tuple[Turn, ...]:
    """Return what a client that speaks in turn with the assistant asks."""
    return turns(chat(*said)["messages"])


def kept(folder: Path, content: bytes) -> tuple[Blobs, str]:
    """Keep bytes; return where, and their digest."""
    blobs = Blobs(folder, durable=False)
    incoming = blobs.incoming()
    incoming.write(content)
    digest = incoming.finish()
    incoming.keep()
    return blobs, digest


def call(name: str, arguments: Any, id_: str = "call_1") -> dict[str, Any]:
    """Return a message in which the assistant calls a function."""
    function = {"name": name, "arguments": arguments}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": id_, "type": "function", "function": function}]}
