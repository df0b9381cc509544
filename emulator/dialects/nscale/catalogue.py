"""The base models that can be fine-tuned: those of the provider's guide, and those of the setting ``model``.

The setting takes the id that a client sends, and may name the model and say its context: ``ID=NAME@TOKENS``. Ids are
UUIDs (documented); names are taken for none.
"""

import difflib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from emulator.errors import Flaw, Invalid
from emulator.settings import Settings
from emulator.shipped import shipped

ANY = "*"
CONTEXT_TOKENS = 8192
"""That of every model in the guide (documented)."""
USD_PER_MILLION_TOKENS = 0.5
"""The price of a model that a setting adds (unverified, as all prices)."""
LONGEST = 200
PRECISION = "Float16"


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A model to start from: its context in tokens, the batch sizes that it takes and its price in US dollars."""

    id: str
    name: str
    organization: str
    context_tokens: int
    batch_sizes: tuple[int, ...]
    usd_per_million_tokens: float
    aliases: tuple[str, ...] = ()


@cache
def _guide() -> tuple[BaseModel, ...]:
    """Return the models of the guide."""
    told = json.loads(shipped("nscale/models.json").read_text(encoding="utf-8"))
    sizes = tuple(told["batch_sizes"])
    return tuple(_of_guide(model, sizes) for model in told["models"])


def _of_guide(told: dict[str, Any], sizes: tuple[int, ...]) -> BaseModel:
    named = (told["id"], told["name"], told["organization"])
    return BaseModel(
        *named, CONTEXT_TOKENS, sizes, told["usd_per_million_tokens"], aliases=tuple(told.get("aliases", ()))
    )


def offered(settings: Settings) -> tuple[BaseModel, ...]:
    """Return the models that this server offers: the guide's, and the setting's, which replace those of their id."""
    own = {model.id: model for model in (_of_setting(text) for text in settings.model if text != ANY)}
    return (*(own.pop(model.id, model) for model in _guide()), *own.values())


def _of_setting(text: str) -> BaseModel:
    own_id, _, named = text.partition("=")
    name, _, tokens = named.rpartition("@") if "@" in named else (named, "", "")
    context = int(tokens) if tokens.isdecimal() and len(tokens) < 10 else CONTEXT_TOKENS  # noqa: PLR2004 -- a number of tokens
    organization = own_id.partition("/")[0] if "/" in own_id else ""
    return BaseModel(own_id, name or own_id, organization, context, _guide()[0].batch_sizes, USD_PER_MILLION_TOKENS)


def find(settings: Settings, model_id: str) -> BaseModel:
    """Return the model of an id, or of one that it is also known by; raise Invalid, which names the nearest."""
    models = offered(settings)
    found = next((model for model in models if model_id in (model.id, *model.aliases)), None)
    if found:
        return found
    if ANY in settings.model:
        return _of_setting(model_id)
    raise Invalid([Flaw("value_error", ("body", "base_model_id"), _said(model_id, models), model_id)])


def _said(model_id: str, models: tuple[BaseModel, ...]) -> str:
    """Return what to say of an id that is none: somebody may have sent the name (the guide's own table has both)."""
    by_text = {**{model.name: model for model in models}, **{model.id: model for model in models}}
    near = difflib.get_close_matches(model_id[:LONGEST].rpartition("/")[2], by_text, n=1)
    hint = f"; did you mean {by_text[near[0]].id}, which is {by_text[near[0]].name}?" if near else ""
    return f"there is no base model {model_id[:LONGEST]!r}; takes the id of one, a UUID{hint}"
