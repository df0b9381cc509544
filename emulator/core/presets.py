"""Rules that are written in files: presets of chaos by name, and a user's own."""

import re
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from emulator.faults.match import Part
from emulator.faults.rule import Rule
from emulator.settings import BadSetting
from emulator.shipped import shipped
from emulator.shorthand import unknown


class RuleFile(Part):
    """Rules, in a file."""

    what: ClassVar[str] = "file of rules"

    summary: str = ""
    """What they are for, in a sentence."""
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    """The rules, in the order in which they apply."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of rules, with which editors complete and check it."""
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **RuleFile.model_json_schema()}
    return {**document, "title": "Rules of faults", "$comment": "Written by the tests, from the code."}


def presets() -> dict[str, Path]:
    """Return the presets that ship with the emulator, by name."""
    return {path.stem: path for path in sorted(shipped("faults").glob("*.yaml"))}


def preset(name: str, *, seed: str = "") -> tuple[Rule, ...]:
    """Return the rules of a preset; raise BadSetting for an unknown one. ``seed`` goes to each budget."""
    if name not in presets():
        raise BadSetting(unknown("preset", name, presets()))
    return read_rules(name, seed=seed)


def read_rules(asked: str, *, seed: str = "") -> tuple[Rule, ...]:
    """Return the rules of a preset or of a file, each with an id; raise BadSetting."""
    path = presets().get(asked) or Path(asked)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        no_such = unknown("preset", asked, presets())
        raise BadSetting(f"{no_such}; nor can a file be read there: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSetting(f"{path} is not a text in UTF-8") from None
    name = re.sub(r"[^\w.-]+", "-", path.stem)[:50]
    rules = tuple(_finished(rule, f"{name}-{number}", seed) for number, rule in enumerate(_parsed(path, text), 1))
    if len({rule.id for rule in rules}) < len(rules):
        raise BadSetting(f"{path}: two of the rules have the same id")
    return rules


def _parsed(path: Path, text: str) -> tuple[Rule, ...]:
    value = _loaded(path, text)
    try:
        return RuleFile.model_validate({"rules": value} if isinstance(value, list) else value).rules
    except ValidationError as error:
        flaws = error.errors()
        # Rules that are wrong are left out, which is no flaw of its own.
        told = [flaw for flaw in flaws if flaw["type"] != "too_short"] or flaws
        raise BadSetting(f"{path}: {'; '.join(map(_flaw, told))}") from None


def _loaded(path: Path, text: str) -> Any:
    import yaml  # noqa: PLC0415 -- most servers start without rules, and it takes a while

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date such as 2026-99-99 is a ValueError
        raise BadSetting(f"{path} is not YAML that can be read: {' '.join(str(error).split())}") from None


def _flaw(flaw: ErrorDetails) -> str:
    """Return what is wrong with a place in a file."""
    said = "takes at least one" if flaw["type"] == "too_short" else flaw["msg"].removeprefix("Value error, ")
    return f"{'.'.join(map(str, flaw['loc']))}: {said}".removeprefix(": ")


def _finished(rule: Rule, name: str, seed: str) -> Rule:
    named = rule if rule.id else rule.model_copy(update={"id": name})
    if not seed:
        return named
    return named.model_copy(update={"budget": rule.budget.model_copy(update={"seed": seed})})
