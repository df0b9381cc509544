"""The journal's ear: each request of a tenant and its answer, noted as the client sees them, faults included.

Requests that are refused for their key belong to no tenant and are not noted; nor are control calls, and what is
answered to everybody (the OpenAPI document). An entry is there before the client can have read the end of its answer.

No key, cookie or other secret is noted. Of bodies only JSON is, up to a cap: of anything else no part can be shown
without a chance that a secret stands in it. Nor is a file that is uploaded.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.bearer import bearer
from emulator.clock import Host
from emulator.core import journal
from emulator.dialects.call import Call, call_in
from emulator.faults.connection import is_open
from emulator.redaction import HIDDEN, answerable, is_secret, without_key
from emulator.storage.journal import Answer, Entry, Fault, Request, row

KEPT_MAX = 16 * 1024
"""Bytes of the longest body that is kept."""
READ_MAX = 64 * 1024
"""Bytes of the longest error that is read for what it says."""
RETRY = "x-stainless-retry-count"  # of the official SDKs (measured): 0 on the first attempt
DIGITS_MAX = 9
ERROR = 400
REMEMBERED_MAX = 100
"""Bytes of a header's value that is remembered as it may be kept: a client sends the same ones all the time."""
HARMLESS = {"idempotency-key"}
"""A header whose name ends as secrets' names do, and which is none."""


class Journal:
    """Note each request once its answer is sent; the one that fills a batch writes it."""

    def __init__(self, app: ASGIApp, *, host: Host) -> None:
        self._app, self._host = app, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope, self._host)
        receive = await exchange.heard(receive)
        try:
            await self._app(scope, receive, exchange.told(send))
        finally:
            exchange.end()
        call = call_in(scope)
        if call and journal.is_full(call.caller.world):
            await journal.write(call.caller.world)


class Body:
    """A body that goes by: counted, and held as long as it is short."""

    def __init__(self) -> None:
        self.bytes, self._held = 0, bytearray()

    def add(self, piece: bytes) -> None:
        """Count a piece."""
        self.bytes += len(piece)
        if self.bytes <= READ_MAX:
            self._held += piece
        else:
            self._held.clear()

    def read(self, key: str | None, *, ours: bool) -> Any:
        """Return the value of JSON without secrets; raise ValueError where it is none, or too long to be looked into.

        ``ours``: it is an answer, strict JSON, whose only secrets are those that it gives: of webhooks and of links.
        """
        if self.bytes > READ_MAX:
            raise ValueError(f"longer than {READ_MAX} bytes")
        raw = without_key(self._held, key)
        try:
            value = msgspec.json.decode(raw) if ours else json.loads(raw)
            return value if ours and b'secret"' not in raw and b"signature" not in raw else answerable(value)
        except (ValueError, RecursionError, msgspec.MsgspecError):
            raise ValueError("called JSON, which it is not") from None

    def kept(self, content_type: str, key: str | None, *, ours: bool) -> dict[str, Any]:
        """Return what is kept: the value of short JSON, or else why not."""
        kind = content_type.partition(";")[0].lower()
        if not self.bytes:
            return {}
        if "json" not in kind:
            return {"left_out": f"{kind or 'without a type'}: only JSON is kept"}
        if self.bytes > KEPT_MAX:
            return {"left_out": f"longer than {KEPT_MAX} bytes"}
        try:
            return {"body": self.read(key, ours=ours)}
        except ValueError as error:
            return {"left_out": str(error)}


class Exchange:
    """One request and its answer, as far as they have come."""

    def __init__(self, scope: Scope, host: Host) -> None:
        self._scope, self._host, self._started_s = scope, host, host()
        self._asked, self._answered = Body(), Body()
        self._status: int | None = None
        self._headers: Iterable[tuple[bytes, bytes]] = ()
        self._first_s: float | None = None
        self._complete = self._ended = False

    async def heard(self, receive: Receive) -> Receive:
        """Return a way of receiving that notes what comes.

        Short JSON is received at once, as a gateway does: a fault may answer, or break off, without looking at it.
        """

        async def hearing() -> Message:
            message = await receive()
            self._asked.add(message.get("body", b""))
            return message

        ahead = [await hearing()] if _brings_short_json(self._scope) else []
        while ahead and ahead[-1].get("more_body"):
            ahead.append(await hearing())
        again = iter(ahead)

        async def received() -> Message:
            return next(again, None) or await hearing()

        return received

    def told(self, send: Send) -> Send:
        """Return a way of sending that notes what is sent while the client is there."""

        async def sent(message: Message) -> None:
            there = is_open(self._scope)
            if there:
                self._note(message)
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                # In the same turn of the loop as the sending: the client may be asking for the journal already.
                self._complete = there or self._is_whole()
                self.end()

        return sent

    def _is_whole(self) -> bool:
        """Say whether all bytes that were announced are sent: a client may go before the word that these were all."""
        headers = Headers(raw=[*self._headers])
        return headers.get("content-length") == str(self._answered.bytes)

    def _note(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, self._headers, self._first_s = message["status"], message.get("headers", ()), self._host()
        elif self._scope["method"] != "HEAD":
            self._answered.add(message.get("body", b""))

    def end(self) -> None:
        """Add the entry to the journal, once; none where the request is no tenant's."""
        call = call_in(self._scope)
        if call and not self._ended:
            self._ended = True
            # As text: Python's garbage collector would look through the values of all that wait, again and again.
            call.caller.world.unwritten.append(row(self._entry(call)))

    def _entry(self, call: Call) -> Entry:
        scope, key, account, world = self._scope, bearer(self._scope), call.caller.account, call.caller.world
        headers, query = shown_headers(scope["headers"], key), shown_query(scope["query_string"], key)
        path, job = shown(scope["path"], key), call.job or call.parameters.get("job_id")
        return Entry(
            at=world.clocks.now(account.tenant),
            clock=world.clocks.of(account.tenant).mode,
            started_at=datetime.fromtimestamp(self._started_s, UTC),
            duration_ms=self._since_start_ms(self._host()),
            wait_ms=None if self._first_s is None else self._since_start_ms(self._first_s),
            tenant=account.tenant,
            provider=account.face,
            operation=call.operation.name if call.operation else None,
            method=scope["method"],
            path=path,
            query=query,
            url=_url(scope["scheme"], headers.get("host", ""), path, query),
            http=scope["http_version"],
            status=self._status,
            job=shown(job, key) if job else None,
            retry=_retry(headers.get(RETRY, "")),
            user_agent=headers.get("user-agent"),
            faults=[Fault(rule=hit.rule, effect=shown(str(hit.effect), key)) for hit in call.hits],
            errors=self._errors(key),
            request=self._request(headers, key, call.parts),
            response=self._response(key),
        )

    def _request(self, headers: dict[str, str], key: str | None, parts: list[str] | None) -> Request:
        kept = self._asked.kept(headers.get("content-type", ""), key, ours=False)
        return Request(bytes=self._asked.bytes, headers=headers, parts=parts, **kept)

    def _response(self, key: str | None) -> Answer:
        headers = shown_headers(self._headers, key)
        kept = self._answered.kept(headers.get("content-type", ""), key, ours=True)
        return Answer(bytes=self._answered.bytes, headers=headers, complete=self._complete, **kept)

    def _errors(self, key: str | None) -> list[str]:
        """Return what the answer says is wrong."""
        if (self._status or 0) < ERROR:
            return []
        with suppress(ValueError):
            return complaints(self._answered.read(key, ours=True))
        return []

    def _since_start_ms(self, at_s: float) -> float:
        return round((at_s - self._started_s) * 1000, 3)


def _brings_short_json(scope: Scope) -> bool:
    """Say whether a request has a key, and a JSON body that is short enough to be kept."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "")
    short = length.isdecimal() and len(length) <= DIGITS_MAX and 0 < int(length) <= KEPT_MAX
    return short and "json" in headers.get("content-type", "").lower() and bearer(scope) is not None


def shown(text: str, key: str | None) -> str:
    """Return a text of a request as it may be kept."""
    kept: str = answerable(without_key(text.encode("utf-8", "backslashreplace"), key))
    return kept


def shown_headers(raw: Iterable[tuple[bytes, bytes]], key: str | None) -> dict[str, str]:
    """Return headers by lower-case name, several of a name joined as HTTP joins them, secrets hidden."""
    headers: dict[str, str] = {}
    for name_sent, sent in raw:
        value = bytes(without_key(sent, key))
        name, text = _remembered(name_sent, value) if len(value) <= REMEMBERED_MAX else _header(name_sent, value)
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def _header(raw: bytes, value: bytes) -> tuple[str, str]:
    """Return a header's name and value as they may be kept."""
    name = raw.decode("latin-1").lower()
    hides = is_secret(name) and name not in HARMLESS
    return name, HIDDEN if hides else answerable(value.decode("latin-1"))


_remembered = lru_cache(maxsize=512)(_header)


def shown_query(raw: bytes, key: str | None) -> dict[str, str | list[str]]:
    """Return a query by name, secrets hidden."""
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(without_key(raw, key).decode("latin-1"), keep_blank_values=True):
        query.setdefault(shown(name, key), []).append(HIDDEN if is_secret(name) else shown(value, key))
    return {name: values if len(values) > 1 else values[0] for name, values in query.items()}


def _url(scheme: str, host: str, path: str, query: dict[str, str | list[str]]) -> str:
    asked = f"?{urlencode(query, doseq=True)}" if query else ""
    return f"{scheme}://{host}{quote(path)}{asked}"


def _retry(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= DIGITS_MAX else None


def complaints(body: Any) -> list[str]:
    """Return what the body of an error says, in any of the forms that providers have."""
    match body:
        case {"detail": str(text)} | {"error": {"message": str(text)}} | {"error": str(text)}:
            return [text]
        case {"detail": [*flaws]}:
            return [_complaint(flaw) for flaw in flaws]
        case {"code": _, "message": str(text)} | {"code": str(text), "message": None}:
            return [text]  # without a message the code is all that is said
        case _:
            return []


def _complaint(flaw: Any) -> str:
    match flaw:
        case {"loc": [*loc], "msg": str(text)}:
            return f"{'.'.join(map(str, loc))}: {text}"
        case _:
            return str(flaw)
