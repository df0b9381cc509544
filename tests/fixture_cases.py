"""The recorded and documented wire examples under ``fixtures/``, of all providers: how one is read.

``fixtures/README.md`` describes the format. Not here: how an answer is held against it (``emulator.recording.shape``),
and how a server is brought into a case's situation (test_fixtures).
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from emulator.recording import shape
from emulator.recording.shape import Compare

FIXTURES = Path(__file__).parent.parent / "fixtures"

DIALECTS = ("nebius", "nebius-studio", "openai")

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
    before: list[dict[str, Any]]
    request: dict[str, Any]
    status: int
    body: Any
    headers: Mapping[str, str]
    encoding: Literal["json", "text", "base64"]
    ordered: bool
    compare: Compare

    @property
    def dialect(self) -> str:
        """Whose example it is."""
        return str(self.setting.get("dialect", "nebius"))


def paths(dialect: str = "*") -> list[Path]:
    """Return the files of all cases, or of a dialect's."""
    return sorted(path for path in FIXTURES.glob(f"{dialect}/*/*.json") if path.parts[-3] in DIALECTS)


def load(path: Path) -> Case:
    """Return a case; an unknown or missing member is an error, so that no rule is misspelled and held by nobody."""
    told = json.loads(path.read_text(encoding="utf-8"))
    response = told.pop("response")
    return Case(
        origin=told.pop("from"),
        notes=told.pop("notes", []),
        job=told.pop("job", None),
        before=told.pop("before", []),
        ordered=told.pop("ordered", False),
        status=response.pop("status"),
        body=response.pop("body"),
        headers=response.pop("headers", {}),
        encoding=response.pop("encoding", "json"),
        compare=Compare(**told.pop("compare", {})),
        **told,
        **response,
    )


def differences(expected: Any, got: Any, compare: Compare) -> list[str]:
    """Return in what an answer differs from an example, in words."""
    return [str(each) for each in shape.differences(expected, got, compare)]


def read(case: Case, raw: bytes) -> Any:
    """Return the body of an answer as the example has its own."""
    match case.encoding:
        case "json":
            return json.loads(raw)
        case "text":
            return raw.decode()
        case "base64":
            return base64.b64decode(raw, validate=True).decode()


def orders(value: Any, place: str = "") -> dict[str, list[str]]:
    """Return the names of the members of every object in a value, in their order, by the object's place."""
    match value:
        case dict():
            inner = (orders(each, f"{place}.{name}") for name, each in value.items())
            return {place: [*value]} | {at: names for found in inner for at, names in found.items()}
        case list():
            return {at: names for each in value[:1] for at, names in orders(each, f"{place}[]").items()}
        case _:
            return {}
