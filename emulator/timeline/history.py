"""The events and checkpoints of a view: sequences that are derived where they are read, and nowhere stored.

An event's ordinal is its place in the history. History is append-only, so ordinal, time and contents are final once
seen, and a page deep in a long job costs as much as the first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from emulator.timeline import curves
from emulator.timeline.actions import Deed
from emulator.timeline.job import Kind, Status
from emulator.timeline.view import JobView

DEED_KINDS = {Deed.CANCEL: Kind.CANCELLED, Deed.PAUSE: Kind.PAUSED, Deed.RESUME: Kind.RESUMED}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was told, with the time at which it happened.

    ``subject`` is the split of a dataset, or the stage of a failure; ``step`` counts from 1, 0 where none is meant.
    """

    ordinal: int
    at: datetime
    kind: Kind
    subject: str = ""
    step: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a model at the end of an epoch. ``ordinal`` counts from 0; the validation numbers may be None."""

    ordinal: int
    step: int
    at: datetime
    train_loss: float
    valid_loss: float | None
    train_accuracy: float
    valid_accuracy: float | None


class History:
    """The events of a view, oldest first; those of the plan, and between them those of the actions."""

    def __init__(self, view: JobView) -> None:
        self._plan, self._course = view.plan, view.course
        stopped = self._course.stopped is not None
        seen = self._plan.seen_by(self._course.elapsed, stopped=stopped)
        self._marks: list[tuple[int, Event]] = []
        for mark in self._course.marks:
            kind = DEED_KINDS.get(mark.action.deed, Kind.FAILED)
            if kind in self._plan.told and mark.elapsed <= seen:
                last = mark.action is self._course.stopped
                ordinal = self._plan.moments_by(mark.elapsed, stopped=last) + len(self._marks)
                self._marks.append((ordinal, Event(ordinal, mark.action.at, kind)))
        self._length = self._plan.moments_by(seen, stopped=stopped) + len(self._marks)

    def __len__(self) -> int:
        return self._length

    def page(self, start: int, stop: int) -> Iterator[Event]:
        """Yield the events of these ordinals, as far as they have happened."""
        for ordinal in range(max(0, start), min(stop, len(self))):
            yield self._event(ordinal)

    def _event(self, ordinal: int) -> Event:
        before = 0
        for place, event in self._marks:
            if place == ordinal:
                return event
            before += place < ordinal
        moment = self._plan.moment(ordinal - before)
        return Event(ordinal, self._course.falls_at(moment.at), moment.kind, moment.subject, moment.step)


def checkpoints(view: JobView) -> tuple[Checkpoint, ...]:
    """Return the checkpoints of a view, oldest first."""
    return tuple(checkpoint(view, ordinal) for ordinal in range(checkpoint_count(view)))


def checkpoint_count(view: JobView) -> int:
    """Return how many checkpoints a view has."""
    training = view.plan.training
    return training.checkpoints_by(view.steps) if training else 0


def checkpoint(view: JobView, ordinal: int) -> Checkpoint:
    """Return one checkpoint of a view, without producing the others; raise IndexError where it is not made yet."""
    training, curve = view.plan.training, view.plan.curve
    if training is None or not 0 <= ordinal < checkpoint_count(view):
        raise IndexError(ordinal)
    step = training.checkpoint_step(ordinal)
    train_loss = curve.train_loss(step)
    valid_loss = curve.valid_loss(step) if view.plan.has_validation else None
    return Checkpoint(
        ordinal=ordinal,
        step=step,
        at=view.course.falls_at(training.at(step)),
        train_loss=train_loss,
        valid_loss=valid_loss,
        train_accuracy=curves.accuracy(train_loss),
        valid_accuracy=None if valid_loss is None else curves.accuracy(valid_loss),
    )


def is_final(view: JobView) -> bool:
    """Say whether the job succeeded and has a checkpoint, so that its last one is its result."""
    return view.status is Status.SUCCEEDED and checkpoint_count(view) > 0


def next_moment(view: JobView) -> datetime | None:
    """Return the next instant at which the job tells of anything: a status, an event or a checkpoint; None if never."""
    course, instants = view.course, [view.changes_at] if view.changes_at else []
    if not course.paused and course.stopped is None:
        instants += [course.falls_at(at) for at in (_next_event(view), _next_checkpoint(view)) if at is not None]
    return min(instants, default=None)


def _next_event(view: JobView) -> timedelta | None:
    """Return the plan time at which the plan's next event is seen."""
    plan = view.plan
    told = plan.moments_by(plan.seen_by(view.course.elapsed))
    return plan.told_at(told) if told < plan.moments_by(plan.reaches) else None


def _next_checkpoint(view: JobView) -> timedelta | None:
    training = view.plan.training
    return training.checkpoint_seen(checkpoint_count(view)) if training else None
