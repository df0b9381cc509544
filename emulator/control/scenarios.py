"""The control calls that show the scenarios and say how the next jobs go."""

from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, Field

from emulator.control.call import whose, world_of
from emulator.control.guard import Forbidden
from emulator.control.wire import Strict
from emulator.core import scenarios
from emulator.core.catalogue import Entry
from emulator.core.world import World
from emulator.shorthand import Unreadable
from emulator.timeline.scenario import turned


class Next(Strict):
    """How the next jobs are to go."""

    scenario: str = Field(description="A name, or a short form such as `fails_at_step=40,pace=10`")
    parameters: dict[str, Any] = Field(default={}, description="Knobs by name; they beat those of the short form")
    count: Annotated[int, Field(ge=1, le=10**6)] | None = Field(
        default=1, description="Of how many jobs; null: of all from now on, once those are made that are counted"
    )


class Up(BaseModel):
    """How the next jobs go."""

    scenario: str
    knobs: dict[str, Any] = Field(description="Those that are not at their default")
    count: int | None = Field(description="Of how many jobs yet; null: of all from now on")


class UpNext(BaseModel):
    """How the next jobs of a tenant go; null: as their own suffix, their request's header or the server says."""

    next: Up | None


class ScenarioState(BaseModel):
    """A scenario of the catalogue."""

    name: str
    summary: str
    evidence: str
    parameter: str | None = Field(description="The knob that a value after the name sets")
    knobs: dict[str, Any] = Field(description="Those that are not at their default")


class ScenarioStates(UpNext):
    """The catalogue, and what is up next."""

    scenarios: list[ScenarioState]


async def get_scenarios(request: Request) -> ScenarioStates:
    """Return the catalogue, and how the tenant's next jobs go."""
    world, tenant = world_of(request), whose(request)
    known = [_state(entry) for entry in world.scenarios.entries.values()]
    return ScenarioStates(scenarios=known, next=_next(world, tenant).next)


async def put_next(request: Request, body: Next | None = None) -> UpNext:
    """Say how the tenant's next jobs go; null takes it all back."""
    world, tenant = world_of(request), whose(request)
    if body is None:
        await scenarios.clear_upcoming(world, tenant, standing=True)
        return _next(world, tenant)
    try:
        chosen = world.scenarios.written(body.scenario, body.parameters)
    except Unreadable as error:
        raise Forbidden(422, f"scenario: {error}") from None
    await scenarios.set_upcoming(world, tenant, chosen, count=body.count)
    return _next(world, tenant)


async def delete_next(request: Request) -> UpNext:
    """Take back what was said of so many of the tenant's next jobs; what was said of all stays."""
    world, tenant = world_of(request), whose(request)
    await scenarios.clear_upcoming(world, tenant, standing=False)
    return _next(world, tenant)


def _next(world: World, tenant: str) -> UpNext:
    up = scenarios.upcoming(world, tenant)
    return UpNext(next=Up(scenario=up.name, knobs=turned(up.knobs), count=up.left) if up else None)


def _state(entry: Entry) -> ScenarioState:
    told = entry.told
    return ScenarioState(
        name=entry.name,
        summary=told.summary,
        evidence=told.evidence,
        parameter=told.parameter,
        knobs=turned(told.knobs),
    )


TABLE = (
    ("GET", "/scenarios", get_scenarios, ScenarioStates),
    ("PUT", "/scenarios/next", put_next, UpNext),
    ("DELETE", "/scenarios/next", delete_next, UpNext),
)
