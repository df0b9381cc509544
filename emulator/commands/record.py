"""``ftemu record``: a proxy on loopback that keeps what a real service answers."""

import asyncio
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from math import isfinite
from pathlib import Path
from typing import Any

import uvicorn

from emulator.clock import host_clock
from emulator.commands.command import filled, read_as
from emulator.dialects import ALL, likeliest
from emulator.recording.exchange import Exchange
from emulator.recording.proxy import BadUpstream, Proxy, Upstream, client
from emulator.recording.session import Unreadable
from emulator.recording.writing import Source, Writer
from emulator.server import GRACE_S, Protocol, Server, listening
from emulator.settings import BadSetting

EPILOG = """\
example: ftemu record --upstream https://api.tokenfactory.nebius.com --out recorded
         OPENAI_BASE_URL=http://127.0.0.1:PORT/v1 python my_client.py

What the client asks is really asked: it may cost money. No key is kept, nor the names of accounts, projects and people;
something stands in for names of files, suffixes, what integrations say, and what nobody knows of forms, queries and
paths. Signed links are passed on as they are: what they lead to is asked of the service itself, and not kept. Of chats,
completions and runs of graders neither what is said nor what is answered is kept, and they are not replayed. Of an
uploaded file its size, lines and form are kept, and with --keep-data what is in it. Models' names and unknown members
of a job are kept: look at the folder before you give it away. The service is asked for answers that are not compressed.
It ends on SIGINT or SIGTERM, with exit code 0."""
PRIVATE = frozenset({"chat.create", "completions.create", "graders.run"})
"""Calls whose bodies are what people wrote: they are kept like those that nobody knows, without what is in them."""
HOST = "127.0.0.1"
TIMEOUT_S = 600.0
"""Host seconds; as patient as the official SDK is by default."""


def fill(parser: ArgumentParser) -> None:
    """Give a parser the options of this command."""
    names = ", ".join(each.name for each in ALL)
    parser.formatter_class, parser.epilog = RawDescriptionHelpFormatter, EPILOG
    parser.add_argument("--upstream", type=filled, required=True, metavar="URL", help="the real service")
    parser.add_argument(
        "--port", type=read_as("port"), default=0, metavar="PORT", help="port to listen on (default: 0, a free one)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("recorded"), metavar="DIR", help="a new folder (default: recorded)"
    )
    parser.add_argument(
        "--dialect", type=read_as("dialect"), help=f"whose calls they are: {names} (default: by the URL's host)"
    )
    parser.add_argument("--keep-data", action="store_true", help="keep what is in uploaded files of up to 256 KiB")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=TIMEOUT_S,
        metavar="SECONDS",
        help="how long it may be silent (default: 600)",
    )
    parser.set_defaults(run=run)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not (isfinite(value) and value > 0):
        raise ArgumentTypeError(f"got {text!r}, takes seconds, more than 0")
    return value


def run(asked: dict[str, Any]) -> int:
    """Record until a signal; return the exit code: 1 where something could not be written."""
    try:
        host = Upstream.read(asked["upstream"]).host
        dialect = next(each for each in likeliest(host) if asked["dialect"] in (None, each.name))
        upstream = Upstream.read(asked["upstream"], dialect.advice.form.base)
    except BadUpstream as error:
        raise BadSetting(f"--upstream: {error}") from None
    known = tuple(each for each in dialect.operations if each.name not in PRIVATE)
    private = tuple(each for each in dialect.operations if each.name in PRIVATE)
    source = Source(host=upstream.host, prefix=upstream.prefix, dialect=dialect.name, operations=known, private=private)
    with listening(HOST, asked["port"]) as bound:
        try:
            writer = Writer(asked["out"], source, host=host_clock(), keep_data=asked["keep_data"])
        except Unreadable as error:
            raise BadSetting(f"--out: {error}") from None
        keeping = _Keeping(writer)
        asyncio.run(_serve(upstream, keeping, bound, asked["timeout"]))
        writer.close()
    print(f"ftemu: {writer.count} exchanges are in {asked['out']}", file=sys.stderr)
    return 1 if keeping.lost else 0


class _Keeping:
    """Keeps exchanges, and says so where one cannot be kept: its client has its answer all the same."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.lost = writer, 0

    def end(self, exchange: Exchange) -> None:
        """Keep one."""
        try:
            self.writer.end(exchange)
        except OSError as error:
            self.lost += 1
            print(f"ftemu: exchange {exchange.number} is not kept: {error.strerror}", file=sys.stderr)


async def _serve(upstream: Upstream, keeping: _Keeping, bound: socket.socket, timeout_s: float) -> None:
    async with client(timeout_s) as calls:
        proxy = Proxy(upstream, calls, host=host_clock(), begin=keeping.writer.begin, end=keeping.end)
        config = uvicorn.Config(
            proxy,
            http=Protocol,
            access_log=False,
            log_level="warning",
            lifespan="off",
            ws="none",
            server_header=False,
            date_header=False,  # the service's own is passed on
            timeout_graceful_shutdown=GRACE_S,
        )
        where = f"http://{HOST}:{bound.getsockname()[1]}"
        ready = f"ftemu recording {where} -> {upstream.origin}{upstream.prefix}"
        await Server(config, lambda: print(ready, flush=True)).serve(sockets=[bound])
