"""Pushes: a model on its way to a repository elsewhere. What was asked is kept, but for the token; nothing is sent."""

from datetime import timedelta

from emulator.core import ids
from emulator.core.jobs import Seen
from emulator.core.world import Caller
from emulator.errors import Missing
from emulator.storage import accounts
from emulator.storage import pushes as rows
from emulator.storage.database import Connection
from emulator.storage.pushes import StoredPush

KIND = "push"


async def create(caller: Caller, job: Seen, *, place: str, login: str, lasts_s: float) -> StoredPush:
    """Send a job's model on its way; it is there after ``lasts_s`` virtual seconds, before the server's pace."""
    at = caller.now()
    lasts = timedelta(seconds=lasts_s * caller.world.settings.pace)

    def change(db: Connection) -> StoredPush:
        push = StoredPush(_new_id(db, caller), job.stored.id, place, login, at, at + lasts)
        rows.insert(db, caller.account, push)
        return push

    return await caller.world.db.write(change)


def get(caller: Caller, job: Seen, push_id: str) -> StoredPush:
    """Return one push of a job's model; raise Missing."""
    found = rows.get(caller.world.db.reads, caller.account, job.stored.id, push_id)
    if found is None:
        raise Missing(KIND, push_id)
    return found


def newest(caller: Caller, job: Seen, *, limit: int) -> list[StoredPush]:
    """Return the newest pushes of a job's model, the newest first."""
    return rows.listed(caller.world.db.reads, caller.account, job.stored.id, limit=limit)


def _new_id(db: Connection, caller: Caller) -> str:
    shape, account = caller.shapes.push, caller.account
    assert shape  # noqa: S101 -- who has pushes has a shape for their ids
    number = accounts.count(db, account.tenant)
    value = ids.draw(caller.world.settings.seed, account.tenant, number, KIND, bits=shape.bits)
    return shape.write(value, caller.now())
