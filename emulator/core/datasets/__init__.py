"""Training files: whether every row can be trained on, and about how many tokens it makes.

A file is checked while it is uploaded. A bad one is accepted all the same, unless its provider refuses it at once:
what is wrong is kept with the file, and a job that is made from it fails in validation. Not here: what a row is, which
is for each provider to say, what becomes of the bytes (storage) and of the job (timeline).

``reader`` cuts a stream into lines, ``grammar`` is what a provider takes as a row, ``table`` reads CSV instead and
``tally`` counts its rows, ``tokens`` estimates, and ``letters`` counts the bytes of a text.
"""

from emulator.core.datasets.grammar import Grammar, Grammars, Table
from emulator.core.datasets.reader import Reader
from emulator.core.datasets.table import TableReader
from emulator.core.datasets.tokens import estimate_tokens

__all__ = ["Grammar", "Grammars", "Reader", "Table", "TableReader", "estimate_tokens", "reader_of"]


def reader_of(grammar: Grammars, *, line_bytes_max: int) -> Reader | TableReader:
    """Return what reads a training file of a grammar's; ``line_bytes_max`` bounds a line, and a table's record."""
    if isinstance(grammar, Table):
        return TableReader(line_bytes_max=line_bytes_max)
    return Reader(grammar, line_bytes_max=line_bytes_max)
