"""A job at an instant: the one function that everything else is built on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from emulator.timeline.actions import Action, Course, ending, follow
from emulator.timeline.job import Job, JobError, Status
from emulator.timeline.plan import Plan


@dataclass(frozen=True, slots=True)
class JobView:
    """What an observer sees of a job. ``history.py`` gives its events and checkpoints.

    ``steps_total`` is None until the data have been read. ``estimated_end`` is None until the first step is done
    (observed: "ETA: Calculating" at 0 %) and where it is not known: paused, or ended otherwise than in success.
    ``changes_at`` is the next change of status, None where no change is to come unasked.
    """

    job: Job
    plan: Plan
    course: Course
    status: Status
    error: JobError | None
    ended_at: datetime | None
    steps: int
    steps_total: int | None
    tokens: int
    estimated_end: datetime | None
    changes_at: datetime | None


def view(job: Job, plan: Plan, actions: Sequence[Action], now: datetime) -> JobView:
    """Return the job as an observer at ``now`` sees it."""
    course = follow(job.created_at, plan, actions, now)
    elapsed, training = course.elapsed, plan.training
    status, error, ended_at = _state(plan, course)
    steps = training.steps_by(elapsed) if training else 0
    under_way = steps > 0 and status in {Status.RUNNING, Status.SUCCEEDED}
    return JobView(
        job=job,
        plan=plan,
        course=course,
        status=status,
        error=error,
        ended_at=ended_at,
        steps=steps,
        steps_total=training.steps if training and elapsed >= plan.counted else None,
        tokens=training.tokens_by(steps) if training else 0,
        estimated_end=course.falls_at(plan.expected_end) if under_way else None,
        changes_at=None if status.terminal else _change(plan, course),
    )


def _change(plan: Plan, course: Course) -> datetime | None:
    """Return when the status of a job that has not ended changes next."""
    planned = None if course.paused else plan.changes_after(course.elapsed)
    changes = (course.falls_at(planned) if planned else None, course.coming)
    return min((at for at in changes if at), default=None)


def _state(plan: Plan, course: Course) -> tuple[Status, JobError | None, datetime | None]:
    """Return the status, the error and the end of a job on such a course."""
    if course.stopped:
        return *ending(course.stopped), course.stopped.at
    if course.paused:
        return Status.PAUSED, None, None
    if course.elapsed >= plan.ends:
        return plan.outcome, plan.error, course.falls_at(plan.ends)
    return plan.status_at(course.elapsed), None, None


def came_to(view: JobView, status: Status) -> datetime | None:
    """Return when a job first showed a status that its plan has; None: it did not, or has not yet."""
    begins = next((phase.begins for phase in view.plan.phases if phase.status is status), None)
    return None if begins is None or view.course.elapsed < begins else view.course.falls_at(begins)
