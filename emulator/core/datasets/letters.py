"""How many bytes a text is, to count tokens by: a letter counts the same whether it is written out or escaped."""

import re

import msgspec

# An escaped backslash goes first: in "\\u00e9" nothing is escaped but the backslash. Then pairs, then single letters.
_ESCAPES = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u....|\\u....")


def utf8_bytes(text: str) -> int:
    """Return the bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def json_bytes(text: bytes) -> int:
    """Return the bytes of a JSON text with its letters written out."""
    return len(_ESCAPES.sub(_unescaped, text)) if b"\\u" in text else len(text)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    letter: str = msgspec.json.decode(b'"' + escape[0] + b'"')
    return msgspec.json.encode(letter)[1:-1]
