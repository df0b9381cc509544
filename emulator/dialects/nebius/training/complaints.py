"""What is wrong with a line: time is spent on it only once the quick way has refused the line.

Every step is one that a good line passes, so a line that passes them all is a row, and the quick way was only asked
for another form or for none yet.
"""

import re

import msgspec
from msgspec import DecodeError, Raw, ValidationError

from emulator.core.datasets.grammar import Finding, Line, Refused
from emulator.dialects.nebius.training.rows import DECODERS, MEMBERS, form_of
from emulator.dialects.nebius.training.words import worded

_HALF_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")


def examine(line: Line, *, form: str, number: int) -> Finding:
    """Return the form and the tokens of a row, or raise Refused; ``form`` is that of the rows before, or empty."""
    try:
        return _examine(line, form)
    except UnicodeDecodeError as error:
        raise Refused("is not valid UTF-8") from error
    except RecursionError as error:
        raise Refused("is nested too deeply") from error
    except ValidationError as error:
        raise Refused(worded(error)) from error
    except DecodeError as error:
        raise Refused(f"is not valid JSON: {_malformed(str(error), line)}") from error


def _examine(line: Line, form: str) -> Finding:
    line.decode()
    if not form and line.lstrip().startswith(b"["):
        raise Refused(
            "begins a JSON array; a dataset is one JSON object a line, with no brackets or commas around them"
        )
    msgspec.json.decode(line, type=Raw)
    found = form_of(msgspec.json.decode(line, type=dict[str, Raw]))
    if not found:
        raise Refused("has none of 'messages', 'prompt' and 'completion', 'text', 'token_ids'")
    if form and form != found:
        raise Refused(f"mixed forms: got {_described(found)}, the rows before are {_described(form)}")
    return Finding(found, DECODERS[found].decode(line).tokens())


def _described(form: str) -> str:
    return f"{form} ({', '.join(sorted(MEMBERS[form], reverse=True))})"


def _malformed(said: str, line: Line) -> str:
    if said != "Input data was truncated":
        return said.removeprefix("JSON is malformed: ")
    # The library reads on after the first half of a pair and finds the end.
    if _HALF_PAIR.search(line):
        return "half of a surrogate pair"
    return f"it ends in the middle of a value (byte {len(line)}); a row is one line"
