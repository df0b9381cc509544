"""A multigrader's sums."""

import math
import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.core.graders import formula
from emulator.core.graders.formula import DEPTH_MAX, FUNCTIONS, Unreadable

NAMES = {"a": 0.25, "b_2": 3.0, "similarity": 1.0}

NUMBERS = st.one_of(st.integers(0, 9), st.floats(0, 100)).map(lambda number: format(number, "f"))


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "^", " - ", " ^ "]), inner).map("".join)
    negative = inner.map("-{}".format)
    call = st.tuples(st.sampled_from([*FUNCTIONS]), inner).map(lambda each: f"{each[0]}({each[1]})")
    several = st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda each: "{}({}, {})".format(*each))
    return st.one_of(pair, negative, call, several, inner.map("({})".format))


FORMULAS = st.recursive(st.one_of(NUMBERS, st.sampled_from([*NAMES])), _grown, max_leaves=12)


def _python(text: str) -> float | None:
    """What Python makes of a formula; None where it has no finite real number for it."""
    several = {"min": lambda *numbers: min(numbers), "max": lambda *numbers: max(numbers)}
    functions = {**{name: getattr(math, name) for name in FUNCTIONS if hasattr(math, name)}, "abs": abs, **several}
    try:
        value = eval(text.replace("^", "**"), {"__builtins__": {}}, {**functions, **NAMES})  # noqa: S307
    except (ArithmeticError, ValueError, TypeError):
        return None
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _ours(text: str) -> float | None:
    try:
        return formula.parse(text).value(NAMES)
    except (ArithmeticError, ValueError):
        return None


@given(FORMULAS)
@example("-2^2")
@example("2^3^2")
@example("2^-1")
@example("8/4/2 - 3 - 1")
def test_a_formula_comes_to_what_python_makes_of_it(text: str) -> None:
    value = _python(text)

    if value is not None and abs(value) < 1e300:
        assert _ours(text) == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(st.text(alphabet="0123456789.eE+-*/^(), abminsqrt_", max_size=40))
def test_any_text_is_a_formula_or_is_said_not_to_be_one(text: str) -> None:
    with suppress(Unreadable, ArithmeticError, ValueError):
        read = formula.parse(text)

        assert math.isfinite(read.value(dict.fromkeys(read.names, 0.5)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "unexpected end"),
        ("1 +", "unexpected end"),
        ("0.5 * a + 0.5 * b)", "unexpected ')' at 17"),
        ("a b", "unexpected 'b' at 2"),
        ("2 ** 3", "unexpected '*' at 3"),
        ("a if b else c", "unexpected 'if' at 2"),
        ("a.__class__", "unexpected '.' at 1"),
        ("'a'", "unexpected ''' at 0"),
        ("mean(a)", "there is no function 'mean'"),
        ("sqrt(1, 2)", "'sqrt' takes one value, got 2"),
        ("max()", "unexpected ')' at 4"),
    ],
)
def test_what_is_no_formula_is_told_where_it_stops_being_one(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        formula.parse(text)

    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["9^9^9^9", "exp(exp(exp(9)))", "1/0", "sqrt(-1)", "log(0)", "(-8)^0.5", "1e999"])
def test_a_sum_without_a_finite_number_is_an_error(text: str) -> None:
    with pytest.raises((ArithmeticError, ValueError)):
        formula.parse(text).value({})


@pytest.mark.parametrize("text", ["(" * 4000 + "1" + ")" * 4000, "-" * 9999, "1^" * 4000 + "1", "1" * 10_001])
def test_a_formula_cannot_be_nested_or_go_on_without_end(text: str) -> None:
    with pytest.raises(Unreadable):
        formula.parse(text)


def test_a_formula_may_be_nested_as_deeply_as_is_said() -> None:
    depth = DEPTH_MAX - 1

    assert formula.parse("(" * depth + "1" + ")" * depth).value({}) == 1


def test_a_long_formula_takes_no_time() -> None:
    begun = time.thread_time()

    assert formula.parse("+".join(["a"] * 5000)).value(NAMES) == 1250
    assert time.thread_time() - begun < 1


def test_the_names_of_a_formula_are_those_it_takes_values_of() -> None:
    assert formula.parse("min(a, 2) + b_2 - a").names == {"a", "b_2"}
