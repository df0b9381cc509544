"""What of a recording may be written down again: no secret, no host, nothing long, on one line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from emulator.from_har.har import Entry
from emulator.redaction import KEY_CHARACTERS_MIN, answerable, is_secret

LEFT_OUT = "…"
DEEPEST = 20
URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
KEY_LIKE = re.compile(r"\bsk-[\w*-]+|\bBearer\s+[^\s,;]+|(?=[\w+=-]*\d)[\w+=-]{32,}", re.IGNORECASE)
"""Keys by their looks. Ids look like them and go too: those of a recording mean nothing to the emulator."""


@dataclass(frozen=True)
class Discretion:
    """Says again what a recording says, without the secrets that it holds."""

    secrets: tuple[str, ...]

    def __call__(self, text: str, *, longest: int = 300) -> str:
        """Return a text as it may be written."""
        for secret in self.secrets:
            text = text.replace(secret, LEFT_OUT)
        text = KEY_LIKE.sub(LEFT_OUT, URL.sub("(a URL)", str(answerable(text))))
        line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
        return line if len(line) <= longest else line[:longest] + LEFT_OUT


def discretion(entries: Iterable[Entry]) -> Discretion:
    """Return the discretion that a recording needs; a key that is too short for a secret is none."""
    found = {secret for entry in entries for secret in _secrets(entry) if len(secret) >= KEY_CHARACTERS_MIN}
    return Discretion(tuple(sorted(found, key=len, reverse=True)))


def _secrets(entry: Entry) -> Iterator[str]:
    for headers in (entry.sent_headers, entry.headers):
        for name, value in headers.items():
            if is_secret(name):
                yield from (value, value.partition(" ")[2])
    try:
        parts = urlsplit(entry.url)
        yield parts.password or ""
        yield from (value for name, value in parse_qsl(parts.query) if is_secret(name))
    except ValueError:
        pass
    yield from inside(entry.asked)
    yield from inside(entry.value)


def inside(value: Any, depth: int = 0) -> Iterator[str]:
    """Return the values of secret members, at any depth that somebody would write."""
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from inside(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from [item] if is_secret(name) and isinstance(item, str) else inside(item, depth + 1)
