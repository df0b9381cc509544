"""A recorder of a test's own: an httpx transport that keeps each request as a HAR entry, as a proxy would.

Its form is HAR 1.2's; ``_error`` is where Chrome and mitmproxy put why nothing, or not all, was answered.
"""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from emulator.clock import host_clock


@dataclass
class Came:
    """What came of a request, and when (host seconds): as much of an answer as there was, and what was raised."""

    begins_s: float
    headed_s: float = 0.0
    ends_s: float = 0.0
    head: httpx.Response | None = None
    body: bytes = b""
    error: httpx.TransportError | None = None

    @property
    def outcome(self) -> int | str:
        """What a client experienced; which of two errors a break is depends on what was under way."""
        if self.error:
            return "timeout" if isinstance(self.error, httpx.TimeoutException) else "dropped"
        return self.head.status_code if self.head else ""


class Recorder(httpx.BaseTransport):
    """Sends requests on, and keeps what came of them. ``seen`` is what a client experienced, in order."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self._host = host_clock()
        self.entries: list[dict[str, Any]] = []
        self.seen: list[tuple[str, str, int | str]] = []

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, keep it, and give its whole answer or raise what was raised."""
        sent = request.read()
        came = self._sent(request)
        self.entries.append(_entry(request, sent, came))
        self.seen.append((request.method, _without_ids(request.url.path), came.outcome))
        if came.error or came.head is None:
            raise came.error or AssertionError("neither an answer nor an error")
        return httpx.Response(came.head.status_code, headers=came.head.headers, content=came.body, request=request)

    def _sent(self, request: httpx.Request) -> Came:
        began_s = self._host()
        came = Came(began_s, headed_s=began_s)
        try:
            came.head = self._inner.handle_request(request)
            came.headed_s = self._host()
            assert isinstance(came.head.stream, httpx.SyncByteStream)
            for piece in came.head.stream:
                came.body += piece
        except httpx.TransportError as error:
            came.error = error
        finally:
            if came.head:
                came.head.close()
        came.ends_s = self._host()
        return came

    def har(self) -> str:
        """Return all that was kept as a HAR."""
        log = {"version": "1.2", "creator": {"name": "a test", "version": "1"}, "entries": self.entries}
        return json.dumps({"log": log})


def _entry(request: httpx.Request, sent: bytes, came: Came) -> dict[str, Any]:
    wait_s, receive_s = came.headed_s - came.begins_s, came.ends_s - came.headed_s
    return {
        "startedDateTime": datetime.fromtimestamp(came.begins_s, UTC).isoformat(),
        "time": (came.ends_s - came.begins_s) * 1000,
        "request": _request(request, sent),
        "response": _response(came),
        "timings": {"send": 0, "wait": wait_s * 1000, "receive": receive_s * 1000},
        "cache": {},
    }


def _request(request: httpx.Request, sent: bytes) -> dict[str, Any]:
    kind = request.headers.get("content-type", "")
    posted = {"postData": {"mimeType": kind, "text": sent.decode()}} if "json" in kind else {}
    return {
        "method": request.method,
        "url": str(request.url),
        "httpVersion": "HTTP/1.1",
        "headers": _pairs(request.headers),
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": len(sent),
        **posted,
    }


def _response(came: Came) -> dict[str, Any]:
    failed = {"_error": f"{type(came.error).__name__}: {came.error}"} if came.error else {}
    if came.head is None:
        return {"status": 0, "headers": [], "content": {}, "bodySize": -1, **failed}
    content = {
        "size": len(came.body),
        "mimeType": came.head.headers.get("content-type", ""),
        "text": base64.b64encode(came.body).decode(),
        "encoding": "base64",
    }
    head = {"status": came.head.status_code, "headers": _pairs(came.head.headers)}
    return {**head, "content": content, "bodySize": len(came.body), **failed}


def _pairs(headers: httpx.Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.multi_items()]


def _without_ids(path: str) -> str:
    return "/".join("*" if any(letter.isdigit() for letter in part[2:]) else part for part in path.split("/"))
