"""Requests that were refused for what they say, and that are sent again as they were."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from emulator.core.lint.asked import WRITES, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import Check, Finding, Severity, times

FINAL = frozenset({400, 401, 402, 403, 404, 405, 411, 413, 414, 415, 422})
"""Refusals that the same request meets again. Not 408, 409, 425 and 429: SDKs repeat those, and may."""
TRIES_MIN = 2
LOOKS_MIN = 3
"""Refused reads in a row: what was just made may not be there for a moment, and a second try is right."""
MANY_MIN = 10
"""Refused reads in a row that no later success of another call excuses."""
FAR_S = 600.0
"""Host seconds after which the world may have changed: somebody paid, or made what was missing."""
REMEMBERED_MAX = 1000


@dataclass(slots=True)
class Refused:
    """A request that was refused, and again."""

    status: int
    what: str
    ends_s: float
    is_read: bool
    ids: list[int] = field(default_factory=list)


class RetriesRefused(Check):
    """The same request again after a 4xx, with nothing done in between that could change the answer."""

    name = "retries_refused"
    severity = Severity.ERROR
    about = "A request that was refused for what it says is sent again as it was."
    do = "Do not repeat what is refused with 4xx, 408, 409 and 429 apart: change the request, or give up and say why."

    def __init__(self) -> None:
        super().__init__()
        self._refused: dict[str, Refused] = {}
        self._worst: Refused | None = None

    def see(self, asked: Asked, client: Client) -> None:
        """Note a refusal, or that something has changed."""
        same = asked.same
        if asked.is_done and asked.entry.method in WRITES:
            # What was refused before may be right now; who looked so often did not wait for this.
            kept = {same: each for same, each in self._refused.items() if each.is_read and len(each.ids) >= MANY_MIN}
            self._refused = kept
        elif same is not None and asked.status in FINAL and not _is_told_to_retry(asked):
            self._refuse(same, asked)
        elif same is not None:
            self._refused.pop(same, None)

    def _refuse(self, same: str, asked: Asked) -> None:
        known = self._refused.pop(same, None)
        if known is None or known.status != asked.status or asked.starts_s - known.ends_s > FAR_S:
            what = asked.name or f"{asked.entry.method} (no operation)"
            known = Refused(asked.status, what, asked.ends_s, is_read=asked.entry.method not in WRITES)
        known.ends_s = asked.ends_s
        known.ids.append(asked.id)
        self._refused[same] = known
        if asked.entry.method in WRITES and len(known.ids) >= TRIES_MIN:
            self._blame(known, asked.id)
        if len(self._refused) > REMEMBERED_MAX:
            self._refused.pop(next(iter(self._refused)))

    def _blame(self, refused: Refused, *ids: int) -> None:
        """Note repetitions of a request."""
        self.requests.add(*ids)
        self._worst = self._worst or refused

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell of the first, and of how many there are; what was read in the end was rightly asked for."""
        for refused in self._refused.values():
            if refused.is_read and len(refused.ids) >= LOOKS_MIN:
                self._blame(refused, *refused.ids[1:])
        if self._worst:
            repeated = times(self.requests.count, "repetition")
            yield self.finding(
                f"{repeated} of requests that were refused; the first is {self._worst.what}, a {self._worst.status}"
            )


def _is_told_to_retry(asked: Asked) -> bool:
    """Say whether the answer asks for a repetition, whatever its status: the official SDKs obey."""
    return asked.entry.response.headers.get("x-should-retry") == "true"
