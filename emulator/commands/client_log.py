"""A client's log as entries to judge: a page of the journal, or a HAR of any recorder and any run.

What a HAR lacks (the tenant's time, the job that a lost answer was about) stays unknown; what the journal's own HAR has
beyond the format is taken. Its secrets are hidden as the journal hides them, before anything looks at them.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from pydantic import ValidationError

from emulator.dialects import Dialect
from emulator.from_har import har
from emulator.from_har.exchange import asked
from emulator.journal import complaints, shown, shown_headers, shown_query
from emulator.redaction import answerable, without_key
from emulator.storage.journal import Answer, Entry, Request

Json = dict[str, Any]
OWN = ("clock", "tenant", "provider", "job", "faults")
"""Members that the journal's HAR has beside those of the format, each after an underscore."""
RETRY = "x-stainless-retry-count"
TAKES = "takes a journal as `ftemu journal --json` prints it, or a HAR as `ftemu journal har`, browsers and proxies do"
RETRIES = re.compile(r"[0-9]{1,9}")
ERROR = 400


class UnknownLog(ValueError):
    """A text that is no client's log; it says what was got and what is taken."""


def read(text: str, dialects: Sequence[Dialect]) -> list[Entry]:
    """Return the entries of a log, oldest first; raise UnknownLog."""
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise UnknownLog(f"it is not JSON ({error}); {TAKES}") from None
    if isinstance(value, dict) and isinstance(value.get("log"), dict):
        return _from_har(text, value, dialects)
    found = value.get("data") if isinstance(value, dict) else value
    if not isinstance(found, list):
        raise UnknownLog(f"it holds {_called(value)}; {TAKES}")
    return sorted(_own(found), key=lambda entry: entry.id)


def _called(value: Any) -> str:
    if isinstance(value, dict):
        return f"an object with {', '.join(str(name)[:40] for name in [*value][:6]) or 'nothing'}"
    return f"a JSON {type(value).__name__}"


def _own(found: list[Any]) -> Iterator[Entry]:
    """Return the entries of a journal."""
    for number, each in enumerate(found, 1):
        try:
            yield Entry.model_validate(each)
        except ValidationError as error:
            flaw = error.errors()[0]
            where = ".".join(map(str, flaw["loc"]))
            raise UnknownLog(
                f"its entry {number} is none of a journal: {where or 'it'}: {flaw['msg']}; {TAKES}"
            ) from None


def _from_har(text: str, value: Json, dialects: Sequence[Dialect]) -> list[Entry]:
    """Return the provider's requests of a HAR, in the order in which they ended."""
    try:
        recorded = har.read(text)
    except har.NotHar as error:
        raise UnknownLog(f"{error}; {TAKES}") from None
    raw = value["log"]["entries"]
    sent = [each for each in recorded.entries if not (each.never_left or each.cached) and each.method != "OPTIONS"]
    known = [(each, *_asked(each, dialects)) for each in sent if _host(each)]
    hosts = {_host(each) for each, dialect, _ in known if dialect}
    provider = next((dialect.provider for _, dialect, _ in known if dialect), dialects[0].provider)
    # Where no request is a call, the base URL may be wrong: then all of them are the client's.
    ours = [each for each in known if not hosts or _host(each[0]) in hosts]
    made = [
        _entry(entry, raw[entry.number - 1], dialect.provider if dialect else provider, name)
        for entry, dialect, name in sorted(ours, key=lambda each: each[0].ends_s)
    ]
    # The journal's own has its numbers, which tell the order better than times in whole milliseconds do.
    own = all(isinstance(raw[each.number - 1].get("_id"), int) for each, _, _ in ours)
    return sorted(made, key=lambda entry: entry.id) if own else made


def _asked(entry: har.Entry, dialects: Sequence[Dialect]) -> tuple[Dialect | None, str | None]:
    """Return whose call it is, and its name."""
    host = _host(entry).partition(":")[0]
    for dialect in sorted(dialects, key=lambda each: host not in each.hosts):
        operation = asked(entry, dialect.operations)[1]
        if operation:
            return dialect, operation.name
    return None, None


def _host(entry: har.Entry) -> str:
    """Return whom a request went to; nothing where its URL cannot be read."""
    try:
        return urlsplit(entry.url).netloc
    except ValueError:
        return ""


def _entry(entry: har.Entry, raw: Json, provider: str, name: str | None) -> Entry:
    """Return a request of a HAR as the journal would have it, under its number there or its place in the file."""
    parts, key = urlsplit(entry.url), entry.sent_headers.get("authorization", "").partition(" ")[2] or None
    path = shown(unquote_to_bytes(parts.path).decode("utf-8", "replace"), key)
    sent, retry = _headers(entry.sent_headers, key), entry.sent_headers.get(RETRY, "")
    ended = datetime.fromtimestamp(entry.ends_s, UTC)
    own = {member: raw[f"_{member}"] for member in OWN if raw.get(f"_{member}") is not None}
    members: Json = {
        "id": raw.get("_id") or entry.number,
        "at": raw.get("_at") or ended,
        "started_at": datetime.fromtimestamp(entry.at_s, UTC),
        "duration_ms": entry.seconds * 1000,
        "wait_ms": None if entry.wait_s is None else entry.wait_s * 1000,
        "tenant": "",
        "provider": provider,
        "operation": name,
        "method": entry.method,
        "path": path,
        "query": shown_query(parts.query.encode("utf-8", "replace"), key),
        "url": path,
        "http": "1.1",
        "status": entry.status or None,
        "job": None,
        "retry": int(retry) if RETRIES.fullmatch(retry) else None,
        "user_agent": sent.get("user-agent"),
        "faults": [],
        "errors": complaints(answerable(entry.value)) if entry.status >= ERROR else [],
        "request": _request(entry, sent, key),
        "response": _answer(entry, raw, key),
        **own,
    }
    try:
        return Entry.model_validate(members)
    except ValidationError as error:
        flaw = error.errors()[0]
        raise UnknownLog(f"its entry {entry.number} cannot be read: {flaw['loc'][0]}: {flaw['msg']}; {TAKES}") from None


def _headers(sent: Mapping[str, str], key: str | None) -> dict[str, str]:
    return shown_headers([(_latin(name), _latin(value)) for name, value in sent.items()], key)


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _request(entry: har.Entry, headers: dict[str, str], key: str | None) -> Request:
    called = headers.get("content-type", "")
    body = _hidden(entry.asked, key) if "json" in called and entry.asked else None
    size = entry.sent_bytes or len(entry.sent or "")
    unknown = "json" in called and size and body is None
    return Request(bytes=size, headers=headers, body=body, left_out="not recorded" if unknown else None)


def _answer(entry: har.Entry, raw: Json, key: str | None) -> Answer:
    """Return the answer; it is whole where the recorder says no other."""
    length, received = entry.announced, entry.received
    cut = length is not None and received is not None and not entry.is_compressed and received < length
    whole = raw.get("_complete", bool(entry.status) and not entry.error and not (cut and entry.method != "HEAD"))
    called, value = entry.media_type, entry.value
    missing = "not recorded" if "json" in called and value is None and entry.size else None
    return Answer(
        bytes=received or 0,
        headers=_headers(entry.headers, key),
        body=_hidden(value, key) if "json" in called else None,
        left_out=missing,
        complete=whole is True,
    )


def _hidden(value: Any, key: str | None) -> Any:
    """Return a JSON value without the key and other secrets."""
    return json.loads(without_key(json.dumps(answerable(value)).encode(), key))
