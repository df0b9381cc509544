"""What msgspec refuses, in words for a person who has the dataset open in an editor.

The library names the place and the types; this names what the place takes, to follow the words "line 3: ". Users' texts
are never quoted, except the beginning of a value where only a few are taken, such as a role.
"""

import re
from collections.abc import Callable, Mapping

from msgspec import ValidationError

QUOTED_CHARS_MAX = 40

ROLES = ("system", "user", "assistant", "tool")

_KINDS: Mapping[str, str] = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "array": "an array",
    "object": "an object",
}

# Places that take less, or something else, than the library's names of types tell.
_TAKES = (
    (re.compile(r"\.role$"), "one of " + ", ".join(map(repr, ROLES))),
    (re.compile(r"\.content\[\d+\]\.type$"), "'text'"),
    (re.compile(r"\.type$"), "'function'"),
    (re.compile(r"\.content$"), "a string or an array of text parts"),
)


def worded(error: ValidationError, *, within: str = "") -> str:
    """Say what is wrong with a value; ``within`` is the member in which the library's path begins."""
    said, _, path = str(error).rpartition(" - at `$")
    place = (within + path.removesuffix("`")).removeprefix(".") if said else within
    said = _said(said or path, place)
    return f"{place}: {said}" if place else said


def _said(text: str, place: str) -> str:
    for pattern, say in _SAYINGS:
        if found := pattern.fullmatch(text):
            return say(found, place)
    return text[:QUOTED_CHARS_MAX].lower()


def _wrong_type(found: re.Match[str], place: str) -> str:
    return f"got {_kinds(found[2])}, takes {_takes(place) or _kinds(found[1])}"


def _wrong_choice(found: re.Match[str], place: str) -> str:
    return f"got {found[1][:QUOTED_CHARS_MAX]!r}, takes {_takes(place)}"


def _missing(found: re.Match[str], place: str) -> str:
    return f"has no '{found[1]}'"


def _empty(found: re.Match[str], place: str) -> str:
    return "is empty, takes at least one"


def _takes(place: str) -> str:
    return next((takes for pattern, takes in _TAKES if pattern.search(place)), "")


def _kinds(types: str) -> str:
    return " or ".join(_KINDS.get(name, name) for name in types.split(" | "))


_SAYINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], str]], ...] = (
    (re.compile(r"Expected `([^`]+)`, got `([^`]+)`"), _wrong_type),
    (re.compile(r"Invalid enum value '(.*)'", re.DOTALL), _wrong_choice),
    (re.compile(r"Object missing required field `(\w+)`"), _missing),
    (re.compile(r"Expected `array` of length >= 1"), _empty),
)
