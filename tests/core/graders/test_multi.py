"""The grader that makes one reward of several."""

import pytest

from emulator.core.graders.grade import Kind, Usage
from emulator.core.graders.grader import Grader, run
from emulator.core.graders.judge import Message
from emulator.core.graders.multi import PARTS_MAX, Multi
from emulator.core.graders.python import Python
from emulator.core.graders.score_model import ScoreModel
from emulator.core.graders.string_check import StringCheck
from tests.core.graders.made import scope

YES = StringCheck("yes", "{{item.city}}", "Paris", "eq")
NO = StringCheck("no", "{{item.city}}", "Rome", "eq")


def scored(score: float, model: str = "gpt-5-mini") -> ScoreModel:
    return ScoreModel("scored", model, (Message("user", (f"emulator:score={score}",)),))


@pytest.mark.parametrize(
    ("output", "reward"), [("(name + email) / 2", 0.5), ("max(name, email)", 1), ("name * email", 0), ("2 ^ name", 2)]
)
def test_the_reward_is_what_the_formula_makes_of_the_rewards(output: str, reward: float) -> None:
    grade = run(Multi("both", {"name": YES, "email": NO}, output), scope())

    assert (grade.reward, grade.parts, grade.failures) == (reward, {"name": 1, "email": 0}, ())


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        ("0.5 * name + 0.5 * email)", Kind.FORMULA),
        ("__import__('os')", Kind.FORMULA),
        ("(" * 5000, Kind.FORMULA),
        ("name + phone", Kind.VARIABLE),
        ("name / email", Kind.OTHER),
        ("log(email)", Kind.OTHER),
        ("9 ^ 9 ^ 9 ^ 9", Kind.OTHER),
    ],
)
def test_a_formula_without_a_value_leaves_the_rewards_and_no_reward(output: str, kind: Kind) -> None:
    grade = run(Multi("both", {"name": YES, "email": NO}, output), scope())

    assert (grade.reward, grade.parts, [failure.kind for failure in grade.failures]) == (
        0,
        {"name": 1, "email": 0},
        [kind],
    )


def test_a_grader_that_fails_counts_0_and_its_failure_is_told() -> None:
    grade = run(Multi("both", {"code": Python("", ""), "name": YES}, "code + name / 2"), scope())

    assert (grade.reward, [failure.kind for failure in grade.failures]) == (0.5, [Kind.CODE])


def test_the_tokens_of_all_models_are_summed_by_model() -> None:
    one = run(scored(0.5), scope())
    grade = run(Multi("", {"a": scored(0.5), "b": scored(0.5), "c": scored(1, "o3"), "d": YES}, "a+b+c+d"), scope())

    used = one.usage["gpt-5-mini"]
    assert grade.usage["gpt-5-mini"] == Usage(2 * used.prompt, 2 * used.completion)
    assert [*grade.usage] == ["gpt-5-mini", "o3"]
    assert grade.duration_s > 2 * one.duration_s
    assert grade.reward == 3


def test_a_grader_may_go_by_another_name_besides() -> None:
    multi = Multi("", {"Example grader": YES}, "string_check_score", {"string_check_score": "Example grader"})

    assert (run(multi, scope()).reward, [*multi.dead_ends()]) == (1, [])


@pytest.mark.parametrize(
    ("output", "said"),
    [("a +", "The formula cannot be read: unexpected end"), ("a + c + b", "There is no grader 'c'"), ("a - b", "")],
)
def test_a_formula_that_never_has_a_value_is_a_dead_end(output: str, said: str) -> None:
    flaws = [*Multi("", {"a": YES, "b": NO}, output).dead_ends()]

    assert [(flaw.loc, flaw.msg) for flaw in flaws] == ([(("calculate_output",), said)] if said else [])


@pytest.mark.parametrize("number", [0, PARTS_MAX + 1])
def test_a_multigrader_has_some_graders_and_not_too_many(number: int) -> None:
    parts: dict[str, Grader] = {f"g{n}": YES for n in range(number)}

    assert [flaw.loc for flaw in Multi("", parts, "1").flaws()] == [("graders",)]


def test_the_flaws_and_dead_ends_of_a_grader_are_told_at_its_place() -> None:
    multi = Multi("", {"a": Python("", "no"), "b": StringCheck("", "{{x}}", "", "eq")}, "a + b")

    assert [flaw.loc for flaw in multi.flaws()] == [("graders", "a", "source")]
    assert [flaw.loc for flaw in multi.dead_ends()] == [("graders", "b", "input")]
