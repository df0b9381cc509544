"""The two ways to read a row: the quick one, and the one that finds out what is wrong with it."""

import json
import re
from collections.abc import Mapping

import msgspec
from msgspec import DecodeError, Raw, ValidationError

from emulator.core.datasets.grammar import Finding, Line, Read, Refused, Row
from emulator.dialects.openai.training import words
from emulator.dialects.openai.training.rows import (
    CHAT,
    COMPLETION,
    EXTRA,
    NO_ASSISTANT,
    NOT_USER_LAST,
    PREFERENCE,
    SCHEMA_ANSWERS,
    Chat,
    Completion,
    Misplaced,
    PlainChat,
    Preference,
    SchemaPreference,
    form_of,
    needed,
)

NO_DICTIONARY = "no_dictionary"
"""The file does not begin with a JSON object: it is refused when it is uploaded."""
NO_FORM = "no_form"
"""The file begins with an example of no form; which of its members is missing depends on the method."""
MESSAGE = "message"
"""A value within an example is not what its place takes."""

_PLAIN_CHAT = msgspec.json.Decoder(PlainChat)
_CHAT = msgspec.json.Decoder(Chat)
_PREFERENCE = msgspec.json.Decoder(Preference)
_SCHEMA_PREFERENCE = msgspec.json.Decoder(SchemaPreference)
_COMPLETION = msgspec.json.Decoder(Completion)
_MEMBERS = msgspec.json.Decoder(dict[str, Raw])

_PIPE, _BACKSLASH = b"|\\"

# What may be the beginning of a special token that hides in escapes.
_HIDDEN = re.compile(rb"\\u00(?:3[cC]|7[cC])")

# What cl100k_base keeps for itself. Of these the fourth was observed to be refused, the others are unverified.
_TOKEN = re.compile(rb"<\|(?:endoftext|endofprompt|fim_prefix|fim_suffix|fim_middle)\|>")


def quick(form: str, noted: frozenset[str]) -> Read:
    """Return the quick way to read rows of a form; it refuses whatever should be looked at."""
    if form == COMPLETION:
        return _COMPLETION.decode
    if form == PREFERENCE:
        return _quick_preference
    decode = _CHAT.decode if EXTRA in noted else _PLAIN_CHAT.decode

    def read(line: Line) -> Row:
        if _is_suspect(line):
            raise Refused("may hold a special token")
        chat = decode(line)
        if not chat.caveats() <= noted:
            raise Refused("has a caveat that is not noted yet")
        return chat

    return read


def _quick_preference(line: Line) -> Row:
    if _is_suspect(line):
        raise Refused("may hold a special token")
    try:
        return _PREFERENCE.decode(line)
    except ValidationError:
        if SCHEMA_ANSWERS[0].encode() in line:
            return _SCHEMA_PREFERENCE.decode(line)
        raise


def examine(line: Line, *, form: str, number: int) -> Finding:
    """Return what a row is, or raise Refused with the provider's words."""
    members = _members(line, form, number)
    found = form or form_of(members)
    if not found:
        raise Refused(words.missing(number, "messages"), NO_FORM)
    for member in needed(found, members):
        if member not in members:
            raise Refused(words.missing(number, member))
    try:
        return _examine(line, found, members, number)
    except DecodeError as error:
        raise Refused(words.worded(number, *words.located(error)), MESSAGE) from error
    except Misplaced as wrong:
        raise Refused(words.worded(number, wrong.place, str(wrong)), MESSAGE) from wrong
    except RecursionError as error:
        raise Refused(words.unparsed(number, _why(line))) from error


def _members(line: Line, form: str, number: int) -> Mapping[str, Raw]:
    try:
        line.decode()
        return _MEMBERS.decode(line)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        if not form:
            raise Refused(words.no_dictionary(number, line[:12].decode(errors="replace")), NO_DICTIONARY) from error
        if isinstance(error, ValidationError):
            raise Refused(f"Example {number} is not a dictionary.") from error
        raise Refused(words.unparsed(number, _why(line))) from error


def _examine(line: Line, form: str, members: Mapping[str, Raw], number: int) -> Finding:
    if form == CHAT:
        chat = _CHAT.decode(line)
        tokens = chat.tokens()
        _check_texts(line, chat.messages, number)
        return Finding(form, tokens, _caveats(chat, members, number))
    _check_members(form, members, number)
    if form == COMPLETION:
        return Finding(form, _COMPLETION.decode(line).tokens())
    preference = (_SCHEMA_PREFERENCE if SCHEMA_ANSWERS[0] in members else _PREFERENCE).decode(line)
    tokens = preference.tokens()
    _check_texts(line, [*preference.input.messages, *preference.answers()], number)
    return Finding(form, tokens)


def _check_members(form: str, members: Mapping[str, Raw], number: int) -> None:
    taken = needed(form, members)
    for member in members:
        if member not in taken:
            raise Refused(words.unexpected(number, member))


def _check_texts(line: Line, messages: object, number: int) -> None:
    if _is_suspect(line) and (token := _TOKEN.search(msgspec.json.encode(messages))):
        raise Refused(words.invalid_token(number, token[0].decode()))


def _caveats(chat: Chat, members: Mapping[str, Raw], number: int) -> dict[str, str]:
    said = {
        NO_ASSISTANT: f"Example {number} is missing a message from the assistant.",  # unverified
        NOT_USER_LAST: f"Example {number}, message {len(chat.messages)} should be from the user.",  # unverified
    }
    caveats = {code: said[code] for code in sorted(chat.caveats())}
    if (member := next((name for name in members if name not in Chat.__struct_fields__), None)) is not None:
        caveats[EXTRA] = words.unexpected(number, member)
    return caveats


def _is_suspect(line: Line) -> bool:
    # Single letters are found many times faster than pairs.
    written = _PIPE in line and b"<|" in line
    return written or (_BACKSLASH in line and b"\\u00" in line and _HIDDEN.search(line) is not None)


def _why(line: Line) -> str:
    """Say why a line is no JSON in the words of Python's reader, which are the provider's (observed)."""
    try:
        json.loads(line.decode())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        return str(error)
    except (ValueError, RecursionError):  # a number of too many digits; too deeply nested
        return "Invalid value"
    return "Invalid value"  # Python reads it: NaN, half of a surrogate pair
