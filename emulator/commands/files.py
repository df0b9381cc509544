"""What commands read from a file and write to one; ``-`` is standard input or output."""

import errno
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from emulator.commands.command import filled
from emulator.commands.server import Server
from emulator.commands.tables import Shown
from emulator.settings import BadSetting


def takes_input(parser: ArgumentParser) -> None:
    """Let a command read from a file."""
    parser.add_argument("file", type=filled, metavar="FILE", help="where it is; - is standard input")


def takes_output(parser: ArgumentParser) -> None:
    """Let a command write to a file."""
    parser.add_argument("file", type=filled, nargs="?", metavar="FILE", help="where it goes (default: standard output)")


def read(file: str) -> bytes:
    """Return the bytes of a file; raise OSError."""
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()


def read_json(file: str) -> Any:
    """Return the JSON of a file; raise OSError, or BadSetting for what is none."""
    try:
        return json.loads(read(file))
    except (ValueError, RecursionError) as error:
        raise BadSetting(f"{file} is not JSON that can be read: {error}") from None


def save(server: Server, path: str, file: str | None, **query: Any) -> Any:
    """Write what a control call answers; return what to tell of it: nothing where it went to standard output."""
    if file in {None, "-"}:
        server.save(path, sys.stdout.buffer, **query)
        return None
    with _written(Path(str(file))) as out:
        return {"file": file, "bytes": server.save(path, out, **query)}


def saved(answer: Any, whose: str) -> Iterator[Shown]:
    """Tell what was written."""
    yield f"{answer['file']} has what belongs to {whose}: {answer['bytes']:,} bytes"


@contextmanager
def _written(place: Path) -> Iterator[BinaryIO]:
    """Give what is to become a file: only once it is whole, so that a failure leaves the file that was there."""
    if place.exists() and not place.is_file():  # a device or a pipe, which nothing takes the place of
        with place.open("wb") as out:
            yield out
        return
    if not place.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder", str(place.parent))
    part = place.with_name(f".{place.name}.part")
    try:
        with part.open("wb") as out:
            yield out
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
