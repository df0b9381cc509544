"""A running server: the application on a socket of its own, in this thread (``serve``) or another (``Emulator``)."""

import asyncio
import atexit
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import Field
from datetime import datetime
from functools import partial
from threading import Event, Lock, Thread
from types import FrameType
from typing import Any, Self

import uvicorn
from anyio import CancelScope, to_thread
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from emulator import dialects
from emulator.app import create_app
from emulator.client import Places, Running, Tenant
from emulator.clock import Host, host_clock
from emulator.core.world import World, opened
from emulator.faults.connection import EXTENSION, gone
from emulator.settings import BadSetting, Settings, described_fields, read
from emulator.shorthand import unknown

if sys.platform == "linux":
    import fcntl
    import termios

GRACE_S = 1
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
    """Return where a bound server answers on its own machine: without the path that a proxy takes off."""
    return settings.url(bound.getsockname()[1])


def any_key(settings: Settings) -> str:
    """Return a key that the dialect at the root takes: the first that is listed, or one that it takes of anybody."""
    at_root = next(each for each in dialects.ALL if each.name == settings.dialect)
    return settings.api_key[0] if settings.api_key else at_root.any_key


def running(url: str, settings: Settings) -> Running:
    """Return a running server of these settings, which need not be asked where its clients connect."""
    paths = {each.name: each.client_path for each in dialects.ALL}
    organized = frozenset(each.name for each in dialects.ALL if each.has_organizations)
    return Running(url, token=settings.control_token, places=Places(settings.dialect, paths, organized))


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


class NotRunning(RuntimeError):
    """An emulator that could not be started, or is asked for something while it does not run; the text says why."""


class Emulator(Tenant):
    """A server in a thread of its own, as long as a ``with`` or ``async with`` block lasts, or from start to stop.

    It takes the settings of a server by keyword, or as Settings; without any, it has a free port and logs nothing. It
    is also the tenant of one key, ``any-key`` or a service token where the dialect at the root takes no other, and
    ``tenant`` gives others. Raise BadSetting for what is no setting.
    """

    def __init__(self, settings: Settings | None = None, /, **given: Any) -> None:
        if settings and given:
            raise BadSetting(f"takes either Settings or keywords, got Settings and {', '.join(given)}")
        self._settings = settings or from_keywords({"port": 0, "quiet": True, **given})
        key = any_key(self._settings)
        self._running: Running | None = None
        self._stack: ExitStack | None = None
        self._changing = Lock()
        self._api_key, self._dialect = key, None

    def start(self) -> Self:
        """Start it, unless it runs; return it once connections are accepted.

        Raise NotRunning where the address cannot be had, StorageFailed where the data directory cannot, BadSetting for
        settings that do not go together.
        """
        with self._changing, ExitStack() as opening:
            if self._stack is None:
                self._open(opening)
                self._stack = opening.pop_all()
                atexit.register(self._stack.close)  # nobody stopped it: what is not stopped goes with the process
        return self

    def stop(self) -> None:
        """Stop it, if it runs: once what is being answered is, or after GRACE_S; nothing of it is left."""
        with self._changing:
            if self._stack is None:
                return
            stack, self._stack = self._stack, None
            atexit.unregister(stack.close)
            self._server.should_exit = True
            self._thread.join()
            stack.close()

    def tenant(self, api_key: str, *, dialect: str | None = None) -> Tenant:
        """Return everything that belongs to another key."""
        return Tenant(self.server, api_key, dialect=dialect)

    @property
    def server(self) -> Running:
        """The running server; raise NotRunning before it was started."""
        if self._running is None:
            raise NotRunning("the emulator was not started: with Emulator() as e, or e.start() and e.stop()")
        return self._running

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        # Neither start nor stop holds up the loop. A start that is cancelled meanwhile is a server to be stopped.
        try:
            return await to_thread.run_sync(self.start)
        except BaseException:
            await self.__aexit__()
            raise

    async def __aexit__(self, *_: object) -> None:
        with CancelScope(shield=True):
            await to_thread.run_sync(self.stop)

    def __repr__(self) -> str:
        return f"<Emulator at {self.url}>" if self._stack else "<Emulator, not running>"

    def _open(self, opening: ExitStack) -> None:
        settings, host, ready = self._settings, host_clock(), Event()
        try:
            bound = opening.enter_context(listening(settings.host, settings.port))
        except OSError as error:
            where = f"{settings.host} port {settings.port}"
            raise NotRunning(
                f"the emulator cannot listen on {where}: {error.strerror}; port=0 takes a free one"
            ) from error
        world = opening.enter_context(opened(settings, host))
        self._server = server(world, host, ready.set)
        self._thread = Thread(target=self._run, args=(bound, ready), name="ftemu-server", daemon=True)
        self._thread.start()
        ready.wait()
        if not self._server.started:
            self._thread.join()
            raise NotRunning("the emulator did not start; standard error says why")
        self._running = opening.enter_context(closing(running(url(settings, bound), settings)))

    def _run(self, bound: socket.socket, ready: Event) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[bound]))
        finally:
            ready.set()


def from_keywords(given: Mapping[str, Any]) -> Settings:
    """Return the settings that keywords give, each checked as its option is; raise BadSetting, naming the nearest."""
    described = described_fields()
    for name in given:
        if name not in described:
            raise BadSetting(unknown("setting", name, described))
    return Settings(**{name: _checked(name, value, described[name]) for name, value in given.items()})


def _checked(name: str, value: Any, described: Field[Any]) -> Any:
    if value is None or value == described.default:
        return described.default
    if described.metadata["many"] and not isinstance(value, str):
        return tuple(_read(name, each, described.metadata["read"]) for each in value)
    return _read(name, value, partial(read, name))


def _read(name: str, value: Any, how: Callable[[str], Any]) -> Any:
    try:
        return how(value.isoformat() if isinstance(value, datetime) else str(value))
    except BadSetting as error:
        raise BadSetting(f"{name}: {error}") from None
