"""Events that came late, after the end, or twice."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from emulator.from_har.exchange import Exchange
from emulator.from_har.forms import DONE
from emulator.from_har.jobs import Story

Event = dict[str, Any]
LATE_S_MIN = 2.0
"""Events bear whole seconds: less than this is no lateness."""
SKEW_S_MAX = 300.0
"""Clocks that are further apart are not the same time: an emulator's clock that was moved by hand."""


def late(story: Story) -> Iterator[tuple[dict[str, Any], str]]:
    """Return how late events came: after the job's end, or after their own time."""
    done = next((told.exchange for told in story.told if told.status in DONE), None)
    looks = [each for each in story.events if _shows_the_end(each)]
    for before, after in pairwise(looks):
        new = [event for event in after.listed if event.get("id") not in {one.get("id") for one in before.listed}]
        if done and before.place > done.place and new:
            late_s = round(after.entry.at_s - done.entry.at_s, 1)
            seen = f"succeeded (entry {done.entry.number}), and its last event came later (entry {after.entry.number})"
            yield {"last_event_late_s": max(late_s, 0.1)}, seen
            return
    yield from _behind(story, looks)


def _shows_the_end(exchange: Exchange) -> bool:
    """Say whether a page of events has the newest ones: events are told oldest first."""
    return "data" in exchange.answer and not exchange.answer.get("has_more") and "after=" not in exchange.entry.url


def _behind(story: Story, looks: list[Exchange]) -> Iterator[tuple[dict[str, Any], str]]:
    """Return by how much events came after their own time, where both clocks tell the same time."""
    begins = story.begins
    if begins is None or abs(skew_s := story.created_at - begins.exchange.entry.ends_s) > SKEW_S_MAX:
        return
    behind = [
        before.entry.at_s + skew_s - event["created_at"]
        for before, after in pairwise(looks)
        for event in after.listed
        if event.get("id") not in {one.get("id") for one in before.listed}
        and isinstance(event.get("created_at"), int | float)
    ]
    late_s = max(behind, default=0.0)
    if late_s >= LATE_S_MIN:
        yield {"events_late_s": round(late_s, 1)}, f"events came up to {late_s:.0f} s after their own time"


def twice(story: Story) -> Iterator[tuple[dict[str, Any], str]]:
    """Return which events were told twice, as every so many-th."""
    events = max((each.listed for each in story.events), key=len, default=[])
    told: list[list[Event]] = []
    for event in events:
        if told and _says(told[-1][0]) == _says(event):
            told[-1].append(event)
        else:
            told.append([event])
    doubled = [number for number, same in enumerate(told, 1) if len(same) > 1]
    if doubled:
        entry = next(each for each in story.events if each.listed is not None and each.listed == events).entry.number
        yield {"events_twice_every": doubled[0]}, f"{len(doubled)} of {len(told)} events came twice (entry {entry})"


def _says(event: Event) -> tuple[Any, ...]:
    return tuple(event.get(name) for name in ("message", "created_at", "level"))
