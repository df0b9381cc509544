"""The base models that can be fine-tuned, from the shipped catalogue and the setting ``model``.

The ids are third-party statements of the provider's documentation page, February to September 2026.
"""

import difflib
import json
from functools import cache

from emulator.dialects.nebius import wire
from emulator.errors import Flaw, Missing
from emulator.settings import Settings
from emulator.shipped import shipped

ANY = "*"
LONGEST = 200
CREATED = 1_750_954_196  # of the one recorded sample; the others' are not known (unverified)


@cache
def base_models() -> tuple[str, ...]:
    """Return the ids of the shipped catalogue."""
    families = json.loads(shipped("nebius/models.json").read_text(encoding="utf-8"))["families"]
    return tuple(model for family in families for model in family["models"])


def offered(settings: Settings) -> tuple[str, ...]:
    """Return the ids of all models that this server offers."""
    own = tuple(model for model in settings.models if model != ANY and model not in base_models())
    return (*base_models(), *own)


def flaws(settings: Settings, model: object) -> list[Flaw]:
    """Return what is wrong with a base model's name, as an enumeration words it (third party; unverified)."""
    models = offered(settings)
    if not isinstance(model, str) or ANY in settings.models or model in models:
        return []
    near = difflib.get_close_matches(model[:LONGEST], models, n=1)
    names = [f"'{name}'" for name in dict.fromkeys([*near, *models])]  # all that are taken, the nearest first
    expected = f"{', '.join(names[:-1])} or {names[-1]}"
    return [Flaw("enum", ("body", "model"), f"Input should be {expected}", model, {"expected": expected})]


def listed(settings: Settings, *, verbose: bool) -> wire.ModelListResponse | wire.RichModelListResponse:
    """Return the list of models."""
    ids = offered(settings)
    if verbose:
        return wire.RichModelListResponse(data=[wire.RichModel(id=id_, name=id_, created=CREATED) for id_ in ids])
    return wire.ModelListResponse(data=[wire.Model(id=id_, created=CREATED) for id_ in ids])


def one(settings: Settings, model: str) -> wire.Model:
    """Return one model; raise Missing."""
    if model not in offered(settings):
        raise Missing("model", model)
    return wire.Model(id=model, created=CREATED)
