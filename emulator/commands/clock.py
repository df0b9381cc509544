"""``ftemu clock``: what time it is for a tenant, and moving it."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from emulator.commands.command import Asked, Noun, Verb, read_as
from emulator.commands.server import Server
from emulator.commands.tables import Shown, members
from emulator.settings import BadSetting

UNITS_S = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
PART = re.compile(r"(\d+(?:\.\d*)?)(ms|[smhdw])")
NUMBER = re.compile(r"\d+(?:\.\d*)?")


def duration(text: str) -> float:
    """Return seconds of what a person writes: ``3600``, ``90s``, ``1h30m``, ``2d``."""
    if NUMBER.fullmatch(text):
        return float(text)
    if not text or PART.sub("", text):
        raise ArgumentTypeError(f"got {text!r}, takes seconds, or a time such as 90s, 1h30m or 2d")
    return sum(float(number) * UNITS_S[unit] for number, unit in PART.findall(text))


def _state(clock: Any, whose: str) -> Iterator[Shown]:
    yield members(
        {"now": clock["now"], "mode": clock["mode"], "rate": f"{clock['rate']:g} virtual seconds a host second"}
    )


def _skipped(clock: Any, whose: str) -> Iterator[Shown]:
    if not clock["moved"]:
        yield f"No job of {whose} has anything to come; the clock stays."
    yield from _state(clock, whose)


def _set(server: Server, asked: Asked) -> Any:
    wanted = {name: asked[name] for name in ("mode", "rate", "now") if asked[name] is not None}
    if not wanted:
        raise BadSetting("clock set takes at least one of --mode, --rate and --now")
    return server.ask("PUT", "/clock", body=wanted)


def _settable(parser: ArgumentParser) -> None:
    parser.add_argument("--mode", type=read_as("clock"), metavar="MODE", help="real, manual or poll, with its own rate")
    parser.add_argument("--rate", type=float, metavar="R", help="virtual seconds a host second; 0 stops it")
    parser.add_argument(
        "--now",
        type=lambda text: read_as("epoch")(text).isoformat(),
        metavar="INSTANT",
        help="never earlier than it is",
    )


fill = Noun(
    Verb(
        "show",
        "show the clock (the same as no command)",
        "ftemu clock",
        ask=lambda server, asked: server.ask("GET", "/clock"),
        show=_state,
    ),
    Verb(
        "set",
        "set what makes time go, how fast, and what time it is",
        "ftemu clock set --mode manual --now 2026-03-01T00:00:00Z",
        ask=_set,
        show=_state,
        options=_settable,
    ),
    Verb(
        "advance",
        "move the clock forward",
        "ftemu clock advance 2h",
        ask=lambda server, asked: server.ask("POST", "/clock/advance", body={"seconds": asked["by"]}),
        show=_state,
        options=lambda parser: parser.add_argument(
            "by", type=duration, metavar="TIME", help="seconds, or 90s, 1h30m, 2d"
        ),
    ),
    Verb(
        "skip",
        "move the clock to the next status, event or checkpoint of any job",
        "ftemu clock skip",
        ask=lambda server, asked: server.ask("POST", "/clock/skip"),
        show=_skipped,
    ),
).fill
