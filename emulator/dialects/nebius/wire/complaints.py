"""What a refused request is told: how pydantic's list of errors is made safe to answer.

Not here: which status an error has or how it is rendered.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

HIDDEN = "**********"
LONGEST = 10_000
"""Characters of a text that are echoed; the service echoes all (FastAPI's behaviour), ours may be sent megabytes."""
DEEPEST = 50
"""Levels of nesting that are echoed, well below what Python's JSON encoder can take."""

# Compared without case and punctuation, at the end of a name: WANDB_API_KEY, apiKey and hf_token are secrets too.
_SECRETS = (
    *("key", "keys", "token", "secret", "secrets", "password", "passwd", "passphrase"),
    *("credential", "credentials", "authorization", "certificatefile"),
)
# A member written out in a text, as in a body that was sent as a JSON string or without its content type.
_WRITTEN_OUT = re.compile(r"(api[\W_]*key|token|password|certificate[\W_]*file)[\\\"'\s]*[:=]", re.IGNORECASE)


def masked(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return pydantic's errors as they may be answered: valid JSON, of bounded depth, without ``url`` and secrets.

    NaN and infinity become null, lone surrogates their escapes, what JSON has no word for ``{}`` (which is what FastAPI
    makes of the exception in ``ctx``).
    """
    return [_complaint(error) for error in errors]


def _complaint(error: Mapping[str, Any]) -> dict[str, Any]:
    """Return one error without its ``url``, its input hidden whole if a secret member is anywhere on the way to it."""
    clean = {key: answerable(value) for key, value in error.items() if key != "url"}
    loc = error.get("loc", ())
    # What is missing has no value: the input is then what it is missing from.
    way = loc[:-1] if error.get("type") == "missing" else loc
    if "input" in error and any(map(_is_secret, way)):
        clean["input"] = HIDDEN
    return clean


def _is_secret(name: object) -> bool:
    """Say whether a member of that name holds a secret."""
    return isinstance(name, str) and re.sub(r"[\W_]", "", name).casefold().endswith(_SECRETS)


def answerable(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON can carry it, with the values of secret members hidden at any depth.

    Unknown members of a request need it too before they are stored or answered: nobody has checked them.
    """
    match value:
        case str():
            return _text(value)
        case bytes():
            return _text(value.decode(errors="backslashreplace"))
        case dict() | list() | tuple():
            return _clean_inside(value, depth + 1) if depth < DEEPEST else "…"
        case None | bool() | int() | float():
            return None if isinstance(value, float) and not math.isfinite(value) else value
        case _:
            return {}


def _clean_inside(value: dict[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> Any:
    """Return an object or an array with every member cleaned."""
    if isinstance(value, dict):
        return {_text(str(key)): HIDDEN if _is_secret(key) else answerable(item, depth) for key, item in value.items()}
    return [answerable(item, depth) for item in value]


def _text(text: str) -> str:
    """Return a text that UTF-8 can carry, cut at ``LONGEST``; hidden if what is left spells out a secret member."""
    kept = text[:LONGEST]
    if _WRITTEN_OUT.search(kept):
        return HIDDEN
    return kept.encode("utf-8", "backslashreplace").decode("utf-8") + ("…" if len(text) > LONGEST else "")


def unencodable(raw: bytes) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield where a JSON body has a string with a lone surrogate, and the string with its escapes.

    JSON can spell such a string and UTF-8 cannot, so that it could be neither stored nor answered.
    """
    if b"\\ud" not in raw.lower():
        return
    todo: list[tuple[tuple[str | int, ...], Any]] = [((), json.loads(raw))]
    while todo:
        path, value = todo.pop()
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        todo += [((*path, answerable(key)), item) for key, item in members]
        for text in (*(value if isinstance(value, dict) else ()), value):
            if isinstance(text, str) and (spelled := text.encode("utf-8", "backslashreplace").decode()) != text:
                yield path, spelled
