"""The whole way from a recording to the rules and scenarios that fail like it; pure, and nothing is written here."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.core.catalogue import SUCCEEDS
from emulator.from_har import har, rules
from emulator.from_har.exchange import Recording, recording
from emulator.from_har.failures import Fault, Own
from emulator.from_har.forms import ENDS
from emulator.from_har.history import Knowledge, troubles
from emulator.from_har.jobs import Story, stories
from emulator.from_har.outcomes import Difference, differences
from emulator.from_har.secrecy import discretion
from emulator.operations import Operation


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on something counts as wrong, in host seconds of the recording."""

    slow_s: float = 2.0
    stuck_s: float = 1800.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A scenario: its name, its knobs, what was seen, and the jobs of the recording that went like it, from 1."""

    name: str
    knobs: dict[str, Any]
    seen: Sequence[str]
    jobs: Sequence[int]


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What a recording shows, and what does it again. ``ways`` names how each job went, oldest first.

    None is a job whose end nobody saw: nothing is known to be wrong with it, and nothing to be right.
    """

    recording: Recording
    rules: Sequence[rules.Written]
    outcomes: Sequence[Outcome]
    ways: Sequence[str | None]
    own: Sequence[Own]
    unreadable: int
    lasts_s: float
    """How long the longest job of the recording was watched."""


SOUND = SUCCEEDS
"""The scenario of a job with which nothing was wrong."""


def reproduce(
    text: str, *, name: str, operations: Iterable[Operation], base: str = "", at: Thresholds | None = None
) -> Reproduction:
    """Return what does a HAR's failures again; ``base`` keeps to URLs that begin so. Raise NotHar."""
    at = at or Thresholds()
    read = har.read(text)
    kept = [entry for entry in read.entries if entry.url.startswith(base)]
    say, seen = discretion(read.entries), recording(kept, operations)
    known = Knowledge(seen)
    found = [*troubles(known, say, slow_s=at.slow_s)]
    jobs = stories(seen)
    told = [differences(story, known, say, stuck_s=at.stuck_s) for story in jobs]
    outcomes, ways = _outcomes(told, [story.last.status in ENDS for story in jobs], identifier(name))
    made = rules.rules((each for each in found if isinstance(each, Fault)), seen)
    own = [each for each in found if isinstance(each, Own)]
    return Reproduction(seen, made, outcomes, ways, own, read.unreadable, max(map(_watched_s, jobs), default=0.0))


def identifier(name: str) -> str:
    """Return a name that a scenario and a file may have."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-")[:48]
    return plain if plain[:1].isalpha() and plain != SOUND else f"har_{plain}".rstrip("_")


def _watched_s(story: Story) -> float:
    return story.last.exchange.entry.at_s - story.told[0].exchange.entry.at_s


def _outcomes(
    told: Sequence[Sequence[Difference]], ended: Sequence[bool], name: str
) -> tuple[list[Outcome], list[str | None]]:
    """Return a scenario for each way in which jobs went wrong, and how each job went."""
    knobs = [_knobs(each) for each in told]
    kinds = [each for place, each in enumerate(knobs) if each and each not in knobs[:place]]
    names = [name if len(kinds) == 1 else f"{name}_{number}" for number, _ in enumerate(kinds, 1)]
    ways = [
        names[kinds.index(each)] if each else SOUND if done else None for each, done in zip(knobs, ended, strict=True)
    ]
    outcomes = []
    for kind, own in zip(kinds, names, strict=True):
        jobs = [number for number, way in enumerate(ways, 1) if way == own]
        seen = [difference.seen for number in jobs for difference in told[number - 1]]
        outcomes.append(Outcome(own, {**kind, **_times(ways)}, seen, jobs))
    return outcomes, ways


def _knobs(differences: Sequence[Difference]) -> dict[str, Any]:
    return {name: value for each in differences for name, value in each.knobs.items()}


def _times(ways: Sequence[str | None]) -> dict[str, int]:
    """Return how many jobs go wrong before the others are sound, where it is so."""
    first = ways.index(SOUND) if SOUND in ways else len(ways)
    simple = 0 < first < len(ways) and len({*ways[:first]} - {None}) == 1 and {*ways[first:]} <= {SOUND, None}
    return {"times": first} if simple else {}


def in_order(ways: Sequence[str | None]) -> bool:
    """Say whether the option ``--scenario`` alone makes jobs go in these ways."""
    return len({*ways} - {None}) <= 1 or bool(_times(ways))
