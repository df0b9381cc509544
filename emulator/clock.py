"""Virtual time: an affine map of host time. Frozen, real and scaled are numbers, not classes.

When the host's clock said ``mark_s``, virtual time was ``base``, and since then it has gone ``rate`` virtual seconds a
host second. This module is the only reader of the host's clock. Jobs live in virtual time; sockets do not.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

Host = Callable[[], float]
"""Host time in seconds since 1970; never goes back while a process lives."""

ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # leaves room for a plan's length before datetime ends


class Mode(StrEnum):
    """What makes a clock go: the host, nobody but the control API, or an answer that shows an unfinished job."""

    REAL = "real"
    MANUAL = "manual"
    POLL = "poll"


RATES = {Mode.REAL: 1.0, Mode.MANUAL: 0.0, Mode.POLL: 0.0}


@dataclass(frozen=True, slots=True)
class Clock:
    """One tenant's time. ``rate`` is virtual seconds a host second; 0 stands still."""

    mode: Mode
    rate: float
    base: datetime
    mark_s: float

    def now(self, host_s: float) -> datetime:
        """Return virtual time at a host time."""
        gone_s = self.rate * max(0.0, host_s - self.mark_s)
        left_s = (LATEST - self.base).total_seconds()
        return LATEST if gone_s >= left_s else self.base + timedelta(seconds=gone_s)

    def moved_to(self, at: datetime, host_s: float) -> "Clock":
        """Return the clock set to ``at``."""
        return replace(self, base=min(at, LATEST).astimezone(UTC), mark_s=host_s)

    def at_rate(self, rate: float, host_s: float) -> "Clock":
        """Return the clock at another rate; time does not leap."""
        return replace(self.moved_to(self.now(host_s), host_s), rate=rate)


def starting(mode: Mode, epoch: datetime) -> Clock:
    """Return the clock that a server starts with: the host's own time, or one that stands still at ``epoch``."""
    base = ORIGIN if mode is Mode.REAL else epoch
    return Clock(mode=mode, rate=RATES[mode], base=base, mark_s=0.0)


def host_clock() -> Host:
    """Return a host clock that starts at the wall clock's time and then only goes forward."""
    wall_s, mark_s = time.time(), time.monotonic()  # noqa: TID251 -- the one place that reads the host's clock

    def host() -> float:
        return wall_s + time.monotonic() - mark_s  # noqa: TID251 -- see above

    return host


def micros(at: datetime) -> int:
    """Return an instant as whole microseconds since 1970: what is stored."""
    return (at - ORIGIN) // timedelta(microseconds=1)


def instant(micros_since_1970: int) -> datetime:
    """Return the instant that was stored."""
    return ORIGIN + timedelta(microseconds=micros_since_1970)


def seconds(at: datetime) -> int:
    """Return an instant as whole seconds since 1970: what the providers answer."""
    return (at - ORIGIN) // timedelta(seconds=1)
