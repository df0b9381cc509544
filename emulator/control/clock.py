"""The control calls that look at a tenant's clock and move it."""

from datetime import timedelta

from fastapi import Request

from emulator.clock import LATEST, RATES, Clock, Mode
from emulator.control import wire
from emulator.control.call import whose, world_of
from emulator.control.guard import Forbidden
from emulator.core import jobs, tenants
from emulator.core.world import World


async def get_clock(request: Request) -> wire.ClockState:
    """Return the tenant's clock."""
    return _state(world_of(request), whose(request))


async def put_clock(request: Request, body: wire.ClockSettings) -> wire.ClockState:
    """Set the tenant's clock; it never goes back."""
    world, tenant = world_of(request), whose(request)

    def change(clock: Clock, host_s: float) -> Clock:
        now = clock.now(host_s)
        if body.now and body.now < now:
            message = f"time does not go back: got now {body.now.isoformat()}, the clock is at {now.isoformat()}"
            raise Forbidden(409, message)
        if body.mode:
            clock = Clock(Mode(body.mode), RATES[Mode(body.mode)], now, host_s)
        if body.rate is not None:
            clock = clock.at_rate(body.rate, host_s)
        return clock.moved_to(body.now, host_s) if body.now else clock

    await tenants.set_clock(world, tenant, change)
    return _state(world, tenant)


async def advance(request: Request, body: wire.Advance) -> wire.ClockState:
    """Move the tenant's clock forward."""
    world, tenant = world_of(request), whose(request)

    def change(clock: Clock, host_s: float) -> Clock:
        now = clock.now(host_s)
        room_s = (LATEST - now).total_seconds()
        return clock.moved_to(now + timedelta(seconds=min(body.seconds, room_s)), host_s)

    await tenants.set_clock(world, tenant, change)
    return _state(world, tenant)


async def skip(request: Request) -> wire.Skipped:
    """Move the tenant's clock to the next moment of any of its jobs; where there is none it stays."""
    world, tenant = world_of(request), whose(request)
    moved = False

    def change(clock: Clock, host_s: float) -> Clock:
        nonlocal moved
        to = jobs.next_moment(world, tenant, clock.now(host_s))
        moved = to is not None
        return clock.moved_to(to, host_s) if to else clock

    await tenants.set_clock(world, tenant, change)
    return wire.Skipped(**_state(world, tenant).model_dump(), moved=moved)


def _state(world: World, tenant: str) -> wire.ClockState:
    clock = world.clocks.of(tenant)
    return wire.ClockState(mode=clock.mode.value, rate=clock.rate, now=world.clocks.now(tenant))


TABLE = (
    ("GET", "/clock", get_clock, wire.ClockState),
    ("PUT", "/clock", put_clock, wire.ClockState),
    ("POST", "/clock/advance", advance, wire.ClockState),
    ("POST", "/clock/skip", skip, wire.Skipped),
)
