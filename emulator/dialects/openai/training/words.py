"""What is wrong with a row, as the provider words it: the ways of its library, pydantic, behind an example's number.

Recorded are ``Example 100, message 2 Discriminator 'role' is missing in value`` (February 2024), ``Line 1, message 3,
key "content": Input should be a valid string`` (October 2024), ``Example 1 contains an extra "weight".`` (2025),
``Example 6174 message contains an invalid token: <|fim_suffix|>.`` (2026) and ``Example 1 is missing key 'input'.``
Everything else follows the nearest of them and is unverified. Examples are counted by lines, from 1; whether the
provider counts blank lines is unverified. Messages are counted from 1, for of the file of the
second recording only the third message had the fault. No text of a user's is repeated but the names of members.
"""

import re
from collections.abc import Callable

from msgspec import DecodeError

from emulator.dialects.openai.training.messages import ROLES

NAME_CHARS_MAX = 40

# msgspec's names of types, the first of which a place is said to take.
_KINDS = {
    "str": "a valid string",
    "int": "a valid integer",
    "bool": "a valid boolean",
    "array": "a valid list",
    "object": "a valid dictionary",
}

_MESSAGE = re.compile(r"\.(?:input\.)?messages\[(\d+)\]\.?(.*)")
_INDEX = re.compile(r"\[(\d+|\.\.\.)\]")


def located(error: DecodeError) -> tuple[str, str]:
    """Return the library's path to a value, and what it says of it."""
    said, at, path = str(error).rpartition(" - at `$")
    return (path.removesuffix("`"), said) if at else ("", path)


def worded(number: int, path: str, said: str) -> str:
    """Say what is wrong at a path of the example ``number``, from what the library or ``Misplaced`` says of it."""
    place, key = _place(path)
    for pattern, say in _SAYINGS:
        if found := pattern.fullmatch(said):
            member, words = say(found, key)
            return _sentence(number, place, member, words)
    return _sentence(number, place, key, "Invalid value")


def missing(number: int, member: str) -> str:
    """Say that an example has no such member (the sentence's end was recorded of ``input``)."""
    return f"Example {number} is missing key '{member}'."


def unexpected(number: int, member: str) -> str:
    """Say that an example has a member too many (observed)."""
    return f'Example {number} contains an extra "{_shown(member)}".'


def invalid_token(number: int, token: str) -> str:
    """Say that a text has letters that the tokenizer keeps for itself (observed)."""
    return f"Example {number} message contains an invalid token: {token}."


def unparsed(number: int, why: str) -> str:
    """Say that a line is no JSON (observed 2023, of a file's ``status_details``)."""
    return f"Example {number} cannot be parsed. Error: line contains invalid json: {why} (line {number})"


def no_dictionary(number: int, begins: str) -> str:
    """Say that a line is no JSON object, the rest of a sentence of which the beginning was recorded.

    The end of an older one was recorded as ``(HINT: line starts with: "{"p...")``, hence three letters.
    """
    return f'Line {number} is not a dictionary (starts with: "{_shown(begins[:3])}...").'


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:NAME_CHARS_MAX])


def _place(path: str) -> tuple[str, str]:
    found = _MESSAGE.fullmatch(path)
    inside = found[2] if found else path.removeprefix(".")
    return (f", message {int(found[1]) + 1}" if found else ""), _INDEX.sub(r".\1", inside)


def _sentence(number: int, place: str, key: str, words: str) -> str:
    if key == "role":
        return f"Example {number}{place} {words}"
    return f'Line {number}{place}, key "{key}": {words}' if key else f"Line {number}{place}: {words}"


def _within(key: str, member: str) -> str:
    return f"{key}.{member}" if key else member


def _missing(found: re.Match[str], key: str) -> tuple[str, str]:
    member = _within(key, found[1])
    return member, "Discriminator 'role' is missing in value" if member == "role" else "Field required"


def _no_choice(found: re.Match[str], key: str) -> tuple[str, str]:
    return key, next((words for member, words in _CHOICES if member.search(key)), "Invalid value")


_CHOICES = (
    (
        re.compile(r"^role$"),
        f"No match for discriminator 'role' (allowed values: {', '.join(map(repr, ROLES))})",
    ),
    (re.compile(r"\brole$"), "No match for discriminator 'role' (allowed values: 'assistant')"),
    (re.compile(r"\bweight$"), "Input should be 0 or 1"),
    (re.compile(r"\bdetail$"), "Input should be 'auto', 'low' or 'high'"),
    (re.compile(r"\btool_calls\.\d+\.type$"), "Input should be 'function'"),
    (re.compile(r"\btype$"), "No match for discriminator 'type'"),
)


_SAYINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], tuple[str, str]]], ...] = (
    (re.compile(r"Field required"), lambda found, key: (key, found[0])),
    (re.compile(r"Object missing required field `(\w+)`"), _missing),
    (
        re.compile(r"Object contains unknown field `(.*)`", re.DOTALL),
        lambda found, key: (_within(key, _shown(found[1])), "Extra inputs are not permitted"),
    ),
    (re.compile(r"Invalid (?:enum )?value .*", re.DOTALL), _no_choice),
    (
        re.compile(r"Expected `(\w+)[^`]*`, got `.*"),
        lambda found, key: (key, f"Input should be {_KINDS.get(found[1], 'valid')}"),
    ),
    (
        re.compile(r"Expected `array.*` of length >= 1"),
        lambda found, key: (key, "List should have at least 1 item after validation, not 0"),
    ),
    (
        re.compile(r"Expected `array.*` of length <= (\d+)"),
        lambda found, key: (
            key,
            f"List should have at most {found[1]} item{'s'[: int(found[1]) > 1]} after validation",
        ),
    ),
)
