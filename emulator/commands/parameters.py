"""What parameters take, by their JSON Schema, in the words of their own docstrings."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from emulator.commands.tables import table, text

COLUMNS = ("takes", "default", "what it is")


def described(kind: str, properties: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return a table of parameters, a line each; ``kind`` is what one is called."""
    rows = (
        (name, _takes(each), text(each.get("default")), each.get("description")) for name, each in properties.items()
    )
    return table((kind, *COLUMNS), rows)


def _takes(parameter: Mapping[str, Any]) -> str:
    """Return what values a parameter takes."""
    options = [each for each in parameter.get("anyOf", [parameter]) if each.get("type") != "null"]
    return " or ".join(map(_kind, options))


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(text, schema["enum"]))
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    span = "" if low is None else f" from {text(low)}" if high is None else f" from {text(low)} to {text(high)}"
    return f"{schema.get('type', 'any')}{span}"
