"""The grader that is a program. It is parsed, and never executed."""

import ast
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from emulator.core.graders.grade import Failed, Grade, Kind
from emulator.core.graders.templates import Scope
from emulator.errors import Flaw

SOURCE_BYTES_MAX = 256_000
"""Documented: less than 256 kB."""
ARGUMENTS = 2

# Python keeps what it does with warnings in one place for all threads.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Python:
    """A source that defines ``grade(sample, item)`` (documented)."""

    kind: ClassVar[str] = "python"

    name: str
    source: str

    def flaws(self) -> Iterator[Flaw]:
        """Yield why the source could not be run: its size, its syntax, or a ``grade`` that is not as documented."""
        if complaint := _complaint(self.source):
            yield Flaw("value_error", ("source",), complaint)

    def dead_ends(self) -> Iterator[Flaw]:
        """Yield nothing: a source that can be parsed could be run."""
        yield from ()

    def grade(self, scope: Scope) -> Grade:
        """Raise Failed: code that somebody sent is not executed."""
        raise Failed(Kind.CODE, "This emulator never executes code: the source was checked and the reward is 0")


def _complaint(source: str) -> str:
    if len(source.encode()) >= SOURCE_BYTES_MAX:
        return f"The source must be smaller than {SOURCE_BYTES_MAX // 1000} kB"
    try:
        grade = _grade_in(_parsed(source))
    except SyntaxError as error:
        return f"The source is not valid Python: line {error.lineno or 1}: {error.msg}"
    except (ValueError, MemoryError, RecursionError):  # a null byte, or brackets within brackets without end
        return "The source is not valid Python"
    if not grade:
        return "The source must define a function 'grade(sample, item)'"
    return "" if _takes_two(grade.args) else "The function 'grade' must take exactly two arguments: sample and item"


def _parsed(source: str) -> ast.Module:
    """Parse without what Python would print about doubtful escapes in somebody's source."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def _grade_in(module: ast.Module) -> ast.FunctionDef | None:
    """Return the last function of that name at the top level, which is the one that Python would call."""
    found = [node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "grade"]
    return found[-1] if found else None


def _takes_two(arguments: ast.arguments) -> bool:
    """Say whether it can be called with two arguments and no more."""
    positional = len(arguments.posonlyargs) + len(arguments.args)
    required = positional - len(arguments.defaults)
    if any(default is None for default in arguments.kw_defaults):
        return False
    return required <= ARGUMENTS and (positional >= ARGUMENTS or arguments.vararg is not None)
