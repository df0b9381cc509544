"""What a provider takes as a row of a training file: the seam between reading lines and knowing what is in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

Line = bytes | bytearray
"""A line without its end, and not blank."""


class Refused(Exception):
    """A line is not a row; the text says what is wrong with it, and ``code`` is its ``Problem.code``."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Row(Protocol):
    """A row of any form."""

    def tokens(self) -> int:
        """Return the tokens of this row, or raise Refused."""


Read = Callable[[Line], Row]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a row is: its form, its tokens, and its caveats (what it says against some uses of the file) by code."""

    form: str
    tokens: int
    caveats: Mapping[str, str] = field(default_factory=dict)


class Examine(Protocol):
    """The thorough way to read a line."""

    def __call__(self, line: Line, *, form: str, number: int) -> Finding:
        """Return what the line ``number`` (from 1) is, or raise Refused; ``form`` is that of the rows before, or empty.

        Only here is time spent on words. A row that passes is a row, whatever the quick way said of it.
        """


class Quick(Protocol):
    """The quick way to read rows of a form that are known to have some caveats."""

    def __call__(self, form: str, noted: frozenset[str]) -> Read:
        """Return what reads such a row, and raises anything readable for any other: for one with a new caveat, too.

        It may raise Refused, msgspec's errors, UnicodeDecodeError and RecursionError; the words are not looked at.
        """


@dataclass(frozen=True, slots=True)
class Grammar:
    """A provider's rows. Nearly every line goes the quick way; one that it raises for is examined."""

    quick: Quick
    examine: Examine


class Table:
    """The rows of a CSV table. There is nothing to say of them: which columns mean what, each job says."""


Grammars = Grammar | Table
"""Either kind of training file."""
