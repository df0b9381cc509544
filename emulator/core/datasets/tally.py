"""What is counted of a table: its rows, and of each column how much text it has, the longest cell and the first values.

Counted by the batch and the column, for a loop over cells in Python costs more than reading them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from emulator.core.datasets.tokens import TOKENS_PER_ROW, estimate_tokens, text_tokens
from emulator.timeline.job import Column, Dataset, Problem

VALUES = 5
"""Of how many rows a column's values are kept (documented: Nscale's answer to an upload shows five)."""
VALUE_LETTERS = 500
"""Of a longer value that many letters are kept: values are for looking at, in each answer that shows the file, and a
cell may be as long as a record. Whether Nscale cuts them is unknown: unverified."""


@dataclass(slots=True)
class _Texts:
    """The texts of a column, or of whole rows: their bytes in UTF-8, and the first of the longest with its line."""

    bytes: int = 0
    longest: int = -1
    line: int = 0

    def add(self, sizes: Sequence[int], lines: Sequence[int]) -> None:
        """Take the texts of some rows by their bytes and lines."""
        self.bytes += sum(sizes)
        longest = max(sizes)
        if longest > self.longest:
            self.longest, self.line = longest, lines[sizes.index(longest)]


class Tally:
    """What is counted of the rows of a table with these columns."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._columns = [_Texts() for _ in names]
        self._whole = _Texts()
        self._values: list[list[str]] = [[] for _ in names]
        self.rows = 0

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self._names)

    def add(self, rows: Sequence[Sequence[str]], lines: Sequence[int], *, ascii_only: bool) -> None:
        """Take some rows, at least one, each as wide as the table, and the lines on which they begin."""
        sizes = []
        for values, texts, cells in zip(self._values, self._columns, zip(*rows, strict=True), strict=True):
            values += [cell[:VALUE_LETTERS] for cell in cells[: VALUES - len(values)]]
            sizes.append(list(map(len, cells if ascii_only else map(str.encode, cells))))
            texts.add(sizes[-1], lines)
        whole = reduce(_sums, sizes)
        self._whole.add(whole, lines)
        self.rows += len(rows)

    def dataset(self, problem: Problem | None) -> Dataset:
        """Return the table as far as it was counted. Its tokens and its longest row go over all columns."""
        return Dataset(
            form="table",
            rows=self.rows,
            tokens=text_tokens(self._whole.bytes) + TOKENS_PER_ROW * self.rows,
            longest_tokens=estimate_tokens(text_bytes=self._whole.longest) if self.rows else 0,
            longest_line=self._whole.line,
            problem=problem,
            columns=tuple(map(_column, self._names, self._values, self._columns)),
        )


def _sums(some: list[int], others: list[int]) -> list[int]:
    return list(map(add, some, others))


def _column(name: str, values: Sequence[str], texts: _Texts) -> Column:
    return Column(name, tuple(values), text_tokens(texts.bytes), text_tokens(max(0, texts.longest)), texts.line)
