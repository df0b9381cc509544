"""A multipart/form-data upload, parsed while it arrives: fields are kept, the file goes to its intake piece by piece.

The grammar is python-multipart's; so are the limits on headers. Parts come in any order, with or without
Content-Length. Nothing is kept of a body that ends before its closing boundary.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from emulator.core.files import Intake
from emulator.errors import Malformed, StorageFailed, TooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

BATCH = 512 * 1024
PARTS_MAX = 100
FIELD_BYTES_MAX = 64 * 1024
DRAIN_BYTES_MAX = 256 * 2**20
# RFC 5987, which form-data forbids and some clients send: filename*=UTF-8''na%C3%AFve.jsonl
EXTENDED = re.compile(rb"filename\*\s*=\s*\"?([\w-]*)'[^']*'([^;\"]*)", re.IGNORECASE)


class Upload:
    """What a form brought: its parts' names, its text fields by name, and the file's name once its part was seen."""

    def __init__(self, content_type: str, intake: Callable[[], Intake], *, file_field: str) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise Malformed("Missing boundary in multipart.")
        self.names: list[str] = []
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self.intake: Intake | None = None
        self._make_intake, self._file_field = intake, file_field
        self._header, self._in_file = [b"", b""], False
        self._name, self._text, self._parts, self._ended = "", bytearray(), 0, False
        self._parser = self._parsing(options[b"boundary"])

    def _parsing(self, boundary: bytes) -> MultipartParser:
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._part_begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }
        try:
            return MultipartParser(boundary, callbacks)
        except FormParserError as error:
            raise Malformed(f"There was an error parsing the body: {error}") from error

    def write(self, pieces: list[bytes]) -> None:
        """Parse the next bytes; slow: not for the event loop's own thread."""
        try:
            for piece in pieces:
                self._parser.write(piece)
        except FormParserError as error:
            raise Malformed(f"There was an error parsing the body: {error}") from error

    def finish(self) -> None:
        """Refuse a body that ended too early."""
        if not self._ended:
            raise Malformed("There was an error parsing the body: it ends before its closing boundary.")

    def discard(self) -> None:
        """Remove what was not kept."""
        if self.intake:
            self.intake.discard()

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > PARTS_MAX:
            raise Malformed(f"Too many parts. Maximum number of parts is {PARTS_MAX}.")
        self._header, self._in_file, self._name = [b"", b""], False, ""
        self._text = bytearray()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]

    def _header_end(self) -> None:
        if self._header[0].lower() == b"content-disposition":
            self._disposition(self._header[1])
        self._header = [b"", b""]

    def _disposition(self, value: bytes) -> None:
        if self._name:
            raise Malformed("A part has more than one Content-Disposition header.")
        _, options = parse_options_header(value)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if self._name != self._file_field:
            return
        if b"filename" in options:
            self._begin_file(options[b"filename"].decode("utf-8", "replace"))
        elif extended := EXTENDED.search(value):
            charset = "latin-1" if extended[1].lower() == b"iso-8859-1" else "utf-8"
            self._begin_file(unquote_to_bytes(extended[2]).decode(charset, "replace"))

    def _begin_file(self, filename: str) -> None:
        if self.intake:
            raise Malformed(f"There is more than one part named '{self._file_field}'.")
        self.filename, self.intake, self._in_file = filename, self._make_intake(), True
        if self.fields.get("purpose", "fine-tune") != "fine-tune":
            self.intake.check_nothing()

    def _headers_finished(self) -> None:
        if not self._name:
            raise Malformed('The Content-Disposition header field "name" must be provided.')
        self.names.append(self._name)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file and self.intake:
            self.intake.write(data[start:end])
        elif len(self._text) + end - start > FIELD_BYTES_MAX:
            raise Malformed(f"Part exceeded maximum size of {FIELD_BYTES_MAX // 1024}KB.")
        else:
            self._text += data[start:end]

    def _part_end(self) -> None:
        if not self._in_file:
            self.fields[self._name] = self._text.decode("utf-8", "replace")

    def _end(self) -> None:
        self._ended = True


def check_length(headers: Mapping[str, str], bytes_max: int) -> None:
    """Raise TooLarge at once for a body that announces itself as too large, the form around the file allowed for."""
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > bytes_max + FIELD_BYTES_MAX:
        raise TooLarge(bytes_max)


async def receive(upload: Upload, stream: AsyncIterator[bytes]) -> None:
    """Parse a whole body as it arrives, off the event loop, in batches that make the hop worth it."""
    pieces: list[bytes] = []
    try:
        async for piece in stream:
            pieces.append(piece)
            if sum(map(len, pieces)) >= BATCH:
                await run_in_threadpool(upload.write, pieces)
                pieces = []
        await run_in_threadpool(upload.write, pieces)
        upload.finish()
    except (Malformed, TooLarge, StorageFailed):
        await _drain(stream)
        raise


async def _drain(stream: AsyncIterator[bytes]) -> None:
    """Read on for a while, so that a client that is still sending comes to read why it was refused."""
    drained = 0
    async for piece in stream:
        drained += len(piece)
        if drained > DRAIN_BYTES_MAX:
            return
