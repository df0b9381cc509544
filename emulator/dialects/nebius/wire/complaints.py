"""What a refused request is told: how pydantic's list of errors is made safe to answer.

Not here: which status an error has or how it is rendered.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulator.redaction import HIDDEN, answerable, is_secret


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
    if "input" in error and any(map(is_secret, way)):
        clean["input"] = HIDDEN
    return clean


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
