"""What a provider is to the rest of the emulator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.responses import Response

from emulator.core.datasets import Grammar
from emulator.core.ids import Shapes
from emulator.core.jobs import Order, Seen
from emulator.core.lint.advice import Advice
from emulator.core.webhooks.manner import Manner
from emulator.core.world import Caller, World
from emulator.errors import ApiError
from emulator.faults.effect import Fail
from emulator.operations import Operation
from emulator.settings import Settings


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
    fail: Fail
    purposes: tuple[str, ...]
    """What files may be for."""
    grammar: Grammar
    """What a row of a training file may be."""
    order: Callable[[Settings, Mapping[str, Any], str | None], Order]
    """Return the job that a create request of this body, within a project, orders; raise ValidationError or Invalid."""
    show: Callable[[Caller, Seen], object]
    """Show a job as its answers do: raises where it cannot be shown."""
    advice: Advice
    """What it asks of its clients."""
    hosts: tuple[str, ...] = ()
    """Where the real service answers."""
    manner: Manner | None = None
    """How it tells of the ends of jobs; None: it tells nobody."""
    unbuilt: tuple[tuple[str, str], ...] = ()
    """Methods and paths that the provider has and that are answered 501."""
