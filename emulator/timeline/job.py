"""What a job is: what was asked (Recipe), what its data is like (Dataset), and which moves a status may make.

Not here: when anything happens (plan.py) or what an observer sees of it (view.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from emulator.timeline.durations import Durations
from emulator.timeline.scenario import Scenario, Stage


class Status(StrEnum):
    """Every state that any provider's job can be in."""

    VALIDATING_FILES = "validating_files"
    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Say whether nothing follows this status."""
        return not TRANSITIONS[self]


# The only table of moves. A pause gives back the status it took, so PAUSED leads to every status that leads to it;
# a second pause while paused changes nothing. A paused job can still be cancelled, and fails where it loses its data.
TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.VALIDATING_FILES: frozenset(
        {Status.QUEUED, Status.RUNNING, Status.PAUSED, Status.FAILED, Status.CANCELLED},
    ),
    Status.QUEUED: frozenset({Status.STARTING, Status.RUNNING, Status.PAUSED, Status.FAILED, Status.CANCELLED}),
    Status.STARTING: frozenset({Status.RUNNING, Status.PAUSED, Status.FAILED, Status.CANCELLED}),
    Status.RUNNING: frozenset({Status.PAUSED, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED}),
    Status.PAUSED: frozenset(
        {*(Status.VALIDATING_FILES, Status.QUEUED, Status.STARTING), Status.RUNNING, Status.FAILED, Status.CANCELLED},
    ),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}


class Lifecycle(StrEnum):
    """Which walk a plan takes: the states that the provider documents, or those that were seen of it."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"


class Kind(StrEnum):
    """What a moment of a job is about; a dialect words it."""

    SUBMITTED = "submitted"
    VALIDATING = "validating"
    VALIDATED = "validated"
    QUEUED = "queued"
    STARTED = "started"
    STEP = "step"
    CHECKPOINT = "checkpoint"
    TRAINED = "trained"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed, as the provider's ``error`` object tells it."""

    code: str
    message: str
    param: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a dataset: the line (from 1; 0 where no line is to blame) and what it is.

    ``code`` says of what kind it is where a dialect has to know, in the words of the reader of datasets or its own.
    """

    line: int
    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name, the first few of its values, and about how many tokens all of them make.

    The tokens are of the texts alone; a row has its mark besides.
    """

    name: str
    values: tuple[str, ...] = ()
    tokens: int = 0
    longest_tokens: int = 0
    longest_line: int = 0


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a plan needs to know of a training or validation file.

    ``form`` is one of conversational, instruction, text, pretokenized, preference, table, or empty: no line could be
    read. Of a table, which has ``columns``, the tokens count all of them.
    ``tokens`` and ``longest_tokens`` are estimates for the texts and exact for pretokenized rows; ``longest_line`` is
    the line (from 1) of the longest row. ``problem`` is the first thing wrong; the counts cover the lines before it.
    ``caveats`` speak against some uses of the file only, such as one of several methods: the first of each code.
    """

    form: str = ""
    rows: int = 0
    tokens: int = 0
    longest_tokens: int = 0
    longest_line: int = 0
    problem: Problem | None = None
    caveats: tuple[Problem, ...] = ()
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Lora:
    """The shape of a low-rank adapter: rank, scaling and dropout, what it adapts, and how its tensors are named.

    Without ``modules`` it adapts the four projections that were seen of a provider. ``prefixed``: its tensors are
    named as PEFT saves them and looks for them; else without PEFT's prefix (observed of one provider).
    """

    r: int
    alpha: int
    dropout: float
    modules: tuple[str, ...] = ()
    prefixed: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """What was asked of one job, in no provider's words.

    ``lora`` is None for full fine-tuning. ``told`` are the kinds of moment that the provider tells of as events;
    ``step_events`` tells of every n-th step (0: of none). ``pace`` is a factor on ``durations``. Of the checkpoints
    the last ``keep_last`` are kept, and seen once the training is over (0: all are, each as it is made). A job with a
    ``metrics_file`` results in a table of its steps, others in the files of their checkpoints. ``refusal`` is why
    validation refuses the data, in the provider's words; without it, what is wrong with them is said in ours.
    ``shows`` are the statuses of stages where the provider's are others than those of the lifecycle.
    """

    model: str
    training: Dataset
    validation: Dataset | None
    n_epochs: int
    batch_size: int
    context_length: int
    packing: bool
    lora: Lora | None
    told: frozenset[Kind]
    lifecycle: Lifecycle = Lifecycle.DOCUMENTED
    pace: float = 1.0
    step_events: int = 0
    scenario: Scenario = Scenario()  # noqa: RUF009 -- frozen
    durations: Durations = Durations()  # noqa: RUF009 -- frozen
    keep_last: int = 0
    metrics_file: bool = False
    refusal: JobError | None = None
    shows: Mapping[Stage, Status] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """One job as the timeline knows it: its name, its seed and when it was made (aware, virtual)."""

    id: str
    seed: str
    created_at: datetime
