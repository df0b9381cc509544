"""Services of a test's own, on raw sockets: what they got byte for byte, and any answer."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

Answer = Callable[[socket.socket, bytes], None]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}"


class Upstream:
    """A service that reads the head of each request, and the body that it announces, and answers as told."""

    def __init__(self, answer: Answer) -> None:
        self.got: list[bytes] = []
        self._answer = answer
        self._lines: list[socket.socket] = []
        self._bound = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._bound.getsockname()[1]}"
        self.thread = Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop listening."""
        for each in (self._bound, *self._lines):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._bound.close()
        self.thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._bound.accept()
                self._lines.append(line)
                with line, suppress(OSError):
                    line.settimeout(30)
                    while request := read_request(line):
                        self.got.append(request)
                        self._answer(line, request)


def read_request(line: socket.socket) -> bytes:
    """Return a request as it came: its head, and its body by content-length or chunks."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        if not (piece := line.recv(65536)):
            return b""
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        while not body.endswith(b"0\r\n\r\n"):
            body += line.recv(65536)
    elif b"content-length: " in lower:
        length = int(lower.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += line.recv(65536)
    return head + b"\r\n\r\n" + body


def says(raw: bytes) -> Answer:
    """Return an answer that is always the same bytes."""
    return lambda line, _: line.sendall(raw)


def then_closes(raw: bytes) -> Answer:
    """Return an answer after whose bytes the connection is closed."""

    def answer(line: socket.socket, _: bytes) -> None:
        line.sendall(raw)
        line.shutdown(socket.SHUT_RDWR)

    return answer


def resets(line: socket.socket, _: bytes) -> None:
    """Break the connection off without a byte."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
    raise OSError


def stays_silent(line: socket.socket, _: bytes) -> None:
    """Answer nothing until the other side is gone."""
    while line.recv(65536):
        pass


@contextmanager
def upstream(answer: Answer) -> Iterator[Upstream]:
    """Give a service that answers so."""
    service = Upstream(answer)
    try:
        yield service
    finally:
        service.close()


def exchanged(url: str, raw: bytes) -> bytes:
    """Send bytes to a server and return all that comes until it closes."""
    host, _, port = url.partition("://")[2].partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(raw)
        got = b""
        while piece := line.recv(65536):
            got += piece
    return got
