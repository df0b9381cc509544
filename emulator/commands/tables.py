"""How people read what is answered: tables without borders, readable at 80 columns; no colours but on a terminal."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

Shown = str | Table
"""What is shown: a sentence or a table."""
NOTHING = "-"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Return rows under headings; numbers stand on the right, and the first column is never broken."""
    listed = [*rows]
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for place, name in enumerate(columns):
        numeric = all(isinstance(row[place], int | float | None) for row in listed)
        made.add_column(
            name.upper(), justify="right" if numeric else "left", overflow="fold", no_wrap=numeric or place == 0
        )
    for row in listed:
        made.add_row(*map(_cell, row))
    return made


def members(named: Mapping[str, Any]) -> Table:
    """Return the members of one thing, a line each."""
    made = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in named.items():
        made.add_row(name, _cell(value))
    return made


def text(value: Any) -> str:
    """Return a JSON value as people write it: texts as they are, the rest as JSON."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def second(at: str) -> str:
    """Return an instant of an answer, to the second."""
    return f"{at[:19]}Z"


def pairs(named: Mapping[str, Any]) -> str:
    """Return members on one line, as ``name=value``, several values of a name joined by commas."""
    joined = {
        name: ",".join(map(text, value)) if isinstance(value, list) else text(value) for name, value in named.items()
    }
    return " ".join(f"{name}={value}" for name, value in joined.items())


def show(shown: Iterable[Shown]) -> str:
    """Return what is to be printed, for the terminal or the file that standard output is."""
    console = Console(markup=False, highlight=False, emoji=False)
    with console.capture() as captured:
        for each in shown:
            console.print(_clean(each) if isinstance(each, str) else each, soft_wrap=isinstance(each, str))
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))


def _cell(value: Any) -> Text:
    return Text(_clean(text(value)))


def _clean(written: str) -> str:
    """Return a text without what would drive a terminal: clients may have sent anything."""
    return "".join(each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in written)
