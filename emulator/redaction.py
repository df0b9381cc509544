"""What may be answered or kept of what a client sent: valid JSON of bounded depth, its secrets hidden."""

import math
import re
from functools import lru_cache
from types import NoneType
from typing import Any

HIDDEN = "**********"
LONGEST = 10_000
"""Characters of a text that are echoed; the service echoes all (FastAPI's behaviour), ours may be sent megabytes."""
DEEPEST = 50
"""Levels of nesting that are echoed, well below what Python's JSON encoder can take."""
REMEMBERED_MAX = 100
"""Characters of a name of which it is remembered whether it is a secret's: the same few come all the time."""
KEY_CHARACTERS_MIN = 12
"""A shorter key is no secret but a tenant's name, as in ``api_key="test"``, and may stand in texts by chance."""

_PLAIN = (NoneType, bool, int)
# Compared without case and punctuation, at the end of a name: WANDB_API_KEY, apiKey and hf_token are secrets too.
_SECRETS = (
    *("key", "keys", "token", "secret", "secrets", "password", "passwd", "passphrase"),
    *("credential", "credentials", "authorization", "certificatefile", "cookie"),
    "signature",
)
# A member written out in a text, as in a body that was sent as a JSON string or without its content type.
_WRITTEN_OUT = re.compile(r"(api[\W_]*key|token|password|certificate[\W_]*file)[\\\"'\s]*[:=]", re.IGNORECASE)

# What lets in whoever has the URL: a parameter of a signed link, or a member written out.
_SIGNATURE = re.compile(r"(signature(?:[\\\"'\s]*[:=][\\\"'\s]*|%3D))[^&#\s\"'<>\\,;]+", re.IGNORECASE)

# Who logs in at a URL, and how: https://user:password@host, https://token@host.
_LOGIN = re.compile(r"(?<=://)[^\s/?#]+@")


def is_secret(name: object) -> bool:
    """Say whether a member of that name holds a secret."""
    return isinstance(name, str) and (_remembered(name) if len(name) <= REMEMBERED_MAX else _ends_so(name))


def _ends_so(name: str) -> bool:
    return re.sub(r"[\W_]", "", name).casefold().endswith(_SECRETS)


_remembered = lru_cache(maxsize=2048)(_ends_so)


def answerable(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON can carry it, with the values of secret members hidden at any depth.

    Unknown members of a request need it too before they are stored or answered: nobody has checked them.
    """
    if type(value) in _PLAIN:
        return value
    match value:
        case str():
            return _text(value)
        case dict() | list() | tuple():
            return _clean_inside(value, depth + 1) if depth < DEEPEST else "…"
        case int() | float():
            return None if isinstance(value, float) and not math.isfinite(value) else value
        case bytes():
            return _text(value.decode(errors="backslashreplace"))
        case _:
            return {}


def _clean_inside(value: dict[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> Any:
    """Return an object or an array with every member cleaned."""
    if isinstance(value, dict):
        return {_text(str(key)): HIDDEN if is_secret(key) else answerable(item, depth) for key, item in value.items()}
    return [answerable(item, depth) for item in value]


def _text(text: str) -> str:
    """Return a text that UTF-8 can carry, cut at ``LONGEST``; hidden if what is left spells out a secret member."""
    if len(text) <= LONGEST and text.isascii() and ":" not in text and "=" not in text:
        return text  # most are such, and the rest of this takes ten times as long
    kept = text[:LONGEST]
    if _WRITTEN_OUT.search(kept):
        return HIDDEN
    shown = without_login(kept.encode("utf-8", "backslashreplace").decode("utf-8"))
    shown = _SIGNATURE.sub(rf"\g<1>{HIDDEN}", shown)
    return shown + ("…" if len(text) > LONGEST else "")


def without_login(text: str) -> str:
    """Return a text whose URLs say where they lead, and not as whom."""
    return _LOGIN.sub(f"{HIDDEN}@", text)


def without_key(raw: bytes | bytearray, key: str | None) -> bytes | bytearray:
    """Return bytes that a request brought with its API key, wherever else in them it stands, hidden."""
    if key is None or len(key) < KEY_CHARACTERS_MIN:
        return raw
    return raw.replace(key.encode(), HIDDEN.encode())
