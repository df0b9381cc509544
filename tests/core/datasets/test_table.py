"""CSV tables: what is read, what is refused and where, and what it takes."""

import csv
import tracemalloc

import pytest

from emulator.core.datasets import Grammar, Reader, Table, TableReader, estimate_tokens, reader_of
from emulator.core.datasets.reader import NO_ROWS, TOO_LONG
from emulator.core.datasets.table import (
    AFTER_QUOTE,
    BAD_HEADER,
    COLUMNS_MAX,
    LONE_RETURN,
    NAME_LETTERS_MAX,
    NO_HEADER,
    NOT_UTF8,
    NUL,
    OPEN_QUOTE,
    RAGGED,
)
from emulator.core.datasets.tally import VALUE_LETTERS
from emulator.core.datasets.tokens import text_tokens
from emulator.dialects.nebius.training import GRAMMAR
from emulator.timeline.job import Column, Dataset, Problem
from tests.core.datasets.tables import BOM, ROOM, flaw, read, values, written


def test_columns_have_names_first_values_tokens_and_a_longest_cell() -> None:
    content = b"question,answer\n2 + 2,4\n" + b"a" * 42 + b",b\nc,d\ne,f\ng," + "é".encode() * 42 + b"\ni,j\n"
    question = Column("question", ("2 + 2", "a" * 42, "c", "e", "g"), text_tokens(51), 10, 3)
    answer = Column("answer", ("4", "b", "d", "f", "é" * 42), text_tokens(89), 20, 6)
    dataset = Dataset("table", 6, text_tokens(140) + 6, 1 + text_tokens(85), 6, columns=(question, answer))
    assert read(content) == read(content, line_bytes_max=86) == dataset


def test_tokens_of_columns_are_those_of_their_text_and_a_row_has_its_mark_besides() -> None:
    dataset = read(written(["a"], ["x" * 420]))
    assert (dataset.columns[0].tokens, dataset.columns[0].longest_tokens) == (100, 100)
    assert (dataset.tokens, dataset.longest_tokens) == (101, estimate_tokens(text_bytes=420)) == (101, 101)
    short = read(written(["a"], *[["x"]] * 420))
    assert short.columns[0].tokens == 100  # one by one, texts of a letter would come to nothing
    assert short.tokens == 520


def test_a_long_value_is_kept_in_part() -> None:
    assert values(read(written(["a"], ["x" * 2 * VALUE_LETTERS], ["y"]))) == {"a": ("x" * VALUE_LETTERS, "y")}


def test_fields_in_quotes_hold_commas_quotes_and_line_ends() -> None:
    content = b'"a ""b""",c\r\n"1,2","3\n4\r\n\n5"\n\n"""","\r"\n'
    assert values(read(content)) == {'a "b"': ("1,2", '"'), "c": ("3\n4\r\n\n5", "\r")}


def test_a_quote_within_a_field_without_quotes_is_a_letter() -> None:
    assert values(read(b'a,b\n5" disk, "x"\n')) == {"a": ('5" disk',), "b": (' "x"',)}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", BOM])
@pytest.mark.parametrize("blank", [b"", b"\n", b"\r\n\n"])
def test_marks_line_ends_blank_lines_and_a_missing_end_are_taken(ends: str, mark: bytes, blank: bytes) -> None:
    content = mark + blank + written(["a"], ["1"], ends=ends) + blank + b"2"
    dataset = read(content)
    assert (values(dataset), dataset.problem) == ({"a": ("1", "2")}, None)
    assert read(content + blank, b"\n") == dataset


def test_only_one_mark_is_taken_off_even_where_the_header_takes_two_readings() -> None:
    header = BOM + b'a,"' + b"b\n" * 46 + b'x"'
    dataset = read(BOM + header + b"\n1,2\n", line_bytes_max=len(header))
    assert (dataset.columns[0].name, dataset.problem) == ("\ufeffa", None)


@pytest.mark.parametrize("limit", [7, ROOM])
def test_the_longest_of_several_is_the_first(limit: int) -> None:
    for content, line in ((b'a,b\n\n"1\n",2\n\n33,\n4,44\n5,22\n', 3), (b"a,b\n,\n,\n", 2)):
        dataset = read(content, line_bytes_max=limit)
        assert dataset.columns[0].longest_line == line
        assert dataset.longest_line == line


FILES = [
    (b"", 0, NO_HEADER),
    (b"\n\r\n\n", 0, NO_HEADER),
    (BOM, 0, NO_HEADER),
    (b'""\n1\n', 1, NO_HEADER),
    (b",,\n1,2,3\n", 1, NO_HEADER),
    (b"\n" + b"a" * (NAME_LETTERS_MAX + 1) + b"\n1\n", 2, BAD_HEADER),
    (b",".join(b"%d" % at for at in range(COLUMNS_MAX + 1)) + b"\n", 1, BAD_HEADER),
    (b"a,\xff\n1,2\n", 1, NOT_UTF8),
    ("a,b\n1,2\n".encode("utf-16"), 1, NOT_UTF8),
    ("a,b\n1,2\n".encode("utf-16-le"), 1, NUL),
    (b'a,"b\n1,2\n', 1, OPEN_QUOTE),
    (b"a,b\r1,2\r", 1, LONE_RETURN),
]


@pytest.mark.parametrize(("content", "line", "code"), FILES)
def test_a_table_whose_header_cannot_be_read_has_no_columns(content: bytes, line: int, code: str) -> None:
    dataset = read(content)
    assert (flaw(dataset), dataset) == ((line, code), Dataset(problem=dataset.problem))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"a,b,a\n1,2,3\n", "gives columns 1 and 3 the same name"),
        (b"a,b,,\n1,2,3,4\n", "gives columns 3 and 4 no name"),
    ],
)
def test_columns_that_no_job_could_tell_apart_are_shown_and_refused(header: bytes, message: str) -> None:
    dataset = read(header)
    assert (dataset.problem, dataset.rows) == (Problem(1, message, BAD_HEADER), 0)
    assert [column.name for column in dataset.columns][:2] == ["a", "b"]


def test_one_column_may_have_no_name() -> None:
    assert values(read(b",a\n0,x\n1,y\n")) == {"": ("0", "1"), "a": ("x", "y")}


def test_as_many_columns_as_are_kept_and_names_as_long_are_taken() -> None:
    names = [str(at) for at in range(COLUMNS_MAX - 1)] + ["n" * NAME_LETTERS_MAX]
    assert values(read(written(names, names))) == {name: (name[:VALUE_LETTERS],) for name in names}


@pytest.mark.parametrize("content", [b"a,b", b"a,b\n", b"\na,b\r\n\r\n"])
def test_a_header_alone_is_no_table_to_train_on(content: bytes) -> None:
    dataset = read(content)
    assert dataset.problem == Problem(0, "the file has a header and no rows", NO_ROWS)
    assert values(dataset) == {"a": (), "b": ()}


RECORDS = [
    (b"3\n", "has 1 field, the header has 2", RAGGED),
    (b"3,4,5\n", "has 3 fields, the header has 2; a field with a comma takes quotes", RAGGED),
    (b'"3\n4', "opens a quote that nothing closes", OPEN_QUOTE),
    (b'"3\n4\n', "opens a quote that nothing closes", OPEN_QUOTE),
    (
        b'"3\n4" 5,6\n',
        "goes on after a closing quote without a comma; a quote within quotes is written twice",
        AFTER_QUOTE,
    ),
    (b"3,\r4\n", "has a carriage return that ends no line; in a field in quotes it may stand", LONE_RETURN),
    (b'"3"\r,4\n', "has a carriage return that ends no line; in a field in quotes it may stand", LONE_RETURN),
    (b'"3\n\xff",4\n', "is not valid UTF-8", NOT_UTF8),
    (b"3,\xed\xa0\x80\n", "is not valid UTF-8", NOT_UTF8),
    (b'"3\n\0",4\n', "has a NUL byte; is it UTF-8?", NUL),
    (
        b'"3\n' + b"4" * 100,
        "is longer than 100 bytes, the longest record that is read; has it a quote that nothing closes?",
        TOO_LONG,
    ),
]


@pytest.mark.parametrize(("record", "message", "code"), RECORDS)
def test_a_bad_record_is_named_by_its_first_line_and_the_table_counts_to_there(
    record: bytes, message: str, code: str
) -> None:
    good = b'q,a\n\n"1\n1",2\n'
    for after in (b"", b"x,y\n", b'"\n\0\xff\nx'):
        dataset = read(good, record, after if code != OPEN_QUOTE else b"", line_bytes_max=100)
        assert dataset.problem == Problem(5, message, code)
        assert (dataset.rows, values(dataset)) == (1, {"q": ("1\n1",), "a": ("2",)})


def test_a_record_of_just_the_longest_length_is_read() -> None:
    for record, ends in ((b'"1\n2",3', b"\n"), (b'"1\n2",3', b""), (b"11,2222\r", b"\n"), (b"1,23456", b"")):
        content = b"a,b\n" + record + ends
        assert read(content, line_bytes_max=len(record)).problem is None
        assert flaw(read(content, line_bytes_max=len(record) - 1)) == (2, TOO_LONG)


@pytest.mark.parametrize("endless", [b"x", b"x\n", b"\n"])
def test_what_becomes_too_long_is_dropped_at_once(endless: bytes) -> None:
    reader = TableReader(line_bytes_max=100_000)
    reader.feed(b'a\n1\n"')
    for _ in range(101):
        reader.feed(endless * (1000 // len(endless)))
    assert not reader._pending
    reader.feed(b'"' * 1000)
    assert not reader._pending
    dataset = reader.finish()
    assert (flaw(dataset), dataset.rows) == ((3, TOO_LONG), 1)


def test_fields_are_as_long_as_records_may_be_whatever_the_limit_of_the_process() -> None:
    before = csv.field_size_limit()
    content = written(["a"], ["x" * 2 * before])
    try:
        for limit in (before, 10):
            csv.field_size_limit(limit)
            assert read(content).problem is None
            assert csv.field_size_limit() == limit
    finally:
        csv.field_size_limit(before)


def test_a_long_record_is_not_read_again_for_each_line() -> None:
    read_bytes = []

    class Watched(TableReader):
        def _read(self, lines: bytes, *, last: bool = False) -> bytes:
            read_bytes.append(len(lines))
            return super()._read(lines, last=last)

    content = b'a\n"' + b"line\n" * 200_000 + b'"\n'
    reader = Watched(line_bytes_max=2 * len(content))
    for at in range(0, len(content), 1000):
        reader.feed(content[at : at + 1000])
    assert reader.finish().rows == 1
    assert sum(read_bytes) < 3 * len(content)


@pytest.mark.parametrize("letter", ["a", "漢", "😀"])
def test_memory_is_a_small_multiple_of_the_longest_record(letter: str) -> None:
    size = 2_000_000
    line = (b"a" * 99 + b"\n") * (size // 200) + letter.encode() * (size // 2 // len(letter.encode()))
    content = b'a\n"' + line + b'"\n'
    assert peak(content, line_bytes_max=2 * size) < 13 * size


def test_memory_does_not_grow_with_rows() -> None:
    rows = b"\n".join(b'"question %d\n",answer' % at for at in range(10_000))
    assert peak(b"a,b\n" + rows, line_bytes_max=ROOM) == pytest.approx(
        peak(b"a,b\n" + rows * 5, line_bytes_max=ROOM), rel=0.1
    )


def peak(content: bytes, *, line_bytes_max: int) -> int:
    pieces = [content[at : at + 65_536] for at in range(0, len(content), 65_536)]
    tracemalloc.start()
    dataset = read(*pieces, line_bytes_max=line_bytes_max)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert dataset.rows > 0
    return most


def test_a_grammar_has_its_reader() -> None:
    assert isinstance(GRAMMAR, Grammar)
    assert isinstance(reader_of(GRAMMAR, line_bytes_max=9), Reader)
    reader = reader_of(Table(), line_bytes_max=9)
    assert isinstance(reader, TableReader)
    reader.feed(b"a\n1234567890")
    assert flaw(reader.finish()) == (2, TOO_LONG)
