"""Rule = Match × Budget × Effect: which requests, how many of them, and what goes wrong with each."""

import re
from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Annotated, Any, ClassVar, Self, Union

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    SerializeAsAny,
    ValidationError,
    model_validator,
)

from emulator.faults import EFFECTS
from emulator.faults.effect import Effect
from emulator.faults.match import Match, Part
from emulator.shorthand import spelled, unknown

EFFECTS_MAX = 20
TEXT_MAX = 4000
ID = re.compile(r"\w[\w.-]{0,63}")
Count = Annotated[int, Field(le=10**15)]


class Budget(Part):
    """How many of the requests that match: those whose number fits every member that is given. Without any, all."""

    what: ClassVar[str] = "budget"

    first: Count | None = Field(default=None, ge=0)
    """The first so many."""
    nth: Count | None = Field(default=None, ge=1)
    """That one alone, from 1."""
    every: Count | None = Field(default=None, ge=1)
    """Every so many-th."""
    after: Count | None = Field(default=None, ge=0)
    """All after the first so many."""
    probability: float | None = Field(default=None, ge=0, le=1)
    """Each with this probability, drawn from the server's seed and `seed`: a run repeats."""
    seed: str = Field(default="", max_length=200)
    """What makes one run of chances differ from another."""
    seconds: float | None = Field(default=None, ge=0)
    """For so many host seconds from when the rule was set."""
    until: AwareDatetime | None = None
    """Until the tenant's clock shows this."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Refuse numbers of which none fits them all; a `first` of 0 is a rule that is off."""
        nth, every, after = self.nth, self.every or 1, self.after or 0
        lowest = nth or (after // every + 1) * every
        if self.first != 0 and (lowest % every or not after < lowest <= (self.first or lowest)):
            given = {name: getattr(self, name) for name in ("first", "nth", "every", "after")}
            said = ", ".join(f"{name} {value}" for name, value in given.items() if value is not None)
            raise ValueError(f"no request is all of these: {said}; each counts from the first request that matches")
        return self

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
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple):
        raise ValueError("takes a text such as 'latency=2; status=500', or a list of texts and objects")  # noqa: TRY004 -- pydantic reads it
    effects = [each for item in listed[: EFFECTS_MAX + 1] for each in _written(item)]
    if not 0 < len(effects) <= EFFECTS_MAX:
        raise ValueError(f"takes from 1 to {EFFECTS_MAX} effects")
    return effects


def _written(item: Any) -> list[Effect]:
    """Return the effects that a text writes, or the one that an object is."""
    if isinstance(item, Effect):
        return [item]
    if isinstance(item, str):
        if len(item) > TEXT_MAX:
            raise ValueError(f"got a text of {len(item)} characters, takes at most {TEXT_MAX}")
        return [_made(each.name, _given(each.name, each.value, each.parameters)) for each in spelled(item)]
    if not isinstance(item, dict) or not isinstance(item.get("effect"), str):
        raise ValueError('an effect is a text such as "status=500", or an object such as {"effect": "status"}')  # noqa: TRY004 -- pydantic reads it
    return [_made(item["effect"], {key: value for key, value in item.items() if key != "effect"})]


def _given(name: str, value: str | None, parameters: dict[str, str]) -> dict[str, str]:
    """Return the parameters of an effect that was written short."""
    if value is None or name not in EFFECTS:
        return dict(parameters)
    main = EFFECTS[name].main
    if main is None:
        raise ValueError(f"{name} takes no value, got {value!r}")
    if main in parameters:
        raise ValueError(f"{name}={value} sets {main} already, got {main}={parameters[main]} besides")
    return {main: value, **parameters}


def _made(name: str, parameters: Mapping[Any, Any]) -> Effect:
    if name not in EFFECTS:
        raise ValueError(unknown("effect", name[:100], EFFECTS))
    kind = EFFECTS[name]
    for parameter in parameters:
        if not kind.model_fields:
            raise ValueError(f"{name} takes no parameters, got {str(parameter)[:100]!r}")
        if parameter not in kind.model_fields:
            raise ValueError(unknown(f"parameter of {name}", str(parameter)[:100], kind.model_fields))
    try:
        return kind.model_validate(parameters)
    except ValidationError as error:
        raise ValueError("; ".join(f"{name}: {_flaw(flaw)}" for flaw in error.errors())) from None


def _flaw(flaw: Mapping[str, Any]) -> str:
    """Return what is wrong with a parameter, in a sentence's part."""
    said = f"{'.'.join(map(str, flaw['loc']))}: {flaw['msg'].removeprefix('Value error, ')}".removeprefix(": ")
    return said if isinstance(flaw["input"], dict) else f"{said}, got {str(flaw['input'])[:100]!r}"


def _name(value: str) -> str:
    if not ID.fullmatch(value):
        raise ValueError(f"takes up to 64 letters, digits, dots, hyphens and underscores, got {value[:100]!r}")
    return value


def _match(value: Any) -> Any:
    return {"operation": value} if isinstance(value, str | list) else value


Written: Any = str | list[Union[(str, *EFFECTS.values())]]  # type: ignore[misc]  # made from EFFECTS
"""Effects as a person writes them, for the JSON Schema."""
Effects = Annotated[tuple[SerializeAsAny[Effect], ...], BeforeValidator(_effects, json_schema_input_type=Written)]


class Rule(Part):
    """A fault: which requests, how many of them, and what goes wrong."""

    what: ClassVar[str] = "rule"

    id: Annotated[str, AfterValidator(_name)] | None = None
    """What to call it; one is given where none is."""
    match: Annotated[Match, BeforeValidator(_match, json_schema_input_type=str | list[str] | Match)] = Match()
    """Which requests; a name, or several, are the operations."""
    budget: Budget = Budget()
    """How many of them."""
    effects: Effects
    """What goes wrong with each, such as `latency=2; status=500`."""
