"""What a provider is to the rest of the emulator."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.responses import Response

from emulator.core.ids import Shapes
from emulator.core.world import World
from emulator.errors import ApiError
from emulator.operations import Operation


@dataclass(frozen=True, slots=True)
class Dialect:
    """One provider's face. ``provider`` is whose state it shows: two faces may share one."""

    name: str
    provider: str
    base_path: str
    shapes: Shapes
    operations: tuple[Operation, ...]
    face: Callable[[World | None], FastAPI]
    refuse: Callable[[ApiError], Response]
    fail: Callable[[int, str | None], Response]
    """Return an answer of any status in the provider's envelope, with this message or the status's own."""
