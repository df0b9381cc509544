"""Rows of a CSV table out of a stream of bytes, counted as soon as their records are whole.

What is CSV is for Python's ``csv`` module to say, in its strict mode: RFC 4180, where a quote within an unquoted field
is a letter like any other, and lines without anything on them are passed over. Here a line ends at a line feed, with
or without a carriage return before it; one elsewhere has to be quoted. The first record names the columns. That module
takes records from whole lines only, and cannot go on with a record that it saw a part of. So lines are gathered, and a
record that ends beyond them is read again from its beginning, once there is twice as much: time stays linear.

Memory is a dozen times the longest record at most (letters beyond 16 bits are the dearest), however the bytes are
split. Nothing here depends on the split: what is wrong is what a reader of one line after the other meets first.

All of it is unverified: of Nscale's own reader of tables nothing is known but that it takes CSV, quotes included.
"""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec, module_from_spec
from io import BytesIO, StringIO
from itertools import compress
from types import ModuleType

from emulator.core.datasets.grammar import Refused
from emulator.core.datasets.reader import NO_ROWS, TOO_LONG
from emulator.core.datasets.tally import Tally
from emulator.timeline.job import Dataset, Problem

NO_HEADER = "no_header"
"""The code of a file's problem that nothing names its columns."""
BAD_HEADER = "bad_header"
"""The code of a header's problem that it names two columns alike, or is too large to be kept."""
RAGGED = "ragged"
"""The code of a record's problem that it has more or fewer fields than the header."""
OPEN_QUOTE = "open_quote"
"""The code of a record's problem that the file ends within its quotes."""
AFTER_QUOTE = "after_quote"
"""The code of a record's problem that something else than a comma or the end of the line follows a closing quote."""
LONE_RETURN = "lone_return"
"""The code of a record's problem that a carriage return stands in it, not before a line feed and not in quotes."""
NOT_UTF8 = "not_utf8"
"""The code of a record's problem that it is not valid UTF-8."""
NUL = "nul"
"""The code of a record's problem that a NUL byte is in it."""

COLUMNS_MAX = 1000
"""How many columns a table may have: each is kept, and shown in each answer that shows the file."""
NAME_LETTERS_MAX = 1000
"""How long the name of a column may be, for the same reason: it is kept whole, for jobs choose columns by name."""

_BATCH_BYTES = 65_536
"""At how many bytes lines are read, unless one record needs more."""


def _copy_of_csv() -> ModuleType:
    """Return a copy of the csv module's C half.

    It refuses fields of more than 131,072 letters, and the limit is one number for the whole process, which may be a
    test run of somebody's who set it for their own sake. A copy has a limit of its own.
    """
    spec = find_spec("_csv")
    if spec is None or spec.loader is None:
        raise ImportError("this Python has no csv")
    copy = module_from_spec(spec)
    spec.loader.exec_module(copy)
    copy.field_size_limit(2**31 - 1)  # a C long, of 32 bits on Windows; records are limited by their bytes instead
    return copy


_CSV = _copy_of_csv()


class TableReader:
    """Check a CSV table as its bytes stream in. Here ``line_bytes_max`` bounds a record, which may be many lines."""

    def __init__(self, *, line_bytes_max: int) -> None:
        self._record_bytes_max = line_bytes_max
        self._pending = bytearray()
        self._wanted = self._wanted_next()
        self._begun = False
        self._line = 0  # how many lines come before the pending ones
        self._tally: Tally | None = None
        self._problem: Problem | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, split anywhere. Once there is a problem, they are let go unread."""
        start, whole = 0, memoryview(chunk)
        while self._problem is None and start < len(whole):
            stop = start + self._wanted - len(self._pending)
            self._pending += whole[start:stop]
            start = stop
            if len(self._pending) >= self._wanted:
                self._read_pending()

    def finish(self) -> Dataset:
        """Return what is known of the dataset; call once, after the last bytes."""
        if self._problem is None:
            self._begin()
            self._read(bytes(self._pending), last=True)
        if self._tally is None:
            return Dataset(problem=self._problem or Problem(0, "the file has no rows, not even a header", NO_HEADER))
        if self._problem is None and not self._tally.rows:
            self._problem = Problem(0, "the file has a header and no rows", NO_ROWS)
        return self._tally.dataset(self._problem)

    def _wanted_next(self) -> int:
        """Return how many bytes to gather: with two more than a record may have, all is known of a record.

        That is three at the least, as many as a byte order mark has.
        """
        return min(max(_BATCH_BYTES, 2 * len(self._pending)), self._record_bytes_max + 2)

    def _begin(self) -> None:
        if not self._begun and self._pending.startswith(BOM_UTF8):
            del self._pending[: len(BOM_UTF8)]
        self._begun = True

    def _read_pending(self) -> None:
        self._begin()
        lines = bytes(self._pending[: self._pending.rfind(b"\n") + 1])
        self._pending[: len(lines)] = self._read(lines)
        if self._problem is None and len(self._pending) - self._pending.endswith(b"\n") > self._record_bytes_max:
            self._read(bytes(self._pending), last=True)  # to find what is wrong first: something is
        if self._problem:
            self._pending.clear()
        self._wanted = self._wanted_next()

    def _read(self, lines: bytes, *, last: bool = False) -> bytes:
        """Read whole lines, and return those of a record that goes on; with the ``last`` ones, none may."""
        rows, marks, refused = _records(lines, self._record_bytes_max)
        numbers = [self._line + mark + 1 for mark in marks]
        self._take(rows, numbers, ascii_only=lines.isascii())
        self._line += marks[-1]
        if self._problem is None and refused:
            if refused.code == OPEN_QUOTE and not last:
                return _after(lines, marks[-1])
            self._refuse(numbers[-1], refused)
        return b""

    def _take(self, rows: list[list[str]], numbers: list[int], *, ascii_only: bool) -> None:
        """Take records and the lines on which they begin; blank lines are empty records."""
        numbers = list(compress(numbers, rows))
        rows = list(filter(None, rows))
        try:
            if rows and self._tally is None:
                self._tally = _tally(rows[0])
                _check_header(rows[0])
                del rows[0], numbers[0]
        except Refused as refused:
            self._refuse(numbers[0], refused)
        else:
            self._count(rows, numbers, ascii_only=ascii_only)

    def _count(self, rows: list[list[str]], numbers: list[int], *, ascii_only: bool) -> None:
        if not rows or self._tally is None:
            return
        width = self._tally.width
        if set(map(len, rows)) != {width}:
            at = next(at for at, row in enumerate(rows) if len(row) != width)
            self._refuse(numbers[at], _ragged(len(rows[at]), width))
            del rows[at:]
        if rows:
            self._tally.add(rows, numbers, ascii_only=ascii_only)

    def _refuse(self, line: int, refused: Refused) -> None:
        self._problem = Problem(line, str(refused), refused.code)


def _records(lines: bytes, record_bytes_max: int) -> tuple[list[list[str]], list[int], Refused | None]:
    """Return the records up to the first that is refused, and why; and how many lines come before each and that one."""
    rows: list[list[str]] = []
    marks, refused = [0], None
    reader = _CSV.reader(_texts(lines, marks, record_bytes_max), strict=True)
    try:
        for row in reader:
            rows.append(row)
            marks.append(reader.line_num)
    except Refused as error:
        refused = error
    except _CSV.Error as error:
        refused = _complaint(str(error))
    return rows, marks, refused


def _texts(lines: bytes, marks: Sequence[int], record_bytes_max: int) -> Iterable[str]:
    """Return lines as text: all at once where nothing can be wrong with one and few are at hand, or one by one."""
    if len(lines) <= min(record_bytes_max, _BATCH_BYTES) and b"\0" not in lines:
        with suppress(UnicodeDecodeError):
            return StringIO(lines.decode())  # whose lines end at line feeds alone
    return _checked(lines, marks, record_bytes_max)


def _checked(lines: bytes, marks: Sequence[int], record_bytes_max: int) -> Iterator[str]:
    """Yield lines as text; raise Refused. The last of ``marks`` is the line on which the record at hand begins."""
    size = 0
    for number, line in enumerate(BytesIO(lines)):
        size = len(line) + (size if number > marks[-1] else 0)
        if size - line.endswith(b"\n") > record_bytes_max:
            limit = f"is longer than {record_bytes_max} bytes, the longest record that is read"
            raise Refused(f"{limit}; has it a quote that nothing closes?", TOO_LONG)
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise Refused("is not valid UTF-8", NOT_UTF8) from None
        if "\0" in text:
            raise Refused("has a NUL byte; is it UTF-8?", NUL)
        yield text


def _complaint(words: str) -> Refused:
    """Return what csv's complaint is: of which kind it is, its words alone say."""
    if words.startswith("unexpected end"):
        return Refused("opens a quote that nothing closes", OPEN_QUOTE)
    if words.startswith("new-line"):
        return Refused("has a carriage return that ends no line; in a field in quotes it may stand", LONE_RETURN)
    return Refused("goes on after a closing quote without a comma; a quote within quotes is written twice", AFTER_QUOTE)


def _after(lines: bytes, number: int) -> bytes:
    """Return whole lines without so many of the first."""
    left = lines.count(b"\n") - number
    return b"\n".join(lines.rsplit(b"\n", left + 1)[1:]) if number else lines


def _tally(names: list[str]) -> Tally:
    """Return an empty table with these columns; raise Refused for a header without any, or too large to be kept."""
    if not any(names):
        raise Refused("names no column", NO_HEADER)
    if len(names) > COLUMNS_MAX:
        raise Refused(f"names {len(names)} columns, a table may have {COLUMNS_MAX}", BAD_HEADER)
    for number, name in enumerate(names, 1):
        if len(name) > NAME_LETTERS_MAX:
            raise Refused(f"names column {number} in more than {NAME_LETTERS_MAX} letters", BAD_HEADER)
    return Tally(names)


def _check_header(names: list[str]) -> None:
    """Raise Refused unless each column can be told from the others; one of them may have no name.

    A column without a name is what pandas makes of a frame's index. That two may not be alike is unverified.
    """
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if name in seen:
            alike = "the same name" if name else "no name"
            raise Refused(f"gives columns {seen[name]} and {number} {alike}", BAD_HEADER)
        seen[name] = number


def _ragged(fields: int, width: int) -> Refused:
    counted = f"has {fields} field{'s' if fields > 1 else ''}, the header has {width}"
    return Refused(f"{counted}; a field with a comma takes quotes" if fields > width else counted, RAGGED)
