"""Laws of CSV tables: they are what Python's csv makes of them, and neither splits nor lengths of batches matter."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from hypothesis import example, given
from hypothesis import strategies as st

from emulator.core.datasets import estimate_tokens
from emulator.core.datasets.reader import NO_ROWS, TOO_LONG
from emulator.core.datasets.table import (
    AFTER_QUOTE,
    BAD_HEADER,
    LONE_RETURN,
    NO_HEADER,
    NOT_UTF8,
    NUL,
    OPEN_QUOTE,
    RAGGED,
)
from emulator.core.datasets.tokens import text_tokens
from emulator.timeline.job import Column, Dataset
from tests.core.datasets.tables import BOM, ROOM, read, values, written


def test_a_large_table_is_read_as_csv_reads_it() -> None:
    rows = [[f"{at}\n" * (at % 90), "é," * (at % 7), '"' * (at % 3)] for at in range(3000)]
    dataset = read(written(["a", "b", "c"], *rows, ends="\r\n"))
    sizes = [[len(cell.encode()) for cell in row] for row in rows]
    assert (dataset.rows, dataset.problem) == (3000, None)
    tokens = [text_tokens(sum(each)) for each in zip(*sizes, strict=True)]
    assert [column.tokens for column in dataset.columns] == tokens
    assert dataset.tokens == text_tokens(sum(map(sum, sizes))) + 3000


def lines_of(content: bytes) -> list[bytes]:
    return io.BytesIO(content.removeprefix(BOM)).readlines()


def plain(content: bytes, limit: int) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each record and its line as Python's csv reads them: line after line; the code of what is wrong ends it."""
    lines, first = lines_of(content), 0
    while first < len(lines):
        record = lines[first : first + 1]
        while (read_as := alone(record, limit)) == OPEN_QUOTE and first + len(record) < len(lines):
            record.append(lines[first + len(record)])
        yield first + 1, read_as
        if isinstance(read_as, str):
            return
        first += len(record)


def alone(record: Sequence[bytes], limit: int) -> list[str] | str:
    """Return what csv makes of some lines; of one that is wrong in itself, only the last may be."""
    if len(b"".join(record)) - record[-1].endswith(b"\n") > limit:
        return TOO_LONG
    try:
        text = [line.decode() for line in record]
    except UnicodeDecodeError:
        return NOT_UTF8
    if "\0" in text[-1]:
        return NUL
    try:
        return next(csv.reader(text, strict=True))
    except csv.Error as error:
        codes = {"unexpected end of data": OPEN_QUOTE, "',' expected after '\"'": AFTER_QUOTE}
        return codes.get(str(error), LONE_RETURN)


def expected(content: bytes, limit: int) -> tuple[object, ...]:
    """Return what a dataset of these bytes is, from the records one by one."""
    header: list[str] | None = None
    rows: list[tuple[int, list[str]]] = []
    found: tuple[int, str] | None = None
    for line, record in plain(content, limit):
        if isinstance(record, str):
            found = line, record
        elif record and header is None:
            header = record if any(record) else None
            found = None if len(set(record)) == len(record) else (line, BAD_HEADER)
            found = found if any(record) else (line, NO_HEADER)
        elif record and header and len(record) != len(header):
            found = line, RAGGED
        elif record:
            rows.append((line, record))
        if found:
            break
    found = found or (None if rows else (0, NO_ROWS if header else NO_HEADER))
    return (found, len(rows), *columns(header or [], rows), whole(rows))


def columns(header: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> Iterator[Column]:
    for at, name in enumerate(header):
        sizes = [len(row[at].encode()) for _, row in rows]
        most = max(sizes, default=0)
        line = rows[sizes.index(most)][0] if rows else 0
        yield Column(name, tuple(row[at] for _, row in rows[:5]), text_tokens(sum(sizes)), text_tokens(most), line)


def whole(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, int, int]:
    sizes = [len("".join(row).encode()) for _, row in rows]
    most = max(sizes, default=0)
    longest = (estimate_tokens(text_bytes=most), rows[sizes.index(most)][0]) if rows else (0, 0)
    return (text_tokens(sum(sizes)) + len(rows), *longest)


def seen(dataset: Dataset) -> tuple[object, ...]:
    found = dataset.problem and (dataset.problem.line, dataset.problem.code)
    counted = (dataset.tokens, dataset.longest_tokens, dataset.longest_line)
    return (found, dataset.rows, *dataset.columns, counted)


def split(content: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(content) + 1) for cut in cuts), len(content)]
    return [content[start:end] for start, end in pairwise(edges)]


odd = st.sampled_from(
    [b",", b'"', b'""', b"\n", b"\r\n", b"\r", b"\0", b"\xff", BOM, "é".encode(), "\u2028\x0b\x1c\x85".encode(), b" "]
)
words = st.sampled_from([b"a", b"b", b"longer words", b"1,2\n", b'"x\ny",z\n', b'"1,""2""",3\r\n', b'"\n'])
starts = st.sampled_from([b"", b"a,b\n", BOM + b"a\n", b"\n\n'a',b\r\n"])
contents = st.builds(lambda start, rest: start + b"".join(rest), starts, st.lists(words | odd, max_size=40))
limits = st.sampled_from([1, 5, 12, 40, 200, 10_000])


@given(content=contents, cuts=st.lists(st.integers(0, 10_000), max_size=8), limit=limits)
@example(content=b'a,b\n"' + b"x\n" * 6, cuts=[], limit=12)
@example(content=b'a,b\n"' + b"x\n" * 5, cuts=[], limit=10)
@example(content=BOM + BOM + b'"\n\n"\n1\n', cuts=[], limit=1)
def test_the_bytes_are_read_as_csv_reads_them_however_they_are_split(
    content: bytes, cuts: list[int], limit: int
) -> None:
    dataset = read(content, line_bytes_max=limit)
    assert seen(dataset) == expected(content, limit)
    assert read(*split(content, cuts), line_bytes_max=limit) == dataset
    assert read(*split(content, range(len(content))), line_bytes_max=limit) == dataset


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20) | st.sampled_from(
    ["", "1,2", '"', "a\nb", "\r", "\r\n", "漢😀", "\u2028"]
)
tables = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=8))


# With line feeds alone it leaves a carriage return without quotes, and what follows it is then another line to it.
manners: list[tuple[str, Literal[0, 1]]] = [
    ("\r\n", csv.QUOTE_MINIMAL),
    ("\r\n", csv.QUOTE_ALL),
    ("\n", csv.QUOTE_ALL),
]


@given(rows=tables, manner=st.sampled_from(manners), limit=st.sampled_from([500, ROOM]))
def test_what_csv_writes_is_read_back(rows: list[list[str]], manner: tuple[str, Literal[0, 1]], limit: int) -> None:
    header = [str(at) for at in range(len(rows[0]) if rows else 2)]
    dataset = read(written(header, *rows, ends=manner[0], quoting=manner[1]), line_bytes_max=limit)
    shown = zip(*rows[:5], strict=True) if rows else [()] * len(header)
    assert values(dataset) == dict(zip(header, shown, strict=True))
    assert dataset.rows == len(rows)


@given(st.binary())
def test_no_bytes_are_too_odd_for_an_answer(content: bytes) -> None:
    for start in (b"", b"a\n", b'a,b\n"'):
        dataset = read(start + content, line_bytes_max=50)
        assert dataset.problem is not None or dataset.rows > 0
