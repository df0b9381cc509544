"""Models that were deployed under a name of their own: they answer once they were validated, unless they have a flaw.

Which source can be deployed, and what is wrong with one that cannot, is the provider's to say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from emulator.core import ids
from emulator.core.world import Caller
from emulator.errors import Missing
from emulator.storage import accounts
from emulator.storage import models as rows
from emulator.storage.database import Connection
from emulator.storage.models import StoredModel

VALIDATION = timedelta(seconds=10)
"""From deployment to the first answer, at pace 1: between 5 and 15 s in recordings (observed)."""
NAME_BITS = 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model to be deployed. ``write`` makes its name of random bits; ``flaw`` is why it will never answer, if so."""

    base_model: str
    source: str
    description: str | None
    project: str | None
    write: Callable[[int], str]
    flaw: str | None


async def deploy(caller: Caller, wanted: Wanted) -> StoredModel:
    """Keep a model that answers once it is validated."""
    at = caller.now()
    active_at = at + VALIDATION * caller.world.settings.pace

    def change(db: Connection) -> StoredModel:
        about = (wanted.base_model, wanted.source, wanted.description, wanted.project)
        model = StoredModel(_free(db, caller, wanted.write), *about, at, active_at, wanted.flaw)
        rows.insert(db, caller.account, model)
        return model

    return await caller.world.db.write(change)


def _free(db: Connection, caller: Caller, write: Callable[[int], str]) -> str:
    """Return a name that no model of the caller's has: a few letters may be drawn twice."""
    tenant = caller.account.tenant
    while True:
        number = accounts.count(db, tenant)
        name = write(ids.draw(caller.world.settings.seed, tenant, number, "deployed", bits=NAME_BITS))
        if rows.get(db, caller.account, name) is None:
            return name


def listed(caller: Caller, project: str | None) -> list[StoredModel]:
    """Return the caller's models, or those of a project, in the order in which they were deployed."""
    found = rows.listed(caller.world.db.reads, caller.account)
    return [model for model in found if project in (None, model.project)]


def get(caller: Caller, name: str, short: Callable[[str], str]) -> StoredModel:
    """Return a model by its name or its ``short`` one, whether it answers yet or not; raise Missing."""
    return _get(caller.world.db.reads, caller, name, short)


async def delete(caller: Caller, name: str, short: Callable[[str], str]) -> StoredModel:
    """Remove a model by its name or its ``short`` one, and return it as it was; raise Missing."""

    def change(db: Connection) -> StoredModel:
        model = _get(db, caller, name, short)
        rows.delete(db, caller.account, model.name)
        return model

    return await caller.world.db.write(change)


def _get(db: Connection, caller: Caller, name: str, short: Callable[[str], str]) -> StoredModel:
    if model := rows.get(db, caller.account, name):
        return model
    for model in rows.listed(db, caller.account):
        if short(model.name) == name:
            return model
    raise Missing("model", name)
