"""The journal as an HTTP Archive 1.2, which browsers' network tools open: http://www.softwareishard.com/blog/har-12-spec/.

What the format has no word for is in members that begin with an underscore, as it asks for.
"""

import json
from collections.abc import AsyncIterable, AsyncIterator
from datetime import UTC
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from emulator.storage.journal import Entry, Side

Json = dict[str, Any]
UNKNOWN = -1
PHRASES = {status.value: status.phrase for status in HTTPStatus}
JSON_TYPE = "application/json"
BESIDE = ("clock", "tenant", "provider", "operation", "job", "retry", "errors")
"""Members of an entry that the format has no word for."""


async def archive(pages: AsyncIterable[list[Entry]]) -> AsyncIterator[bytes]:
    """Yield an archive of entries, piece by piece."""
    head = {"version": "1.2", "creator": {"name": "fine-tuning-emulator", "version": version("fine-tuning-emulator")}}
    yield json.dumps({"log": head}).removesuffix("}}").encode() + b', "entries": ['
    comma = b""
    async for page in pages:
        for entry in page:
            yield comma + json.dumps(har_entry(entry), ensure_ascii=False).encode()
            comma = b",\n"
    yield b"]}}"


def har_entry(entry: Entry) -> Json:
    """Return one entry as the format has it."""
    waited = entry.duration_ms if entry.wait_ms is None else entry.wait_ms
    return {
        "startedDateTime": f"{entry.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "time": entry.duration_ms,
        "request": _request(entry),
        "response": _response(entry),
        "cache": {},
        "timings": {"send": 0, "wait": waited, "receive": round(entry.duration_ms - waited, 3)},
        "_id": entry.id,
        "_at": entry.at.isoformat(),
        **{f"_{name}": getattr(entry, name) for name in BESIDE},
        "_faults": [fault.model_dump() for fault in entry.faults],
        "_complete": entry.response.complete,
    }


def _request(entry: Entry) -> Json:
    asked = entry.request
    message = {
        "method": entry.method,
        "url": entry.url,
        "httpVersion": f"HTTP/{entry.http}",
        "cookies": [],
        "headers": _headers(asked),
        "queryString": [
            {"name": name, "value": value}
            for name, values in entry.query.items()
            for value in ([values] if isinstance(values, str) else values)
        ],
        "headersSize": UNKNOWN,
        "bodySize": asked.bytes,
    }
    if asked.bytes:
        sent = {"params": [{"name": name} for name in asked.parts]} if asked.parts else {"text": _text(asked)}
        message["postData"] = {"mimeType": asked.headers.get("content-type", ""), **sent, **_comment(asked)}
    return message


def _response(entry: Entry) -> Json:
    sent, status = entry.response, entry.status or 0  # 0 is what browsers write where nothing was answered
    content = {"size": sent.bytes, "mimeType": sent.headers.get("content-type", "x-unknown"), **_comment(sent)}
    return {
        "status": status,
        "statusText": PHRASES.get(status, ""),
        "httpVersion": f"HTTP/{entry.http}",
        "cookies": [],
        "headers": _headers(sent),
        "content": {**content, "text": _text(sent)} if sent.bytes and not sent.left_out else content,
        "redirectURL": sent.headers.get("location", ""),
        "headersSize": UNKNOWN,
        "bodySize": sent.bytes,
    }


def _headers(side: Side) -> list[Json]:
    return [{"name": name, "value": value} for name, value in side.headers.items()]


def _text(side: Side) -> str:
    """Return a body as it is kept, which is not to the byte as it was sent."""
    return "" if side.left_out else json.dumps(side.body, ensure_ascii=False)


def _comment(side: Side) -> Json:
    return {"comment": f"not kept: {side.left_out}"} if side.left_out else {}
