"""The journal: what a tenant asked and what it was answered.

Entries wait in memory and are written in batches, without anything that runs in the background: by the request that
makes a batch full, and before the journal is read, cleared or closed. A server that is killed loses the last batch.

``har`` writes entries for browser tools; ``verify`` holds them against what somebody expects.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from typing import TypeVar

from emulator.core.journal.verify import Expectation, Verdict, verdict
from emulator.core.world import World
from emulator.errors import Missing, StorageFailed
from emulator.storage import journal as rows
from emulator.storage.database import Connection
from emulator.storage.journal import Entry, Wanted

BATCH = 64
PAGE = 100
Result = TypeVar("Result")


def is_full(world: World) -> bool:
    """Say whether so many entries wait that they should be written."""
    return len(world.unwritten) >= BATCH


async def write(world: World) -> None:
    """Write the entries that wait; those that the disk refuses are lost, and the requests are answered all the same."""
    with suppress(StorageFailed):
        await world.db.write(lambda db: settle(db, world))


def settle(db: Connection, world: World) -> None:
    """Write the entries that wait, within a transaction."""
    waiting = []
    while world.unwritten:  # the event loop's thread may add to them meanwhile
        waiting.append(world.unwritten.popleft())
    rows.insert(db, waiting, keep=world.settings.journal)


async def _read(world: World, look: Callable[[Connection], Result]) -> Result:
    """Return what is seen of the journal once all that waits is written, in the same transaction.

    It is the writing thread that looks: batches that are being written come before, those of later requests after.
    """
    # A client that gives a request up and asks at once: the server notes the end of the one during this hop.
    await world.db.write(lambda _: None)

    def settled(db: Connection) -> Result:
        settle(db, world)
        return look(db)

    return await world.db.write(settled)


async def page(world: World, tenant: str, wanted: Wanted, *, after: int, limit: int) -> tuple[list[Entry], bool]:
    """Return a tenant's entries, oldest first, and whether there are more."""
    found = await _read(world, lambda db: rows.page(db, tenant, wanted, after=after, limit=limit + 1))
    return found[:limit], len(found) > limit


async def pages(world: World, tenant: str, wanted: Wanted, *, after: int, limit: int) -> AsyncIterator[list[Entry]]:
    """Yield up to ``limit`` entries of a tenant, a page of them in memory at a time."""
    more = True
    while more and limit:
        found, more = await page(world, tenant, wanted, after=after, limit=min(limit, PAGE))
        yield found
        after, limit = found[-1].id if found else after, limit - len(found)


async def get(world: World, tenant: str, number: int) -> Entry:
    """Return one entry of a tenant; raise Missing."""
    entry = await _read(world, lambda db: rows.get(db, tenant, number))
    if entry is None:
        raise Missing("entry", str(number))
    return entry


async def clear(world: World, tenant: str) -> int:
    """Remove all entries of a tenant; return how many there were."""
    return await _read(world, lambda db: rows.clear(db, tenant))


async def verify(
    world: World, tenant: str, expectations: Iterable[Expectation], *, ordered: bool, after: int
) -> Verdict:
    """Hold a tenant's entries against what is expected of them."""
    expected = [*expectations]
    return await _read(world, lambda db: verdict(rows.documents(db, tenant, after=after), expected, ordered=ordered))
