"""What reading a CSV training file costs, beside Python's csv over the same bytes and the counting of its lines.

    python benchmarks/csv_reading.py [MEGABYTES] [ROUNDS]

Reads tables that are made in memory, in pieces of 64 KiB as an upload brings them, and prints MB/s, the best of the
rounds, taken in turns. Ordinary rows are a question and an answer of some 180 bytes, with commas and line ends in
quotes; Cyrillic ones are the same in two-byte letters; short ones are two numbers of 12 bytes; the long one is a single
record of the whole table, on lines of 21 bytes. The last column is the most memory that the reader took, in MB, by
tracemalloc, in a run of its own. Bounded: 16 MB and 3 rounds by default take some 20 seconds.
"""

import csv
import io
import random
import sys
import time
import tracemalloc
from collections.abc import Callable

from emulator.core.datasets import TableReader

MEGABYTES, ROUNDS = 16, 3
PIECE_BYTES = 65_536
LATIN, CYRILLIC = "abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщыэюя"
CHANCE = random.Random(1)


def table(row: Callable[[], list[str]], size: int) -> bytes:
    """Return a table of about that many bytes: a header, and rows that come again after some thousand."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(row() for _ in range(2000))
    rows = text.getvalue().encode()
    return b"question,answer\r\n" + rows * max(1, size // len(rows))


def prose(letters: str) -> Callable[[], list[str]]:
    """Return what makes a question and an answer of words in these letters."""
    words = ["".join(CHANCE.choices(letters, k=CHANCE.randint(2, 9))) for _ in range(2000)]

    def row() -> list[str]:
        said = [" ".join(CHANCE.choices(words, k=12)) for _ in range(5)]
        return [said[0] + "?", f"{said[1]}, {said[2]}.\n\n{said[3]}.\n{said[4]}."]

    return row


def numbers() -> list[str]:
    """Return a row of two numbers."""
    return [str(CHANCE.randint(10_000, 99_999)), str(CHANCE.randint(1000, 9999))]


def read_here(content: bytes) -> None:
    """Read as the emulator does."""
    reader = TableReader(line_bytes_max=2 * len(content))
    for at in range(0, len(content), PIECE_BYTES):
        reader.feed(content[at : at + PIECE_BYTES])
    if reader.finish().problem:
        raise SystemExit("the table is read with a problem")


def read_plainly(content: bytes) -> None:
    """Read every row with the standard module, and let it go."""
    csv.field_size_limit(2**31 - 1)
    for _ in csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline="")):
        pass


def count_lines(content: bytes) -> None:
    """Count the lines."""
    content.count(b"\n")


READERS = (read_here, read_plainly, count_lines)


def speeds(content: bytes, rounds: int) -> list[float]:
    """Return the MB/s of each way of reading, at best."""
    took_s = [float("inf")] * len(READERS)
    for _ in range(rounds):
        for which, read in enumerate(READERS):
            began = time.perf_counter()
            read(content)
            took_s[which] = min(took_s[which], time.perf_counter() - began)
    return [len(content) / 1e6 / each for each in took_s]


def peak_mb(content: bytes) -> float:
    """Return the most memory that reading takes besides the content."""
    tracemalloc.start()
    read_here(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def main(megabytes: int, rounds: int) -> None:
    """Measure and print."""
    size = megabytes * 1_000_000
    contents = {
        "ordinary rows": table(prose(LATIN), size),
        "Cyrillic rows": table(prose(CYRILLIC), size),
        "short rows": table(numbers, size),
        "one long record": b'question,answer\n"' + b"many words, on lines\n" * (size // 21) + b'",yes\n',
    }
    print(f"{'MB/s, best of ' + str(rounds):<20}{'here':>10}{'csv':>10}{'lines':>10}{'ratio':>10}{'peak MB':>10}")
    for what, content in contents.items():
        here, plain, lines = speeds(content, rounds)
        print(f"{what:<20}{here:>10.0f}{plain:>10.0f}{lines:>10.0f}{here / plain:>10.2f}{peak_mb(content):>10.1f}")


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(*given, *(MEGABYTES, ROUNDS)[len(given) :])
