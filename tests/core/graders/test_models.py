"""The graders that ask a model, whose verdict is scripted."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.graders.grade import Grade, Kind
from emulator.core.graders.grader import run
from emulator.core.graders.judge import Message
from emulator.core.graders.label_model import LabelModel
from emulator.core.graders.score_model import ScoreModel
from emulator.errors import Refused
from tests.core.graders.made import scope

ASKED = (Message("system", ("Score it.",)), Message("user", ("{{sample.output_text}} {{item.hint}}",)))
SCORE = ScoreModel("closeness", "gpt-5-mini", ASKED)
LABEL = LabelModel(
    "mood", "gpt-5-mini", ASKED, ("positive", "very positive", "negative"), ("positive", "very positive")
)


def scored(hint: str, grader: ScoreModel | LabelModel = SCORE) -> Grade:
    return run(grader, scope("the output", {"hint": hint}))


@pytest.mark.parametrize(
    ("script", "score"),
    [
        ("emulator:score=0.7", 0.7),
        ("Rate it. emulator:score=0.25, and say why", 0.25),
        ("emulator:score=0.1 emulator:score=0.9", 0.1),
        ("emulator:score= 1e-1.", 0.1),
        ("emulator:score=7", 1.0),
        ("emulator:score=-7", 0.0),
        ("emulator:score=inf", 1.0),
    ],
)
def test_a_script_in_the_input_is_the_score_cut_to_the_range(script: str, score: float) -> None:
    assert (scored(script).reward, scored(script).failures) == (score, ())


def test_a_range_of_its_own_cuts_the_score() -> None:
    assert scored("emulator:score=7", replace(SCORE, range=(-1.0, 5.0))).reward == 5


def test_a_script_may_stand_in_the_graders_name_and_the_input_goes_before_it() -> None:
    named = replace(SCORE, name="closeness emulator:score=0.4")

    assert (scored("", named).reward, scored("emulator:score=0.6", named).reward) == (0.4, 0.6)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("emulator:fails=refusal", Kind.REFUSAL),
        ("emulator:fails=parse", Kind.PARSE),
        ("emulator:fails=server now", Kind.SERVER),
        ("emulator:score=excellent", Kind.PARSE),
        ("emulator:score=nan", Kind.PARSE),
        ("emulator:score=", Kind.PARSE),
    ],
)
def test_a_script_makes_the_model_fail(script: str, kind: Kind) -> None:
    grade = scored(script)

    assert (grade.reward, [failure.kind for failure in grade.failures]) == (0, [kind])


def test_a_misspelled_failure_is_refused_with_the_nearest() -> None:
    with pytest.raises(Refused, match=r"no emulator:fails 'refusl'; did you mean refusal\?"):
        scored("emulator:fails=refusl")


@given(st.text(), st.floats(-1e308, 1e308), st.floats(-1e308, 1e308))
def test_without_a_script_the_score_is_in_the_range_and_always_the_same(text: str, one: float, other: float) -> None:
    grader = replace(SCORE, input=(Message("user", ("{{item.hint}}",)),), range=(min(one, other), max(one, other)))
    grade = run(grader, scope(item={"hint": text.replace("emulator:", "")}))

    assert grader.range[0] <= grade.reward <= grader.range[1]
    assert grade == run(grader, scope(item={"hint": text.replace("emulator:", "")}))


def test_without_a_script_model_input_and_output_each_make_a_difference() -> None:
    asked = replace(SCORE, input=(Message("user", ("{{item.hint}}",)),))
    rewards = [
        [run(asked, scope("output", {"hint": str(n)})).reward for n in range(20)],
        [run(asked, scope(str(n), {"hint": ""})).reward for n in range(20)],
        [run(replace(asked, model=str(n)), scope("output", {"hint": ""})).reward for n in range(20)],
    ]

    assert all(len(set(each)) > 10 for each in rewards)


def test_tokens_are_counted_for_the_model_that_is_asked() -> None:
    short, long = scored("emulator:score=1"), scored("emulator:score=1 " + "word " * 100)

    assert [*short.usage] == ["gpt-5-mini"]
    assert long.usage["gpt-5-mini"].prompt - short.usage["gpt-5-mini"].prompt == pytest.approx(500 / 4.2, abs=2)
    assert short.usage["gpt-5-mini"].completion > 0
    assert short.duration_s > 0


def test_an_image_is_filled_in_and_is_no_text() -> None:
    pictured = replace(SCORE, input=(Message("user", ("Look.",), ("{{item.picture}}",)),))

    assert [failure.kind for failure in run(pictured, scope(item={})).failures] == [Kind.VARIABLE]
    assert run(pictured, scope(item={"picture": "x" * 9000})).usage["gpt-5-mini"].prompt < 20


def test_an_input_cannot_go_on_without_end() -> None:
    many = replace(SCORE, input=(Message("user", ("{{item.hint}}",)),) * 1000)

    with pytest.raises(Refused):
        scored("x" * 100_000, many)


@pytest.mark.parametrize(
    ("script", "reward"),
    [
        ("emulator:label=positive", 1),
        ("emulator:label=very positive indeed", 1),
        ("emulator:label=negative", 0),
        ("emulator:score=1 emulator:label=negative", 0),
    ],
)
def test_a_label_that_passes_is_worth_1(script: str, reward: float) -> None:
    assert (scored(script, LABEL).reward, scored(script, LABEL).failures) == (reward, ())


def test_a_label_that_is_none_of_them_is_no_answer() -> None:
    assert [failure.kind for failure in scored("emulator:label=neutral", LABEL).failures] == [Kind.PARSE]


def test_without_a_script_every_label_comes_up() -> None:
    one = replace(LABEL, passing=("negative",))
    rewards = [scored(str(n), one).reward for n in range(60)]

    assert 5 < sum(rewards) < 40


@pytest.mark.parametrize(
    ("grader", "places"),
    [
        (replace(SCORE, input=()), [("input",)]),
        (replace(SCORE, range=(1.0, 0.0)), [("range",)]),
        (replace(LABEL, input=(), labels=(), passing=()), [("input",), ("labels",)]),
        (replace(LABEL, passing=("neutral",)), [("passing_labels",)]),
        (SCORE, []),
        (LABEL, []),
    ],
)
def test_what_keeps_a_model_from_grading_is_told_by_its_place(
    grader: ScoreModel | LabelModel, places: list[tuple[str, ...]]
) -> None:
    assert [flaw.loc for flaw in grader.flaws()] == places


def test_a_variable_that_cannot_be_is_a_dead_end_of_its_message() -> None:
    asked = (Message("user", ("fine",)), Message("user", ("{{ now }}",), ("{{ then }}",)))

    assert [flaw.loc for flaw in replace(SCORE, input=asked).dead_ends()] == [("input", 1, "content")] * 2
