"""Whole tenants: their clock set, and back to where they began."""

from collections.abc import Callable

from emulator.clock import Clock
from emulator.core import journal
from emulator.core.state import restore, seeded
from emulator.core.world import World
from emulator.storage import accounts
from emulator.storage.database import Connection


async def set_clock(world: World, tenant: str, change: Callable[[Clock, float], Clock]) -> None:
    """Change a tenant's clock, one change after the other; it is kept before anybody is answered by it.

    ``change`` gets the clock and the host's time, and returns the clock that shall be, or the same to leave it.
    """
    async with world.clocks.changing:
        before = world.clocks.of(tenant)
        clock = change(before, world.clocks.host_s())
        if clock != before:
            await world.db.write(lambda db: accounts.save_clock(db, tenant, clock))
            world.clocks.set(tenant, clock)


async def reset(world: World, tenant: str) -> None:
    """Put a tenant back to the seed file, or to nothing: all but its snapshots, in one transaction."""

    def begin_anew(db: Connection) -> None:
        journal.settle(db, world)  # what waits would otherwise come after
        accounts.forget(db, tenant)

    seed = world.seeds.get(tenant)
    await restore(world, tenant, seeded(seed) if seed else None, first=begin_anew)
