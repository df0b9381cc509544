"""The scenarios by name: those that ship with the emulator and a user's own, one YAML file each; and what a text asks.

Not here: which of those that were asked for decides how a job goes (``scenarios.py``).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from pydantic_core import ErrorDetails

from emulator.settings import BadSetting
from emulator.shipped import shipped
from emulator.shorthand import Unreadable, spelled, unknown
from emulator.timeline.scenario import BOUNDS, KNOBS, LONGEST_TEXT, TEXTS, Scenario, turned

SUCCEEDS = "succeeds"
NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
SCENARIO = TypeAdapter(Scenario)


class ScenarioFile(BaseModel):
    """One scenario, called by the name of its file."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    summary: Annotated[str, Field(min_length=1)]
    """What happens, in a sentence."""
    evidence: Annotated[str, Field(pattern="^(observed|documented|unverified)")] = "unverified"
    """How it is known that the provider does so: `observed`, `documented` or `unverified`, and a word about it."""
    parameter: Annotated[str | None, Field(json_schema_extra={"enum": [*KNOBS, None]})] = None
    """The knob that a value after the name sets, as 40 does in `fails_at_step=40`."""
    knobs: Scenario = Scenario()
    """What is to happen, beyond what the job's data make of it."""

    @field_validator("parameter")
    @classmethod
    def _is_a_knob(cls, name: str | None) -> str | None:
        if name is not None and name not in KNOBS:
            raise ValueError(unknown("knob", name, KNOBS))
        return name


@dataclass(frozen=True, slots=True)
class Entry:
    """A scenario of the catalogue."""

    name: str
    told: ScenarioFile


@dataclass(frozen=True, slots=True)
class Chosen:
    """A scenario with what was asked of it, and its name."""

    name: str
    scenario: Scenario


class Catalogue:
    """The scenarios of one server: read when they are needed first, a user's own ones when it starts."""

    def __init__(self, default: str = SUCCEEDS, folder: Path | None = None) -> None:
        """Raise BadSetting for a default that there is not, and for files in the folder that are no scenarios."""
        self._folder = folder
        if folder is None and default == SUCCEEDS:
            self.default = Chosen(SUCCEEDS, Scenario())
            return
        _ = self.entries
        try:
            self.default = self.written(default)
        except Unreadable as error:
            raise BadSetting(f"scenario: {error}") from None

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """The scenarios by name; a user's own one replaces a shipped one of that name."""
        own = _read(self._folder) if self._folder else {}
        return {**_read(shipped("scenarios")), **own}

    def written(self, text: str, parameters: Mapping[str, Any] = MappingProxyType({})) -> Chosen:
        """Return the scenario that a text asks for, such as ``fails_at_step=40,pace=10``; raise Unreadable.

        ``parameters`` are knobs by name, which beat those of the text.
        """
        asked, *others = spelled(text)
        if others:
            raise Unreadable(f"got {text!r}, takes one scenario")
        if asked.name not in self.entries:
            hint = f"; {asked.name} is a knob, which follows a scenario: succeeds,{text}" if asked.name in KNOBS else ""
            raise Unreadable(unknown("scenario", asked.name, self.entries) + hint)
        told = self.entries[asked.name].told
        main = {told.parameter: asked.value} if told.parameter and asked.value is not None else {}
        if asked.value is not None and not main:
            raise Unreadable(f"the scenario {asked.name} takes no value, got {asked.value!r}")
        turns = {knob: _plain(value) for knob, value in {**main, **asked.parameters, **parameters}.items()}
        if strangers := [knob for knob in turns if knob not in KNOBS]:
            raise Unreadable(f"the scenario {asked.name}: {unknown('knob', strangers[0], KNOBS)}")
        try:
            return Chosen(asked.name, SCENARIO.validate_python({**turned(told.knobs), **turns}))
        except ValidationError as error:
            raise Unreadable(f"the scenario {asked.name}: {'; '.join(map(_said, error.errors()))}") from None


def _plain(value: Any) -> Any:
    """Return a knob's value; ``none`` puts it back to nothing."""
    return None if value in ("none", "null") else value


def _said(flaw: ErrorDetails) -> str:
    """Return what is wrong with a knob, or with a member of a file."""
    last = str(flaw["loc"][-1]) if flaw["loc"] else ""
    if flaw["type"] == "unexpected_keyword_argument":
        return unknown("knob", last, KNOBS)
    if flaw["type"] == "extra_forbidden":
        return unknown("member", last, ScenarioFile.model_fields)
    message = flaw["msg"].removeprefix("Value error, ")
    got = "" if flaw["type"] in {"missing", "value_error"} else f", got {flaw['input']!r:.100}"
    return f"{last}: {message}{got}" if last and flaw["type"] != "value_error" else message


def _read(folder: Path) -> dict[str, Entry]:
    """Return the scenarios of a folder, by name; raise BadSetting."""
    if not folder.is_dir():
        raise BadSetting(f"scenarios: there is no folder {folder}")
    paths = sorted(path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"})
    return {path.stem: Entry(path.stem, _told(path)) for path in paths}


def _told(path: Path) -> ScenarioFile:
    import yaml  # noqa: PLC0415 -- most servers start without scenarios, and it takes a while

    if not NAME.fullmatch(path.stem):
        raise BadSetting(f"{path}: the name of a scenario takes letters, digits, _ and -, and begins with a letter")
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except UnicodeDecodeError:
        raise BadSetting(f"{path} is not a text in UTF-8") from None
    except OSError as error:
        raise BadSetting(f"{path} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise BadSetting(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    try:
        return ScenarioFile.model_validate(value)
    except ValidationError as error:
        said = (f"line {_line(node, flaw['loc'])}: {_said(flaw)}" for flaw in error.errors())
        raise BadSetting(f"{path}, {'; '.join(said)}") from None


def _line(node: Any, way: tuple[int | str, ...]) -> int:
    """Return the line of a file, from 1, on which a member stands, or the part that it is missing from."""
    at = node.start_mark.line if node else 0
    for name in way:
        members: Iterator[Any] = iter(node.value if node and node.id == "mapping" else ())
        found = next(((key, value) for key, value in members if key.value == name), None)
        if found is None:
            break
        at, node = found[0].start_mark.line, found[1]
    return int(at) + 1


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario's file, with which editors complete and check it."""
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **ScenarioFile.model_json_schema()}
    properties = document["$defs"]["Scenario"]["properties"]
    bounds = {knob: {"minimum": low, "maximum": high} for knob, (low, high) in BOUNDS.items()}
    bounds |= {knob: {"maxLength": LONGEST_TEXT} for knob in TEXTS}
    for knob, bound in bounds.items():
        option, *_ = properties[knob].get("anyOf", [properties[knob]])
        option |= bound
    return {**document, "title": "Scenario", "$comment": "Written by the tests, from the code."}
