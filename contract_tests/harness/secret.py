"""API keys, which appear in no output: not in failures, evidence, ledger or terminal."""

from collections.abc import Iterable
from typing import Any

HIDDEN = "<key>"


class Key:
    """An API key that prints as ``<key>``; ``reveal`` gives its text to a request."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, for a header."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN


def scrubbed(value: Any, keys: Iterable[Key]) -> Any:
    """Return a text, or JSON with texts in it, in which no key stands."""
    match value:
        case str():
            for key in keys:
                value = value.replace(key.reveal(), HIDDEN)
            return value
        case dict():
            return {scrubbed(name, keys): scrubbed(member, keys) for name, member in value.items()}
        case list() | tuple():
            return [scrubbed(member, keys) for member in value]
        case _:
            return value
