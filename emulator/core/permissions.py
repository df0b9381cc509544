"""Who may use a checkpoint's model: projects that were given it, kept and told, and nowhere enforced.

One key is one tenant here, so that there is nobody else to be let in. Only an organization's key reaches what another
key has made: these calls are made with one.
"""

from collections.abc import Sequence
from contextlib import suppress

from emulator.core import ids, jobs, models
from emulator.core.world import Caller
from emulator.errors import Missing
from emulator.storage import accounts
from emulator.storage import permissions as rows
from emulator.storage.database import Connection
from emulator.storage.permissions import StoredPermission


async def create(caller: Caller, model: str, project_ids: Sequence[str]) -> list[StoredPermission]:
    """Give projects a model, each once; return their permissions, those that they had included. Raise Missing."""
    caller = _owner(caller, model)
    at = caller.now()

    def change(db: Connection) -> list[StoredPermission]:
        has = {each.project_id for each in rows.listed(db, caller.account, model)}
        for project_id in dict.fromkeys(project_ids):
            if project_id not in has:
                rows.insert(db, caller.account, StoredPermission(0, _new_id(db, caller), model, project_id, at))
        return [each for each in rows.listed(db, caller.account, model) if each.project_id in project_ids]

    return await caller.world.db.write(change)


def page(
    caller: Caller, model: str, *, project_id: str | None, after: str | None, limit: int, ascending: bool
) -> tuple[list[StoredPermission], bool]:
    """Return the permissions of a model and whether there are more; raise Missing for a model or a cursor unknown."""
    caller = _owner(caller, model)
    found = rows.listed(caller.world.db.reads, caller.account, model)
    ordered = [each for each in (found if ascending else found[::-1]) if project_id in (None, each.project_id)]
    start = 0
    if after is not None:
        start = next((place for place, each in enumerate(ordered, 1) if each.id == after), 0)
        if not start:
            raise Missing("permission", after)
    return ordered[start : start + limit], len(ordered) > start + limit


async def delete(caller: Caller, model: str, permission_id: str) -> None:
    """Take a permission back; raise Missing."""
    owner = _owner(caller, model)
    if not await owner.world.db.write(lambda db: rows.delete(db, owner.account, model, permission_id)):
        raise Missing("permission", permission_id)


def _owner(caller: Caller, model: str) -> Caller:
    """Return who has a model; raise Missing for what is neither a tuned one nor, as in the first examples, a job."""
    asked: list[Caller] = [caller, *(models.owners(caller, model) if caller.is_admin else ())]
    for each in asked:
        with suppress(Missing):
            models.find(each, model)
            return each
    try:
        jobs.get(caller, model)
    except Missing:
        raise Missing("model", model) from None
    return caller


def _new_id(db: Connection, caller: Caller) -> str:
    shape, account = caller.shapes.permission, caller.account
    assert shape  # noqa: S101 -- who has permissions has a shape for their ids
    number = accounts.count(db, account.tenant)
    value = ids.draw(caller.world.settings.seed, account.tenant, number, "permission", bits=shape.bits)
    return shape.write(value, caller.now())
