"""The poll clock: time goes on when somebody looks, so that a client's poll loop sees every state without waiting.

An answer that shows an unfinished job, once it is wholly sent, makes the job's next change of status due. Whatever the
tenant asks next finds time moved there, but for what is done to a job: a client that saw it running and cancels it
acts at the instant that it saw.
"""

from datetime import datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.bearer import bearer
from emulator.clock import Clock, Mode
from emulator.core import tenants
from emulator.core.world import World
from emulator.dialects.call import call_in
from emulator.timeline.actions import Deed

DEEDS = frozenset(Deed)


class PollClock:
    """Note what is due after an answer, and let time go there before the next."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and (world := scope["app"].state.world).clocks.due and (key := bearer(scope)):
            await self._go_on(world, key, scope["path"])
        await self._app(scope, receive, self._watched(scope, send) if scope["type"] == "http" else send)

    async def _go_on(self, world: World, key: str, path: str) -> None:
        """Let a tenant's time go where it is due, unless something is done to a job."""
        tenant = world.tenant_of(key)
        due = world.clocks.due.pop(tenant, None)
        if due and path.rpartition("/")[2] not in DEEDS:
            await _move(world, tenant, due)

    def _watched(self, scope: Scope, send: Send) -> Send:
        """Return a way of sending that notes what is due once a successful GET is wholly sent."""
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)
            last = message["type"] == "http.response.body" and not message.get("more_body")
            if last and scope["method"] == "GET" and 200 <= status < 300:  # noqa: PLR2004 -- a success
                # In the same turn of the loop as the sending: the client may be asking again already.
                self._note(scope)

        return watched

    def _note(self, scope: Scope) -> None:
        call = call_in(scope)
        if call and call.changes_at and all(hit.effect.truthful for hit in call.hits):
            tenant, clocks = call.caller.account.tenant, call.caller.world.clocks
            if clocks.of(tenant).mode is Mode.POLL:
                to = min(call.changes_at)
                clocks.due[tenant] = max(to, clocks.due.get(tenant, to))


async def _move(world: World, tenant: str, to: datetime) -> None:
    """Move a poll clock forward; somebody may have moved it further, or set it otherwise."""

    def moved(clock: Clock, host_s: float) -> Clock:
        behind = clock.mode is Mode.POLL and clock.now(host_s) < to
        return clock.moved_to(to, host_s) if behind else clock

    await tenants.set_clock(world, tenant, moved)
