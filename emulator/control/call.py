"""One control call: what it acts on, and for whom."""

from fastapi import Request

from emulator.control.guard import check_browser, check_token, tenant
from emulator.core.world import World


def world_of(request: Request) -> World:
    """Return the state of the server."""
    world = request.app.state.world
    assert isinstance(world, World)  # noqa: S101 -- set where the application is made
    return world


def whose(request: Request) -> str:
    """Return the tenant that a call acts on; raise Forbidden where it may not."""
    world = world_of(request)
    check_browser(request, world.settings)
    check_token(request, world.settings)
    return tenant(request, world)
