"""Jobs: made, looked at, stopped. What is seen of them is the timeline's; what is kept of them is a plan."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from emulator.clock import LATEST
from emulator.core import files, ids, scenarios
from emulator.core.world import Caller, World
from emulator.errors import Exhausted, Misfiled, Missing, Settled
from emulator.storage import accounts
from emulator.storage import jobs as rows
from emulator.storage import models as model_rows
from emulator.storage import pushes as push_rows
from emulator.storage.database import NOW_S, Connection
from emulator.storage.jobs import StoredJob
from emulator.timeline import history
from emulator.timeline.actions import Action, Deed, permits
from emulator.timeline.history import Checkpoint, Event, History, checkpoints
from emulator.timeline.job import Dataset, Recipe, Status
from emulator.timeline.planning import make_plan
from emulator.timeline.view import JobView, view

LOOK = 100
"""Jobs that are read at once where those of a status are looked for."""
ALL: Collection[Status] = frozenset(Status)


@dataclass(frozen=True, slots=True)
class Order:
    """A job as it was ordered. ``recipe`` has no data yet; ``request`` is JSON to answer with, without secrets.

    ``settle``, where the provider has one, decides what depends on the data, once the recipe has them.
    """

    recipe: Recipe
    training_file: str
    validation_file: str | None
    suffix: str | None
    seed: int | None
    project: str | None
    request: bytes
    metadata: dict[str, str] | None = None
    settle: Callable[["Order"], "Order"] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A job and what its caller sees of it now."""

    stored: StoredJob
    view: JobView


async def create(caller: Caller, order: Order) -> Seen:
    """Make a job as its scenario says.

    Raise Missing or Misfiled where its files are not there or not for training, Invalid for a scenario that there is
    not, and Exhausted where the scenario is that none is taken.
    """
    own = scenarios.of_suffix(caller, order.suffix)
    otherwise = scenarios.of_request(caller) if own is None else own
    account, at = caller.account, caller.now()

    def change(db: Connection) -> StoredJob | Exhausted:
        settled = _settled(db, caller, order)
        chosen = scenarios.decided(db, caller, own, otherwise)
        recipe = replace(settled.recipe, scenario=chosen.scenario)
        if chosen.scenario.refused:
            # Not raised here: that it was up next is counted off.
            return Exhausted(chosen.scenario.refused, recipe.model)
        job = _planned(db, caller, replace(settled, recipe=recipe), chosen.name, at)
        rows.insert(db, account, job, at_s=caller.world.clocks.host_s())
        return job

    made = await caller.world.db.write(change)
    if isinstance(made, Exhausted):
        raise made
    return Seen(made, view(made.job, made.plan, [], at))


def get(caller: Caller, job_id: str) -> Seen:
    """Return one of the caller's jobs; raise Missing."""
    db = caller.world.db.reads
    stored = rows.get(db, caller.account, job_id, by_s=caller.sees_s)
    if stored is None:
        raise Missing("job", job_id)
    return _seen(db, [stored], caller.now(), by_s=caller.sees_actions_s)[0]


def settled(caller: Caller, order: Order) -> Order:
    """Return an order with its data, as ``create`` would plan it; nothing is made. Raise Missing or Misfiled."""
    return _settled(caller.world.db.reads, caller, order)


def page(
    caller: Caller,
    *,
    after: str | None,
    limit: int,
    project: str | None = None,
    metadata: Mapping[str, str] | None = rows.EVERYTHING,
) -> tuple[list[Seen], bool]:
    """Return the caller's jobs, newest first, and whether there are more; raise Missing for an unknown cursor.

    Those whose metadata have all of these pairs; with None, those without any.
    """
    db = caller.world.db.reads
    cursor = rows.get(db, caller.account, after) if after is not None else None
    if after is not None and cursor is None:
        raise Missing("job", after)
    wanted = {"project": project, "metadata": metadata, "before": cursor.seq if cursor else None}
    found = rows.page(db, caller.account, limit=limit + 1, **wanted, by_s=caller.sees_s)  # type: ignore[arg-type]  # mixed
    return _seen(db, found[:limit], caller.now(), by_s=caller.sees_actions_s), len(found) > limit


def newest(caller: Caller, *, limit: int, statuses: Collection[Status] = ALL) -> list[Seen]:
    """Return the caller's newest jobs that show one of these statuses now, the newest first."""
    found = (each for each in _newest(caller, statuses, at_once=max(limit, LOOK)) if each.view.status in statuses)
    return [*islice(found, limit)]


def _newest(caller: Caller, statuses: Collection[Status], *, at_once: int) -> Iterator[Seen]:
    """Yield jobs, the newest first; some show other statuses, as rows tell only how a job ends or that it has not."""
    db, account, before = caller.world.db.reads, caller.account, None
    ended = [each for each in statuses if each.terminal]
    outcome = ended[0] if len(ended) == len(statuses) == 1 else None
    ends_after = None if ended else caller.now()
    while True:
        how = {"before": before, "limit": at_once, "by_s": caller.sees_s}
        stored = rows.page(db, account, outcome=outcome, ends_after=ends_after, **how)  # type: ignore[arg-type]  # mixed
        yield from seen(caller, stored)
        if len(stored) < at_once:
            return
        before = stored[-1].seq


async def act(caller: Caller, job_id: str, deed: Deed) -> Seen:
    """Cancel, pause or resume one of the caller's jobs; raise Missing, or Settled where it has ended.

    What has no effect, such as resuming a job that is not paused, changes nothing.
    """
    world = caller.world
    with world.clocks.pinned(caller.account.tenant) as at:
        return await world.db.write(lambda db: _act(db, caller, job_id, Action(deed, at)))


def _act(db: Connection, caller: Caller, job_id: str, action: Action) -> Seen:
    stored = rows.get(db, caller.account, job_id, by_s=caller.sees_s)
    if stored is None:
        raise Missing("job", job_id)
    before = _seen(db, [stored], action.at)[0]
    course, status = before.view.course, before.view.status
    if status.terminal:
        raise Settled(job_id, str(action.deed), str(status))
    if not permits(stored.plan, course.elapsed, paused=course.paused, deed=action.deed):
        return before
    files.perform(db, stored, action, at_s=caller.world.clocks.host_s())
    return _seen(db, [stored], action.at)[0]


def event_page(
    caller: Caller, seen: Seen, *, after: str | None, limit: int, newest_first: bool = False
) -> tuple[list[Event], bool]:
    """Return a job's events, oldest first or newest, and whether there are more by now.

    Raise Missing for an unknown cursor.
    """
    events, cursor = History(seen.view), None
    if after is not None:
        cursor = _ordinal(caller, seen.stored, after, kind="event")
        if cursor >= len(events):
            raise Missing("event", after)
    if newest_first:
        stop = len(events) if cursor is None else cursor
        return [*events.page(stop - limit, stop)][::-1], stop > limit
    start = 0 if cursor is None else cursor + 1
    return [*events.page(start, start + limit)], len(events) > start + limit


def event_id(caller: Caller, job: StoredJob, event: Event) -> str:
    """Return the id of a job's event."""
    shape = caller.shapes.event
    return shape.write(ids.seal(job.handle, event.ordinal, kind="event", bits=shape.bits), event.at)


def checkpoint_page(
    caller: Caller, seen: Seen, *, after: str | None, limit: int, newest_first: bool = False
) -> tuple[list[Checkpoint], bool]:
    """Return a job's checkpoints, oldest first or newest, and whether there are more.

    Raise Missing for an unknown cursor.
    """
    made = checkpoints(seen.view)
    cursor = checkpoint(caller, seen, after).ordinal if after is not None else None
    rest = made[:cursor][::-1] if newest_first else made[0 if cursor is None else cursor + 1 :]
    return [*rest[:limit]], len(rest) > limit


def checkpoint(caller: Caller, seen: Seen, checkpoint_id: str) -> Checkpoint:
    """Return one checkpoint of a job; raise Missing."""
    ordinal = _ordinal(caller, seen.stored, checkpoint_id, kind="checkpoint")
    if ordinal >= history.checkpoint_count(seen.view):
        raise Missing("checkpoint", checkpoint_id)
    return history.checkpoint(seen.view, ordinal)


def next_moment(world: World, tenant: str, now: datetime) -> datetime | None:
    """Return the next instant at which any job, model or push of a tenant tells of anything, or None."""
    db = world.db.reads
    seen = _seen(db, rows.unfinished(db, tenant, now), now)
    instants = [at for each in seen if (at := history.next_moment(each.view))]
    further = [*model_rows.activations(db, tenant, now), *push_rows.next_end(db, tenant, now)]
    return min([*instants, *further], default=None)


def _ordinal(caller: Caller, job: StoredJob, derived_id: str, *, kind: str) -> int:
    """Return the ordinal that the id of an event or checkpoint holds; raise Missing where it is not this job's."""
    shape = caller.shapes.event if kind == "event" else caller.shapes.checkpoint
    written = shape.read(derived_id)
    sealed = ids.opened(written[0], kind=kind, bits=shape.bits) if written else None
    if sealed is None or sealed[0] != job.handle:
        raise Missing(kind, derived_id)
    return sealed[1]


def seen(caller: Caller, found: Sequence[StoredJob]) -> list[Seen]:
    """Return stored jobs as the caller sees them now."""
    return _seen(caller.world.db.reads, found, caller.now(), by_s=caller.sees_actions_s)


def _seen(db: Connection, found: Sequence[StoredJob], now: datetime, *, by_s: float = NOW_S) -> list[Seen]:
    actions = rows.actions(db, found, by_s=by_s)
    return [Seen(job, view(job.job, job.plan, actions[job.seq], now)) for job in found]


def _settled(db: Connection, caller: Caller, order: Order) -> Order:
    """Return an order with its data, and with all that its provider decides by them."""
    training = _dataset(db, caller, order.training_file, "training_file")
    validation = order.validation_file
    data = None if validation is None else _dataset(db, caller, validation, "validation_file")
    recipe = replace(order.recipe, training=training, validation=data, pace=caller.world.settings.pace)
    known = replace(order, recipe=recipe)
    return order.settle(known) if order.settle else known


def _dataset(db: Connection, caller: Caller, file_id: str, member: str) -> Dataset:
    stored = files.dataset_of(db, caller, file_id, member)
    if stored.dataset is None or stored.purpose != "fine-tune":
        raise Misfiled(file_id, stored.purpose, member)
    return stored.dataset


def _planned(db: Connection, caller: Caller, order: Order, scenario: str, at: datetime) -> StoredJob:
    settings, tenant, shape, recipe = caller.world.settings, caller.account.tenant, caller.shapes.job, order.recipe
    number = accounts.count(db, tenant)
    # A seed that was asked for makes the same training twice; without one, every job is its own.
    chance = f"{number}" if order.seed is None else f"{order.seed}/{recipe.model}/{recipe.n_epochs}"
    handle = ids.draw(settings.seed, tenant, number, "handle", bits=ids.HANDLE_BITS)
    waits = _waits(db, caller, at)
    if waits is None:  # behind a job that is stuck
        recipe = replace(recipe, scenario=replace(recipe.scenario, stuck_in="queue", stuck_at_step=None))
    return StoredJob(
        seq=0,
        id=shape.write(ids.draw(settings.seed, tenant, number, "job", bits=shape.bits), at),
        handle=handle,
        project=order.project,
        created_at=at,
        model=recipe.model,
        suffix=order.suffix,
        training_file=order.training_file,
        validation_file=order.validation_file,
        scenario=scenario,
        lora=recipe.lora,
        weight_bytes=settings.weight_bytes,
        request=order.request,
        metadata=order.metadata,
        blob=files.dataset_of(db, caller, order.training_file, "training_file").blob,
        plan=make_plan(recipe, seed=f"{settings.seed}/{tenant}/{chance}", free_at=waits or timedelta(0)),
    )


def _waits(db: Connection, caller: Caller, at: datetime) -> timedelta | None:
    """Return how long it takes until so few jobs run that one more may; None: for ever.

    Once all but ``max_running - 1`` of the jobs before it have ended there is room for it, for as long as it lasts.
    """
    most = caller.world.settings.max_running
    if not most:
        return timedelta(0)
    end = next(islice(rows.running_until(db, caller.account, at), most - 1, None), at)
    return None if end is None or end > LATEST else end - at
