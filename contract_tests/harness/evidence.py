"""What was found of each fact, as a file; ``evidence.schema.json`` describes it."""

import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.harness.answers import Answer

if TYPE_CHECKING:  # the marks that it makes are known to the contract tests' own pytest alone
    from contract_tests.harness.facts import Fact

VERSION = 1
HEADERS = (
    *(
        "accept-ranges",
        "access-control-allow-origin",
        "allow",
        "content-disposition",
        "content-range",
        "etag",
        "location",
    ),
    *("retry-after", "www-authenticate", "x-request-id"),
)
"""Headers whose presence is recorded; the content type is recorded with its value."""
ANSWERS_MAX = 8
"""How many kinds of a test's answers are recorded."""
IDS = re.compile(
    r"\b(?:(?:file|ftjob|ftckpt)[-_])?"
    r"(?:[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b|ct-[0-9a-f]{8}-\d+"
    r"|\bft:[^:\s]+:[^:\s]*:[^:\s]*:\w+|\b(?:file-|ftjob-|ftevent-|ftckpt_|upload_|part_|proj_|org-|req_)\w{20,}"
)
LONGEST = 300
ERROR = "error"
"""The member under which a provider may tell all that went wrong."""
ENVELOPE = {"code", "message"}
"""The members of what another tells of it, and nothing else."""
NOT_SELECTED = "not selected"
"""Why a fact was not tried whose test the command line left out."""
TYPES = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string"}


def now() -> str:
    """Return the instant as evidence has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Finding:
    """What came of one test."""

    test: str
    facts: "list[Fact]"
    marks: list[str]
    outcome: str = "not_tried"
    why: str | None = "the run ended before it"
    at: str = field(default_factory=now)
    requests: int = 0
    observed: dict[str, Any] = field(default_factory=dict)

    def take(self, report: pytest.TestReport) -> None:
        """Take one phase of the test; a fact whose preparation failed was not tried."""
        self.at = now()
        if report.skipped:
            self.outcome, self.why = "not_tried", _skip_reason(report)
        elif report.failed and report.when == "call":
            self.outcome, self.why = "refuted", failure(report)
        elif report.failed:
            self.outcome, self.why = "not_tried", f"its {report.when} failed: {failure(report)}"
        elif report.when == "call":
            self.outcome, self.why = "proven", None

    def observe(self, seen: dict[str, Any]) -> None:
        """Take what a test says that it saw, without the ids in it."""
        self.observed |= {name: _without_ids(value) for name, value in seen.items()}

    def entries(self) -> list[dict[str, Any]]:
        """Return one entry a fact."""
        found = {
            "test": self.test,
            "outcome": self.outcome,
            "why": self.why,
            "at": self.at,
            "requests": self.requests,
            "observed": self.observed,
        }
        return [
            {
                "operation": each.operation,
                "fact": each.words,
                "known": each.known,
                "marks": self.marks,
                **found,
            }
            for each in self.facts
        ]


def failure(report: pytest.TestReport) -> str:
    """Return a failure's first line."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message if crash else report.longreprtext).strip()
    return _short(text.partition("\n")[0])


def _skip_reason(report: pytest.TestReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return _short(str(reason).removeprefix("Skipped: ").partition("\n")[0])


def _short(text: str) -> str:
    return IDS.sub("<id>", text)[:LONGEST]


def of_answers(answers: list[Answer]) -> dict[str, Any]:
    """Return what a test's answers were like, each kind once."""
    kinds: list[dict[str, Any]] = []
    for answer in answers:
        if (kind := seen(answer)) not in kinds:
            kinds.append(kind)
    return {"answers": kinds[:ANSWERS_MAX]} if kinds else {}


def seen(answer: Answer) -> dict[str, Any]:
    """Return what of an answer is the same at two honest targets: no ids, times or losses."""
    headers = [name for name in HEADERS if name in answer.headers]
    body: Any = None
    if answer.media_type == "application/json" and answer.content:
        try:
            body = json.loads(answer.content)
        except ValueError:
            body = None
    told = shape(body, ERROR if isinstance(body, dict) and body.keys() == ENVELOPE else "")
    return {"status": answer.status, "type": answer.media_type, "headers": headers, "body": told}


def shape(value: Any, name: str = "") -> Any:
    """Return the members and types of JSON; of errors, which are the same everywhere, the text."""
    match value:
        case dict():
            told = {key: ERROR if ERROR in (key, name) else key for key in value if not key.startswith("ct-")}
            return {key: shape(value[key], told[key]) for key in sorted(told)}
        case list():
            return merged([shape(each, name) for each in value])
        case str() if name in ("detail", "msg", "loc", "type", "object", ERROR):
            return _short(value)
        case int() if name == "loc":
            return value
        case _:
            return TYPES[type(value)]


def merged(shapes: list[Any]) -> list[Any]:
    """Return the shapes of a list's entries, each once, all objects as one: how many there are is no fact."""
    objects = [each for each in shapes if isinstance(each, dict) and "msg" not in each]
    whole: dict[str, Any] = {}
    for name, member in (pair for each in objects for pair in sorted(each.items())):
        both = isinstance(member, str) and isinstance(whole.get(name), str)
        whole[name] = "|".join(sorted({*whole[name].split("|"), member})) if both else member
    others = [each for place, each in enumerate(shapes) if each not in objects and each not in shapes[:place]]
    return [whole, *others] if objects else others


def _without_ids(value: Any) -> Any:
    match value:
        case str():
            return _short(value)
        case dict():
            return {name: _without_ids(member) for name, member in value.items()}
        case list():
            return [_without_ids(member) for member in value]
        case _:
            return value


def write(path: Path, document: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    half.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    half.replace(path)


def summary(facts: list[dict[str, Any]]) -> str:
    """Return how many facts are proven, refuted and not tried."""
    count = Counter(str(each["outcome"]) for each in facts)
    return f"{count['proven']} proven, {count['refuted']} refuted, {count['not_tried']} not tried"
