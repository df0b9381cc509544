"""Rules that are written in files: presets of chaos by name, and a user's own."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from emulator.faults.rule import Rule
from emulator.settings import BadSetting
from emulator.shipped import shipped
from emulator.shorthand import unknown


class RuleFile(BaseModel):
    """A file of rules."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    summary: str = ""
    """What they are for, in a sentence."""
    rules: list[Rule]
    """The rules, in the order in which they apply."""


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
    read = _parsed(path, text)
    return tuple(_finished(rule, f"{path.stem}-{number}", seed) for number, rule in enumerate(read.rules, 1))


def _parsed(path: Path, text: str) -> RuleFile:
    import yaml  # noqa: PLC0415 -- most servers start without rules, and it takes a while

    try:
        value: Any = yaml.safe_load(text)
        return RuleFile.model_validate({"rules": value} if isinstance(value, list) else value)
    except yaml.YAMLError as error:
        raise BadSetting(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        flaws = (f"{'.'.join(map(str, flaw['loc']))}: {flaw['msg']}" for flaw in error.errors())
        raise BadSetting(f"{path}: {'; '.join(flaws)}") from None


def _finished(rule: Rule, name: str, seed: str) -> Rule:
    budget = rule.budget.model_copy(update={"seed": seed or rule.budget.seed})
    return rule.model_copy(update={"id": rule.id or name, "budget": budget})
