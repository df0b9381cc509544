"""A tenant's clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from emulator.client.running import Calls, Json


@dataclass(frozen=True, slots=True)
class TenantClock:
    """What time it is for a tenant, and moving it: virtual time, which its jobs live in."""

    calls: Calls

    def get(self) -> Json:
        """Return ``mode``, ``rate`` (virtual seconds a host second) and ``now`` as the server tells them."""
        answer: Json = self.calls.ask("GET", "/clock")
        return answer

    def now(self) -> datetime:
        """Return the tenant's time."""
        return _now(self.get())

    def set(self, *, mode: str | None = None, rate: float | None = None, now: datetime | str | None = None) -> datetime:
        """Set what makes time go (``real``, ``manual``, ``poll``), how fast, and what time it is: never earlier.

        What is left out stays. Returns the time then; raises Unanswered.
        """
        told = now.isoformat() if isinstance(now, datetime) else now
        body = {name: value for name, value in (("mode", mode), ("rate", rate), ("now", told)) if value is not None}
        return _now(self.calls.ask("PUT", "/clock", body))

    def advance(
        self,
        by: timedelta | float = 0.0,
        *,
        weeks: float = 0.0,
        days: float = 0.0,
        hours: float = 0.0,
        minutes: float = 0.0,
        seconds: float = 0.0,
        milliseconds: float = 0.0,
    ) -> datetime:
        """Move the clock forward by the sum of what is given, a bare number being seconds; return the time then.

        Raise ValueError for what is no length of time, Unanswered for what the server refuses.
        """
        parts = {"weeks": weeks, "days": days, "hours": hours, "minutes": minutes, "milliseconds": milliseconds}
        bare = by if isinstance(by, timedelta) else _length("by", seconds=by)
        whole = sum((_length(name, **{name: number}) for name, number in {**parts, "seconds": seconds}.items()), bare)
        return _now(self.calls.ask("POST", "/clock/advance", {"seconds": whole.total_seconds()}))

    def skip(self) -> bool:
        """Move the clock to the next status, event or checkpoint of any job; say whether there was anything to come."""
        return bool(self.calls.ask("POST", "/clock/skip")["moved"])


def _length(name: str, **part: float) -> timedelta:
    """Return a length of time; raise ValueError, saying which part it is, for not a number and for too long a one."""
    try:
        return timedelta(**part)
    except (ValueError, OverflowError):
        [got] = part.values()
        raise ValueError(f"{name}: got {got}, takes a finite number, of less than {timedelta.max.days} days") from None


def _now(answer: Json) -> datetime:
    return datetime.fromisoformat(answer["now"])
