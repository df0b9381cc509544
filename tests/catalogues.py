"""The catalogues of scenarios and of effects as Markdown tables, made from the code; REFERENCE.md has the same."""

from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from emulator.core.catalogue import Catalogue, Entry
from emulator.faults import EFFECTS
from emulator.faults.effect import Effect


def scenarios() -> str:
    """Return a row a scenario: its name with the knob that a value sets, and what happens."""
    rows = ["| scenario | a value is | what happens |", "|---|---|---|"]
    return "\n".join([*rows, *(_scenario(entry) for entry in Catalogue().entries.values())]) + "\n"


def _scenario(entry: Entry) -> str:
    value = f"`{entry.told.parameter}`" if entry.told.parameter else "none"
    return f"| `{entry.name}` | {value} | {entry.told.summary.strip()} |"


def effects() -> str:
    """Return a row an effect: its name with the main parameter, its other parameters, and what it does."""
    rows = ["| effect | further parameters | what goes wrong |", "|---|---|---|"]
    return "\n".join([*rows, *(_row(kind) for kind in EFFECTS.values())]) + "\n"


def _row(kind: type[Effect]) -> str:
    others = [f"`{name}={default(field)}`" for name, field in kind.model_fields.items() if name != kind.main]
    says = (kind.__doc__ or "").strip().splitlines()[0]
    return f"| `{short(kind)}` | {' '.join(others) or 'none'} | {says} |"


def short(kind: type[Effect]) -> str:
    """Return an effect as rules write it, with its main parameter's default."""
    return f"{kind.name}={default(kind.model_fields[kind.main])}" if kind.main else kind.name


def default(field: FieldInfo) -> str:
    """Return a parameter's default as rules write it; dots where there is none."""
    value: Any = field.get_default(call_default_factory=True)
    if value in (None, {}, PydanticUndefined):
        return "…"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f'"{text}"' if {",", ";"} & {*text} else text
