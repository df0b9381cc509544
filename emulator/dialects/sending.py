"""Events out: a signed request to an endpoint, and its entry in the journal.

Not here: what is sent and when it is sent again (``core.webhooks``), or who wakes to do so (``emulator.deliveries``).

A name is resolved here, once, and the connection goes to the address that was looked at: a name that leads elsewhere
than its text says reaches nothing. Redirects are not followed (documented), and no proxy is asked.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from emulator.core import journal
from emulator.core.webhooks import signing
from emulator.core.webhooks.deliveries import OPERATION
from emulator.core.webhooks.manner import Happening
from emulator.core.webhooks.places import host_of, is_loopback, misplaced
from emulator.core.webhooks.subscriber import Subscriber
from emulator.core.world import World
from emulator.redaction import HIDDEN, answerable, is_secret
from emulator.storage import journal as entries
from emulator.storage.journal import Answer, Entry, Request

if TYPE_CHECKING:
    import httpx

PROVIDER = "webhook"
"""Whose face was asked: the client's own endpoint."""
TIMEOUT_S = 5.0
"""How long an endpoint may take to answer, in host seconds (documented: a few)."""
READ_MAX = 16 * 1024
"""Bytes of an answer that are read: the status says all."""
SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: an event, under an id of its own. ``retry`` counts from 0; None: a sample, about no job."""

    id: str
    told: Happening
    retry: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: when it began and ended, in host seconds since 1970; no status: no answer.

    ``error`` says what went wrong, None: the endpoint took it.
    """

    began_s: float
    ended_s: float
    status: int | None
    error: str | None


@dataclass(slots=True)
class Exchange:
    """A request, and the answer as far as it has come."""

    url: str
    headers: dict[str, str]
    body: bytes
    status: int | None = None
    http: str = "1.1"
    answer: dict[str, str] | None = None
    answer_bytes: int = 0
    first_s: float | None = None


class Unreached(Exception):
    """No address that a delivery may go to."""


async def send(to: Subscriber, message: Message) -> Outcome:
    """Send an event to an endpoint, signed as of now, and note it; only a stop breaks it off."""
    world, began_s = to.world, to.world.clocks.host_s()
    exchange = _exchange(to, message, began_s)
    error = await _tried(world, exchange)
    if error is None and exchange.status not in SUCCESS:
        error = f"the endpoint answered {exchange.status}"
    outcome = Outcome(began_s, world.clocks.host_s(), exchange.status, error)
    if world.settings.journal:
        world.unwritten.append(entries.row(_entry(to, message, exchange, outcome)))
        if journal.is_full(world):
            await journal.write(world)
    return outcome


def _exchange(to: Subscriber, message: Message, began_s: float) -> Exchange:
    """Return the request. Its timestamp is of host time: receivers hold it against their own clock."""
    body, at_s = to.manner.body(message.told), int(began_s)
    keys = signing.valid(to.world.settings.seed, to.webhook, to.world.clocks.now(to.account.tenant))
    headers = {
        "user-agent": to.manner.user_agent,
        "content-type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": signing.signature(keys, message.id, at_s, body),
    }
    return Exchange(to.webhook.url, headers, body)


async def _tried(world: World, exchange: Exchange) -> str | None:
    """Send a request; return what went wrong, None: it was answered."""
    import httpx  # noqa: PLC0415 -- it takes a sixth of a second, which only servers with endpoints wait

    try:
        async with asyncio.timeout(TIMEOUT_S):
            async for address in _addresses(world, exchange.url):
                try:
                    await _post(world, exchange, address)
                except httpx.ConnectError as error:  # nothing was sent: localhost may be ::1 and 127.0.0.1
                    failed = str(error) or "no connection"
                else:
                    return None
        return f"the endpoint could not be reached: {answerable(failed)}"
    except TimeoutError:
        return f"the endpoint did not answer within {TIMEOUT_S:g} s"
    except Unreached as error:
        return str(error)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return f"the endpoint did not answer to the end: {answerable(str(error) or type(error).__name__)}"


async def _addresses(world: World, url: str) -> AsyncIterator[str | None]:
    """Yield the addresses to try, None: the name, as its host is listed; raise Unreached where there is none."""
    why, host = misplaced(url, world.settings.webhook_host), host_of(url)
    if why or host is None:
        raise Unreached(why or "the URL cannot be read")
    if host in world.settings.webhook_host:
        yield None
        return
    found = await _resolved(host, urlsplit(url).port)
    strange = [each for each in found if not is_loopback(each)]
    if strange or not found:
        raise Unreached(f"{host} leads to {', '.join(strange) or 'no address'}, which is no loopback address")
    for address in found:
        yield address


async def _resolved(host: str, port: int | None) -> Sequence[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)  # TCP
    except OSError as error:
        raise Unreached(f"{host} cannot be resolved: {error.strerror}") from None
    return [*dict.fromkeys(str(address[0]) for *_, address in found)]


async def _post(world: World, exchange: Exchange, address: str | None) -> None:
    """Send a request over a connection of its own, to an address or to where its host leads; note the answer."""
    import httpx  # noqa: PLC0415 -- as above

    parts = urlsplit(exchange.url)
    url, host = exchange.url, parts.hostname or ""
    if address:
        there = f"[{address}]" if ":" in address else address
        netloc = there if parts.port is None else f"{there}:{parts.port}"
        url = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
    verify = _trust() if parts.scheme == "https" else False
    headers = {**exchange.headers, "host": parts.netloc, "connection": "close"}
    how = {"verify": verify, "trust_env": False, "follow_redirects": False, "timeout": None}  # whoever asks has one
    async with httpx.AsyncClient(**how) as client:  # type: ignore[arg-type]  # mixed
        request = client.build_request("POST", url, headers=headers, content=exchange.body)
        request.extensions["sni_hostname"] = host
        if request.url.host.strip("[]") != (address or host):
            raise Unreached("the URL can be read in more than one way")
        answer = await client.send(request, stream=True)
        try:
            await _read(world, exchange, answer)
        finally:
            await answer.aclose()


async def _read(world: World, exchange: Exchange, answer: "httpx.Response") -> None:
    exchange.first_s = world.clocks.host_s()
    exchange.http = answer.http_version.removeprefix("HTTP/")
    exchange.answer = {name.lower(): value for name, value in answer.headers.items()}
    async for piece in answer.aiter_raw():
        exchange.answer_bytes += len(piece)
        if exchange.answer_bytes > READ_MAX:
            break
    exchange.status = answer.status_code


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _entry(to: Subscriber, message: Message, exchange: Exchange, outcome: Outcome) -> Entry:
    """Return an attempt as the journal has it: the endpoint's URL without secrets, the signature hidden."""
    parts, clocks, tenant = urlsplit(exchange.url), to.world.clocks, to.account.tenant
    headers = _shown({**exchange.headers, "webhook-signature": HIDDEN})
    body = answerable(json.loads(exchange.body))
    there = exchange.answer_bytes > 0
    return Entry(
        at=clocks.now(tenant),
        clock=clocks.of(tenant).mode,
        started_at=datetime.fromtimestamp(outcome.began_s, UTC),
        duration_ms=_ms(outcome.began_s, outcome.ended_s),
        wait_ms=None if exchange.first_s is None else _ms(outcome.began_s, exchange.first_s),
        tenant=tenant,
        provider=PROVIDER,
        operation=OPERATION,
        method="POST",
        path=parts.path or "/",
        query=_query(parts.query),
        url=f"{parts.scheme}://{parts.netloc}{parts.path or '/'}",
        http=exchange.http,
        status=outcome.status,
        job=None if message.retry is None else message.told.job,
        retry=message.retry,
        user_agent=exchange.headers["user-agent"],
        faults=[],
        errors=[outcome.error] if outcome.error else [],
        request=Request(bytes=len(exchange.body), headers=headers, body=body),
        response=Answer(
            bytes=exchange.answer_bytes,
            headers=_shown(exchange.answer or {}),
            complete=outcome.status is not None,
            left_out="the status says whether it was taken" if there else None,
        ),
    )


def _shown(headers: dict[str, str]) -> dict[str, str]:
    return {name: HIDDEN if is_secret(name) else answerable(value) for name, value in headers.items()}


def _query(query: str) -> dict[str, str | list[str]]:
    """Return a URL's query by name: what it holds may be what lets in, and none of its values is shown."""
    return {name: HIDDEN for name, _ in parse_qsl(query, keep_blank_values=True)}


def _ms(began_s: float, ended_s: float) -> float:
    return round((ended_s - began_s) * 1000, 3)
