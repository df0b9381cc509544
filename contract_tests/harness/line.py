"""The only way to the target: paced, patient when it is told to wait, with time-outs, and every answer recorded."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from contract_tests.harness.answers import Answer
from contract_tests.harness.gate import PRICED, RECKONED, Gate
from contract_tests.harness.secret import Key

TIMEOUT = httpx.Timeout(60, connect=15)
WAITS_MAX = 5
"""How often one request is sent again after a 429."""
WAIT_S, WAIT_S_MAX = 5.0, 60.0
"""How long a 429 without ``retry-after`` makes it wait, and the longest that one is heeded."""
GATEWAY = (502, 503, 504)
HICCUPS_MAX = 3


@dataclass
class Pace:
    """The least time between the starts of two requests, in seconds of the host."""

    interval_s: float
    tell: Callable[[str], None]
    sent: int = 0
    _last: float = field(default=float("-inf"), init=False)

    def wait(self) -> None:
        """Wait until the next request may start, and count it."""
        time.sleep(max(0.0, self._last + self.interval_s - time.monotonic()))
        self._last = time.monotonic()
        self.sent += 1


class PolitePassage(httpx.BaseTransport):
    """HTTP as a good guest speaks it: one request at a time, not too often, and later if it is asked to."""

    def __init__(self, gate: Gate, pace: Pace, *, url: str, foreign: bool) -> None:
        self._gate, self._pace, self._foreign = gate, pace, foreign
        parts = urlsplit(url)
        through = getproxies().get(parts.scheme) if foreign and not proxy_bypass(parts.hostname or "") else None
        self._inner = httpx.HTTPTransport(proxy=through)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, again after each 429; the last answer is given as it is."""
        intent = self._gate.enter(request)
        for again in range(WAITS_MAX + 1):
            response = self._sent(request)
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS or again == WAITS_MAX:
                break
            self._heed(response)
        self._gate.leave(intent, response)
        return response

    def _sent(self, request: httpx.Request) -> httpx.Response:
        """Send once; a read from a foreign host is tried again where the network, not the service, failed."""
        tries = HICCUPS_MAX if self._foreign and request.method == "GET" else 1
        for left in reversed(range(tries)):
            self._pace.wait()
            try:
                response = self._inner.handle_request(request)
                response.request = request
            except httpx.TransportError:
                if not left:
                    raise
            else:
                if response.status_code not in GATEWAY or not left:
                    return response
                response.close()
            self._pause(WAIT_S, "the network failed")
        raise AssertionError("unreachable: the last try returns or raises")

    def _heed(self, response: httpx.Response) -> None:
        asked = response.headers.get("retry-after", "")
        response.close()
        self._pause(min(float(asked), WAIT_S_MAX) if asked.isdecimal() else WAIT_S, "asked to wait (429)")

    def _pause(self, seconds: float, why: str) -> None:
        self._pace.tell(f"{why}: {seconds:g} s")
        time.sleep(seconds)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class Line:
    """A client of the target under one key, or under none; paths are those below the base URL, such as ``/files``."""

    def __init__(self, url: str, passage: PolitePassage, key: Key | None, record: list[Answer]) -> None:
        auth = {"authorization": f"Bearer {key.reveal()}"} if key else {}
        self.key, self._record = key, record
        self._client = httpx.Client(base_url=url, transport=passage, headers=auth, timeout=TIMEOUT)

    def send(self, method: str, path: str, *, priced: bool = False, reckoned: bool = False, **more: Any) -> Answer:
        """Send a request as httpx takes it; ``priced`` says that the job that it creates was counted.

        ``reckoned`` says that it asks for the price of a job alone.
        """
        extensions = {PRICED: priced, RECKONED: reckoned}
        answer = Answer(self._client.request(method, path, extensions=extensions, **more))
        self._record.append(answer)
        return answer

    def get(self, path: str, **params: Any) -> Answer:
        """Read, with query parameters."""
        return self.send("GET", path, params=params or None)  # none at all would take away those that a link has

    def post(self, path: str, body: Any = None) -> Answer:
        """Post JSON, or nothing."""
        return self.send("POST", path) if body is None else self.send("POST", path, json=body)

    def delete(self, path: str) -> Answer:
        """Delete."""
        return self.send("DELETE", path)

    def pages(self, path: str, *, limit: int, pages_max: int = 50) -> Sequence[Any]:
        """Return the entries of a whole list, page by page, ``after`` the last one each time."""
        rows: list[Any] = []
        for _ in range(pages_max):
            page = self.get(path, limit=limit, **({"after": rows[-1]["id"]} if rows else {})).rows()
            known = {row["id"] for row in rows}
            new = [row for row in page if row["id"] not in known]
            rows += new
            if not new or len(page) < limit:
                break
        return rows
