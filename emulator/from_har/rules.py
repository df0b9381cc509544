"""What went wrong with requests, as rules: a run of numbers is one budget, and so is every so many-th."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from emulator.from_har.exchange import Recording
from emulator.from_har.failures import Fault, effect

ALIKE = 1.5
"""Waits that differ by no more than this factor are one latency."""
EVERY_MIN = 3
"""So many failures at a regular distance are no chance."""


@dataclass(frozen=True, slots=True)
class Written:
    """A rule as a file has it, and what it was made from."""

    rule: dict[str, Any]
    faults: Sequence[Fault]


def rules(faults: Iterable[Fault], recording: Recording) -> list[Written]:
    """Return the rules that do this again, in the order in which each first acted."""
    asked = Counter(each.name for each in recording.exchanges)
    groups: dict[str, list[Fault]] = {}
    for fault in faults:
        groups.setdefault(_kind(fault), []).append(fault)
    made = [rule for group in groups.values() for rule in _rules(group, asked[group[0].exchange.name], recording)]
    return sorted(made, key=lambda each: each.faults[0].exchange.place)


def _kind(fault: Fault) -> str:
    """Return what faults have in common that one rule may stand for."""
    effects = [each["effect"] for each in fault.effects] if fault.span == "always" else fault.effects
    return json.dumps([fault.exchange.name, fault.span, effects])


def _rules(group: list[Fault], asked: int, recording: Recording) -> list[Written]:
    if group[0].span == "always":
        return [_always(group, recording)]
    if every := _every(group, asked):
        return [_written(group, {"every": every})]
    return [_written(run, _budget(run, asked)) for run in _runs(group)]


def _always(group: list[Fault], recording: Recording) -> Written:
    """Return a rule without a budget: what it does is decided by time or by all requests together."""
    longest = max(group, key=lambda fault: [value for value in fault.effects[0].values() if value != "effect"][-1])
    name = longest.effects[0]["effect"]
    kinds = sorted({f"{each.name.partition('.')[0]}.*" for each in recording.exchanges})
    match: Any = {"operation": kinds} if name == "unauthorized_after" else group[0].exchange.name
    return Written({"id": _id(group), "match": match, "effects": [*longest.effects]}, group)


def _written(run: Sequence[Fault], budget: dict[str, int]) -> Written:
    waits = [fault.latency_s for fault in run if fault.latency_s]
    slow = [effect("latency", float(f"{median(waits):.2g}"))] if waits else []
    rule = {"id": _id(run), "match": run[0].exchange.name, "budget": budget, "effects": [*slow, *run[0].effects]}
    return Written({name: value for name, value in rule.items() if value}, run)


def _id(run: Sequence[Fault]) -> str:
    """Return a rule's id: the first entry of the recording that it does again."""
    return f"entry-{run[0].exchange.entry.number}"


def _every(group: list[Fault], asked: int) -> int | None:
    """Return the distance at which requests fail all along, if they do."""
    numbers = [fault.exchange.number for fault in group]
    step = numbers[0]
    regular = step > 1 and len(numbers) >= EVERY_MIN and numbers == [*range(step, asked + 1, step)]
    return step if regular and all(_alike(group[0], fault) for fault in group) else None


def _alike(one: Fault, other: Fault) -> bool:
    return max(one.latency_s, other.latency_s) <= ALIKE * min(one.latency_s, other.latency_s)


def _runs(group: list[Fault]) -> list[list[Fault]]:
    """Return a group as runs of neighbouring numbers."""
    runs = [[group[0]]]
    for one, other in pairwise(group):
        if other.exchange.number == one.exchange.number + 1 and _alike(runs[-1][0], other):
            runs[-1].append(other)
        else:
            runs.append([other])
    return runs


def _budget(run: Sequence[Fault], asked: int) -> dict[str, int]:
    first, last = run[0].exchange.number, run[-1].exchange.number
    if run[0].span == "lasting" and last == asked:
        return {"after": first - 1} if first > 1 else {}
    if first == 1:
        return {"first": last}
    return {"nth": first} if first == last else {"after": first - 1, "first": last}
