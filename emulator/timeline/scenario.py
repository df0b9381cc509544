"""How a job is to go: the knobs that a plan is drawn with. A scenario is a named set of them, and data.

Not here: the catalogue of names (``fixtures/scenarios``, read by the core) and how one is chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

Stage = Literal["validation", "queue", "loading", "training", "saving"]

BOUNDS: Mapping[str, tuple[int, int]] = {
    "pace": (0, 1000),
    "fails_at_step": (1, 10**9),
    "stuck_at_step": (1, 10**9),
    "loss_diverges_at_step": (1, 10**9),
    "cancel_takes_s": (0, 10**6),
    "events_late_s": (0, 10**6),
    "last_event_late_s": (0, 10**6),
    "events_twice_every": (1, 10**6),
    "times": (1, 10**9),
}
"""The least and the most that a knob takes."""
TEXTS = ("error_code", "error_message", "error_param", "missing_file")
LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is to happen to a job, beyond what its data make of it. Each default is what a sound job does.

    Raise ValueError for a knob out of its bounds, and knobs that contradict each other.
    """

    # Read by pydantic, where one checks a scenario that somebody wrote; this module does not know it.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    pace: float = 1.0
    """Factor on how long everything lasts, on top of the server's pace (at most 1000 in all); 0: as good as at once."""
    refused: Literal["quota", "credit", "access"] | None = None
    """The provider takes no job: the account's quota or its credit is used up, or it has no access to training."""
    fails_at: Stage | None = None
    """The stage in which the job fails; in training after half of its steps."""
    fails_at_step: int | None = None
    """The last step (from 1) before it fails in training, whatever `fails_at` says; too late a step is its last."""
    error_code: str | None = None
    """The `code` of its error."""
    error_message: str | None = None
    """The `message` of its error."""
    error_param: str | None = None
    """The `param` of its error."""
    stuck_in: Stage | None = None
    """The stage that it never leaves, unless somebody cancels it; in training after half of its steps."""
    stuck_at_step: int | None = None
    """The last step (from 1) that it makes before it is stuck in training, whatever `stuck_in` says."""
    loss_diverges_at_step: int | None = None
    """The first step (from 1) whose losses are no number; too late a step is its last."""
    checkpoints: bool = True
    """Whether it makes checkpoints."""
    missing_file: str | None = None
    """The name of a file that each checkpoint lists and that cannot be found; `*` stands for anything."""
    cancel_takes_s: float = 0.0
    """Virtual seconds, before the pace, from a cancellation to its effect; a job that ends first has won."""
    events_late_s: float = 0.0
    """Virtual seconds, before the pace, by which events come late; at its end all are there."""
    last_event_late_s: float = 0.0
    """Virtual seconds, before the pace, from its end to its last event, unless somebody cancels it."""
    events_twice_every: int | None = None
    """Every so many-th event is told twice, under an id of its own."""
    times: int | None = None
    """How many of a tenant's jobs under this scenario go like this, before the next ones simply succeed."""

    def __post_init__(self) -> None:
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name}: got {value}, takes {low} to {high}")
        for name in TEXTS:
            text = getattr(self, name) or ""
            if len(text) > LONGEST_TEXT or any("\ud800" <= letter <= "\udfff" for letter in text):
                raise ValueError(f"{name}: takes up to {LONGEST_TEXT} letters that UTF-8 has, got {len(text)}")
        if self.refused and self.times:
            raise ValueError("times: it counts jobs, and a refused one is none; set the next ones with a count instead")

    @property
    def fails_in(self) -> Stage | None:
        """The stage in which it fails."""
        return "training" if self.fails_at_step else self.fails_at

    @property
    def sticks_in(self) -> Stage | None:
        """The stage in which it is stuck."""
        return "training" if self.stuck_at_step else self.stuck_in


KNOBS = tuple(field.name for field in fields(Scenario))
DEFAULTS: Mapping[str, Any] = {field.name: field.default for field in fields(Scenario)}


def turned(scenario: Scenario) -> dict[str, Any]:
    """Return the knobs that are not at their default."""
    return {name: value for name in KNOBS if (value := getattr(scenario, name)) != DEFAULTS[name]}
