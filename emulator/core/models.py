"""Models that jobs have made: found by their names, listed and deleted.

A job's model has no row. Its name holds the job's tag and leads back to it. What a provider offers beside them, the
base models, is the dialect's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from emulator.core import jobs
from emulator.core.jobs import Seen
from emulator.core.world import Caller
from emulator.errors import Missing
from emulator.storage import files as file_rows
from emulator.storage import jobs as job_rows
from emulator.storage import models as rows
from emulator.storage.accounts import Account
from emulator.storage.database import Connection
from emulator.storage.models import StoredModel
from emulator.timeline.history import Checkpoint, checkpoints, is_final

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Tuned:
    """A model that can be asked: a job's checkpoint, or one with a name of its own (``stored``), or both.

    ``final``: it is what its job has made. A model whose job is not there has no ``seen``.
    """

    name: str
    base_model: str
    created_at: datetime
    seen: Seen | None
    checkpoint: Checkpoint | None
    final: bool
    stored: StoredModel | None = None


def find(caller: Caller, name: str) -> Tuned:
    """Return the model of a name that exists by now and was not deleted; raise Missing."""
    db, now = caller.world.db.reads, caller.now()
    stored = rows.get(db, caller.account, name)
    if stored and stored.flaw is None and stored.active_at <= now:
        return _own(caller, stored)
    tag = caller.shapes.model.tag(name)
    found = job_rows.of_tag(db, caller.account, tag, by_s=caller.sees_s) if tag is not None else []
    for model in _of(caller, jobs.seen(caller, found)):
        if model.name == name and not file_rows.is_buried(db, caller.account, name):
            return model
    raise Missing("model", name)


def owners(caller: Caller, name: str) -> list[Caller]:
    """Return who may have the model of a name, at the caller's provider, as they see it themselves."""
    db, provider = caller.world.db.reads, caller.account.provider
    tag = caller.shapes.model.tag(name)
    tenants = {*rows.tenants_of(db, provider, name)}
    tenants |= {*job_rows.tenants_of_tag(db, provider, tag)} if tag is not None else set()
    return [replace(caller, account=Account(tenant, provider)) for tenant in sorted(tenants)]


def tuned(caller: Caller) -> list[Tuned]:
    """Return all of the caller's models that exist by now, the newest first."""
    db = caller.world.db.reads
    own = [_own(caller, each) for each in rows.listed(db, caller.account)]
    made = [model for page in _pages(caller) for model in _of(caller, page)]
    alive = (model for model in made if not file_rows.is_buried(db, caller.account, model.name))
    return sorted([*own, *alive], key=lambda model: model.created_at, reverse=True)


async def delete(caller: Caller, name: str) -> None:
    """Delete one of the caller's models; raise Missing."""

    def change(db: Connection) -> None:
        if not rows.delete(db, caller.account, find(caller, name).name):
            file_rows.bury(db, caller.account, name, None)

    await caller.world.db.write(change)


def final_name(caller: Caller, seen: Seen) -> str | None:
    """Return the name of the model that a job has made; None: it has made none by now."""
    made = checkpoints(seen.view)
    return name(caller, seen, made[-1]) if made and is_final(seen.view) else None


def name(caller: Caller, seen: Seen, made: Checkpoint) -> str:
    """Return the name of a checkpoint's model."""
    organization = caller.world.settings.organization
    return caller.shapes.model.write(seen.stored, made, final=_is_last(seen, made), organization=organization)


def _is_last(seen: Seen, made: Checkpoint) -> bool:
    training = seen.view.plan.training
    return training is not None and made.step == training.steps


def _own(caller: Caller, stored: StoredModel) -> Tuned:
    """Return a model with a name of its own, and the checkpoint that it is made of."""
    about = (stored.name, stored.base_model, stored.created_at)
    job_id, _, checkpoint_id = stored.source.partition(":")
    try:
        seen = jobs.get(caller, job_id)
        made = jobs.checkpoint(caller, seen, checkpoint_id)
    except Missing:
        return Tuned(*about, None, None, final=False, stored=stored)
    return Tuned(*about, seen, made, final=False, stored=stored)


def _pages(caller: Caller) -> Iterator[Sequence[Seen]]:
    """Yield the caller's jobs that have succeeded."""
    db, account, after = caller.world.db.reads, caller.account, None
    how = {"until": caller.now(), "limit": PAGE, "by_s": caller.sees_s}
    while found := job_rows.succeeded(db, account, after=after, **how):  # type: ignore[arg-type]  # mixed
        yield jobs.seen(caller, [job for _, job in found])
        after = found[-1][0]


def _of(caller: Caller, found: Sequence[Seen]) -> Iterator[Tuned]:
    """Yield the models that jobs have made, the last checkpoint's first."""
    for seen in found:
        for made in reversed(checkpoints(seen.view)) if is_final(seen.view) else ():
            at, last = seen.view.ended_at or made.at, _is_last(seen, made)
            yield Tuned(name(caller, seen, made), seen.stored.model, at, seen, made, last)
