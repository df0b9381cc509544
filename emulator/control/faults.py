"""The control calls that set faults, list them with their hits, and take them back."""

from collections.abc import Awaitable, Iterable, Sequence
from typing import Annotated, Any, ClassVar, TypeVar

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag

from emulator.control.call import whose, world_of
from emulator.control.guard import Forbidden
from emulator.core import faults
from emulator.core.faults import RULES_MAX, Kept
from emulator.core.presets import preset
from emulator.errors import Refused
from emulator.faults.match import Part
from emulator.faults.rule import Rule
from emulator.operations import Operation
from emulator.settings import BadSetting
from emulator.shorthand import unknown

T = TypeVar("T")


def _number(value: Any) -> Any:
    return str(value) if type(value) is int else value


class Several(Part):
    """Several rules at once."""

    what: ClassVar[str] = "body with rules"

    rules: Annotated[list[Rule], Field(min_length=1, max_length=RULES_MAX)]


class Preset(Part):
    """Rules that ship with the emulator, by name; ``seed`` makes one run of chances differ from another."""

    what: ClassVar[str] = "body with a preset"

    preset: Annotated[str, Field(max_length=100)]
    seed: Annotated[str, Field(max_length=200), BeforeValidator(_number, json_schema_input_type=str | int)] = ""


def _kind(body: Any) -> str:
    """Return what a body is meant as, so that only that is complained of."""
    return next((kind for kind in ("rules", "preset") if isinstance(body, dict) and kind in body), "rule")


New = Annotated[
    Annotated[Rule, Tag("(rule)")] | Annotated[Several, Tag("(rules)")] | Annotated[Preset, Tag("(preset)")],
    Discriminator(lambda body: f"({_kind(body)})"),
]


class RuleState(BaseModel):
    """A rule, and how often it met a request of the tenant and acted on it."""

    id: str
    match: dict[str, Any]
    budget: dict[str, Any]
    effects: list[dict[str, Any]]
    source: str = Field(description="`tenant`: set by a control call; `server`: by the setting `faults`")
    matches: int = Field(description="Requests that it met")
    hits: int = Field(description="Those of them that its budget let it act on")


class RuleStates(BaseModel):
    """The rules that hold for a tenant, in the order in which they apply."""

    rules: list[RuleState]


async def get_faults(request: Request) -> RuleStates:
    """Return the rules that hold for the tenant, the server's own first."""
    return _states(faults.listed(world_of(request), whose(request)))


async def get_fault(request: Request, rule_id: str) -> RuleState:
    """Return one rule."""
    return _one(request, rule_id)


async def post_faults(request: Request, body: New) -> RuleStates:
    """Set one rule, several, or a preset's; all or none."""
    world, tenant = world_of(request), whose(request)
    new = _asked(body)
    check(new, request.app.state.operations, tenant)
    added = {rule.id for rule in await _taken(faults.add(world, tenant, new))}
    return _states(kept for kept in faults.listed(world, tenant) if kept.own and kept.rule.id in added)


async def delete_faults(request: Request) -> RuleStates:
    """Take back all rules that the tenant set."""
    world, tenant = world_of(request), whose(request)
    await faults.remove(world, tenant, None)
    return _states(faults.listed(world, tenant))


async def delete_fault(request: Request, rule_id: str) -> RuleStates:
    """Take back one rule that the tenant set."""
    world, tenant = world_of(request), whose(request)
    await _taken(faults.remove(world, tenant, rule_id))
    return _states(faults.listed(world, tenant))


async def _taken(change: Awaitable[T]) -> T:
    """Return what a change returns; raise Forbidden where it cannot be made beside the rules that are there."""
    try:
        return await change
    except Refused as error:
        raise Forbidden(409, error.message) from None


def check(rules: Sequence[Rule], operations: Iterable[Operation], tenant: str) -> None:
    """Raise Forbidden for a rule of a tenant that no request of these operations can ever match."""
    known = [*operations]
    for number, rule in enumerate(rules, 1):
        why = rule.match.misses(known)
        if rule.match.tenant not in {None, tenant}:
            why = f"it is set for the tenant {tenant}, and asks for requests of another"
        if why:
            which = f"the rule {rule.id or number}" if len(rules) > 1 else "the rule"
            raise Forbidden(422, f"{which} can match nothing: {why}")


def _asked(body: New) -> list[Rule]:
    match body:
        case Rule():
            return [body]
        case Several():
            return body.rules
        case Preset():
            try:
                return [*preset(body.preset, seed=body.seed)]
            except BadSetting as error:
                raise Forbidden(422, str(error)) from None


def _states(held: Iterable[Kept]) -> RuleStates:
    return RuleStates(rules=[_state(kept) for kept in held])


def _one(request: Request, rule_id: str) -> RuleState:
    held = faults.listed(world_of(request), whose(request))
    found = next((kept for kept in held if kept.rule.id == rule_id), None)
    if found is None:
        raise Forbidden(404, unknown("rule", rule_id[:100], [kept.rule.id or "" for kept in held] or ["none"]))
    return _state(found)


def _state(kept: Kept) -> RuleState:
    shown = kept.rule.model_dump(mode="json", exclude_unset=True)
    return RuleState(
        id=kept.rule.id or "",
        match=shown.get("match", {}),
        budget=shown.get("budget", {}),
        effects=shown["effects"],
        source="tenant" if kept.own else "server",
        matches=kept.use.matches,
        hits=kept.use.hits,
    )


TABLE = (
    ("GET", "/faults", get_faults, RuleStates),
    ("POST", "/faults", post_faults, RuleStates),
    ("DELETE", "/faults", delete_faults, RuleStates),
    ("GET", "/faults/{rule_id}", get_fault, RuleState),
    ("DELETE", "/faults/{rule_id}", delete_fault, RuleStates),
)
