"""How one provider tells of what happened: its names of events, its ids, its JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from emulator.core.ids import Shape
from emulator.timeline.job import Status


@dataclass(frozen=True, slots=True)
class Happening:
    """What is told: an event of this id and type, when it happened in virtual time, and to which job."""

    id: str
    type: str
    at: datetime
    job: str


@dataclass(frozen=True, slots=True)
class Manner:
    """How one provider tells. ``types``: what it calls the ends of jobs; of an end that is not there it tells nothing.

    ``event`` is the shape of an event's id, ``message`` of a delivery's (the header ``webhook-id``).
    """

    types: Mapping[Status, str]
    event: Shape
    message: Shape
    user_agent: str
    body: Callable[[Happening], bytes]
