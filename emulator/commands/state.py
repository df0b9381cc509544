"""``ftemu state``: a tenant's state as a file: its files with their bytes, jobs, faults and clock."""

from collections.abc import Iterator
from typing import Any

from emulator.commands.command import Noun, Verb
from emulator.commands.files import read, save, saved, takes_input, takes_output
from emulator.commands.tables import Shown


def _imported(answer: Any, whose: str) -> Iterator[Shown]:
    yield f"{whose[0].upper()}{whose[1:]} has the state of the file, its clock included (tenant {answer['tenant']})."


fill = Noun(
    Verb(
        "export",
        "write the tenant's state as one JSON document (the same as no command)",
        "ftemu state export state.json",
        ask=lambda server, asked: save(server, "/state", asked["file"]),
        show=saved,
        options=takes_output,
    ),
    Verb(
        "import",
        "put an exported state in the place of the tenant's",
        "ftemu state import state.json",
        ask=lambda server, asked: server.ask("PUT", "/state", raw=read(asked["file"])),
        show=_imported,
        options=takes_input,
    ),
).fill
