"""Lines out of a stream of bytes, each checked and counted as soon as it is whole.

Memory is bounded by the longest line, however the bytes are split. Nothing here depends on the split: a line that
comes in one piece and a line that comes in a thousand go the same way.
"""

from codecs import BOM_UTF8
from collections.abc import Callable

from msgspec import MsgspecError

from emulator.core.datasets.complaints import examine
from emulator.core.datasets.rows import DECODERS, Row
from emulator.core.datasets.words import Refused
from emulator.timeline.job import Dataset, Problem

_Decode = Callable[[bytes | bytearray], Row]

# All that reading a line can raise; complaints.py finds out why.
_UNREADABLE = (MsgspecError, UnicodeDecodeError, RecursionError, Refused)


class Reader:
    """Check a dataset as its bytes stream in."""

    def __init__(self, *, line_bytes_max: int) -> None:
        self._line_bytes_max = line_bytes_max
        self._pending = bytearray()
        self._line = 0
        self._form = ""
        self._decode: _Decode = _first
        self._rows = 0
        self._tokens = 0
        self._longest = (0, 0)
        self._problem: Problem | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, split anywhere. Once there is a problem, they are let go unread."""
        start = 0
        while self._problem is None:
            end = chunk.find(b"\n", start)
            if end < 0:
                self._keep(memoryview(chunk)[start:])
                return
            self._end_line(chunk, start, end)
            start = end + 1

    def finish(self) -> Dataset:
        """Return what is known of the dataset; call once, after the last bytes."""
        if self._pending:
            self._end_line(b"", 0, 0)
        if not self._rows and self._problem is None:
            self._problem = Problem(0, "the file has no rows")
        tokens, line = self._longest
        return Dataset(self._form, self._rows, self._tokens, tokens, line, self._problem)

    def _keep(self, piece: memoryview) -> None:
        if len(self._pending) + len(piece) > self._line_bytes_max:
            self._line += 1
            self._refuse(self._too_long())
        else:
            self._pending += piece

    def _end_line(self, chunk: bytes, start: int, end: int) -> None:
        self._line += 1
        if len(self._pending) + end - start > self._line_bytes_max:
            self._refuse(self._too_long())
            return
        line: bytes | bytearray = chunk[start:end]
        if self._pending:
            self._pending += line
            line, self._pending = self._pending, bytearray()
        if self._line == 1 and line.startswith(BOM_UTF8):  # taken off: unverified
            line = line[len(BOM_UTF8) :]
        if line and not line.isspace():
            self._read(line)

    def _read(self, line: bytes | bytearray) -> None:
        try:
            if not line.isascii():
                line.decode()  # msgspec does not look into members that it ignores
            tokens = self._decode(line).tokens()
        except _UNREADABLE:
            self._read_slowly(line)
        else:
            self._count(tokens)

    def _read_slowly(self, line: bytes | bytearray) -> None:
        try:
            self._form, tokens = examine(line, form=self._form)
        except Refused as refused:
            self._refuse(str(refused))
        else:
            self._decode = DECODERS[self._form].decode
            self._count(tokens)

    def _count(self, tokens: int) -> None:
        self._rows += 1
        self._tokens += tokens
        if tokens > self._longest[0] or self._rows == 1:
            self._longest = (tokens, self._line)

    def _refuse(self, message: str) -> None:
        self._problem = Problem(self._line, message)
        self._pending = bytearray()

    def _too_long(self) -> str:
        return f"is longer than {self._line_bytes_max} bytes, the longest line that is read"


def _first(line: bytes | bytearray) -> Row:
    raise Refused("the first row has to be examined: it sets the form")
