"""Looks at a job that come sooner after one another than the provider asks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from emulator.clock import Mode
from emulator.core.lint.asked import CANCEL, CHECKPOINTS, CREATE, EVENTS, LIST, METRICS, RETRIEVE, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times

LOOKS = frozenset({RETRIEVE, LIST, EVENTS, CHECKPOINTS, METRICS})
EARLY_MIN = 2
"""A look that comes too soon is no loop: one part of a program may look right after another."""
SLACK = 0.05
"""The share of the time asked for that is let off: timers and recorders round."""
HOST_RATE = 0.02
"""A tenant's clock that goes as the host's to this share is the host's."""
HOST_RATE_S = 0.05
KINDS_MAX = 16
"""Kinds of looks at one job that are remembered: a client that pages through events makes many."""
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """When a look began and ended, by the host's clock and by the tenant's."""

    starts_s: float
    ends_s: float
    at: datetime
    clock: Mode | None


@dataclass(slots=True)
class Watched:
    """The looks of one kind at one job: the last of them, and those that came too soon."""

    last: Look
    early: list[int] = field(default_factory=list)
    shortest_s: float = 0.0


class PollsTooFast(Check):
    """Each look is held against the one before, of the same kind, at the same job, with the same query.

    A gap is the longer of what passed on the host and on the tenant's clock: a test that moves its clock need not wait.
    A look that failed is none, so that its repetition is held against the one before; nor is one at a job that is known
    to have ended.
    """

    name = "polls_too_fast"
    severity = Severity.WARNING
    about = "Looks at an unfinished job come sooner after one another than the provider asks."
    do = (
        "Wait that long between one look's answer and the next look. Of tests that look faster on purpose ask with "
        "another interval: `--poll-s` of the command, `poll_s` in Python."
    )

    def __init__(self, poll_s: float | None = None) -> None:
        super().__init__()
        self._asked_for_s, self._taken_s = poll_s, 0.0
        self._watched: dict[str, dict[Key, Watched]] = {}
        self._jobs: set[str] = set()
        self._worst: tuple[str, Watched] | None = None
        self._source = ""
        self._polled = 0

    def see(self, asked: Asked, client: Client) -> None:
        """Hold a look against the one before."""
        if asked.name in {CANCEL, CREATE}:
            # What it does to a job is a reason to look at once.
            self._watched.pop(asked.job or "", None)
            self._watched.pop("", None)
        if asked.name not in LOOKS or asked.entry.method != "GET" or not asked.is_done:
            return
        job, goes_on = asked.job or "", _is_unfinished(asked, client)
        if goes_on or (asked.shown and job in self._watched):
            self._compare(job, asked)
        if not goes_on:
            self._watched.pop(job, None)

    def _compare(self, job: str, asked: Asked) -> None:
        """Measure the time since the same look."""
        key = asked.name or "", str(asked.entry.query)
        look = Look(asked.starts_s, asked.ends_s, asked.entry.at, asked.entry.clock)
        kinds = self._watched.setdefault(job, {})
        watched = kinds.setdefault(key, Watched(look))
        before, watched.last = watched.last, look
        if len(kinds) > KINDS_MAX:
            kinds.pop(next(iter(kinds)))
        if before is look:
            return
        if Mode.POLL in (before.clock, look.clock):
            self._polled += 1
            return
        self._judge(job, watched, asked, gap_s(before, look))

    def _judge(self, job: str, watched: Watched, asked: Asked, gap: float) -> None:
        """Note a look that came too soon, once it is not the only one."""
        advice = asked.advice
        self._taken_s = advice.poll_s if self._asked_for_s is None else self._asked_for_s
        self._source = advice.poll_source if self._asked_for_s is None else "as asked for"
        if gap >= self._taken_s * (1 - SLACK):
            return
        watched.shortest_s = min(gap, watched.shortest_s) if watched.early else gap
        if len(watched.early) < EARLY_MIN:
            watched.early = [*watched.early, asked.id]
            if len(watched.early) < EARLY_MIN:
                return
            self.requests.add(*watched.early)
        else:
            self.requests.add(asked.id)
        self._jobs.add(job)
        if self._worst is None or watched.shortest_s <= self._worst[1].shortest_s:
            self._worst = job, watched

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell the shortest gap, and how many looks came too soon."""
        if self._worst is None:
            return
        job, watched = self._worst
        whose = f"the job {job}" if job else "the list of jobs"
        others = f", and at {times(len(self._jobs) - 1, 'other')}" if len(self._jobs) > 1 else ""
        what = (
            f"{times(self.requests.count, 'look')} at {whose}{others} came sooner than {self._taken_s:g} s after the "
            f"look before, the soonest after {watched.shortest_s:.2g} s"
        )
        yield self.finding(what, source=self._source)

    def unjudged(self, client: Client) -> Iterator[str]:
        """Tell of looks that moved the clock themselves."""
        if self._polled:
            yield (
                f"{times(self._polled, 'look')} on a poll clock, which moves when somebody looks: how long the client "
                "waits does not show; a real or a manual clock shows it"
            )


def gap_s(before: Look, look: Look) -> float:
    """Return the seconds from the end of one look to the start of the next, by the clock on which more passed."""
    host_s = max(0.0, look.starts_s - before.ends_s)
    told_s = (look.at - before.at).total_seconds()
    # The tenant's time is known of the ends alone; on a clock that goes as the host's, the host's gap is exact.
    between_s = look.ends_s - before.ends_s
    goes_as_the_host = abs(told_s - between_s) <= HOST_RATE_S + HOST_RATE * abs(between_s)
    return host_s if goes_as_the_host else max(host_s, told_s)


def _is_unfinished(asked: Asked, client: Client) -> bool:
    """Say whether a look shows a job that is not known to have ended, or such a one is looked at."""
    if asked.name in {RETRIEVE, LIST}:
        return any(each["status"] not in asked.advice.terminal for each in asked.shown)
    job = client.job(asked.job)
    return job is not None and job.status is not None and not job.ended
