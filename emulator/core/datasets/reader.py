"""Lines out of a stream of bytes, each checked and counted as soon as it is whole.

Memory is bounded by the longest line, however the bytes are split. Nothing here depends on the split: a line that
comes in one piece and a line that comes in a thousand go the same way.
"""

from codecs import BOM_UTF8

from msgspec import MsgspecError

from emulator.core.datasets.grammar import Finding, Grammar, Line, Read, Refused, Row
from emulator.timeline.job import Dataset, Problem

NO_ROWS = "no_rows"
"""The code of a file's problem that it has no rows."""
TOO_LONG = "too_long"
"""The code of a line's problem that it is longer than lines may be."""

# All that reading a line can raise; the grammar finds out why.
_UNREADABLE = (MsgspecError, UnicodeDecodeError, RecursionError, Refused)


class Reader:
    """Check a dataset as its bytes stream in; ``grammar`` is what the provider takes as a row."""

    def __init__(self, grammar: Grammar, *, line_bytes_max: int) -> None:
        self._grammar = grammar
        self._line_bytes_max = line_bytes_max
        self._pending = bytearray()
        self._line = 0
        self._form = ""
        self._read_quickly: Read = _first
        self._rows = 0
        self._tokens = 0
        self._longest = (0, 0)
        self._problem: Problem | None = None
        self._caveats: dict[str, Problem] = {}

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
            self._problem = Problem(0, "the file has no rows", NO_ROWS)
        tokens, line = self._longest
        caveats = tuple(self._caveats.values())
        return Dataset(self._form, self._rows, self._tokens, tokens, line, self._problem, caveats)

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
        line: Line = chunk[start:end]
        if self._pending:
            self._pending += line
            line, self._pending = self._pending, bytearray()
        if self._line == 1 and line.startswith(BOM_UTF8):  # taken off: unverified
            line = line[len(BOM_UTF8) :]
        if line and not line.isspace():
            self._read(line)

    def _read(self, line: Line) -> None:
        try:
            if not line.isascii():
                line.decode()  # msgspec does not look into members that it ignores
            tokens = self._read_quickly(line).tokens()
        except _UNREADABLE:
            self._read_slowly(line)
        else:
            self._count(tokens)

    def _read_slowly(self, line: Line) -> None:
        try:
            found = self._grammar.examine(line, form=self._form, number=self._line)
        except Refused as refused:
            self._refuse(refused)
        else:
            self._note(found)
            self._count(found.tokens)

    def _note(self, found: Finding) -> None:
        if found.form == self._form and found.caveats.keys() <= self._caveats.keys():
            return
        self._form = found.form
        for code, message in found.caveats.items():
            self._caveats.setdefault(code, Problem(self._line, message, code))
        self._read_quickly = self._grammar.quick(self._form, frozenset(self._caveats))

    def _count(self, tokens: int) -> None:
        self._rows += 1
        self._tokens += tokens
        if tokens > self._longest[0] or self._rows == 1:
            self._longest = (tokens, self._line)

    def _refuse(self, refused: Refused) -> None:
        self._problem = Problem(self._line, str(refused), refused.code)
        self._pending = bytearray()

    def _too_long(self) -> Refused:
        return Refused(f"is longer than {self._line_bytes_max} bytes, the longest line that is read", TOO_LONG)


def _first(line: Line) -> Row:
    raise Refused("the first row has to be examined: it sets the form")
