"""A tenant's whole state: told as one document, or put in the place of what is there, in one transaction.

Not here: the form of a document (``storage/document.py``), whether one is sound (``soundness.py``), and who keeps some
(``snapshots.py``).
"""

import base64
from asyncio import to_thread
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from emulator.clock import Clock
from emulator.core.soundness import Faces, check, check_clock
from emulator.core.world import Seed, World
from emulator.storage import accounts, files
from emulator.storage import state as rows
from emulator.storage.blobs import Incoming
from emulator.storage.database import VERSION as SCHEMA_VERSION
from emulator.storage.database import Connection
from emulator.storage.document import HOLDERS, VERSION, BadState, Document, digests, read


@dataclass(frozen=True, slots=True)
class Source:
    """Where a state comes from.

    ``relative_to``: all its instants count from this one of the server's clock, not from 1970. ``coming`` are bytes of
    its files that are not kept yet. ``faces``: what it has to be sound for; None: it was made here.
    """

    document: Callable[[Connection], Document]
    relative_to: datetime | None = None
    coming: Sequence[Incoming] = ()
    faces: Faces | None = None


def seeded(seed: Seed) -> Source:
    """Return the state of a seed file's tenant."""
    return Source(lambda _: seed.document, seed.relative_to)


async def restore(
    world: World, tenant: str, source: Source | None, *, first: Callable[[Connection], object] | None = None
) -> None:
    """Put a state in the place of a tenant's, None: nothing, its clock included; raise BadState and change nothing.

    ``first`` is done in the same transaction. A server that is killed has the old state or the new one.
    """
    async with world.clocks.changing:
        before = world.clocks.own(tenant)
        try:
            clock, unneeded = await world.db.write(partial(_replace, world, tenant, source, first))
        except BaseException:
            if world.clocks.own(tenant) is not before:
                world.clocks.restart(tenant, before)
            raise
        world.clocks.restart(tenant, clock)
    # In a second transaction: a blob goes only once the removal of its rows is committed.
    await world.db.write(lambda db: drop(db, world, unneeded))


def _replace(
    world: World, tenant: str, source: Source | None, first: Callable[[Connection], object] | None, db: Connection
) -> tuple[Clock | None, set[str]]:
    """Return the clock that the tenant has from now on, and bytes that may be needed no more."""
    unneeded, clock = files.blobs(db, tenant), None
    rows.clear(db, tenant)
    if first:
        first(db)
    if source:
        clock = _put(db, world, tenant, source)
        for incoming in source.coming:
            incoming.keep()
        accounts.save_clock(db, tenant, clock)
    host_s = world.clocks.host_s()
    if (clock or world.clocks.default).now(host_s) > world.clocks.of(tenant).now(host_s):
        # Before anybody can read the new rows: nothing of them may lie in a reader's future.
        world.clocks.restart(tenant, clock)
    return clock, unneeded


def _put(db: Connection, world: World, tenant: str, source: Source) -> Clock | None:
    """Add the rows of a state, and return its clock."""
    host_s, document = world.clocks.host_s(), source.document(db)
    here = world.clocks.default.now(host_s)
    later = here - source.relative_to if source.relative_to else timedelta(0)
    told, clock = document.clock, None
    if told:
        check_clock(told.now)
        clock = Clock(told.mode, told.rate, told.now + later, host_s)
    rows.put(db, tenant, document, host_s=host_s, later=later)
    if source.faces is not None:
        check(world, db, tenant, document, now=clock.base if clock else here, faces=source.faces)
    return clock


def drop(db: Connection, world: World, digests: Iterable[str]) -> None:
    """Remove those of these bytes that nobody needs; in a transaction of the one writer."""
    for digest in digests:
        if not files.is_needed(db, digest):
            world.blobs.drop(digest)


async def replace(world: World, tenant: str, text: bytes, faces: Faces) -> Document:
    """Put the state that a JSON document tells in the place of a tenant's; raise BadState and change nothing."""
    coming: list[Incoming] = []
    try:
        document = await to_thread(unpacked, world, text, coming)
        await restore(world, tenant, Source(lambda _: document, None, coming, faces))
        return document
    finally:
        for incoming in coming:
            incoming.discard()


def unpacked(world: World, text: bytes, coming: list[Incoming]) -> Document:
    """Return a document that was read; its bytes are written and added to ``coming``. Raise BadState."""
    document = read(text)
    for digest, content in document.blobs.items():
        incoming = world.blobs.incoming()
        coming.append(incoming)
        incoming.write(content)
        if (found := incoming.finish()) != digest:
            raise BadState(f"blobs.{digest[:64]}: the SHA-256 of these bytes is {found}")
    for member in HOLDERS:
        for number, row in enumerate(getattr(document, member)):
            if row.blob is not None and row.blob not in document.blobs:
                raise BadState(f"{member}[{number}].blob: got {row.blob[:64]!r}, which is not among the blobs")
            if member != "jobs" and row.bytes != (size := len(document.blobs[row.blob])):
                raise BadState(f"{member}[{number}].bytes: got {row.bytes}, its blob has {size}")
    for digest in document.blobs.keys() - digests(document):
        raise BadState(f"blobs.{digest}: nothing has these bytes")
    document.blobs.clear()
    return document


def told(db: Connection, world: World, tenant: str, now: datetime) -> dict[str, Any]:
    """Return a tenant's state as a document, the bytes of its files left out."""
    clock = world.clocks.of(tenant)
    return {
        "version": VERSION,
        "schema": SCHEMA_VERSION,
        "exported_at": datetime.fromtimestamp(world.clocks.host_s(), UTC),
        "clock": {"mode": clock.mode, "rate": clock.rate, "now": now},
        **rows.taken(db, tenant),
    }


def named(document: dict[str, Any]) -> set[str]:
    """Return the digests of the bytes that a state as it is told names."""
    return {row["blob"] for member in HOLDERS for row in document[member] if row["blob"]}


class Export:
    """A state that is being sent. The bytes of its files are held until it is closed."""

    def __init__(self, world: World, document: dict[str, Any]) -> None:
        self._world, self._head = world, msgspec.json.encode(document)
        self._sizes = {digest: world.blobs.size(digest) for digest in sorted(named(document))}
        world.blobs.hold(self._sizes)

    def pieces(self) -> Iterator[bytes]:
        """Yield the JSON, no more than a piece of a file at once; slow: not for the event loop's own thread."""
        yield self._head.removesuffix(b"}") + b',"blobs":{'
        for number, (digest, size) in enumerate(self._sizes.items()):
            yield b'%s"%s":"' % (b"," if number else b"", digest.encode())
            yield from encoded(self._world.blobs.read(digest, 0, size))
            yield b'"'
        yield b"}}"

    async def close(self) -> None:
        """Let the bytes go, and remove those that were deleted meanwhile."""

        def let_go(db: Connection) -> None:
            self._world.blobs.let_go(self._sizes)
            drop(db, self._world, self._sizes)

        await self._world.db.write(let_go)


def encoded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the base64 of bytes that come in pieces."""
    rest = b""
    for piece in pieces:
        whole = rest + piece
        end = len(whole) - len(whole) % 3
        yield base64.b64encode(whole[:end])
        rest = whole[end:]
    yield base64.b64encode(rest)


async def export(world: World, tenant: str) -> Export:
    """Return a tenant's state at one instant; close it when it is sent."""
    async with world.clocks.changing:
        with world.clocks.pinned(tenant) as now:
            return await world.db.write(lambda db: Export(world, told(db, world, tenant, now)))
