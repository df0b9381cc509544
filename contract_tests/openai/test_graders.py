"""Graders: checked, and run over what a model might have said. A grader that asks a model is not run: it costs."""

from typing import Any

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact, free
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.openai import published
from contract_tests.openai.envelope import invalid
from contract_tests.openai.orders import GRADER
from contract_tests.openai.provider import RUN, VALIDATE

pytestmark = free
SIMILAR = {
    "type": "text_similarity",
    "name": "similar",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.colour }}",
    "evaluation_metric": "fuzzy_match",
}
BOTH = {
    "type": "multi",
    "name": "both",
    "graders": {"same": {**GRADER, "name": "same"}, "alike": SIMILAR},
    "calculate_output": "0.5 * same + 0.5 * alike",
}
ERRORS = {
    *("formula_parse_error", "sample_parse_error", "truncated_observation_error", "unresponsive_reward_error"),
    *("invalid_variable_error", "other_error", "python_grader_server_error", "python_grader_server_error_type"),
    *("python_grader_runtime_error", "python_grader_runtime_error_details", "model_grader_server_error"),
    *("model_grader_refusal_error", "model_grader_parse_error", "model_grader_server_error_details"),
}
"""The fourteen that are published."""


def graded(line: Line, sample: str, grader: dict[str, Any] = GRADER, colour: str = "green") -> Obj:
    """Run a grader over what a model might have said."""
    return line.post(RUN, {"grader": grader, "model_sample": sample, "item": {"colour": colour}}).ok()


@pytest.mark.parametrize(
    "grader",
    [
        pytest.param(
            grader, marks=fact("graders.validate", f"answers a {grader['type']} grader", known="documented"), id=name
        )
        for name, grader in (("string_check", GRADER), ("text_similarity", SIMILAR), ("multi", BOTH))
    ],
)
def test_a_sound_grader_is_answered(line: Line, grader: dict[str, Any], schema: Schema) -> None:
    body = line.post(VALIDATE, {"grader": grader}).ok()

    assert body == {"grader": grader}
    schema.holds("ValidateGraderResponse", {"grader": published.grader(body["grader"])})


@pytest.mark.parametrize(
    ("grader", "param"),
    [
        pytest.param(*told, marks=fact("graders.validate", f"does not take {words}", known="documented"), id=words)
        for words, told in {
            "an operation that is none": ({**GRADER, "operation": "resembles"}, "grader.operation"),
            "a metric that is none": ({**SIMILAR, "evaluation_metric": "taste"}, "grader.evaluation_metric"),
            "a type that is none": ({**GRADER, "type": "oracle"}, "grader.type"),
            "a grader without a reference": (
                {name: value for name, value in GRADER.items() if name != "reference"},
                "grader.reference",
            ),
        }.items()
    ],
)
def test_a_grader_that_cannot_be_is_refused(line: Line, grader: dict[str, Any], param: str) -> None:
    assert invalid(line.post(VALIDATE, {"grader": grader}))["param"] in (param, "grader")


@fact("graders.validate", "does not go without a grader", known="documented")
def test_a_check_takes_a_grader(line: Line) -> None:
    assert invalid(line.post(VALIDATE, {}))["param"] == "grader"


@fact("graders.run", "answers a grade in its published shape", known="documented")
def test_a_grade_is_as_published(line: Line, schema: Schema) -> None:
    schema.holds("RunGraderResponse", graded(line, "green"))


@fact("graders.run", "rewards what is the same with 1, and else with 0", known="documented")
def test_the_same_is_rewarded(line: Line) -> None:
    assert (graded(line, "green")["reward"], graded(line, "blue")["reward"]) == (1, 0)


@fact("graders.run", "compares letter by letter under eq, and without case under ilike", known="documented")
def test_case_matters_under_eq(line: Line) -> None:
    loose = {**GRADER, "operation": "ilike"}

    assert (graded(line, "GREEN")["reward"], graded(line, "GREEN", loose)["reward"]) == (0, 1)


@fact("graders.run", "rewards likeness between 0 and 1", known="documented")
def test_likeness_is_rewarded_in_between(line: Line) -> None:
    assert graded(line, "green", SIMILAR)["reward"] == 1
    assert 0 < graded(line, "greens", SIMILAR)["reward"] < 1


@fact(
    "graders.run",
    "of several graders rewards what their formula comes to, and tells each one's part",
    known="documented",
)
def test_several_graders_are_one_formula(line: Line) -> None:
    told = graded(line, "greens", BOTH)

    assert set(told["sub_rewards"]) == {"same", "alike"}
    assert told["reward"] == pytest.approx(0.5 * told["sub_rewards"]["same"] + 0.5 * told["sub_rewards"]["alike"])


@fact("graders.run", "tells name and type of the grader, and how long it took", known="documented")
def test_a_grade_names_its_grader(line: Line) -> None:
    metadata = graded(line, "green")["metadata"]

    assert (metadata["name"], metadata["type"]) == (GRADER["name"], GRADER["type"])
    assert metadata["execution_time"] >= 0


@fact("graders.run", "tells of each thing that can go wrong that it did not", known="documented")
def test_nothing_went_wrong(line: Line) -> None:
    errors = graded(line, "green")["metadata"]["errors"]

    assert errors.keys() >= ERRORS
    assert not any(errors.values())


@fact("graders.run", "of a variable that there is not tells an invalid_variable_error", known="unverified")
def test_a_missing_variable_is_an_error(line: Line) -> None:
    told = graded(line, "green", {**GRADER, "reference": "{{ item.shade }}"})

    assert told["metadata"]["errors"]["invalid_variable_error"] is True
    assert told["reward"] == 0


@fact("graders.run", "has no model's tokens where no model was asked", known="documented")
def test_no_model_was_asked(line: Line) -> None:
    told = graded(line, "green")

    assert told["model_grader_token_usage_per_model"] == {}


@fact("graders.run", "does not go without a sample", known="documented")
def test_a_run_takes_a_sample(line: Line) -> None:
    assert invalid(line.post(RUN, {"grader": GRADER}))["param"] == "model_sample"
