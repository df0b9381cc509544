"""The recorded and documented wire examples under ``fixtures/``: how one is read.

``fixtures/README.md`` describes the format. Not here: how an answer is held against it (``emulator.recording.shape``),
and how a server is brought into a case's situation (test_fixtures).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from emulator.recording import shape
from emulator.recording.shape import Compare

FIXTURES = Path(__file__).parent.parent / "fixtures"

Situation = Literal["any", "created", "running", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One example: where it is from, under which settings it holds, what is sent and what is answered."""

    source: Literal["observed", "documented"]
    origin: str
    read_on: str
    setting: Mapping[str, Any]
    notes: list[str]
    situation: Situation
    job: dict[str, Any] | None
    request: dict[str, Any]
    status: int
    body: Any
    compare: Compare


def paths() -> list[Path]:
    """Return the files of all cases."""
    return sorted(path for path in (FIXTURES / "nebius").glob("*/*.json"))


def load(path: Path) -> Case:
    """Return a case; an unknown or missing member is an error, so that no rule is misspelled and held by nobody."""
    told = json.loads(path.read_text(encoding="utf-8"))
    response = told.pop("response")
    return Case(
        origin=told.pop("from"),
        notes=told.pop("notes", []),
        job=told.pop("job", None),
        status=response.pop("status"),
        body=response.pop("body"),
        compare=Compare(**told.pop("compare", {})),
        **told,
        **response,
    )


def differences(expected: Any, got: Any, compare: Compare) -> list[str]:
    """Return in what an answer differs from an example, in words."""
    return [str(each) for each in shape.differences(expected, got, compare)]
