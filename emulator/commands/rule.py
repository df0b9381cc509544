"""A rule as it is written on a command line: an option for each member of its match and of its budget."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from emulator.commands.command import Asked, filled
from emulator.faults.match import Match
from emulator.faults.rule import Budget

REPEATED = ("operation", "status")
"""Members of a match that take several values."""
NAMED = ("header", "body")
"""Members of a match that take values by name."""
METAVARS = {"seed": "TEXT", "until": "INSTANT", "seconds": "SECONDS", "probability": "P"}
UNCHOSEN = ("tenant",)
"""Members of a match that are no option: a command acts on one tenant anyway."""


def takes_rule(parser: ArgumentParser) -> None:
    """Add an option for each member of a match and of a budget, told as the rule tells it."""
    parser.add_argument("effects", metavar="EFFECTS", type=filled, help="such as 'latency=2; status=503,retry_after=1'")
    parser.add_argument("--id", type=filled, help="what to call it; a rule of the same id is replaced")
    which = parser.add_argument_group("which requests (those that fit all that is given)")
    for name, about in _told(Match):
        if name in NAMED:
            which.add_argument(f"--{name}", action="append", type=_named, metavar="NAME=VALUE", help=about)
        elif name not in UNCHOSEN:
            option = "--match" if name == "operation" else f"--{name}"
            action, more = ("append", " (may be repeated)") if name in REPEATED else ("store", "")
            which.add_argument(option, dest=f"match_{name}", action=action, metavar=name.upper(), help=about + more)
    many = parser.add_argument_group("how many of them (those whose number fits all that is given)")
    for name, about in _told(Budget):
        many.add_argument(f"--{name}", metavar=METAVARS.get(name, "N"), help=about)


def _told(part: type[BaseModel]) -> list[tuple[str, str]]:
    """Return the members of a part of a rule, and what its docstring says of each."""
    told = {name: (field.description or "").replace("%", "%%") for name, field in part.model_fields.items()}
    return [(name, f"{about[:1].lower()}{about[1:]}".removesuffix(".")) for name, about in told.items()]


def _named(written: str) -> tuple[str, str]:
    name, sign, value = written.partition("=")
    if not name or not sign:
        raise ArgumentTypeError(f"got {written!r}, takes NAME=VALUE")
    return name, value


def rule_of(asked: Asked) -> dict[str, Any]:
    """Return the rule that the options write."""
    match = {name: asked.get(f"match_{name}") for name in Match.model_fields}
    match["header"] = dict(asked["header"] or ())
    match["body"] = {name: _value(value) for name, value in asked["body"] or ()}
    budget = {name: asked[name] for name in Budget.model_fields}
    return given({"id": asked["id"], "match": given(match), "budget": given(budget), "effects": asked["effects"]})


def _value(written: str) -> Any:
    """Return a JSON value as it is written on a command line, where a text needs no quotes."""
    try:
        return json.loads(written, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return written


def _refuse(constant: str) -> None:
    """Raise ValueError for what Python takes besides JSON: NaN and the infinities."""
    raise ValueError(constant)


def given(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that were given."""
    return {name: value for name, value in named.items() if value not in (None, {}, [])}
