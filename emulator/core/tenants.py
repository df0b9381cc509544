"""Whole tenants: back to nothing."""

from emulator.core.world import World
from emulator.storage import accounts, files
from emulator.storage.database import Connection


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

    unneeded = await world.db.write(remove)
    world.clocks.forget(tenant)
    # In a second transaction: a blob goes only once the removal of its rows is committed.
    await world.db.write(drop)
