"""Endpoints: made, looked at, changed, removed."""

from dataclasses import dataclass, replace
from datetime import timedelta

from emulator.core import ids
from emulator.core.webhooks import deliveries, signing
from emulator.core.webhooks.manner import Manner
from emulator.core.webhooks.places import misplaced
from emulator.core.webhooks.subscriber import Subscriber
from emulator.core.world import Caller
from emulator.errors import Flaw, Invalid, Missing
from emulator.storage import accounts
from emulator.storage import webhooks as rows
from emulator.storage.database import Connection
from emulator.storage.webhooks import StoredWebhook

OVERLAP = timedelta(hours=24)
"""How long the secret before is valid beside a new one where that is asked for (documented)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An endpoint as it was asked for; of a change, None is what stays."""

    name: str | None
    url: str | None
    events: tuple[str, ...] | None


async def create(caller: Caller, manner: Manner, wanted: Wanted) -> StoredWebhook:
    """Make an endpoint, which is told of what happens from now on; raise Invalid for a URL that nothing is sent to."""
    _check(caller, wanted)
    world, account, shape, at = caller.world, caller.account, caller.shapes.webhook, caller.now()
    assert shape  # noqa: S101 -- who has webhooks has a shape for their ids
    asked = (wanted.name or "", wanted.url or "", wanted.events or ())

    def change(db: Connection) -> StoredWebhook:
        number = accounts.count(db, account.tenant)
        value = ids.draw(world.settings.seed, account.tenant, number, "webhook", bits=shape.bits)
        made = StoredWebhook(0, shape.write(value, at), *asked, at, at, 0, None, at)
        rows.insert(db, account, made)
        return deliveries.pass_over(db, Subscriber(world, account, manner, made), now=at)

    return await world.db.write(change)


def get(caller: Caller, webhook_id: str) -> StoredWebhook:
    """Return one of the caller's endpoints; raise Missing."""
    return _found(caller.world.db.reads, caller, webhook_id)


def page(caller: Caller, *, after: str | None, limit: int) -> tuple[list[StoredWebhook], bool]:
    """Return the caller's endpoints, newest first, and whether there are more; raise Missing for an unknown cursor."""
    db = caller.world.db.reads
    before = None if after is None else _found(db, caller, after).seq
    found = rows.page(db, caller.account, before=before, limit=limit + 1)
    return found[:limit], len(found) > limit


async def update(caller: Caller, manner: Manner, webhook_id: str, wanted: Wanted) -> StoredWebhook:
    """Change an endpoint: what happened by now is told as it was, what happens from now on as it is then.

    Raise Missing, or Invalid for a URL that nothing is sent to. Nothing changed is no change (documented).
    """
    _check(caller, wanted)
    given = {"name": wanted.name, "url": wanted.url, "events": wanted.events}
    changes = {name: value for name, value in given.items() if value is not None}
    at = caller.now()

    def change(db: Connection) -> StoredWebhook:
        before = _found(db, caller, webhook_id)
        if replace(before, **changes) == before:  # type: ignore[arg-type]  # each has its own type
            return before
        to = Subscriber(caller.world, caller.account, manner, before)
        after = replace(deliveries.tell(db, to, now=at), **changes, updated_at=at)  # type: ignore[arg-type]  # likewise
        return deliveries.pass_over(db, replace(to, webhook=after), now=at)

    return await caller.world.db.write(change)


async def rotate(caller: Caller, webhook_id: str, *, keep_old: bool) -> StoredWebhook:
    """Give an endpoint another secret; the one before stays valid for a day, or not at all. Raise Missing."""
    at = caller.now()

    def change(db: Connection) -> StoredWebhook:
        before = _found(db, caller, webhook_id)
        until = at + OVERLAP if keep_old else None
        after = replace(before, secret=before.secret + 1, old_until_at=until, updated_at=at)
        rows.replace(db, caller.account, after)
        return after

    return await caller.world.db.write(change)


async def delete(caller: Caller, webhook_id: str) -> None:
    """Remove an endpoint, and what it was yet to be told; raise Missing."""
    if not await caller.world.db.write(lambda db: rows.delete(db, caller.account, webhook_id)):
        raise Missing("webhook", webhook_id)


def secret(caller: Caller, webhook: StoredWebhook) -> bytes:
    """Return an endpoint's newest secret."""
    return signing.secret(caller.world.settings.seed, webhook.id, webhook.secret)


def _found(db: Connection, caller: Caller, webhook_id: str) -> StoredWebhook:
    found = rows.get(db, caller.account, webhook_id)
    if found is None:
        raise Missing("webhook", webhook_id)
    return found


def _check(caller: Caller, wanted: Wanted) -> None:
    """Raise Invalid for a URL to which nothing may be sent."""
    if wanted.url is not None and (why := misplaced(wanted.url, caller.world.settings.webhook_host)):
        raise Invalid([Flaw("value_error", ("body", "url"), why, wanted.url)])
