"""The base models: those of the shipped catalogue and of the setting ``model``; which can be tuned, and their aliases.

All are offered whatever the date: that several were shut down in October 2026 is documented, and left to a scenario.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from emulator.settings import Settings
from emulator.shipped import shipped

ANY = "*"
CREATED = 1_735_689_600
"""Of models that the setting ``model`` adds: nothing is known of them."""


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A base model; ``alias_of`` names the snapshot that it stands for, ``learning_rate_multiplier`` what auto is."""

    id: str
    created: int
    owned_by: str
    tunable: bool = False
    alias_of: str | None = None
    learning_rate_multiplier: float = 2.0
    observed: str = ""


@cache
def shipped_models() -> Mapping[str, BaseModel]:
    """Return the models of the shipped catalogue by their ids."""
    listed = json.loads(shipped("openai/models.json").read_text(encoding="utf-8"))["models"]
    return {each["id"]: BaseModel(**each) for each in listed}


def offered(settings: Settings) -> Mapping[str, BaseModel]:
    """Return all base models that this server offers, by their ids."""
    own = {id_: BaseModel(id_, CREATED, "system", tunable=True) for id_ in settings.models if id_ != ANY}
    return {**shipped_models(), **own}


def known(settings: Settings, name: str) -> BaseModel | None:
    """Return the base model of a name, or None."""
    if found := offered(settings).get(name):
        return found
    anything = ANY in settings.models and not name.startswith("ft:")
    return BaseModel(name, CREATED, "system", tunable=True) if anything else None


def snapshot(settings: Settings, name: str) -> BaseModel | None:
    """Return the base model that is trained where this name is asked for (observed), or None: none can be."""
    found = known(settings, name)
    if found and found.alias_of:
        found = known(settings, found.alias_of)
    return found if found and found.tunable else None
