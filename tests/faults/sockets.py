"""A client without a library: what comes over a socket byte by byte, and how it ends."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Got:
    """What came before the end: ``closed`` in order, or else reset."""

    head: bytes
    body: bytes
    closed: bool

    @property
    def length(self) -> int:
        """What the head says of the body's length."""
        lines = dict(line.split(b": ", 1) for line in self.head.split(b"\r\n")[1:])
        return int(lines[b"content-length"])


@contextmanager
def asking(url: str, key: str, path: str, *, window: int | None = None) -> Iterator[socket.socket]:
    """Give a connection over which a request was sent, and which its answer ends; it takes ``window`` bytes unread."""
    host, port = url.removeprefix("http://").split(":")
    head = f"GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as connected:
        if window:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        connected.sendall(head.encode())
        yield connected


def rest(connected: socket.socket) -> Got:
    """Read a connection to its end."""
    pieces, closed = [], True
    try:
        while piece := connected.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        closed = False
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    return Got(head, body, closed)


def got(url: str, key: str, path: str, *, window: int | None = None) -> Got:
    """Ask, and read what comes to its end."""
    with asking(url, key, path, window=window) as connected:
        return rest(connected)
