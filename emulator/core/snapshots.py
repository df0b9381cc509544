"""Snapshots: a tenant's state under a name, to come back to. A reset leaves them: tests reset, and load one."""

import msgspec

from emulator.core.state import Source, drop, named, restore, told
from emulator.core.world import World
from emulator.errors import Missing
from emulator.storage import snapshots as rows
from emulator.storage.database import Connection
from emulator.storage.document import Document, read
from emulator.storage.snapshots import Snapshot


def listed(world: World, tenant: str) -> list[Snapshot]:
    """Return a tenant's snapshots by name."""
    return rows.listed(world.db.reads, tenant)


async def save(world: World, tenant: str, name: str) -> Snapshot:
    """Keep a tenant's state as it is at this instant; one of the same name is replaced."""
    async with world.clocks.changing:
        with world.clocks.pinned(tenant) as now:

            def change(db: Connection) -> tuple[Snapshot, set[str]]:
                document = told(db, world, tenant, now)
                files, jobs = document["files"], document["jobs"]
                snapshot = Snapshot(name, world.clocks.host_s(), len(files), len(jobs))
                before = rows.blobs(db, tenant, name)
                rows.delete(db, tenant, name)
                blobs = named(document)
                rows.insert(db, tenant, snapshot, msgspec.json.encode(document).decode(), blobs)
                return snapshot, before - blobs

            snapshot, unneeded = await world.db.write(change)
    await world.db.write(lambda db: drop(db, world, unneeded))
    return snapshot


async def load(world: World, tenant: str, name: str) -> None:
    """Put a tenant back into the state of a snapshot, its clock included; raise Missing."""

    def document(db: Connection) -> Document:
        text = rows.document(db, tenant, name)
        if text is None:
            raise Missing("snapshot", name)
        return read(text.encode())

    await restore(world, tenant, Source(document))


async def remove(world: World, tenant: str, name: str) -> None:
    """Forget a snapshot; raise Missing."""

    def change(db: Connection) -> set[str]:
        blobs = rows.blobs(db, tenant, name)
        if not rows.delete(db, tenant, name):
            raise Missing("snapshot", name)
        return blobs

    unneeded = await world.db.write(change)
    await world.db.write(lambda db: drop(db, world, unneeded))
