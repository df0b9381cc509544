"""What an earlier run found at the same target: a run replaces what it tried of it, and keeps the rest."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs

from contract_tests.harness.evidence import NOT_SELECTED
from contract_tests.harness.target import is_foreign

SCHEMA = Path(__file__).parent.parent / "evidence.schema.json"
FOUND = ("outcome", "why", "at", "requests", "observed")
"""What a run says of a fact; the rest of an entry is what the test says of itself, and always today's."""
Entry = Mapping[str, Any]
Document = Mapping[str, Any]


def read(path: Path) -> Document | None:
    """Return the evidence in a file, or None where there is none that its schema takes."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return told if jsonschema_rs.validator_for(schema).is_valid(told) else None


def of_the_same(earlier: Document, now: Document, *, own: bool) -> bool:
    """Say whether two runs asked the same target; an emulator of a run's own has another port each time."""
    target = str(earlier["target"])
    same = not is_foreign(target) if own else target == now["target"]
    return same and bool(earlier["dialect"] == now["dialect"])


def merged(earlier: Sequence[Entry], now: Sequence[Entry], *, whole: bool) -> list[Entry]:
    """Return what both runs found, each fact once.

    A fact that was tried now is as it was found now, and one that was not is as it was found before. Of facts that this
    run does not know those are kept that it did not come to; where it collected the ``whole`` suite there are none.
    """
    before = {_key(entry): entry for entry in earlier}
    today = {_key(entry): _newer(before.get(_key(entry)), entry) for entry in now}
    if whole:
        return list(today.values())
    tests = {entry["test"] for entry in now}
    unknown = {key: entry for key, entry in before.items() if key in today or entry["test"] not in tests}
    return list({**unknown, **today}.values())


def _newer(before: Entry | None, entry: Entry) -> Entry:
    """Return a fact as it was last tried; where it never was, with the reason of the run that had selected it."""
    untried = entry["outcome"] == "not_tried"
    if before and untried and (before["outcome"] != "not_tried" or entry["why"] == NOT_SELECTED):
        return {**entry, **{name: before[name] for name in FOUND}}
    return entry


def _key(entry: Entry) -> tuple[str, str]:
    """Return what a fact is known by."""
    return str(entry["operation"]), str(entry["fact"])
