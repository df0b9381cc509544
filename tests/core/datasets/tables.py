"""Tables for tests: written, read, and what is to be seen of them."""

import csv
import io
from collections.abc import Sequence
from typing import Literal

from emulator.core.datasets import TableReader
from emulator.timeline.job import Dataset

BOM = b"\xef\xbb\xbf"
ROOM = 10**6


def read(*pieces: bytes, line_bytes_max: int = ROOM) -> Dataset:
    reader = TableReader(line_bytes_max=line_bytes_max)
    for piece in pieces:
        reader.feed(piece)
    return reader.finish()


def written(*rows: Sequence[str], ends: str = "\n", quoting: Literal[0, 1] = csv.QUOTE_MINIMAL) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=ends, quoting=quoting).writerows(rows)
    return text.getvalue().encode()


def values(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    return {column.name: column.values for column in dataset.columns}


def flaw(dataset: Dataset) -> tuple[int, str]:
    assert dataset.problem is not None
    return dataset.problem.line, dataset.problem.code
