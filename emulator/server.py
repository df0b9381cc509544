"""A running server: the application on a socket of its own, in this thread (``serve``) or another (``Emulator``)."""

import asyncio
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from types import FrameType, TracebackType
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from emulator.app import create_app
from emulator.clock import Host, host_clock
from emulator.core.world import World, opened
from emulator.faults.connection import EXTENSION, gone
from emulator.settings import Settings

if sys.platform == "linux":
    import fcntl
    import termios

GRACE_S = 3
"""How long a stop waits, in host time, for answers that are being sent."""


class Server(uvicorn.Server):
    """uvicorn, which says when it is ready, and whose stop on a signal is a success."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the state, accept connections, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM; a second one stops at once. uvicorn's own way would end in a traceback."""
        try:
            before = {each: signal.signal(each, self._stop) for each in (signal.SIGINT, signal.SIGTERM)}
        except ValueError:  # not the main thread: whoever started it stops it
            before = {}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _stop(self, _: int, __: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


class Connection:
    """A client's connection, which a fault may close or break off."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    @property
    def is_open(self) -> bool:
        """Say whether neither side has closed it yet."""
        return not self._transport.is_closing()

    def close(self) -> None:
        """Close it once what was sent is out."""
        self._transport.close()

    def reset(self) -> None:
        """Break it off: with a linger of nothing the system sends RST instead of FIN."""
        if not self._transport.is_closing():
            bound = self._transport.get_extra_info("socket")
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def unsent(self) -> int:
        """Return how many bytes are on their way: ours, and where the system tells (Linux) those in its own hands."""
        if self._transport.is_closing():
            return 0
        ours = self._transport.get_write_buffer_size()
        if sys.platform != "linux":
            return ours
        told = fcntl.ioctl(self._transport.get_extra_info("socket"), termios.TIOCOUTQ, bytes(4))
        return ours + int.from_bytes(told, sys.byteorder)


HTTP: Any = AutoHTTPProtocol
"""The class that uvicorn chooses when it is imported: the fastest one that is installed."""


class Protocol(HTTP):  # type: ignore[misc]  # chosen when uvicorn is imported
    """uvicorn's HTTP, whose requests know their connection."""

    app: ASGIApp

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Give the application of this connection the connection."""
        super().connection_made(transport)
        app = self.app
        line = Connection(transport)

        async def connected(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {**scope.get("extensions", {}), EXTENSION: line}
            try:
                await app(scope, receive, send)
            except asyncio.CancelledError:  # a stop's grace is over: no error of the application's
                line.reset()
                await gone(receive)

        self.app = connected


def listening(host: str, port: int) -> socket.socket:
    """Return a bound socket; raise OSError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's delay off by it: without, every answer takes 40 ms more.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":  # there it would let two servers share a port
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def url(settings: Settings, bound: socket.socket) -> str:
    """Return where a bound server answers."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{bound.getsockname()[1]}{settings.root_path}"


def server(world: World, host: Host, on_ready: Callable[[], None]) -> Server:
    """Return a server of an open world."""
    settings = world.settings
    config = uvicorn.Config(
        create_app(settings, host, world),
        http=Protocol,
        access_log=False,
        log_level="warning",
        root_path=settings.root_path,
        lifespan="on",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    return Server(config, on_ready)


def serve(settings: Settings, on_ready: Callable[[str], None]) -> bool:
    """Serve until a signal stops it; ``on_ready`` gets the URL. Say whether it ever started.

    Raise OSError where the address cannot be had, StorageFailed where the data directory cannot.
    """
    host = host_clock()
    with listening(settings.host, settings.port) as bound, opened(settings, host) as world:
        running = server(world, host, lambda: on_ready(url(settings, bound)))
        asyncio.run(running.serve(sockets=[bound]))
        return running.started


class Emulator:
    """A server in a thread of its own, for as long as the ``with`` block lasts; ``url`` is where it answers."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings(port=0, quiet=True)
        self._ready = Event()

    def __enter__(self) -> Self:
        host = host_clock()
        with ExitStack() as opening:
            bound = opening.enter_context(listening(self._settings.host, self._settings.port))
            world = opening.enter_context(opened(self._settings, host))
            self._server = server(world, host, self._ready.set)
            self._thread = Thread(target=self._run, args=(bound,), name="ftemu-server", daemon=True)
            self._thread.start()
            self._ready.wait()
            if not self._server.started:
                raise RuntimeError("the emulator did not start; standard error says why")
            self.url = url(self._settings, bound)
            self._stack = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._stack.close()

    def base_url(self, dialect: str | None = None) -> str:
        """Return what a client of a provider takes as its base URL; without a name, that of the dialect at the root."""
        return f"{self.url}/{dialect}/v1" if dialect else f"{self.url}/v1"

    def _run(self, bound: socket.socket) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[bound]))
        finally:
            self._ready.set()
