"""An endpoint: a server that keeps what it is sent, and answers as it is told."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any

import openai

SDK = openai.OpenAI(api_key="none")
PATIENCE_S = 20
"""How long a delivery is waited for: one that comes takes milliseconds."""


@dataclass(frozen=True)
class Got:
    """What came: the path with its query, the headers by lower-case name, the body."""

    path: str
    headers: dict[str, str]
    body: bytes

    def event(self, secret: str) -> Any:
        """Return the event as the official SDK reads it; it raises where the signature is not that of the secret."""
        return SDK.webhooks.unwrap(self.body, self.headers, secret=secret)


@dataclass
class Receiver:
    """An endpoint. ``statuses``: of its next answers; then it answers 200. ``held``: it answers once that is set."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    held: Event | None = None
    got: "Queue[Got]" = field(default_factory=Queue)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/hook"

    def next(self) -> Got:
        """Return what comes next."""
        return self.got.get(timeout=PATIENCE_S)

    def so_many(self, count: int) -> list[Got]:
        """Return so many that come."""
        return [self.next() for _ in range(count)]

    def is_quiet(self) -> bool:
        """Say whether nothing has come that was not looked at."""
        try:
            self.got.get_nowait()
        except Empty:
            return True
        return False


@contextmanager
def receiving(statuses: Sequence[int] = (), port: int = 0, held: Event | None = None) -> Iterator[Receiver]:
    """Give an endpoint that listens."""
    receiver = Receiver(statuses=[*statuses], held=held)
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(receiver))
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        if held:
            held.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(receiver: Receiver) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.got.put(Got(self.path, headers, body))
            status = receiver.statuses.pop(0) if receiver.statuses else 200
            if receiver.held:
                receiver.held.wait(PATIENCE_S)
            try:
                self.send_response(status)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()
            except OSError:
                pass  # who sent it has given it up

        def log_message(self, *_: object) -> None:
            pass

    return Handler
