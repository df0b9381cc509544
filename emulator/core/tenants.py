"""Whole tenants: their clock set, back to where they began, given another beginning, and forgotten."""

from collections.abc import Callable, Iterable

from emulator.clock import Clock
from emulator.core import journal
from emulator.core.state import drop, restore, seeded
from emulator.core.world import Seed, World
from emulator.storage import accounts, snapshots
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
    """Put a tenant back to its seed, or to nothing: all but its snapshots, in one transaction."""
    await _begin_anew(world, tenant, world.seed_of(tenant))


async def begin_with(world: World, tenant: str, seed: Seed) -> None:
    """Give a tenant a seed and reset it to that, as every later reset does until it is forgotten or the server stops.

    The seed's bytes are held already, and are from here on for as long as it is the tenant's. Raise BadState and
    change nothing.
    """
    await _begin_anew(world, tenant, seed)
    before, world.own_seeds[tenant] = world.own_seeds.get(tenant), seed
    if before:
        await let_go(world, before.held)


async def forget(world: World, tenant: str) -> None:
    """Make a tenant what it was before its first request: its snapshots and a seed of its own go as well.

    One of the seed file has that state then, all others nothing: no row, no bytes, nothing in memory.
    """
    # A client that gives a request up and asks at once: the server notes the end of the one during this hop.
    await world.db.write(lambda _: None)
    saved: set[str] = set()

    def change(db: Connection) -> None:
        for each in snapshots.listed(db, tenant):
            saved.update(snapshots.blobs(db, tenant, each.name))
            snapshots.delete(db, tenant, each.name)

    await _begin_anew(world, tenant, world.seeds.get(tenant), also=change)
    own = world.own_seeds.pop(tenant, None)
    await let_go(world, own.held if own else (), saved)


async def let_go(world: World, held: Iterable[str], others: Iterable[str] = ()) -> None:
    """Hold the bytes of a seed no longer; remove those that nobody needs, of these and of others."""
    digests = [*held]

    def change(db: Connection) -> None:
        world.blobs.let_go(digests)
        drop(db, world, {*digests, *others})

    await world.db.write(change)


async def _begin_anew(
    world: World, tenant: str, seed: Seed | None, *, also: Callable[[Connection], None] = lambda _: None
) -> None:
    def change(db: Connection) -> None:
        journal.settle(db, world)  # what waits would otherwise come after
        accounts.forget(db, tenant)
        also(db)

    await restore(world, tenant, seeded(seed) if seed else None, first=change)
