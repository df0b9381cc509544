"""The one sleeper of a server: it wakes when somebody is to be told of something, and only where somebody asked to be.

A server without endpoints has no task. The commit that makes an endpoint, by whatever call, starts one; the removal of
the last one ends it. It sleeps until the earliest stored instant: the next end of a job of a tenant with endpoints, on
that tenant's clock, or the next try of a delivery, in host time. Commits and changes of clocks wake it to look again.

All that it knows is in the tables: one that is stopped or killed leaves nothing undone that the next would not find.
An attempt that was under way then is made again: an endpoint is told at least once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime

from emulator.core.webhooks import deliveries
from emulator.core.webhooks.manner import Manner
from emulator.core.webhooks.subscriber import Subscriber
from emulator.core.world import World
from emulator.dialects import sending
from emulator.dialects.sending import Message
from emulator.errors import StorageFailed
from emulator.storage import webhooks as rows
from emulator.storage.accounts import Account
from emulator.storage.database import Connection
from emulator.storage.webhooks import Delivery, StoredWebhook

AT_ONCE = 4
"""Attempts under way at one endpoint: what it holds up is its own."""
AT_ONCE_MAX = 64
"""Attempts under way in all."""
PAUSE_S = 5.0
"""Host seconds until something is done again that the disk refused."""
LONGEST_S = 3600.0
"""Host seconds of one sleep: what is further away is looked at again."""

Manners = Mapping[str, Manner]
"""How the providers that tell of anything do, by their names."""
Endpoint = tuple[Account, str]
Under = tuple[Account, str, float]
"""An attempt under way: whose delivery, its id, and when it was due. Made again, it is due at another time."""


@asynccontextmanager
async def delivering(world: World, manners: Manners) -> AsyncIterator[None]:
    """Deliver what is to be delivered while the block lasts; what is under way at its end is given up."""
    sleeper = Sleeper(world, manners)
    sleeper.look_out()
    try:
        yield
    finally:
        await sleeper.stop()


class Sleeper:
    """What acts unasked. All its methods but ``_committed`` and ``_changed`` belong to the loop's own thread."""

    def __init__(self, world: World, manners: Manners) -> None:
        self._world, self._manners = world, manners
        self._loop, self._poked = asyncio.get_running_loop(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False
        self._attempts: dict[Under, asyncio.Task[None]] = {}
        self._at: Counter[Endpoint] = Counter()

    def look_out(self) -> None:
        """Be told of commits and of changed clocks; begin at once where there is an endpoint."""
        self._world.db.committed, self._world.clocks.changed = self._committed, self._changed
        if rows.exist(self._world.db.reads):
            self._wake()

    async def stop(self) -> None:
        """Give up what is under way."""
        self._world.db.committed, self._world.clocks.changed = None, None
        self._stopped = True  # a call of before may be on its way
        under = [*self._attempts.values(), *([self._task] if self._task else [])]
        for task in under:
            task.cancel()
        await asyncio.gather(*under, return_exceptions=True)

    def _committed(self, db: Connection) -> None:
        """Hear of a commit, in the writing thread."""
        if self._task or rows.exist(db):
            self._call()

    def _changed(self) -> None:
        """Hear of another clock, in whatever thread."""
        if self._task:
            self._call()

    def _call(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server has stopped
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._poked.set()
        if self._task is None and not self._stopped:
            self._task = asyncio.create_task(self._run())  # noqa: TID251 -- the one that acts unasked

    async def _run(self) -> None:
        """Look, act, and sleep until there is something to do, as long as there are endpoints or attempts."""
        try:
            while (told := rows.every(self._world.db.reads)) or self._attempts:
                self._poked.clear()
                sleep_s = await self._act(told)
                with suppress(TimeoutError):
                    async with asyncio.timeout(sleep_s):
                        await self._poked.wait()
        finally:
            self._task = None

    async def _act(self, told: list[tuple[Account, StoredWebhook]]) -> float:
        """Do what is due for endpoints; return for how many host seconds there is nothing to do."""
        sleep_s = LONGEST_S
        for account, webhook in told:
            if manner := self._manners.get(account.provider):
                to = Subscriber(self._world, account, manner, webhook)
                try:
                    sleep_s = min(sleep_s, await self._tell(to), self._begin(to))
                except StorageFailed:  # the disk refuses it, or a job of this tenant cannot be read: not of the others
                    sleep_s = min(sleep_s, PAUSE_S)
        return sleep_s

    async def _tell(self, to: Subscriber) -> float:
        """Make deliveries of what has ended; return in how many host seconds the next job ends."""
        db, clocks, tenant = self._world.db, self._world.clocks, to.account.tenant
        now, ends_at = clocks.now(tenant), deliveries.next_end(db.reads, to)
        if ends_at and ends_at <= now:
            await db.write(lambda writes: _tell(writes, to, now))
            return 0.0  # there may be more to come
        rate = clocks.of(tenant).rate
        return (ends_at - now).total_seconds() / rate if ends_at and rate else LONGEST_S

    def _begin(self, to: Subscriber) -> float:
        """Begin the attempts that are due at an endpoint; return in how many host seconds the next one is."""
        now_s, endpoint = self._world.clocks.host_s(), (to.account, to.webhook.id)
        limit = AT_ONCE + self._at[endpoint]
        for each in rows.waiting(self._world.db.reads, to.account, to.webhook.id, limit=limit):
            under = (to.account, each.id, each.due_s)
            if under in self._attempts:
                continue
            if each.due_s > now_s:
                return each.due_s - now_s
            if self._at[endpoint] >= AT_ONCE or len(self._attempts) >= AT_ONCE_MAX:
                break  # the end of one pokes
            self._at[endpoint] += 1
            attempt = self._attempt(to, each)
            self._attempts[under] = asyncio.create_task(attempt)  # noqa: TID251 -- no endpoint waits for another
        return LONGEST_S

    async def _attempt(self, to: Subscriber, delivery: Delivery) -> None:
        """Send what an endpoint is told, and keep what came of it."""
        message = Message(delivery.id, deliveries.happening(delivery), len(delivery.tries))
        try:
            got = await sending.send(to, message)
            how = {"began_s": got.began_s, "now_s": got.ended_s}
            await self._keep(to, delivery, deliveries.after(delivery, **how, status=got.status, error=got.error))
            self._attempts.pop((to.account, delivery.id, delivery.due_s))
        finally:
            # One that ended otherwise is a mistake of ours; it stays where it is and is not begun again and again.
            self._at[to.account, to.webhook.id] -= 1
            self._poked.set()

    async def _keep(self, to: Subscriber, before: Delivery, after: Delivery) -> None:
        """Keep what came of an attempt, however often the disk refuses it: it must not be made at once again."""
        while True:
            with suppress(StorageFailed):
                await self._world.db.write(lambda db: rows.tried(db, to.account, before, after))
                return
            await asyncio.sleep(PAUSE_S)  # noqa: TID251 -- the sleeper's: nothing else of the server waits for it


def _tell(db: Connection, to: Subscriber, now: datetime) -> None:
    """Make deliveries of what has ended, for the endpoint as it is within the transaction, if it is there yet."""
    if webhook := rows.get(db, to.account, to.webhook.id):
        deliveries.tell(db, replace(to, webhook=webhook), now=now)
