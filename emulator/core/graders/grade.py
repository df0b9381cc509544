"""What a grader answers: a reward, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto


class Kind(Enum):
    """What kept a grader from its reward."""

    FORMULA = auto()
    """A multigrader's formula cannot be read."""
    SAMPLE = auto()
    """The model's output is not the JSON that it is taken for."""
    VARIABLE = auto()
    """A text or a formula names what is not there."""
    CODE = auto()
    """A python grader: its code is not executed."""
    REFUSAL = auto()
    """The grading model refused."""
    PARSE = auto()
    """The grading model answered no score."""
    SERVER = auto()
    """The grading model could not be asked."""
    OTHER = auto()
    """Anything else, such as a division by zero."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that went wrong, and a sentence about it."""

    kind: Kind
    details: str


class Failed(Exception):
    """A grader has no reward."""

    def __init__(self, kind: Kind, details: str) -> None:
        super().__init__(details)
        self.failure = Failure(kind, details)


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens that a grading model would have read and written."""

    prompt: int
    completion: int

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.prompt + other.prompt, self.completion + other.completion)


@dataclass(frozen=True, slots=True)
class Grade:
    """The answer of a grader: what is not there, for want of which the reward is 0, is in ``failures``.

    ``usage`` is by model, ``parts`` are the rewards of a multigrader's own graders, ``duration_s`` is what the provider
    might have taken: a figure, nothing is measured.
    """

    reward: float
    failures: tuple[Failure, ...] = ()
    usage: Mapping[str, Usage] = field(default_factory=dict)
    parts: Mapping[str, float] = field(default_factory=dict)
    duration_s: float = 0.0
