"""What is told of an uploaded file, which is private: its size, lines and their form; and a file in its likeness."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import TYPE_CHECKING, Any, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

ANSWERS = (("assistant", "b"), ("assistant", "c"))
ASKED = "asked"
"""A conversation that ends with the user's message, as reinforcement takes it: the answer is the model's."""
FORMS: Mapping[str, frozenset[str]] = {
    "conversational": frozenset({"messages"}),
    "preference": frozenset({"input"}),
    "instruction": frozenset({"prompt", "completion"}),
    "text": frozenset({"text"}),
    "pretokenized": frozenset({"token_ids"}),
}
"""The forms of rows that providers take, by the members that tell them."""
TABLE = "table"
"""The form of CSV: its first row names the columns."""
FIELD_BYTES_MAX = 64 * 1024
LINE_BYTES_MAX = 64 * 1024
"""Bytes of the first line that are looked at for its form."""
DATA_BYTES_MAX = 256 * 1024
"""Bytes of the largest file that is kept where its owner asks for it."""
PARTS_MAX = 100
MADE_LINES_MAX = 1_000_000
TOLD = ("bytes", "lines", "form")


class Part:
    """One part of a form, counted while it goes by."""

    def __init__(self, *, keep: bool) -> None:
        self.name, self.filename, self.content_type = "", None, None  # type: str, str | None, str | None
        self.bytes = self.newlines = 0
        self.last = b""
        self.held = bytearray()
        self._keep = keep

    @property
    def held_max(self) -> int:
        """How many bytes are held: of a field all that is taken, of a file no more than is asked for."""
        if self.filename is None:
            return FIELD_BYTES_MAX
        return DATA_BYTES_MAX if self._keep else LINE_BYTES_MAX

    def add(self, piece: bytes) -> None:
        """Count a piece."""
        self.bytes += len(piece)
        self.newlines += piece.count(b"\n")
        self.last = piece[-1:] or self.last
        self.held += piece[: max(0, self.held_max - len(self.held))]

    @property
    def lines(self) -> int:
        """How many lines there are; the last one needs no end."""
        return self.newlines + (1 if self.bytes and self.last != b"\n" else 0)

    def told(self) -> dict[str, Any]:
        """Return what is told of a file."""
        told: dict[str, Any] = {"bytes": self.bytes, "lines": self.lines, "form": form_of(bytes(self.held))}
        if told["form"] == "bytes" and (columns := self._columns()):
            told |= {"form": TABLE, "columns": columns}
        if self.content_type:
            told["content_type"] = self.content_type
        if self._keep and self.bytes <= DATA_BYTES_MAX:
            try:
                told["kept"] = self.held.decode()
            except UnicodeDecodeError:
                told["form"] = "bytes"
        return told

    def _columns(self) -> list[str]:
        """Return the names of a table's columns, nothing where the file is not called a table or has none."""
        called = f"{self.content_type} {self.filename}".lower()
        if "csv" not in called:
            return []
        try:
            text = self.held.decode("utf-8-sig", "ignore")
            return next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
        except csv.Error:
            return []


class Form:
    """A multipart body as it goes by; ``wrong`` says why it cannot be read."""

    def __init__(self, content_type: str, *, keep: bool) -> None:
        self.parts: list[Part] = []
        self.wrong = ""
        self._keep, self._header = keep, [b"", b""]
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"") if kind == b"multipart/form-data" else b""
        self._parser = self._parsing(boundary) if boundary else None
        if self._parser is None:
            self.wrong = "a form without a boundary"

    def _parsing(self, boundary: bytes) -> MultipartParser | None:
        callbacks: MultipartCallbacks = {
            "on_part_begin": lambda: self.parts.append(Part(keep=self._keep)),
            "on_header_field": lambda data, start, end: self._head(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._head(1, data[start:end]),
            "on_header_end": self._header_end,
            "on_part_data": lambda data, start, end: self.parts[-1].add(data[start:end]),
        }
        try:
            return MultipartParser(boundary, callbacks)
        except FormParserError:
            return None

    def add(self, piece: bytes) -> None:
        """Read the next bytes."""
        if self._parser is None or self.wrong:
            return
        try:
            self._parser.write(piece)
        except FormParserError:
            self.wrong = "a form that cannot be read"
        if len(self.parts) > PARTS_MAX:
            self.wrong = f"a form of more than {PARTS_MAX} parts"

    def _head(self, place: int, data: bytes) -> None:
        self._header[place] += data

    def _header_end(self) -> None:
        name, value = self._header[0].lower(), self._header[1]
        self._header = [b"", b""]
        part = self.parts[-1]
        if name == b"content-type":
            part.content_type = value.decode("latin-1")
        elif name == b"content-disposition":
            _, options = parse_options_header(value)
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            if (filename := options.get(b"filename")) is not None:
                part.filename = filename.decode("utf-8", "replace")

    @property
    def files(self) -> list[Part]:
        """The parts that are files."""
        return [part for part in self.parts if part.filename is not None]

    @property
    def fields(self) -> dict[str, str]:
        """The parts that are not."""
        return {part.name: part.held.decode("utf-8", "replace") for part in self.parts if part.filename is None}


def form_of(begins: bytes) -> str:
    """Return the form of the rows of a dataset, by the first: one that providers take, ``object`` or ``bytes``."""
    try:
        row = json.loads(begins.partition(b"\n")[0])
    except (ValueError, RecursionError):
        return "bytes"
    if not isinstance(row, dict):
        return "bytes"
    if _is_asked(row):
        return ASKED
    return next((form for form, members in FORMS.items() if members <= row.keys()), "object")


def _is_asked(row: Mapping[str, Any]) -> bool:
    match row:
        case {"messages": [*_, {"role": "user"}]}:
            return True
        case _:
            return False


def write_like(told: Mapping[str, Any], out: BinaryIO) -> None:
    """Write a file in the likeness of the one that was told of: itself where it was kept."""
    if isinstance(kept := told.get("kept"), str):
        out.write(kept.encode())
        return
    lines, size = min(int(told["lines"]), MADE_LINES_MAX), int(told["bytes"])
    if told["form"] == TABLE:
        rows = table_like([*told["columns"]], size // max(1, lines), lines)
        out.writelines(row.encode() for row in rows)
        return
    out.writelines(repeat(_row(str(told["form"]), size // max(1, lines)), lines))


def table_like(columns: list[str], size: int, lines: int) -> Iterator[str]:
    """Yield the lines of a table: its header, and rows that are each about so many bytes long."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(columns)
    yield text.getvalue()
    cell = "".join(_words(max(1, size // max(1, len(columns)) - 1)))
    yield from repeat(",".join([cell] * len(columns)) + "\n", max(0, lines - 1))


def _row(form: str, size: int) -> bytes:
    """Return a line of a form, about that many bytes long where its form can be so short."""
    return b"%s\n" % (_like(form, max(1, size - len(_like(form, 0)) - 1)))


def _like(form: str, letters: int) -> bytes:
    """Return a line of a form with a text of so many letters."""
    text = "".join(_words(letters))
    asked, answer, other = ([{"role": role, "content": said}] for role, said in (("user", text), *ANSWERS))
    rows: dict[str, Any] = {
        ASKED: {"messages": asked},
        "conversational": {"messages": [*asked, *answer]},
        "preference": {"input": {"messages": asked}, "preferred_output": answer, "non_preferred_output": other},
        "instruction": {"prompt": text, "completion": "b"},
        "text": {"text": text},
        "pretokenized": {"token_ids": [1] * max(1, letters // 3)},
        "object": {"made": text},
    }
    return json.dumps(rows[form]).encode() if form in rows else text.encode()


def _words(letters: int) -> Iterator[str]:
    """Yield so many letters as words."""
    for place in range(letters):
        yield " " if place % 6 == 5 else "a"  # noqa: PLR2004 -- words of five letters
