"""The poll clock: time goes on when somebody looks, so that a client's poll loop sees every state without waiting."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.clock import Clock, Mode
from emulator.dialects.call import Call, call_in
from emulator.storage import accounts

READS = "GET"


class PollClock:
    """Move a tenant's poll clock to the next change of the jobs that an answer showed, once it is wholly sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != READS:
            await self._app(scope, receive, send)
            return
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            last = message["type"] == "http.response.body" and not message.get("more_body")
            call = call_in(scope) if last and 200 <= status < 300 else None  # noqa: PLR2004 -- a success
            clock = _moved(call) if call else None
            if call and clock:
                # Kept before it can be noticed: what was once answered is never answered otherwise after a crash.
                await _save(call, clock)
            await send(message)
            if call and clock:
                # In the same turn of the loop as the sending: the client may be asking again already.
                _set(call, clock)

        await self._app(scope, receive, watched)


def _moved(call: Call) -> Clock | None:
    """Return the clock of a call's tenant moved to the next change that the answer showed; None if it stays."""
    clocks, tenant = call.caller.world.clocks, call.caller.account.tenant
    clock = clocks.of(tenant)
    if clock.mode is not Mode.POLL or not call.changes_at or min(call.changes_at) <= clocks.now(tenant):
        return None
    return clock.moved_to(min(call.changes_at), clocks.host_s())


async def _save(call: Call, clock: Clock) -> None:
    tenant = call.caller.account.tenant
    await call.caller.world.db.write(lambda db: accounts.move_clock(db, tenant, clock))


def _set(call: Call, clock: Clock) -> None:
    """Move the clock, unless somebody moved it further while the answer was being sent."""
    clocks, tenant = call.caller.world.clocks, call.caller.account.tenant
    if clocks.of(tenant).mode is Mode.POLL and clocks.now(tenant) < clock.base:
        clocks.set(tenant, clock)
