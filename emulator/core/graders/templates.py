"""Texts with ``{{ namespace.variable }}`` in them, filled in from the output that is graded and its dataset row.

No template language: names and places are looked up in JSON, and nothing else can be written between the braces. That
there are the namespaces ``item`` and ``sample``, and a path as in JSON path (``item.dates[0].year``), is documented.
That values other than texts are filled in as JSON is unverified, and so is that braces which never close are text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from emulator.core.graders.grade import Failed, Kind
from emulator.errors import Flaw, Refused

CHARACTERS_MAX = 1_000_000
"""Characters that a text may have once it is filled in: a row's longest text may be asked for again and again."""
QUOTED_MAX = 100
"""Characters of a variable's name that are repeated to who misspelled it."""

_STEP = re.compile(r"\.([\w-]+)|\[([0-9]{1,9})\]|\[\"([^\"]*)\"\]|\['([^']*)'\]")
_PATH = re.compile(rf"(item|sample)((?:{_STEP.pattern.replace('(', '(?:')})+)")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is graded: the ``sample`` that a model put out, and the ``item``, the dataset row it was asked with."""

    sample: Mapping[str, Any]
    item: Mapping[str, Any]


def scope_of(output: str, item: Mapping[str, Any]) -> Scope:
    """Return the scope of a model's output: ``output_json`` is there if the text is JSON (documented).

    The documented ``choices`` and ``output_tools`` are as of a chat that called no tool (unverified); ``output_audio``
    is not there.
    """
    message = {"role": "assistant", "content": output}
    sample: dict[str, Any] = {
        "output_text": output,
        "output_tools": [],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
    with suppress(msgspec.DecodeError, UnicodeEncodeError, RecursionError):  # missed only where a grader asks for it
        sample["output_json"] = msgspec.json.decode(output)
    return Scope(sample, item)


def render(template: str, scope: Scope) -> str:
    """Return a text filled in; raise Failed for a variable that is not there, Refused for a text without end."""
    *pieces, rest = template.split("}}")
    filled: list[str] = []
    left = CHARACTERS_MAX
    for piece in pieces:
        before, opened, variable = piece.rpartition("{{")
        text = before + (_text(_value(variable, scope)) if opened else variable + "}}")
        filled.append(text)
        left -= len(text)
        if left < len(rest):
            raise too_long()
    return "".join(filled) + rest


def too_long() -> Refused:
    """Return what is said of a text without end."""
    return Refused(f"A grader's text has more than {CHARACTERS_MAX} characters once its variables are filled in.")


def dead_ends(template: str, *loc: str | int) -> Iterator[Flaw]:
    """Yield the variables of a text at ``loc`` that no scope can have, for the way they are written."""
    for piece in template.split("}}")[:-1]:
        _, opened, variable = piece.rpartition("{{")
        if opened and not _PATH.fullmatch(variable.strip()):
            yield Flaw("value_error", loc, _no_variable(variable))


def _value(variable: str, scope: Scope) -> Any:
    path = _PATH.fullmatch(variable.strip())
    if not path:
        raise Failed(Kind.VARIABLE, _no_variable(variable))
    value: Any = scope.item if path[1] == "item" else scope.sample
    for name, index, *quoted in _STEP.findall(path[2]):
        key = name or "".join(quoted)
        if index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif not index and isinstance(value, Mapping) and key in value:
            value = value[key]
        else:
            raise _missing(variable, scope)
    return value


def _no_variable(variable: str) -> str:
    return f"'{_quoted(variable)}' is not a variable of the namespaces 'item' and 'sample'"


def _missing(variable: str, scope: Scope) -> Failed:
    if re.match(r"\s*sample\.output_json\b", variable) and "output_json" not in scope.sample:
        return Failed(Kind.SAMPLE, "The model's output is not valid JSON, so there is no sample.output_json")
    return Failed(Kind.VARIABLE, f"There is no '{_quoted(variable)}'")


def _quoted(variable: str) -> str:
    return variable.strip()[:QUOTED_MAX]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        raise Refused("A variable of the grader holds JSON that is nested too deeply.") from None
