"""Reading a HAR, as leniently as recorders are different: what was not recorded is None, and nobody guesses it here.

Known from the sources of the recorders: Chrome gives an unanswered request the status 0 and ``response._error`` (and
puts its whole time into ``blocked``); Firefox status 0 and nothing else; mitmproxy status 0, no times, and its own
sentence as ``_error``; its ``content.size`` is the compressed one. Charles and others are HAR 1.2 as published.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

# What Chromium and proxies write of a request that no provider ever saw.
NEVER_LEFT = re.compile(
    r"blocked|cert|ssl|tls|cors|name_not_resolved|internet_disconnected|address_unreachable|network_changed|proxy"
    r"|unsafe_port|invalid|name or service not known|no address",
    re.IGNORECASE,
)
NUMBER_MAX = 1e15
"""No recorder writes a longer time or size, and no float a much longer one exactly."""
LENGTH = re.compile(r"[0-9]{1,15}")
NO_JSON = "not kept: called JSON, which it is not"
"""The comment of the emulator's own journal on a body that no parser takes."""
COMPRESSED = ("gzip", "br", "deflate", "zstd", "compress")


class NotHar(ValueError):
    """A text that is no HAR; it says what was got and what is taken."""


@dataclass(frozen=True)
class Entry:
    """One request of a recording and what came of it. Times are host seconds."""

    number: int
    """Its place in the file, from 1: what a person finds it by."""
    at_s: float
    """When it began, since 1970."""
    seconds: float
    """How long it took in all."""
    wait_s: float | None
    """From the request's last byte to the answer's first."""
    receive_s: float | None
    method: str
    url: str
    sent_headers: Mapping[str, str]
    sent: str | None
    """The request's body, where it was recorded as text."""
    sent_bytes: int | None
    status: int
    """0: nothing was answered."""
    headers: Mapping[str, str]
    media_type: str
    body: bytes | None
    """The answer's body, where it was recorded."""
    size: int | None
    """How long the recorder says that the body is, decoded."""
    transferred: int | None
    """How many bytes of it came."""
    comment: str
    """The recorder's word on a body that it did not keep."""
    error: str
    """The recorder's word on why no answer came, or not all of it."""
    cached: bool

    @property
    def ends_s(self) -> float:
        """When it was over."""
        return self.at_s + self.seconds

    @property
    def is_refused(self) -> bool:
        """Say whether it was answered with an error, or not at all."""
        return not 0 < self.status < 400  # noqa: PLR2004 -- HTTP's classes of errors begin there

    @property
    def never_left(self) -> bool:
        """Say whether the recorder tells that no provider ever saw it."""
        return self.status == 0 and NEVER_LEFT.search(self.error) is not None

    @property
    def is_compressed(self) -> bool:
        """Say whether the bytes that came are not those of the body."""
        return self.headers.get("content-encoding", "").lower() in COMPRESSED

    @property
    def is_whole(self) -> bool:
        """Say whether the body was recorded as it came: recorders cut long ones."""
        return self.body is not None and (self.is_compressed or self.size is None or len(self.body) >= self.size)

    @property
    def is_no_json(self) -> bool:
        """Say whether the recorder tells that the body was called JSON and did not parse."""
        return self.body is None and self.comment == NO_JSON

    @property
    def received(self) -> int | None:
        """How many bytes of the body came; None where the recording does not tell."""
        if self.is_compressed:
            return self.transferred
        if self.is_whole and self.body:
            return len(self.body)
        return self.size or (0 if self.is_whole and self.transferred == 0 else self.transferred or None)

    @property
    def announced(self) -> int | None:
        """The answer's Content-Length."""
        text = self.headers.get("content-length", "")
        return int(text) if LENGTH.fullmatch(text) else None

    @cached_property
    def value(self) -> Any:
        """The value of a JSON body, or None; a recorder may have written it shorter than it came."""
        return _json(self.body)

    @cached_property
    def asked(self) -> dict[str, Any]:
        """The members of a JSON body that was sent."""
        value = _json(self.sent)
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Har:
    """A recording: its entries in the order in which they began, and how many of the file's were none."""

    entries: list[Entry]
    unreadable: int = 0
    recorder: str = field(default="")


def read(text: str) -> Har:
    """Return what a HAR holds; raise NotHar."""
    log = _log(text)
    listed = log.get("entries")
    if not isinstance(listed, list):
        raise NotHar(f"its log has {_listed(log)}, takes log.entries, a list of requests")
    found = [_entry(number, item) for number, item in enumerate(listed, 1)]
    entries = [entry for entry in found if entry]
    if listed and not entries:
        raise NotHar("none of its log.entries has a request with a method and a url")
    creator = _text(_object(log, "creator"), "name")
    return Har(sorted(entries, key=lambda entry: entry.at_s), len(found) - len(entries), creator)


def _log(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise NotHar("its JSON is nested too deeply for a HAR") from None
    except ValueError as error:
        raise NotHar(f"it is not JSON ({error}); takes a HAR, as browsers and proxies export it") from None
    if not isinstance(value, dict) or not isinstance(value.get("log"), dict):
        got = f"an object with {_listed(value)}" if isinstance(value, dict) else f"a JSON {type(value).__name__}"
        raise NotHar(f"it holds {got}, takes an object with log.entries, as browsers and proxies export it")
    log: dict[str, Any] = value["log"]
    return log


def _listed(value: dict[str, Any]) -> str:
    return ", ".join(str(name)[:40] for name in [*value][:6]) or "nothing"


def _entry(number: int, item: Any) -> Entry | None:
    """Return an entry, or None: it has no request."""
    entry = item if isinstance(item, dict) else {}
    request, response = _object(entry, "request"), _object(entry, "response")
    method, url = _text(request, "method"), _text(request, "url")
    if not method or not url:
        return None
    timings, content, posted = _object(entry, "timings"), _object(response, "content"), _object(request, "postData")
    headers = _headers(response)
    return Entry(
        number=number,
        at_s=_instant(_text(entry, "startedDateTime")),
        seconds=_milliseconds(entry, "time") or 0.0,
        wait_s=_milliseconds(timings, "wait"),
        receive_s=_milliseconds(timings, "receive"),
        method=method.upper(),
        url=url,
        sent_headers=_headers(request),
        sent=_text(posted, "text") or None,
        sent_bytes=_whole(request, "bodySize"),
        status=_whole(response, "status") or 0,
        headers=headers,
        media_type=headers.get("content-type") or _text(content, "mimeType").replace("x-unknown", ""),
        body=_body(content),
        size=_whole(content, "size"),
        transferred=_whole(response, "bodySize"),
        comment=_text(content, "comment"),
        error=_text(response, "_error") or _text(entry, "_error"),
        cached=bool(entry.get("_fromCache")),
    )


def _object(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _number(value: Mapping[str, Any], name: str) -> float | None:
    """Return a number; recorders write -1 for what they do not know."""
    found = value.get(name)
    if not isinstance(found, int | float) or isinstance(found, bool) or not 0 <= found <= NUMBER_MAX:
        return None
    return float(found)


def _whole(value: Mapping[str, Any], name: str) -> int | None:
    found = _number(value, name)
    return None if found is None else int(found)


def _milliseconds(value: Mapping[str, Any], name: str) -> float | None:
    """Return seconds from milliseconds."""
    found = _number(value, name)
    return None if found is None else found / 1000


def _instant(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _headers(message: Mapping[str, Any]) -> dict[str, str]:
    """Return headers by their lower-case names; HTTP/2's own, such as ``:status``, are none."""
    listed = message.get("headers")
    pairs = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    named = {_text(each, "name").lower(): _text(each, "value") for each in pairs}
    return {name: value for name, value in named.items() if name and not name.startswith(":")}


def _body(content: Mapping[str, Any]) -> bytes | None:
    """Return a body's bytes; None where it was not recorded, which is not the same as an empty one."""
    text = content.get("text")
    if not isinstance(text, str):
        return None
    if content.get("encoding") != "base64":
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text)
    except (ValueError, binascii.Error):
        return None


def _json(text: str | bytes | None) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
