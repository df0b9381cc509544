"""The control calls about a tenant's whole state: export and import, snapshots, a seed of its own, and its end."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from anyio import CancelScope
from fastapi import Path, Request
from pydantic import AwareDatetime, BaseModel
from starlette.concurrency import iterate_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from emulator.control.call import body_of, whose, world_of
from emulator.control.guard import Forbidden
from emulator.core import snapshots, state, tenants
from emulator.core.state import Export
from emulator.core.world import World
from emulator.errors import Missing
from emulator.settings import BadSetting
from emulator.shorthand import unknown
from emulator.storage.document import BadState
from emulator.storage.snapshots import Snapshot

Name = Annotated[str, Path(pattern=r"^[\w.-]{1,64}$")]


class Restored(BaseModel):
    """That a tenant has another state now, its clock included."""

    status: Literal["restored"] = "restored"
    tenant: str


class Forgotten(BaseModel):
    """That a tenant has never been."""

    status: Literal["forgotten"] = "forgotten"
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
    text = await body_of(request)
    try:
        await state.replace(world, tenant, text, request.app.state.faces)
    except BadState as error:
        raise Forbidden(422, str(error)) from None
    return Restored(tenant=tenant)


async def delete_state(request: Request) -> Forgotten:
    """Forget the tenant: all that a reset removes, its snapshots and its seed; afterwards it has never been."""
    world, tenant = world_of(request), whose(request)
    await tenants.forget(world, tenant)
    return Forgotten(tenant=tenant)


async def put_seed(request: Request) -> Restored:
    """Give the tenant a seed and reset it to that; so does every later reset, as long as this server process lives.

    A seed has the form of a tenant in a seed file, without keys and paths: `files`, `jobs` and `clock`, or a `state`.
    Relative times count from each reset. Refused, it changes nothing.
    """
    world, tenant = world_of(request), whose(request)
    try:
        seed = await request.app.state.sow(world, tenant, _json(await body_of(request)))
    except BadSetting as error:
        raise Forbidden(422, str(error)) from None
    await tenants.begin_with(world, tenant, seed)
    return Restored(tenant=tenant)


def _json(text: bytes) -> Any:
    """Return the value of a body; raise Forbidden."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise Forbidden(422, f"the body is not JSON: {error}") from None
    except RecursionError:
        raise Forbidden(422, "the body is nested too deeply") from None


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
    ("DELETE", "/state", delete_state, Forgotten),
    ("PUT", "/seed", put_seed, Restored),
    ("GET", "/snapshots", get_snapshots, SnapshotStates),
    ("PUT", "/snapshots/{name}", put_snapshot, SnapshotState),
    ("POST", "/snapshots/{name}/load", load_snapshot, Restored),
    ("DELETE", "/snapshots/{name}", delete_snapshot, SnapshotStates),
)
