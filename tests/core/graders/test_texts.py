"""The graders that compare texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.graders.grade import Grade, Kind
from emulator.core.graders.grader import run
from emulator.core.graders.string_check import Operation, StringCheck
from emulator.core.graders.text_similarity import TextSimilarity
from tests.core.graders.made import scope


@pytest.mark.parametrize(
    ("operation", "text", "reference", "reward"),
    [
        ("eq", "Paris", "Paris", 1),
        ("eq", "Paris", "paris", 0),
        ("ne", "Paris", "paris", 1),
        ("ne", "Paris", "Paris", 0),
        ("like", "in Paris", "Paris", 1),
        ("like", "Paris", "in Paris", 0),
        ("like", "in paris", "Paris", 0),
        ("ilike", "in PARIS", "Paris", 1),
        ("ilike", "Rome", "Paris", 0),
    ],
)
def test_a_check_holds_or_does_not(operation: Operation, text: str, reference: str, reward: float) -> None:
    assert run(StringCheck("check", text, reference, operation), scope()) == Grade(reward)


@given(st.text(), st.text())
def test_equal_and_not_equal_are_opposites_and_equal_texts_contain_each_other(text: str, reference: str) -> None:
    rewards = {
        operation: run(StringCheck("", "{{item.a}}", "{{item.b}}", operation), scope("", {"a": text, "b": reference}))
        for operation in ("eq", "ne", "like", "ilike")
    }

    assert rewards["eq"].reward + rewards["ne"].reward == 1
    assert rewards["eq"].reward <= rewards["like"].reward <= rewards["ilike"].reward


def test_both_texts_are_filled_in() -> None:
    grader = StringCheck("check", "{{sample.output_json.answer}}", "{{item.city}}", "eq")

    assert run(grader, scope()).reward == 1


@pytest.mark.parametrize(
    "grader", [StringCheck("", "{{item.no}}", "", "ne"), TextSimilarity("", "", "{{item.no}}", "cosine")]
)
def test_a_variable_that_is_not_there_leaves_no_reward(grader: StringCheck | TextSimilarity) -> None:
    grade = run(grader, scope())

    assert (grade.reward, [failure.kind for failure in grade.failures]) == (0, [Kind.VARIABLE])


def test_texts_are_compared_by_the_metric_that_is_asked_for() -> None:
    texts = "{{item.city}} is nice", "{{sample.output_json.answer}} is large"

    assert run(TextSimilarity("", *texts, "rouge_1"), scope()).reward == pytest.approx(2 / 3)
    assert run(TextSimilarity("", *texts, "rouge_2"), scope()).reward == pytest.approx(1 / 2)


def test_a_text_that_no_variable_can_fill_is_a_dead_end() -> None:
    flaws = [*StringCheck("", "{{item.a}}", "{{now()}} {{row.a}}", "eq").dead_ends()]

    assert [(flaw.loc, flaw.msg) for flaw in flaws] == [
        (("reference",), "'now()' is not a variable of the namespaces 'item' and 'sample'"),
        (("reference",), "'row.a' is not a variable of the namespaces 'item' and 'sample'"),
    ]
