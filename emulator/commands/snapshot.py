"""``ftemu snapshot``: a tenant's state under a name, kept by the server."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from emulator.commands.command import Asked, Noun, Verb, filled
from emulator.commands.tables import Shown, second, table


def _list(answer: Any, whose: str) -> Iterator[Shown]:
    if answer["snapshots"]:
        rows = ((each["name"], second(each["saved_at"]), each["files"], each["jobs"]) for each in answer["snapshots"])
        yield table(("name", "saved at (host time)", "files", "jobs"), rows)
    else:
        yield f"There is no snapshot of {whose}. This saves one: ftemu snapshot save NAME"


def _loaded(answer: Any, whose: str) -> Iterator[Shown]:
    yield f"{whose[0].upper()}{whose[1:]} has the state of the snapshot, its clock included."


def _takes_name(parser: ArgumentParser) -> None:
    parser.add_argument("name", type=filled, metavar="NAME", help="letters, digits, dots, dashes; up to 64")


def _of(asked: Asked) -> str:
    return f"/snapshots/{quote(asked['name'], safe='')}"


fill = Noun(
    Verb(
        "list",
        "list the snapshots (the same as no command)",
        "ftemu snapshot",
        ask=lambda server, asked: server.ask("GET", "/snapshots"),
        show=_list,
    ),
    Verb(
        "save",
        "save the tenant's state; a snapshot of that name is replaced",
        "ftemu snapshot save before-training",
        ask=lambda server, asked: server.ask("PUT", _of(asked)),
        show=lambda answer, whose: _list({"snapshots": [answer]}, whose),
        options=_takes_name,
    ),
    Verb(
        "load",
        "put the tenant back into a saved state",
        "ftemu snapshot load before-training",
        ask=lambda server, asked: server.ask("POST", f"{_of(asked)}/load"),
        show=_loaded,
        options=_takes_name,
    ),
    Verb(
        "remove",
        "remove a snapshot",
        "ftemu snapshot remove before-training",
        ask=lambda server, asked: server.ask("DELETE", _of(asked)),
        show=_list,
        options=_takes_name,
    ),
).fill
