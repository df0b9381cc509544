"""The control calls that export and import a tenant's state, and keep snapshots of it."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from anyio import CancelScope
from fastapi import Path, Request
from pydantic import AwareDatetime, BaseModel
from starlette.concurrency import iterate_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from emulator.control.call import whose, world_of
from emulator.control.guard import Forbidden
from emulator.core import snapshots, state
from emulator.core.state import Export
from emulator.core.world import World
from emulator.errors import Missing
from emulator.shorthand import unknown
from emulator.storage.document import BadState
from emulator.storage.snapshots import Snapshot

BYTES_MAX = 256 * 2**20
"""The longest document that is taken: it is held in memory, and for a while the bytes of its files beside it."""

Name = Annotated[str, Path(pattern=r"^[\w.-]{1,64}$")]


class Restored(BaseModel):
    """That a tenant has another state now, its clock included."""

    status: Literal["restored"] = "restored"
    tenant: str


class SnapshotState(BaseModel):
    """A snapshot: when it was saved, in host time, and how much it holds."""

    name: str
    saved_at: AwareDatetime
    files: int
    jobs: int


class SnapshotStates(BaseModel):
    """A tenant's snapshots by name."""

    snapshots: list[SnapshotState]


class Sending(StreamingResponse):
    """An export on its way; whatever becomes of the client, its bytes are let go."""

    def __init__(self, export: Export) -> None:
        super().__init__(iterate_in_threadpool(export.pieces()), media_type="application/json")
        self._export = export

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await self._export.close()


async def get_state(request: Request) -> Sending:
    """Return the tenant's whole state, at every provider, as one JSON document."""
    return Sending(await state.export(world_of(request), whose(request)))


async def put_state(request: Request) -> Restored:
    """Put an exported state in the place of the tenant's, its clock included; refused, it changes nothing."""
    world, tenant = world_of(request), whose(request)
    text = await _body(request)
    try:
        await state.replace(world, tenant, text, request.app.state.faces)
    except BadState as error:
        raise Forbidden(422, str(error)) from None
    return Restored(tenant=tenant)


async def _body(request: Request) -> bytes:
    """Return a body up to the bound; one that is longer is read on for a while, so that its sender reads why."""
    text, size = bytearray(), 0
    async for piece in request.stream():
        size += len(piece)
        if size > 2 * BYTES_MAX:
            break
        if size <= BYTES_MAX:
            text += piece
    if size > BYTES_MAX:
        raise Forbidden(413, f"got a document of more than {BYTES_MAX} bytes, takes up to that")
    return bytes(text)


async def get_snapshots(request: Request) -> SnapshotStates:
    """Return the tenant's snapshots."""
    held = snapshots.listed(world_of(request), whose(request))
    return SnapshotStates(snapshots=[_state(each) for each in held])


async def put_snapshot(request: Request, name: Name) -> SnapshotState:
    """Save the tenant's state under a name; a snapshot of that name is replaced."""
    return _state(await snapshots.save(world_of(request), whose(request), name))


async def load_snapshot(request: Request, name: Name) -> Restored:
    """Put a tenant back into the state that was saved, its clock included."""
    world, tenant = world_of(request), whose(request)
    try:
        await snapshots.load(world, tenant, name)
    except Missing:
        raise _missing(world, tenant, name) from None
    except BadState as error:  # of another version of this program
        raise Forbidden(409, f"the snapshot {name!r} cannot be read: {error}") from None
    return Restored(tenant=tenant)


async def delete_snapshot(request: Request, name: Name) -> SnapshotStates:
    """Remove a snapshot."""
    world, tenant = world_of(request), whose(request)
    try:
        await snapshots.remove(world, tenant, name)
    except Missing:
        raise _missing(world, tenant, name) from None
    return await get_snapshots(request)


def _missing(world: World, tenant: str, name: str) -> Forbidden:
    names = [each.name for each in snapshots.listed(world, tenant)]
    said = unknown("snapshot", name, names) if names else f"there is no snapshot {name!r}; none is saved"
    return Forbidden(404, said)


def _state(snapshot: Snapshot) -> SnapshotState:
    saved_at = datetime.fromtimestamp(snapshot.made_s, UTC)
    return SnapshotState(name=snapshot.name, saved_at=saved_at, files=snapshot.files, jobs=snapshot.jobs)


TABLE = (
    ("GET", "/state", get_state, None),
    ("PUT", "/state", put_state, Restored),
    ("GET", "/snapshots", get_snapshots, SnapshotStates),
    ("PUT", "/snapshots/{name}", put_snapshot, SnapshotState),
    ("POST", "/snapshots/{name}/load", load_snapshot, Restored),
    ("DELETE", "/snapshots/{name}", delete_snapshot, SnapshotStates),
)
