"""What endpoints are told: the ends of jobs made rows, and what comes of each attempt.

An event's id follows from the job and how it ended: each endpoint is told of the same event. A delivery's own id (the
header ``webhook-id``) follows from the endpoint and the event, and stays the same from try to try, so that a receiver
knows a repetition by it (documented).
"""

from dataclasses import replace
from datetime import UTC, datetime

from emulator.core import ids
from emulator.core.ids import Shape
from emulator.core.webhooks.manner import Happening
from emulator.core.webhooks.subscriber import Subscriber
from emulator.core.world import World
from emulator.errors import Missing
from emulator.storage import jobs as job_rows
from emulator.storage import webhooks as rows
from emulator.storage.accounts import Account
from emulator.storage.database import Connection
from emulator.storage.webhooks import Delivery, State, StoredWebhook, Try
from emulator.timeline.job import Status
from emulator.timeline.view import view

OPERATION = "webhooks.deliver"
"""The name of an attempt in the journal. It is no call: nothing can match it but who reads the journal."""
FIRST_S = 5.0
"""Host seconds between the first try and the second; each wait is twice the one before (both unverified)."""
GIVEN_UP_S = 72 * 3600.0
"""Host seconds after the first try from which on there is no other (documented: up to 72 hours, exponentially)."""


def next_end(db: Connection, to: Subscriber) -> datetime | None:
    """Return the first end of a job, past or planned, that an endpoint is to be told of; None: there is none."""
    firsts = (rows.untold(db, to.account, to.webhook, outcome) for outcome in _outcomes(to))
    return min((ended_at for first in firsts for ended_at, _, _ in first), default=None)


def tell(db: Connection, to: Subscriber, *, now: datetime) -> StoredWebhook:
    """Make deliveries of the ends that an endpoint was not told of by now; return it as it is then."""
    return _made(db, to, State.PENDING, now)


def pass_over(db: Connection, to: Subscriber, *, now: datetime) -> StoredWebhook:
    """Leave the ends that an endpoint was not told of by now untold for good; return it as it is then.

    On a clock that stands still something may end, and the endpoint be made, at one instant: which was first cannot be
    told from times.
    """
    return _made(db, to, State.PAST, now)


def _made(db: Connection, to: Subscriber, state: State, now: datetime) -> StoredWebhook:
    ends = (rows.untold(db, to.account, to.webhook, outcome, until=now) for outcome in _outcomes(to))
    for _, _, job_id in sorted(end for each in ends for end in each):
        rows.add(db, to.account, _delivery(db, to, job_id, state, now))
    told = replace(to.webhook, told_until_at=max(now, to.webhook.told_until_at))
    rows.replace(db, to.account, told)
    return told


def _outcomes(to: Subscriber) -> list[Status]:
    """Return the ends of jobs that an endpoint wants to be told of."""
    return [outcome for outcome, type_ in to.manner.types.items() if type_ in to.webhook.events]


def _delivery(db: Connection, to: Subscriber, job_id: str, state: State, now: datetime) -> Delivery:
    job = job_rows.get(db, to.account, job_id)
    assert job  # noqa: S101 -- it was just found
    seen = view(job.job, job.plan, job_rows.actions(db, [job])[job.seq], now)
    at, type_ = seen.ended_at or now, to.manner.types[seen.status]
    event = _id(to, to.manner.event, at, job_id, type_)
    own = _id(to, to.manner.message, at, to.webhook.id, event)
    return Delivery(0, own, to.webhook.id, event, job_id, type_, at, state, (), to.world.clocks.host_s())


def _id(to: Subscriber, shape: Shape, at: datetime, *parts: str) -> str:
    return shape.write(ids.draw(to.world.settings.seed, to.account.tenant, *parts, bits=shape.bits), at)


def happening(delivery: Delivery) -> Happening:
    """Return what a delivery tells."""
    return Happening(delivery.event, delivery.type, delivery.created_at, delivery.job)


def after(delivery: Delivery, *, began_s: float, now_s: float, status: int | None, error: str | None) -> Delivery:
    """Return a delivery as it is after a try that began and ended at these host times: a 2xx takes it (documented).

    How long it waits, and when it is given up, goes by the tries since it was made, or made again.
    """
    tries = (*delivery.tries, Try(datetime.fromtimestamp(began_s, UTC), status, error))
    since = tries[delivery.earlier :]
    if error is None:
        return replace(delivery, state=State.DELIVERED, tries=tries)
    due_s = now_s + FIRST_S * 2 ** (len(since) - 1)
    given_up = due_s > since[0].at.timestamp() + GIVEN_UP_S
    return replace(delivery, state=State.FAILED if given_up else State.PENDING, tries=tries, due_s=due_s)


def page(
    world: World, tenant: str, *, after: str | None, limit: int, state: str | None
) -> tuple[list[tuple[str, Delivery]], bool]:
    """Return a tenant's deliveries, newest first, each with its provider, and whether there are more; raise Missing."""
    db = world.db.reads
    before = None if after is None else _found(db, tenant, after)[1].seq
    found = rows.told(db, tenant, before=before, limit=limit + 1, state=state)
    return found[:limit], len(found) > limit


async def redeliver(world: World, tenant: str, delivery_id: str) -> tuple[str, Delivery]:
    """Make a delivery once more, at once, whatever came of it, under the same ids; raise Missing.

    The tries so far stay; the waits between those that follow begin anew.
    """

    def change(db: Connection) -> tuple[str, Delivery]:
        provider, before = _found(db, tenant, delivery_id)
        anew = replace(before, state=State.PENDING, earlier=len(before.tries), due_s=world.clocks.host_s())
        rows.tried(db, Account(tenant, provider), before, anew)
        return provider, anew

    return await world.db.write(change)


def _found(db: Connection, tenant: str, delivery_id: str) -> tuple[str, Delivery]:
    found = rows.find(db, tenant, delivery_id)
    if found is None or found[1].state is State.PAST:
        raise Missing("delivery", delivery_id)
    return found


def due_at(delivery: Delivery) -> datetime | None:
    """Return when a delivery is tried next, in host time; None: it is not."""
    return datetime.fromtimestamp(delivery.due_s, UTC) if delivery.state is State.PENDING else None
