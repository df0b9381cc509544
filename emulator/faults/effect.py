"""What an effect is: one thing that goes wrong with a request, as a wrapper around the application that answers it.

An effect knows nothing of which requests it meets or how often: that is its rule's. Its fields are its parameters.
Seconds are host seconds throughout, because clients sleep in host time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from random import Random
from typing import Any, ClassVar, Protocol, Self

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, SerializerFunctionWrapHandler, model_serializer
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from starlette.responses import Response
from starlette.types import ASGIApp

from emulator.errors import ApiError


class Stage(IntEnum):
    """Where an effect stands, from the application outwards: the order of effects counts within a stage only."""

    DELIVERY = 0  # how the request reaches the provider
    ANSWER = 1  # what is answered instead; the first of several speaks
    HOLD = 2  # how long all of that is kept waiting
    SENDING = 3  # what becomes of the answer on its way; each acts on what the one before it left


class Fail(Protocol):
    """How a provider answers any status."""

    def __call__(self, status: int, message: str | None, /, *, code: str | None = None) -> Response:
        """Return it in the provider's envelope, with this message or the status's own, and this code of the error."""


@dataclass(frozen=True, slots=True)
class Voice:
    """How the provider says that something is wrong: an error of ours, or any status."""

    refuse: Callable[[ApiError], Response]
    fail: Fail


@dataclass(frozen=True, slots=True)
class Meeting:
    """A request that a rule acts on. ``memory`` is JSON that the effect may change: it is kept for the next one."""

    number: int
    """Which of the rule's requests this is, from 1."""
    at_s: float
    """Host time."""
    age_s: float
    """Host seconds since the rule was set."""
    rng: Random
    """Chance that depends on the server's seed, the tenant, the rule and ``number`` alone."""
    memory: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a lagging replica sees: all as it was ``lag_s`` ago, and nothing that is younger than ``unseen_s``."""

    lag_s: float = 0.0
    unseen_s: float = 0.0


class Effect(BaseModel):
    """One thing that goes wrong. ``name`` is what rules call it, ``main`` the parameter that a bare value sets."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    name: ClassVar[str]
    main: ClassVar[str | None] = None
    stage: ClassVar[Stage]
    truthful: ClassVar[bool] = False
    """Whether the client still gets the provider's true and whole answer: then a poll clock goes on."""

    def met(self, meeting: Meeting) -> Self | None:
        """Return the effect as it is for this request, with its chances drawn; None: it does nothing to it."""
        return self

    def sight(self) -> Sight:
        """Return how the provider's own eyes are dimmed."""
        return Sight()

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Return the application with this wrong with it."""
        return app

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the object that rules write: its parameters, beside its name as `effect`."""
        described = handler(core)
        found = handler.resolve_ref_schema(described)
        called = {"const": cls.name} if hasattr(cls, "name") else {"type": "string"}
        found["properties"] = {"effect": called, **found["properties"]}
        found["required"] = ["effect", *found.get("required", [])]
        return described

    @model_serializer(mode="wrap")
    def _named(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"effect": self.name, **fields(self)}

    def __str__(self) -> str:
        given = [f"{key}={getattr(self, key)}" for key in type(self).model_fields if key in self.model_fields_set]
        return ",".join([self.name, *given])


def faulty(app: ASGIApp, effects: Iterable[Effect], voice: Voice) -> ASGIApp:
    """Return an application with all of these wrong with it."""
    listed = [*effects]
    for stage in Stage:
        chosen = [effect for effect in listed if effect.stage is stage]
        for effect in reversed(chosen) if stage is Stage.ANSWER else chosen:
            app = effect.wrap(app, voice)
    return app
