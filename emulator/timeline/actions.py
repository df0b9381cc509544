"""What somebody did to a job, and when; and how that bends the reading of its plan.

An action is kept whether or not it has an effect; reading decides. Actions are in the order in which they were done.
Where a plan says that a cancellation takes a while, it is read as one that is done so much later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from emulator.timeline.job import TRANSITIONS, JobError, Status
from emulator.timeline.plan import Plan


class Deed(StrEnum):
    """What can be done to a job."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    TRAINING_FILE_DELETED = "training_file_deleted"


@dataclass(frozen=True, slots=True)
class Action:
    """One deed and its (aware, virtual) time."""

    deed: Deed
    at: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """An action that took effect, and the plan time at which it did."""

    action: Action
    elapsed: timedelta


@dataclass(frozen=True, slots=True)
class Course:
    """How a plan is read once its actions have bent it: plan time now, and when each plan time falls.

    ``coming`` is when the first action takes effect that was done already and has none yet.
    """

    created_at: datetime
    elapsed: timedelta
    paused: bool
    stopped: Action | None
    marks: tuple[Mark, ...]
    coming: datetime | None = None

    def falls_at(self, at: timedelta) -> datetime:
        """Return the instant of a plan time: every hold that it has waited for makes it later."""
        instant, held_since = self.created_at + at, None
        for mark in self.marks:
            if mark.action.deed is Deed.PAUSE and at > mark.elapsed:
                held_since = mark.action.at
            elif mark.action.deed is Deed.RESUME and held_since:
                instant += mark.action.at - held_since
                held_since = None
        return instant


def permits(plan: Plan, elapsed: timedelta, *, paused: bool, deed: Deed) -> bool:
    """Say whether a deed has an effect at a plan time; TRANSITIONS decides."""
    status = Status.PAUSED if paused else plan.status_at(elapsed)
    match deed:
        case Deed.CANCEL:
            return Status.CANCELLED in TRANSITIONS[status]
        case Deed.PAUSE:
            return Status.PAUSED in TRANSITIONS[status]
        case Deed.RESUME:
            return paused
        case Deed.TRAINING_FILE_DELETED:
            # Later the data have been read and the file is no longer needed.
            validating = elapsed < plan.counted and elapsed < plan.ends
            return validating and Status.FAILED in TRANSITIONS[status]


def follow(created_at: datetime, plan: Plan, actions: Sequence[Action], now: datetime) -> Course:
    """Return the course of a job up to ``now``: the actions that took effect, and the plan time that was reached."""
    held, paused_at, stopped = timedelta(0), None, None
    marks: list[Mark] = []
    for action in sorted((_effect(plan, action) for action in actions), key=lambda action: action.at):
        if action.at > now or stopped:
            continue
        # Nothing happens after the end, or where it is stuck, so plan time ends there and every later course is equal.
        elapsed = _within(plan, (paused_at or action.at) - created_at - held)
        if not permits(plan, elapsed, paused=paused_at is not None, deed=action.deed):
            continue
        marks.append(Mark(action, elapsed))
        if action.deed is Deed.PAUSE:
            paused_at = action.at
        elif action.deed is Deed.RESUME and paused_at:
            held += action.at - paused_at
            paused_at = None
        else:
            stopped = action
    until = paused_at or (stopped.at if stopped else now)
    elapsed = _within(plan, until - created_at - held)
    coming = None if stopped or elapsed >= plan.ends else _coming(plan, actions, now)
    return Course(created_at, elapsed, paused_at is not None, stopped, tuple(marks), coming)


def _within(plan: Plan, elapsed: timedelta) -> timedelta:
    """Return a plan time no later than the plan's last, and no earlier than its first.

    A job may lie in the future of a clock that was set back while it was being created: it is as it will be at first.
    """
    return min(max(timedelta(0), elapsed), plan.reaches)


def _effect(plan: Plan, action: Action) -> Action:
    """Return an action as it takes effect."""
    return replace(action, at=action.at + plan.cancel_takes) if action.deed is Deed.CANCEL else action


def _coming(plan: Plan, actions: Sequence[Action], now: datetime) -> datetime | None:
    effects = (_effect(plan, action).at for action in actions if action.at <= now)
    return min((at for at in effects if at > now), default=None)


def ending(action: Action) -> tuple[Status, JobError | None]:
    """Return how a job ends that such an action stopped."""
    if action.deed is Deed.CANCEL:
        return Status.CANCELLED, None
    message = "The training file was deleted while it was being validated"
    return Status.FAILED, JobError("training_file_deleted", message, "training_file")
