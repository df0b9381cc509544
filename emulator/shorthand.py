"""The short way to write a named thing with parameters, the same in a suffix, a header, an option or a file.

``fails_at_step=40`` is the thing ``fails_at_step`` with its main parameter set; ``status=429,retry_after=2`` sets a
further one; several things are divided by semicolons: ``latency=2; status=500``. A value with a comma or a semicolon
stands in double quotes. What a name or a value means is for others to say.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_PART = re.compile(r'\s*(?P<key>[A-Za-z_][\w-]*)\s*(?:=\s*(?P<value>"[^"]*"|[^,;"]*))?(?P<end>[,;]|$)')


class Unreadable(ValueError):
    """A text that is not written this way, or names what there is not; it says what was got and what is taken."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """One thing as it was written: its name, its main parameter (None: not given) and the others."""

    name: str
    value: str | None
    parameters: dict[str, str]


def spelled(text: str) -> list[Spelled]:
    """Return the things that a text writes, in order; raise Unreadable."""
    things: list[Spelled] = []
    place, begins = 0, True
    while place < len(text.rstrip()):
        part = _PART.match(text, place)
        if part is None or part.end() == place:
            raise Unreadable(f"got {text!r}, takes NAME, NAME=VALUE or NAME=VALUE,PARAMETER=VALUE")
        _add(things, part["key"], part["value"], begins=begins)
        place, begins = part.end(), part["end"] == ";"
    if not things:
        raise Unreadable("got nothing, takes NAME, NAME=VALUE or NAME=VALUE,PARAMETER=VALUE")
    return things


def _add(things: list[Spelled], key: str, written: str | None, *, begins: bool) -> None:
    value = None if written is None else written.strip().strip('"')
    if begins:
        things.append(Spelled(key, value, {}))
    elif value is None:
        raise Unreadable(f"{things[-1].name}: the parameter {key} has no value; takes {key}=VALUE")
    else:
        things[-1].parameters[key] = value


def unknown(kind: str, got: str, known: Iterable[str]) -> str:
    """Return what to say of a name that is not known: the nearest one, or all."""
    names = [*known]
    near = difflib.get_close_matches(got, names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"takes one of {', '.join(names)}"
    return f"there is no {kind} {got!r}; {hint}"
