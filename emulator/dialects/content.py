"""Bytes out: a file's content, whole or a range of it, streamed without being held."""

import re
from urllib.parse import quote

from starlette.concurrency import iterate_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from emulator.core import files
from emulator.core.file import File
from emulator.core.world import World
from emulator.storage.files import StoredFile

PLAIN = re.compile(r"[\w .+@()-]+", re.ASCII)
BYTES = "application/octet-stream"
RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII)


def answer(world: World, file: File, headers: Headers, *, head: bool, media_type: str = BYTES) -> Response:
    """Return a file's content, or the one range of it that is asked for (several at once are answered whole).

    Who has these very bytes already, as ``If-None-Match`` says, gets a 304, whatever range was asked for (RFC 9110).
    ``media_type`` is never JSON, whatever the name: clients that parse by it choke on JSONL (observed of Ruby's).
    """
    etag = f'"{_tag(file)}"'  # strong: of the bytes and not of the id, for after a reset the same id has others
    if _is_known(etag, headers):
        return Response(status_code=304, headers={"etag": etag})
    common = {
        "accept-ranges": "bytes",
        "etag": etag,
        "content-disposition": _disposition(file.name.rpartition("/")[2]),
    }
    sent = {**common, "content-type": media_type}
    asked = RANGE.fullmatch(headers.get("range", "").strip())
    if not asked or asked.groups() == ("", "") or headers.get("if-range", etag) != etag:
        return _stream(world, file, 0, file.bytes, status=200, headers=sent, head=head)
    start, stop = _bounds(asked[1], asked[2], file.bytes)
    if start >= stop:
        return Response(status_code=416, headers={**common, "content-range": f"bytes */{file.bytes}"})
    sent["content-range"] = f"bytes {start}-{stop - 1}/{file.bytes}"
    return _stream(world, file, start, stop, status=206, headers=sent, head=head)


def _tag(file: File) -> str:
    """Return what tells the bytes of a file from others."""
    return file.source.blob if isinstance(file.source, StoredFile) else file.source.tag


def _is_known(etag: str, headers: Headers) -> bool:
    """Say whether the client has what the tag names: by its quotes it is found in a list, and behind ``W/``."""
    had = ",".join(headers.getlist("if-none-match"))
    return had.strip() == "*" or etag in had


def _disposition(name: str) -> str:
    """Return the header that names the file: plain where it can be (observed of OpenAI), else as RFC 5987 writes it."""
    plain = PLAIN.fullmatch(name)
    return f'attachment; filename="{name}"' if plain else f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return where a range starts and stops: from a first byte, or the last so many."""
    if not first:
        return max(0, size - int(last)), size if int(last) else 0
    return int(first), min(size, int(last) + 1) if last else size


def _stream(
    world: World, file: File, start: int, stop: int, *, status: int, headers: dict[str, str], head: bool
) -> Response:
    headers["content-length"] = str(stop - start)
    if head:
        return Response(status_code=status, headers=headers)
    pieces = iterate_in_threadpool(files.read(world, file, start, stop))
    return StreamingResponse(pieces, status_code=status, headers=headers)
