"""Pass a client's requests on to the real service and its answers back, byte for byte, noting both.

The client's own headers go along, but for those of its connection and ``accept-encoding``: the service is asked for
``identity``, so that what is kept can be read; should it compress all the same, its bytes are passed on as they are.
Bodies stream both ways. Redirects are passed on. What the recorder answers itself is 502 or 504, and says so.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from starlette.types import Message, Receive, Scope, Send

from emulator.clock import Host
from emulator.core.lint.advice import BASE
from emulator.faults.connection import connection, gone, is_open
from emulator.recording.exchange import Exchange, one_of

HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te"}
    | {b"trailer", b"transfer-encoding", b"upgrade"}
)
"""What is said to the next hop only (RFC 9110, 7.6.1)."""
OURS = frozenset({b"host", b"accept-encoding", b"expect"})
"""What the recorder says for itself; it is the one that answers ``Expect: 100-continue``."""
NO_BODY = (204, 304)
BAD_GATEWAY, GATEWAY_TIMEOUT = 502, 504
CONNECT_S = 10.0


class ClientGone(Exception):
    """The client went away before its request was whole."""


class BadUpstream(ValueError):
    """A URL that no service can be asked at; it says what is taken."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """The real service: its origin, and the path that stands before its own."""

    origin: str
    prefix: str = ""

    @classmethod
    def read(cls, text: str, base: str = BASE) -> "Upstream":
        """Return the service at a URL, with or without its paths' ``base`` at its end; raise BadUpstream."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
            parts = urlsplit("")
        if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
            raise BadUpstream("takes a URL such as https://api.tokenfactory.nebius.com")
        if "@" in parts.netloc:
            raise BadUpstream("takes a URL without a user and password: the client brings its key")
        name = f"[{host}]" if ":" in host else host
        origin = f"{parts.scheme}://{name}" + (f":{port}" if port else "")
        return cls(origin, _without(parts.path.rstrip("/"), base).rstrip("/"))

    @property
    def host(self) -> str:
        """What its Host header says."""
        return self.origin.partition("://")[2]


def _without(path: str, base: str) -> str:
    """Return a path without the base at its end, which may be told as far as its version."""
    version = re.match(r"(?:/[^/]+)*?/v\d+", base)
    for form in (base, version[0] if version else base):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(form))
        if found := re.search(f"{pattern}$", path):
            return path[: found.start()]
    return path


def client(timeout_s: float) -> httpx.AsyncClient:
    """Return a client for a service: TLS is verified, and an answer may pause for so many host seconds."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(timeout_s, connect=CONNECT_S, pool=None),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        follow_redirects=False,
    )


class Proxy:
    """An ASGI application that passes requests on; ``begin`` names an exchange, ``end`` keeps it."""

    def __init__(
        self,
        upstream: Upstream,
        calls: httpx.AsyncClient,
        *,
        host: Host,
        begin: Callable[[Scope], Exchange],
        end: Callable[[Exchange], None],
    ) -> None:
        self._upstream, self._calls, self._host, self._begin, self._end = upstream, calls, host, begin, end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        passage = _Passage(self, scope, receive, send, self._begin(scope))
        async with asyncio.TaskGroup() as group:
            passing = group.create_task(passage.run())
            watching = group.create_task(passage.watch(passing))
            passing.add_done_callback(lambda _: watching.cancel())

    def request(self, exchange: Exchange, content: AsyncIterator[bytes] | None) -> httpx.Request:
        """Return an exchange's request as the service gets it."""
        target = self._upstream.prefix.encode() + exchange.path + (b"?" + exchange.query if exchange.query else b"")
        named = {name.strip() for name in exchange.header("connection").lower().encode().split(b",")}
        left_out = HOP_BY_HOP | OURS | named
        headers = [(name, value) for name, value in exchange.headers if name.lower() not in left_out]
        headers = [(b"host", self._upstream.host.encode()), (b"accept-encoding", b"identity"), *headers]
        # The target goes as it came: a URL would lose its dots, empty segments and what no URL should hold.
        extensions = {"target": target, "timeout": self._calls.timeout.as_dict()}
        return httpx.Request(
            exchange.method, self._upstream.origin, headers=headers, content=content, extensions=extensions
        )

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Return the head of the service's answer; raise httpx.TransportError or ClientGone."""
        return await self._calls.send(request, stream=True)

    def ended(self, exchange: Exchange, began_s: float) -> None:
        """Keep an exchange that is over."""
        exchange.took_s = self._host() - began_s
        self._end(exchange)

    def now_s(self) -> float:
        """Return the host's time."""
        return self._host()


class _Passage:
    """One request on its way, and its answer back."""

    def __init__(self, proxy: Proxy, scope: Scope, receive: Receive, send: Send, exchange: Exchange) -> None:
        self._proxy, self._scope, self._receive, self._send, self._exchange = proxy, scope, receive, send, exchange
        self._whole = asyncio.Event()
        self._began_s = proxy.now_s()
        self._begun = self._kept = False

    async def run(self) -> None:
        """Pass the request on and the answer back; end the exchange, however it goes."""
        exchange = self._exchange
        try:
            await self._pass()
        except ClientGone:
            exchange.broken = "the client went away before its request was whole"
        except asyncio.CancelledError:
            exchange.broken = exchange.broken or "the client went away before its answer was whole"
            raise
        except httpx.TimeoutException as error:
            await self._failed(GATEWAY_TIMEOUT, "did not answer in time", error)
        except httpx.HTTPError as error:
            await self._failed(BAD_GATEWAY, "broke off" if self._begun else "could not be asked", error)
        finally:
            self._keep()

    async def watch(self, passing: "asyncio.Task[None]") -> None:
        """Once the request is whole, stop asking for a client that goes away."""
        await self._whole.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
        passing.cancel()

    async def _pass(self) -> None:
        exchange = self._exchange
        has_body = bool(exchange.header("content-length") or exchange.header("transfer-encoding"))
        if not has_body:
            self._whole.set()
        answer = await self._proxy.send(self._proxy.request(exchange, self._body() if has_body else None))
        try:
            await self._answer(answer)
        finally:
            await answer.aclose()

    async def _body(self) -> AsyncIterator[bytes]:
        """Yield the request's body as it comes."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            more = message.get("more_body", False)
            if piece := message.get("body", b""):
                self._exchange.sent(piece)
                yield piece
        self._whole.set()

    async def _answer(self, answer: httpx.Response) -> None:
        exchange = self._exchange
        exchange.status, exchange.answered = answer.status_code, answer.headers.raw
        exchange.wait_s = self._proxy.now_s() - self._began_s
        left = self._left(answer)
        if left == 0:
            self._keep()
        await self._tell(_head(answer))
        async for piece in answer.aiter_raw():
            exchange.answer.add(piece)
            if left is not None and exchange.answer.bytes >= left:
                self._keep()  # before its client can have read the end: it may look at the recording then
            await self._tell({"type": "http.response.body", "body": piece, "more_body": True})
        self._keep()
        await self._tell({"type": "http.response.body", "body": b""})

    def _left(self, answer: httpx.Response) -> int | None:
        """Return how many bytes of a body come, or None: as many as come."""
        if self._exchange.method == "HEAD" or answer.status_code in NO_BODY:
            return 0
        length = one_of(answer.headers.raw, "content-length")
        return int(length) if length.isdecimal() else None

    async def _tell(self, message: Message) -> None:
        if not is_open(self._scope):
            self._exchange.broken = "the client went away before its answer was whole"
            raise asyncio.CancelledError
        self._begun = True
        await self._send(message)

    async def _failed(self, status: int, what: str, error: Exception) -> None:
        """Tell the client what became of its request, or break its answer off as the service did."""
        kind = type(error).__name__
        self._exchange.broken = f"the service {what}: {kind}"
        if self._begun:
            self._keep()
            line = connection(self._scope)
            (line.close if isinstance(error, httpx.RemoteProtocolError) else line.reset)()
            await gone(self._receive)
            return
        self._exchange.status = None
        text = f"ftemu record: the service {what}: {kind}. This is the recorder's answer, not the service's"
        raw = json.dumps({"error": text}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
        self._keep()
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": raw})

    def _keep(self) -> None:
        if not self._kept:
            self._kept = True
            self._proxy.ended(self._exchange, self._began_s)


def _head(answer: httpx.Response) -> Message:
    named = {name.strip() for name in one_of(answer.headers.raw, "connection").lower().encode().split(b",")}
    left_out = HOP_BY_HOP | named
    headers = [(name, value) for name, value in answer.headers.raw if name.lower() not in left_out]
    return {"type": "http.response.start", "status": answer.status_code, "headers": headers}
