"""Repetitions that come sooner than the provider told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from emulator.core.lint.asked import Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times

SLACK_S = 0.05
SLACK = 0.02
"""Timers and recorders round."""
BUSY = 400
REMEMBERED_MAX = 1000


@dataclass(frozen=True, slots=True)
class Told:
    """When a request may come again, and what was told."""

    entry: int
    at_s: float
    until_s: float


class IgnoresRetryAfter(Check):
    """The same request again, in host time, before the ``retry-after`` of its refusal has passed.

    Requests that were under way when the refusal came are not meant, nor are others: another part of a client did not
    see it.
    """

    name = "ignores_retry_after"
    severity = Severity.ERROR
    about = "A request is repeated sooner than the retry-after of its refusal tells."
    do = "Wait as long as retry-after tells, or give up; the official SDKs wait up to a limit of their own."
    source = "documented: a 429 comes with Retry-After"

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, Told] = {}
        self._worst: tuple[float, float, int] | None = None

    def see(self, asked: Asked, client: Client) -> None:
        """Hold a repetition against what was told."""
        if (same := asked.same) is None:
            return
        told = self._told.get(same)
        if told and asked.follows(told.at_s):
            del self._told[same]
            self._judge(told, asked)
        wait_s = retry_after_s(asked.entry.response.headers, asked.ends_s) if asked.status >= BUSY else None
        if wait_s:
            self._told[same] = Told(asked.id, asked.ends_s, asked.ends_s + wait_s)
        if len(self._told) > REMEMBERED_MAX:
            self._told.pop(next(iter(self._told)))

    def _judge(self, told: Told, asked: Asked) -> None:
        wait_s, waited_s = told.until_s - told.at_s, max(0.0, asked.starts_s - told.at_s)
        if waited_s < wait_s * (1 - SLACK) - SLACK_S:
            self.requests.add(asked.id)
            self._worst = max(self._worst or (0.0, 0.0, 0), (wait_s - waited_s, waited_s, told.entry))

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the repetition that was the most too early."""
        if self._worst:
            missing_s, waited_s, entry = self._worst
            told = f"told to wait {missing_s + waited_s:.3g} s (entry {entry}), it came again after {waited_s:.2g} s"
            yield self.finding(f"{times(self.requests.count, 'request')} too early: {told}")


def retry_after_s(headers: Mapping[str, str], at_s: float) -> float | None:
    """Return the seconds that an answer tells to wait, None where it tells none that can be read."""
    milliseconds, written = headers.get("retry-after-ms", ""), headers.get("retry-after", "")
    for number, unit_s in ((milliseconds, 0.001), (written, 1.0)):
        try:
            seconds = float(number) * unit_s
        except ValueError:
            continue
        return seconds if isfinite(seconds) and seconds > 0 else None
    return _until(written, at_s)


def _until(written: str, at_s: float) -> float | None:
    """Return the seconds until a date, as HTTP writes it."""
    try:
        date = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    # A date is told to the second: half of one may be lost.
    return max(0.0, (aware - datetime.fromtimestamp(at_s, UTC)).total_seconds() - 1) or None
