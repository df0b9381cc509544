"""What a refused request is told: pydantic's list of errors as the provider's one error.

The service checks in two places, which speak differently. Most calls are checked by what stands before all of them
(``complaint``); the body of a new job is checked by a pydantic model behind it (``job_complaint``). Only the first
error is told. Not here: which status an error has.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.dialects.openai.wire.errors import Error
from emulator.dialects.openai.wire.methods import AUTO, NUMBER
from emulator.redaction import HIDDEN, LONGEST, answerable, is_secret

Loc = Sequence[str | int]

PLACES = ("body", "query", "path", "header")
GRADERS = frozenset({"string_check", "text_similarity", "python", "score_model", "label_model", "multi"})
GRADER_FORMS = frozenset({"object", "array", "grader"})
"""How pydantic calls the forms of a multigrader's graders, in the place of an error below one."""

VALUELESS = frozenset({"missing", "json_invalid", "union_tag_invalid", "union_tag_not_found"})
"""Errors without the value of the member that they name."""

KEY = "[key]"
"""What pydantic adds to the place of a member whose name is wrong."""

# Observed in clients' reports of many calls; that a body of the wrong kind is told so as well is unverified.
UNPARSED = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library"
    " correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble"
    " figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)

EXPECTED = {
    "int": "an integer",
    "float": "a decimal number",
    "string": "a string",
    "bool": "a boolean",
    "list": "an array",
    "dict": "an object",
    "model": "an object",
}
"""What was expected, by the first word of pydantic's name of an error. Only "a string" was recorded."""

GOT: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal number"),
    (str, "a string"),
    ((list, tuple), "an array"),
    (dict, "an object"),
)
"""What came, in the order in which Python tells them apart. Only "a boolean" was recorded."""

BOUNDS = {
    "greater_than_equal": ("ge", "below minimum value", ">=", "below_min_value"),
    "greater_than": ("gt", "below minimum value", ">", "below_min_value"),
    "less_than_equal": ("le", "above maximum value", "<=", "above_max_value"),
    "less_than": ("lt", "above maximum value", "<", "above_max_value"),
}
"""Observed of integers with ``>=`` and ``<=``, on other calls; of decimals and of ``>`` and ``<`` unverified."""


def complaint(errors: Sequence[Mapping[str, Any]]) -> Error:
    """Return what the provider says of the first of pydantic's errors; there must be one.

    Observed: a member that is missing, one of the wrong type, and an upload's unknown purpose. The other sentences are
    observed of other calls of the provider; that these calls use them is unverified.
    """
    error = errors[0]
    path = _path(error)
    if not path or error["type"] == "json_invalid":
        return Error(message=UNPARSED, type="invalid_request_error", param=None, code=None)
    name = answerable(_spelled(path))
    message, code = _words(error, name)
    return Error(message=message, type="invalid_request_error", param=name, code=code)


def job_complaint(errors: Sequence[Mapping[str, Any]]) -> Error:
    """Return what the provider says of the body of a new job; see ``complaint``.

    Observed: ``invalid suffix: <its value>, ensure this value has at most 18 characters`` in 2023 and ``invalid
    nepochs: 2, extra inputs are not permitted`` in 2024, which are the messages of pydantic 1 and 2; the param is the
    last name of the place, the code is null. A member that is missing has no value: it is told as elsewhere
    (unverified).
    """
    error = errors[0]
    path = _path(error)
    if not path or error["type"] in VALUELESS:
        return complaint(errors)
    name = answerable(str(path[-1]))
    said = _said(error)
    message = f"invalid {name}: {_value(error, path)}, {said[:1].lower()}{said[1:]}"
    return Error(message=message, type="invalid_request_error", param=name, code=None)


def _path(error: Mapping[str, Any]) -> Loc:
    """Return the place of an error within what was sent, without pydantic's own words in it."""
    loc = error.get("loc", ())
    path: list[str | int] = []
    for at, part in enumerate(loc):
        if not (part in {AUTO, NUMBER, KEY} or (at == 0 and part in PLACES) or _is_of_grader(loc, at)):
            path.append(part)
    return [*path, "type"] if error["type"] in {"union_tag_invalid", "union_tag_not_found"} else path


def _is_of_grader(loc: Loc, at: int) -> bool:
    """Say whether pydantic put a part there, for an alternative of a grader: a grader's own name may read the same."""
    part, before = loc[at], [*loc[max(0, at - 3) : at]]
    if part in GRADERS:
        return before[-1:] == ["grader"] or before[-2:-1] == ["array"] or before[:2] == ["graders", "object"]
    return part in GRADER_FORMS and before[-1:] == ["graders"]


def _spelled(path: Loc) -> str:
    """Return a place as the provider writes it: ``messages[0].content``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _value(error: Mapping[str, Any], path: Loc) -> str:
    """Return what was sent, as Python prints it, without secrets."""
    return HIDDEN if any(map(is_secret, path)) else str(answerable(error.get("input")))[:LONGEST]


def _words(error: Mapping[str, Any], name: str) -> tuple[str, str | None]:
    """Return the message and the code of an error."""
    kind = str(error["type"])
    if kind in BOUNDS:
        return _bound(error, name)
    if kind in SENTENCES:
        return SENTENCES[kind](error, name)
    if kind.endswith(("_type", "_parsing", "_from_float")):
        return _type(error, name)
    return f"Invalid '{name}': {_said(error)}.", "invalid_value"


def _said(error: Mapping[str, Any]) -> str:
    """Return pydantic's message, without its own word before what a validator of ours says."""
    return str(error.get("msg", "")).removeprefix("Value error, ")


def _missing(_: Mapping[str, Any], name: str) -> tuple[str, str]:
    return f"Missing required parameter: '{name}'.", "missing_required_parameter"


def _unknown(_: Mapping[str, Any], name: str) -> tuple[str, str]:
    return f"Unknown parameter: '{name}'.", "unknown_parameter"


def _type(error: Mapping[str, Any], name: str) -> tuple[str, str]:
    expected = EXPECTED.get(str(error["type"]).split("_", maxsplit=1)[0], "another type")
    got = next((words for kind, words in GOT if isinstance(error.get("input"), kind)), "null")
    return f"Invalid type for '{name}': expected {expected}, but got {got} instead.", "invalid_type"


def _tag(error: Mapping[str, Any], _: str) -> tuple[str, str]:
    known = re.findall(r"'([^']*)'", error["ctx"]["expected_tags"])
    tag = answerable(error["ctx"]["tag"])
    return f"Invalid value: '{tag}'. Supported values are: {_listed(known)}.", "invalid_value"


def _literal(error: Mapping[str, Any], name: str) -> tuple[str, str | None]:
    """Return the refusal of a word that is none of a few; that of a purpose is older than the others."""
    known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    given = HIDDEN if is_secret(name) else answerable(error.get("input"))
    if name == "purpose":
        return f"{given!r} is not one of {known!r} - 'purpose'", None
    shown = given if isinstance(given, str) else json.dumps(given)
    return f"Invalid value: '{shown}'. Supported values are: {_listed(known)}.", "invalid_value"


def _listed(words: Sequence[str]) -> str:
    quoted = [f"'{word}'" for word in words]
    before = f"{', '.join(quoted[:-1])}{',' if len(quoted) > 2 else ''} and " if len(quoted) > 1 else ""  # noqa: PLR2004 -- "a and b", "a, b, and c"
    return before + quoted[-1]


def _bound(error: Mapping[str, Any], name: str) -> tuple[str, str]:
    key, side, sign, code = BOUNDS[str(error["type"])]
    limit = error["ctx"][key]
    kind = "decimal" if isinstance(limit, float) else "integer"
    expected = f"Expected a value {sign} {_plain(limit)}, but got {_number(error)} instead."
    return f"Invalid '{name}': {kind} {side}. {expected}", f"{kind}_{code}"


def _plain(number: float) -> str:
    """Return a number without what Python adds to a whole one."""
    return str(int(number)) if float(number).is_integer() else str(number)


def _number(error: Mapping[str, Any]) -> str:
    given = answerable(error.get("input"))
    return _plain(given) if isinstance(given, int | float) else str(given)


def _long(error: Mapping[str, Any], name: str) -> tuple[str, str]:
    most, length = error["ctx"]["max_length"], len(error["input"])
    message = f"Expected a string with maximum length {most}, but got a string with length {length} instead."
    return f"Invalid '{name}': string too long. {message}", "string_above_max_length"


def _empty(error: Mapping[str, Any], name: str) -> tuple[str, str]:
    least = error["ctx"]["min_length"]
    message = f"Expected a string with minimum length {least}, but got an empty string instead."
    return f"Invalid '{name}': empty string. {message}", "empty_string"


def _many(error: Mapping[str, Any], name: str) -> tuple[str, str]:
    most, length = error["ctx"]["max_length"], len(error["input"])
    if isinstance(error["input"], dict):
        message = (
            f"Expected an object with at most {most} properties, but got an object with {length} properties instead."
        )
        return f"Invalid '{name}': too many properties. {message}", "object_above_max_properties"
    message = f"Expected an array with maximum length {most}, but got an array with length {length} instead."
    return f"Invalid '{name}': array too long. {message}", "array_above_max_length"


SENTENCES: Mapping[str, Callable[[Mapping[str, Any], str], tuple[str, str | None]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _literal,
    "union_tag_invalid": _tag,
    "union_tag_not_found": _missing,
    "string_too_long": _long,
    "string_too_short": _empty,
    "too_long": _many,
}
