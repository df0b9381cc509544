r"""A multigrader's sums: numbers, names, ``+ - * / ^``, brackets and eight functions (documented), read by hand.

    sum     = product { ("+" | "-") product }
    product = signed { ("*" | "/") signed }
    signed  = { "+" | "-" } power
    power   = atom [ "^" signed ]
    atom    = number | name | function "(" sum { "," sum } ")" | "(" sum ")"

So ``-2^2`` is -4 and ``2^3^2`` is 2^9, as in Python (unverified). Everything is a float, which has an end: no power
takes long or grows without bound. ``log`` is the natural logarithm (unverified).
"""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

CHARACTERS_MAX = 10_000
DEPTH_MAX = 50
"""Brackets, signs and powers within one another."""


class Unreadable(Exception):
    """It is no formula; the text says where it stops being one."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is done with the last ``operands`` numbers."""

    do: Callable[..., float]
    operands: int


SUMS: Mapping[str, Callable[..., float]] = MappingProxyType({"+": operator.add, "-": operator.sub})
PRODUCTS: Mapping[str, Callable[..., float]] = MappingProxyType({"*": operator.mul, "/": operator.truediv})
FUNCTIONS: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        "min": lambda *numbers: min(numbers),
        "max": lambda *numbers: max(numbers),
        "abs": math.fabs,
        "floor": lambda number: float(math.floor(number)),
        "ceil": lambda number: float(math.ceil(number)),
        "exp": math.exp,
        "sqrt": math.sqrt,
        "log": math.log,
    }
)
OF_SEVERAL = frozenset({"min", "max"})

_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_TOKEN = re.compile(rf"[ \t\r\n]*(?:(?P<number>{_NUMBER})|(?P<name>[A-Za-z_]\w*)|(?P<sign>[-+*/^(),]))")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was read: numbers, names and what is done with them, in the order in which it is done."""

    steps: tuple[float | str | Operation, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names that it takes values of."""
        return frozenset(step for step in self.steps if isinstance(step, str))

    def value(self, values: Mapping[str, float]) -> float:
        """Return what it comes to; raise KeyError for an unknown name, ArithmeticError or ValueError for no number."""
        stack: list[float] = []
        for step in self.steps:
            if isinstance(step, Operation):
                operands = stack[-step.operands :]
                del stack[-step.operands :]
                stack.append(step.do(*operands))
            else:
                stack.append(values[step] if isinstance(step, str) else step)
        if not math.isfinite(stack[-1]):
            raise OverflowError("not a finite number")
        return stack[-1]


def parse(text: str) -> Formula:
    """Read a formula; raise Unreadable."""
    if len(text) > CHARACTERS_MAX:
        raise Unreadable(f"it is longer than {CHARACTERS_MAX} characters")
    reading = _Reading(text)
    reading.sum()
    if reading.kind:
        raise reading.unexpected()
    return Formula(tuple(reading.steps))


class _Reading:
    """How far a text was read: the token at hand, and the steps so far."""

    def __init__(self, text: str) -> None:
        self.steps: list[float | str | Operation] = []
        self._tokens = _tokens(text)
        self._depth = 0
        self.kind, self.text, self._at = next(self._tokens)

    def sum(self) -> None:
        """Read products that are added up."""
        self._chain(SUMS, self._product)

    def _product(self) -> None:
        self._chain(PRODUCTS, self._signed)

    def _chain(self, signs: Mapping[str, Callable[..., float]], operand: Callable[[], None]) -> None:
        operand()
        while self.kind == "sign" and self.text in signs:
            do = signs[self._take()]
            operand()
            self.steps.append(Operation(do, 2))

    def _signed(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise Unreadable(f"it is nested more than {DEPTH_MAX} deep")
        if self.kind == "sign" and self.text in SUMS:
            sign = self._take()
            self._signed()
            self.steps += [Operation(operator.neg, 1)] if sign == "-" else []
        else:
            self._power()
        self._depth -= 1

    def _power(self) -> None:
        self._atom()
        if (self.kind, self.text) == ("sign", "^"):
            self._take()
            self._signed()
            self.steps.append(Operation(math.pow, 2))

    def _atom(self) -> None:
        match self.kind:
            case "number":
                self.steps.append(float(self._take()))
            case "name":
                self._name(self._take())
            case "sign" if self.text == "(":
                self._take()
                self.sum()
                self._close()
            case _:
                raise self.unexpected()

    def _name(self, name: str) -> None:
        if (self.kind, self.text) != ("sign", "("):
            self.steps.append(name)
            return
        if name not in FUNCTIONS:
            raise Unreadable(f"there is no function '{name}'; the functions are: {', '.join(FUNCTIONS)}")
        operands = 0
        while not operands or self.text == ",":
            self._take()
            self.sum()
            operands += 1
        self._close()
        if operands > 1 and name not in OF_SEVERAL:
            raise Unreadable(f"'{name}' takes one value, got {operands}")
        self.steps.append(Operation(FUNCTIONS[name], operands))

    def _close(self) -> None:
        if self.text != ")":
            raise self.unexpected()
        self._take()

    def _take(self) -> str:
        taken = self.text
        self.kind, self.text, self._at = next(self._tokens)
        return taken

    def unexpected(self) -> Unreadable:
        """Say what is not expected where it stands."""
        return Unreadable(f"unexpected '{self.text[:40]}' at {self._at}" if self.kind else "unexpected end")


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield each token's kind, its text and where it begins; at the end an empty kind."""
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if not found or not found.lastgroup:
            raise Unreadable(f"unexpected '{text[at:].lstrip()[:1]}' at {at}")
        yield found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)
        at = found.end()
    yield "", "", end
