"""One control call: what it acts on, for whom, and what it brings."""

from fastapi import Request

from emulator.control.guard import Forbidden, check_browser, check_token, tenant
from emulator.core.world import World

BYTES_MAX = 256 * 2**20
"""The longest document that is taken: it is held in memory, and for a while the bytes of its files beside it."""


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


async def body_of(request: Request) -> bytes:
    """Return a body up to the bound; one that is longer is read on for a while, so that its sender reads why."""
    text, size = bytearray(), 0
    async for piece in request.stream():
        size += len(piece)
        if size > 2 * BYTES_MAX:
            break
        if size <= BYTES_MAX:
            text += piece
    if size > BYTES_MAX:
        raise Forbidden(413, f"got a document of more than {BYTES_MAX} bytes, takes up to that")
    return bytes(text)
