"""Whole tenants: their clock set, and back to nothing."""

from collections.abc import Callable

from emulator.clock import Clock
from emulator.core.world import World
from emulator.storage import accounts, files
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
    """Remove all that belongs to a tenant at every provider: files, jobs, counter and clock."""

    def remove(db: Connection) -> set[str]:
        blobs = files.blobs(db, tenant)
        accounts.clear(db, tenant)
        return {blob for blob in blobs if not files.is_needed(db, blob)}

    def drop(db: Connection) -> None:
        for blob in unneeded:
            if not files.is_needed(db, blob):
                world.blobs.drop(blob)

    async with world.clocks.changing:
        unneeded = await world.db.write(remove)
        world.clocks.forget(tenant)
    # In a second transaction: a blob goes only once the removal of its rows is committed.
    await world.db.write(drop)
