"""Faults: the rules that a tenant set and those that the server started with, and what they do to a request."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count
from random import Random

from emulator.core.world import Caller, World
from emulator.errors import Missing, Refused
from emulator.faults.effect import Effect, Meeting
from emulator.faults.match import Asked
from emulator.faults.rule import Rule
from emulator.storage import jobs as job_rows
from emulator.storage import rules as rows
from emulator.storage.database import Connection
from emulator.storage.rules import Use
from emulator.timeline.view import view

RULES_MAX = 500
"""Rules that a tenant may have: each request looks at all of them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A rule and its use by a tenant; ``own`` where the tenant set it, not the server's start."""

    rule: Rule
    own: bool
    use: Use


@dataclass(frozen=True, slots=True)
class Hit:
    """An effect on a request, and the rule that it comes from."""

    rule: str
    effect: Effect


@lru_cache(maxsize=1024)
def _read(text: str) -> Rule:
    return Rule.model_validate_json(text)


def rules(world: World, tenant: str) -> list[tuple[Rule, bool]]:
    """Return the rules that hold for a tenant, in order, and whether each is its own: the server's come first."""
    own = rows.listed(world.db.reads, tenant)
    return [*((rule, False) for rule in world.rules), *((_read(text), True) for text in own)]


def listed(world: World, tenant: str) -> list[Kept]:
    """Return the rules that hold for a tenant, with their use."""
    uses, at_s = rows.used(world.db.reads, tenant), world.clocks.host_s()
    return [Kept(rule, own, uses.get(rule.id or "", Use(at_s))) for rule, own in rules(world, tenant)]


async def add(world: World, tenant: str, new: Sequence[Rule]) -> list[Rule]:
    """Set rules for a tenant, all or none; those without an id get one. One of the same id is replaced.

    Raise Refused for an id that is not free for it, and for more than RULES_MAX rules.
    """
    _check_ids([rule.id for rule in new if rule.id], {rule.id for rule in world.rules})

    def change(db: Connection) -> list[Rule]:
        own = {_read(text).id for text in rows.listed(db, tenant)}
        taken = own | {rule.id for rule in (*world.rules, *new)}
        named = [rule if rule.id else rule.model_copy(update={"id": _free(taken)}) for rule in new]
        if (several := len(own | {rule.id for rule in named})) > RULES_MAX:
            raise Refused(f"a tenant may have {RULES_MAX} rules, and would have {several}; DELETE takes them back")
        for rule in named:
            text = rule.model_dump_json(exclude_unset=True)
            rows.insert(db, tenant, rule.id or "", text, at_s=world.clocks.host_s())
        return named

    return await world.db.write(change)


def _check_ids(asked: Sequence[str], servers: Container[str | None]) -> None:
    """Raise Refused for a rule that would replace another of the same call, or one that the server started with."""
    for place, rule_id in enumerate(asked):
        if rule_id in asked[:place]:
            raise Refused(f"two of the rules have the id {rule_id!r}")
        if rule_id in servers:
            raise Refused(f"the server started with a rule {rule_id!r}, which stays; take another id")


def _free(taken: set[str | None]) -> str:
    """Return a name that is not taken, and take it."""
    name = next(each for number in count(1) if (each := f"rule-{number}") not in taken)
    taken.add(name)
    return name


async def remove(world: World, tenant: str, rule_id: str | None) -> None:
    """Remove a tenant's rule, or all of its own; raise Missing. What the server started with stays: raise Refused."""
    if rule_id in {rule.id for rule in world.rules}:
        raise Refused(f"the server started with the rule {rule_id!r}, which stays as long as it runs")

    def change(db: Connection) -> None:
        if rule_id is None:
            rows.clear(db, tenant)
        elif not rows.delete(db, tenant, rule_id):
            raise Missing("rule", rule_id)

    await world.db.write(change)


def fitting(caller: Caller, held: Iterable[Rule], asked: Asked, job_id: str | None) -> list[Rule]:
    """Return the rules that match a request."""
    held = [*held]
    if job_id and any(rule.match.looks_at_the_job() for rule in held):
        asked = _with_job(caller, asked, job_id)
    return [rule for rule in held if rule.match.fits(asked)]


def _with_job(caller: Caller, asked: Asked, job_id: str) -> Asked:
    db = caller.world.db.reads
    stored = job_rows.get(db, caller.account, job_id)
    if stored is None:
        return asked
    seen = view(stored.job, stored.plan, job_rows.actions(db, [stored])[stored.seq], caller.now())
    return replace(asked, job_model=stored.model, job_status=seen.status)


async def meet(caller: Caller, matching: Sequence[Rule]) -> list[Hit]:
    """Count a request for each rule that it matches; return the effects of those whose budget lets them act."""
    if not matching:
        return []

    def change(db: Connection) -> list[Hit]:
        uses = rows.used(db, caller.account.tenant)
        return [hit for rule in matching for hit in _met(db, caller, rule, uses.get(rule.id or ""))]

    return await caller.world.db.write(change)


def _met(db: Connection, caller: Caller, rule: Rule, before: Use | None) -> list[Hit]:
    world, tenant, rule_id = caller.world, caller.account.tenant, rule.id or ""
    at_s = world.clocks.host_s()
    use = before or Use(at_s)
    number, memory = use.matches + 1, dict(use.memory or {})
    rng = chance(rule, number, seed=world.settings.seed, tenant=tenant)
    acts = rule.budget.allows(number, age_s=at_s - use.since_s, now=caller.now(), rng=rng)
    hits = []
    for place, effect in enumerate(rule.effects if acts else ()):
        own = memory.setdefault(str(place), {})
        if met := effect.met(Meeting(number, at_s, at_s - use.since_s, rng, own)):
            hits.append(Hit(rule_id, met))
    rows.use(db, tenant, rule_id, replace(use, matches=number, hits=use.hits + acts, memory=memory))
    return hits


def chance(rule: Rule, number: int, *, seed: str, tenant: str) -> Random:
    """Return what a rule draws from for the request of that number: the same on every run of a server's seed."""
    return Random(f"{seed}/{tenant}/{rule.id}/{rule.budget.seed}/{number}")


def once(caller: Caller, effects: Iterable[Effect]) -> list[Hit]:
    """Return the effects that a request brought for itself, in its header."""
    world = caller.world
    at_s = world.clocks.host_s()
    rng = Random(f"{world.settings.seed}/{caller.account.tenant}/header")
    met = [effect.met(Meeting(1, at_s, 0.0, rng, {})) for effect in effects]
    return [Hit("header", effect) for effect in met if effect]
