"""How a job is to go: the knobs that a plan is drawn with. A scenario is a named set of them, and data.

Not here: the catalogue of names (``fixtures/scenarios``, read by the core) and how one is chosen.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Stage = Literal["validation", "queue", "loading", "training", "saving"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is to happen to a job, beyond what its data make of it. Each default is what a sound job does."""

    # Read by pydantic, where one checks a scenario that somebody wrote; this module does not know it.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    pace: float = 1.0
    """Factor on how long everything lasts, on top of the server's pace; 0 is as good as at once."""
    refused: Literal["quota", "credit"] | None = None
    """The provider takes no job: the account's quota or its credit is used up."""
    fails_at: Stage | None = None
    """The stage in which the job fails."""
    fails_at_step: int | None = None
    """The last step (from 1) before it fails in training; later than its last step is at its last."""
    error_code: str | None = None
    """The ``code`` of its error."""
    error_message: str | None = None
    """The ``message`` of its error."""
    error_param: str | None = None
    """The ``param`` of its error."""
    stuck_in: Stage | None = None
    """The stage that it never leaves, unless somebody cancels it."""
    stuck_at_step: int | None = None
    """The last step (from 1) that it makes before it is stuck in training."""
    loss_diverges_at_step: int | None = None
    """The first step (from 1) whose losses are no number."""
    checkpoints: bool = True
    """Whether it makes checkpoints."""
    missing_file: str | None = None
    """The name of a file that each checkpoint lists and that cannot be found."""
    cancel_takes_s: float = 0.0
    """Virtual seconds, before the pace, from a cancellation to its effect; a job that ends first has won."""
    events_late_s: float = 0.0
    """Virtual seconds, before the pace, by which events come late; at its end all are there."""
    last_event_late_s: float = 0.0
    """Virtual seconds, before the pace, from its end to its last event."""
    events_twice_every: int | None = None
    """Every so many-th event is told twice, under an id of its own."""
    times: int | None = None
    """How many of a tenant's jobs under this scenario go like this, before the next ones simply succeed."""
