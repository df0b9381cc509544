"""Rule = Match × Budget × Effect: which requests, how many of them, and what goes wrong with each."""

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field, SerializeAsAny, ValidationError

from emulator.faults import EFFECTS
from emulator.faults.effect import Effect
from emulator.faults.match import Match, Part
from emulator.shorthand import spelled, unknown


class Budget(Part):
    """How many of the requests that match: those whose number fits every member that is given. Without any, all."""

    first: int | None = Field(default=None, ge=0)
    """The first so many."""
    nth: int | None = Field(default=None, ge=1)
    """That one alone, from 1."""
    every: int | None = Field(default=None, ge=1)
    """Every so many-th."""
    after: int | None = Field(default=None, ge=0)
    """All after the first so many."""
    probability: float | None = Field(default=None, ge=0, le=1)
    """Each with this probability, drawn from the server's seed and `seed`: a run repeats."""
    seed: str = ""
    """What makes one run of chances differ from another."""
    seconds: float | None = Field(default=None, ge=0)
    """For so many host seconds from when the rule was set."""
    until: AwareDatetime | None = None
    """Until the tenant's clock shows this."""

    def allows(self, number: int, *, age_s: float, now: datetime, rng: Random) -> bool:
        """Say whether a rule acts on the request of that number (from 1); ``age_s`` is how old the rule is."""
        return (
            (self.first is None or number <= self.first)
            and (self.nth is None or number == self.nth)
            and (self.every is None or number % self.every == 0)
            and (self.after is None or number > self.after)
            and (self.seconds is None or age_s < self.seconds)
            and (self.until is None or now < self.until)
            and (self.probability is None or rng.random() < self.probability)
        )


def _effects(value: Any) -> Any:
    """Read the effects of a rule: a text, or a list of texts and objects."""
    if isinstance(value, str):
        return [_made(each.name, _given(each.name, each.value, each.parameters)) for each in spelled(value)]
    if not isinstance(value, list | tuple):
        raise ValueError("takes a text such as 'latency=2; status=500' or a list")  # noqa: TRY004 -- pydantic reads it
    return [each for item in value for each in (_effects(item) if isinstance(item, str) else [_effect(item)])]


def _effect(item: Any) -> Effect:
    if isinstance(item, Effect):
        return item
    if not isinstance(item, dict) or not isinstance(item.get("effect"), str):
        raise ValueError("an effect is an object with its name as 'effect', or a text such as 'status=500'")  # noqa: TRY004 -- pydantic reads it
    return _made(item["effect"], {key: value for key, value in item.items() if key != "effect"})


def _given(name: str, value: str | None, parameters: dict[str, str]) -> dict[str, str]:
    """Return the parameters of an effect that was written short."""
    if value is None or name not in EFFECTS:
        return dict(parameters)
    if (main := EFFECTS[name].main) is None:
        raise ValueError(f"{name} takes no value, got {value!r}")
    return {main: value, **parameters}


def _made(name: str, parameters: dict[str, Any]) -> Effect:
    if name not in EFFECTS:
        raise ValueError(unknown("effect", name, EFFECTS))
    kind = EFFECTS[name]
    for parameter in parameters:
        if parameter not in kind.model_fields:
            takes = kind.model_fields or ["none"]
            raise ValueError(unknown(f"parameter of {name}", str(parameter), takes))
    try:
        return kind.model_validate(parameters)
    except ValidationError as error:
        raise ValueError("; ".join(f"{name}: {_flaw(flaw)}" for flaw in error.errors())) from None


def _flaw(flaw: Mapping[str, Any]) -> str:
    return f"{'.'.join(map(str, flaw['loc']))}: {flaw['msg']}, got {str(flaw['input'])[:100]!r}"


def _match(value: Any) -> Any:
    return {"operation": value} if isinstance(value, str) else value


class Rule(Part):
    """A fault: which requests, how many of them, and what goes wrong."""

    id: str | None = Field(default=None, pattern=r"^[\w.-]{1,64}$")
    """What to call it; one is given where none is."""
    match: Annotated[Match, BeforeValidator(_match)] = Match()
    """Which requests."""
    budget: Budget = Budget()
    """How many of them."""
    effects: Annotated[tuple[SerializeAsAny[Effect], ...], BeforeValidator(_effects), Field(min_length=1)]
    """What goes wrong with each, such as `latency=2; status=500`."""
