"""How the next job goes: which of the scenarios that were asked for decides. The nearest to the job wins.

The job's own magic suffix, then what was set for the tenant's next jobs, then the request's header, then the server's.
"""

from dataclasses import replace

from emulator.core.catalogue import Chosen
from emulator.core.world import Caller, World
from emulator.errors import Flaw, Invalid
from emulator.shorthand import Unreadable
from emulator.storage import jobs as job_rows
from emulator.storage import upcoming as rows
from emulator.storage.database import Connection
from emulator.storage.upcoming import Standing, Upcoming
from emulator.timeline.scenario import Scenario

MAGIC = "emu:"
"""What a suffix begins with, in letters of any size, that asks for a scenario."""
HEADER = "x-emulator-scenario"


def of_suffix(caller: Caller, suffix: str | None) -> Chosen | None:
    """Return the scenario that a suffix asks for, None: it is an ordinary one; raise Invalid."""
    if not suffix or not suffix.lower().startswith(MAGIC):
        return None
    return _written(caller.world, suffix[len(MAGIC) :], ("body", "suffix"), suffix)


def of_request(caller: Caller) -> Chosen:
    """Return the scenario that a request's header asks for, or the server's; raise Invalid."""
    asked = caller.scenario
    return caller.world.scenarios.default if asked is None else _written(caller.world, asked, ("header", HEADER), asked)


def _written(world: World, text: str, place: tuple[str, str], sent: str) -> Chosen:
    try:
        return world.scenarios.written(text)
    except Unreadable as error:
        raise Invalid([Flaw("value_error", place, f"Value error, {error}", sent, {"error": {}})]) from None


def decided(db: Connection, caller: Caller, own: Chosen | None, otherwise: Chosen) -> Chosen:
    """Return how a job goes that is being made: as its own scenario says, or what is up next, or otherwise.

    What is up next is counted off where it decides. A scenario that is over after so many jobs simply succeeds.
    """
    chosen = own or _next(db, caller) or otherwise
    times = chosen.scenario.times
    if times is not None and job_rows.made_under(db, caller.account, chosen.name) >= times:
        return Chosen(chosen.name, Scenario())
    return chosen


def _next(db: Connection, caller: Caller) -> Chosen | None:
    upcoming = rows.take(db, caller.account.tenant)
    return Chosen(upcoming.name, upcoming.knobs) if upcoming else None


def upcoming(world: World, tenant: str) -> Upcoming | None:
    """Return what is up next for a tenant, or None."""
    return rows.get(world.db.reads, tenant)


async def set_upcoming(world: World, tenant: str, chosen: Chosen, *, count: int | None = 1) -> None:
    """Say how the next jobs of a tenant go, so many of them; None: all, once those are made that are counted."""

    def put(db: Connection) -> None:
        before = rows.get(db, tenant)
        stands = before.standing if before else None
        new = Upcoming(chosen.name, chosen.scenario, count)
        if count is not None and stands:
            new = replace(new, then=Standing(stands.name, stands.knobs))
        if count is None and before and before.left is not None:
            new = replace(before, then=Standing(new.name, new.knobs))
        rows.save(db, tenant, new)

    await world.db.write(put)


async def clear_upcoming(world: World, tenant: str, *, standing: bool) -> None:
    """Take back what was said of the next jobs that are counted; of all jobs from now on too where ``standing``."""

    def clear(db: Connection) -> None:
        before = rows.get(db, tenant)
        rows.save(db, tenant, before.standing if before and not standing else None)

    await world.db.write(clear)
