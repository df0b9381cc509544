"""Recordings as values: a HAR from a line a request, one after the other, a second apart unless said."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.dialects import NEBIUS
from emulator.from_har.reproduction import Reproduction, reproduce

BEGINS = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
BEGINS_S = int(BEGINS.timestamp())
HOST = "https://api.tokenfactory.nebius.com"
JOBS = "/v1/fine_tuning/jobs"
JOB = f"{JOBS}/ftjob-1"
JSON = {"content-type": "application/json"}


def entry(method: str, path: str, status: int = 200, answer: Any = None, **more: Any) -> dict[str, Any]:
    """Return an entry; ``answer`` is a JSON value, a text or bytes.

    ``more``: at, took, wait, receive (seconds), headers, asked (the request's), sent (its JSON), sent_bytes, error,
    host, size, announced, transferred, cached.
    """
    text, encoding = _text(answer)
    body = base64.b64decode(text) if encoding else text.encode()
    content: dict[str, Any] = {
        "size": more.get("size", len(body)),
        "mimeType": "",
        **({"text": text} if answer is not None else {}),
    }
    headers = {} if status == 0 else {**JSON, **more.get("headers", {})}
    if "announced" in more:
        headers["content-length"] = str(more["announced"])
    took = more.get("took", 0.05)
    made: dict[str, Any] = {
        "at": more.get("at"),
        "time": took * 1000,
        "timings": {"wait": more.get("wait", 0.04) * 1000, "receive": more.get("receive", 0.001) * 1000},
        "request": {
            "method": method,
            "url": more.get("host", HOST) + path,
            "headers": _pairs(more.get("asked", {"authorization": "Bearer a-key"})),
            "bodySize": more.get("sent_bytes", 0),
            **(
                {"postData": {"mimeType": "application/json", "text": json.dumps(more["sent"])}}
                if "sent" in more
                else {}
            ),
        },
        "response": {
            "status": status,
            "headers": _pairs(headers),
            "content": {**content, **({"encoding": encoding} if encoding else {})},
            "bodySize": more.get("transferred", len(body)),
            **({"_error": more["error"]} if "error" in more else {}),
        },
    }
    return {**made, "_fromCache": "disk"} if more.get("cached") else made


def _text(answer: Any) -> tuple[str, str]:
    if isinstance(answer, bytes):
        return base64.b64encode(answer).decode(), "base64"
    if isinstance(answer, str):
        return answer, ""
    return ("" if answer is None else json.dumps(answer)), ""


def _pairs(headers: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def har(*entries: dict[str, Any]) -> str:
    """Return a HAR of entries."""
    listed = []
    for second, each in enumerate(entries):
        at_s = each["at"] if each["at"] is not None else second
        started = (BEGINS + timedelta(seconds=at_s)).isoformat()
        listed.append({"startedDateTime": started, **{name: value for name, value in each.items() if name != "at"}})
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "a test"}, "entries": listed}})


def made_of(*entries: dict[str, Any], **options: Any) -> Reproduction:
    """Return what is made of a recording of these entries."""
    return reproduce(har(*entries), name="seen", operations=NEBIUS.operations, **options)


def effects(made: Reproduction) -> list[list[dict[str, Any]]]:
    """Return the effects of each rule."""
    return [rule.rule["effects"] for rule in made.rules]


def effects_of(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the effects of the only rule that is made of a recording, or none."""
    made = effects(made_of(*entries))
    assert len(made) <= 1
    return made[0] if made else []


def job(status: str = "running", **members: Any) -> dict[str, Any]:
    """Return a job as it is answered."""
    known = {"id": "ftjob-1", "created_at": BEGINS_S, "status": status, "training_file": "file-1", "result_files": []}
    return {**known, "object": "fine_tuning.job", "trained_steps": None, "error": None, **members}
