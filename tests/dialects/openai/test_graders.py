"""The calls that try out graders, over real sockets."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai.types.fine_tuning.alpha import GraderRunResponse
from pydantic import TypeAdapter

from emulator.dialects.openai.wire import graders as wire
from emulator.server import Emulator
from tests.dialects.openai.graders import (
    CHECK,
    ERRORS,
    ITEM,
    LABELS,
    MULTI,
    PYTHON,
    SCORE,
    SIMILARITY,
    Graders,
    Json,
)


@pytest.fixture
def graders(client: httpx.Client) -> Graders:
    return Graders(client)


@pytest.fixture(params=[False, True], ids=["loose", "strict"])
def sdk(server: Emulator, key: str, request: pytest.FixtureRequest) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=server.base_url("openai"), api_key=key, max_retries=0, _strict_response_validation=request.param
    ) as official:
        yield official


def wrong(told: Json) -> Json:
    """Return the errors of an answer that are set."""
    return {member: value for member, value in told["metadata"]["errors"].items() if value}


@pytest.mark.parametrize("grader", [CHECK, SIMILARITY, PYTHON | {"name": "code"}, SCORE])
def test_the_official_client_runs_and_validates_every_kind_of_grader(sdk: openai.OpenAI, grader: Any) -> None:
    ran = sdk.fine_tuning.alpha.graders.run(grader=grader, model_sample="Paris", item=ITEM)
    validated = sdk.fine_tuning.alpha.graders.validate(grader=grader)

    assert (ran.metadata.name, ran.metadata.type) == (grader["name"], grader["type"])
    assert validated.grader
    assert validated.grader.type == grader["type"]


def test_the_official_client_runs_a_grader_without_an_item(sdk: openai.OpenAI) -> None:
    texts: Any = {**CHECK, "input": "input", "reference": "reference"}

    ran = sdk.fine_tuning.alpha.graders.run(grader=texts, model_sample="model_sample")

    assert isinstance(ran, GraderRunResponse)
    assert (ran.reward, ran.metadata.errors.other_error, ran.metadata.token_usage) == (0, False, None)


def test_an_answer_has_every_error_in_the_order_of_the_service(graders: Graders) -> None:
    told = graders.run(CHECK)

    assert [*told["metadata"]["errors"]] == ERRORS
    assert wrong(told) == {}
    assert [*told] == ["reward", "metadata", "sub_rewards", "model_grader_token_usage_per_model"]


def test_an_answer_is_indented_by_two(graders: Graders) -> None:
    answer = graders.post("run", {"grader": CHECK, "model_sample": ""})

    assert answer.text == json.dumps(answer.json(), indent=2)


@pytest.mark.parametrize(("sample", "reward"), [("Paris", 1), ("Rome", 0)])
def test_a_sample_is_checked_against_its_item(graders: Graders, sample: str, reward: float) -> None:
    assert graders.run(CHECK, sample)["reward"] == reward
    assert graders.run(SIMILARITY, sample)["reward"] == reward


def test_a_scripted_model_says_what_it_was_told_to_and_how_many_tokens_it_took(graders: Graders) -> None:
    told = graders.run(SCORE)

    usage = told["model_grader_token_usage_per_model"]["gpt-5-mini"]
    assert (told["reward"], wrong(told), told["metadata"]["sampled_model_name"]) == (0.4, {}, "gpt-5-mini")
    assert usage["prompt_tokens"] > 20
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["cached_tokens"] == 0
    assert told["metadata"]["token_usage"] == usage["total_tokens"]
    assert told["metadata"]["execution_time"] > 0


def test_a_model_without_a_script_says_the_same_each_time(graders: Graders) -> None:
    item = {**ITEM, "script": ""}

    assert graders.run(SCORE, item=item) == graders.run(SCORE, item=item)
    assert len({graders.run(SCORE, str(n), item)["reward"] for n in range(10)}) > 5


def test_a_multigrader_tells_the_reward_of_each(graders: Graders) -> None:
    told = graders.run(MULTI)

    assert told["sub_rewards"] == {"label": 1, "score": 0.4, "mood": 1}
    assert told["reward"] == pytest.approx(0.5 + 0.1 + 0.25)
    assert {*told["model_grader_token_usage_per_model"]} == {"gpt-5-mini", "gpt-4o-2024-08-06"}
    assert (told["metadata"]["sampled_model_name"], told["metadata"]["token_usage"] > 0) == (None, True)


@pytest.mark.parametrize(
    ("told", "names"), [([CHECK, SIMILARITY], {"label", "alike"}), (CHECK, {"label"}), ({"a": CHECK}, {"a"})]
)
def test_a_multigraders_graders_come_as_an_array_as_one_or_by_name(
    graders: Graders, told: Any, names: set[str]
) -> None:
    named = {**MULTI, "graders": told, "calculate_output": "+".join(names)}
    typed = {**MULTI, "graders": told, "calculate_output": "string_check_score"}

    assert {*graders.run(named)["sub_rewards"]} == names
    assert graders.run(named)["reward"] == len(names)
    assert graders.run(typed)["reward"] == (0 if "a" in names else 1)
    assert graders.post("validate", {"grader": named}).json() == {"grader": named}


@pytest.mark.parametrize(
    ("grader", "sample", "errors"),
    [
        ({**CHECK, "reference": "{{item.no}}"}, "", {"invalid_variable_error"}),
        ({**CHECK, "input": "{{sample.output_json.a}}"}, "no JSON", {"sample_parse_error"}),
        ({**CHECK, "input": "{{now()}}"}, "", {"invalid_variable_error"}),
        ({**MULTI, "calculate_output": "label +"}, "", {"formula_parse_error"}),
        ({**MULTI, "calculate_output": "label + no"}, "", {"invalid_variable_error"}),
        ({**MULTI, "calculate_output": "1 / (label - label)"}, "", {"other_error"}),
        ({**SCORE, "name": "emulator:fails=refusal"}, "", {"model_grader_refusal_error"}),
        ({**SCORE, "name": "emulator:fails=parse"}, "", {"model_grader_parse_error"}),
        ({**SCORE, "name": "emulator:fails=server"}, "", {"model_grader_server_error"}),
        (PYTHON, "", {"python_grader_server_error", "python_grader_runtime_error"}),
    ],
)
def test_what_went_wrong_is_told_with_a_reward_of_0(
    graders: Graders, grader: Json, sample: str, errors: set[str]
) -> None:
    told = graders.run(grader, sample, {"label": "Paris", "script": ""})

    assert told["reward"] == 0
    assert {member for member, value in wrong(told).items() if value is True} == errors
    detailed = errors - {"formula_parse_error", "other_error", "python_grader_server_error"}
    assert all(wrong(told)[f"{error}_details"] for error in detailed)


def test_code_is_not_executed_and_the_answer_says_so(graders: Graders, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    source = f"open({str(trace)!r}, 'w')\n{PYTHON['source']}"

    told = graders.run({**PYTHON, "source": source})

    assert "never executes code" in wrong(told)["python_grader_runtime_error_details"]
    assert wrong(told)["python_grader_server_error_type"] == "not_executed"
    assert not trace.exists()


@pytest.mark.parametrize("grader", [CHECK, SIMILARITY, SCORE, MULTI, PYTHON | {"name": "code", "image_tag": "alpha"}])
def test_a_sound_grader_is_answered_as_it_was_understood(graders: Graders, grader: Json) -> None:
    assert graders.post("validate", {"grader": {**grader, "no_such_member": 1}}).json() == {"grader": grader}


def test_a_grader_without_a_name_gets_one_that_stays(graders: Graders) -> None:
    told = graders.post("validate", {"grader": PYTHON}).json()["grader"]
    nested = graders.post("validate", {"grader": {**MULTI, "graders": {"a": PYTHON}, "calculate_output": "a"}}).json()

    assert {**told, "name": ""} == {**PYTHON, "name": ""}
    assert (told["name"][:7], len(told["name"])) == ("grader-", 19)
    assert graders.run(PYTHON)["metadata"]["name"] == told["name"] == nested["grader"]["graders"]["a"]["name"]
    assert graders.post("validate", {"grader": {**PYTHON, "image_tag": "b"}}).json()["grader"]["name"] != told["name"]


@pytest.mark.parametrize("call", ["run", "validate"])
@pytest.mark.parametrize(
    ("grader", "param", "said"),
    [
        ({**CHECK, "operation": "contains"}, "grader.operation", "Supported values are: 'eq'"),
        ({**CHECK, "input": None}, "grader.input", "expected a string"),
        ({"type": "string_check"}, "grader.input", "Missing required parameter: 'grader.input'."),
        ({"type": "magic"}, "grader.type", "Supported values are"),
        (LABELS, "grader.type", "Supported values are"),
        ({}, "grader.type", "Missing required parameter: 'grader.type'."),
        ("grader", "grader", "expected an object"),
        ({**SIMILARITY, "evaluation_metric": "rouge_6"}, "grader.evaluation_metric", "'rouge_5'"),
        ({**PYTHON, "source": "def grade("}, "grader.source", "not valid Python: line 1"),
        ({**PYTHON, "source": "grade = 1"}, "grader.source", "must define a function 'grade(sample, item)'"),
        ({**SCORE, "range": [0, 1, 2]}, "grader.range", "maximum length 2"),
        ({**SCORE, "range": [1, 0]}, "grader.range", "from a lower number to a higher one"),
        ({**SCORE, "input": []}, "grader.input", "at least one message"),
        ({**SCORE, "input": [{"role": "user", "content": [{"type": "file"}]}]}, None, "Invalid"),
        ({**MULTI, "graders": {"a": MULTI}}, "grader.graders.a.type", "Supported values are"),
        ({**MULTI, "graders": {}}, "grader.graders", "from 1 to 20 graders"),
        ({**MULTI, "graders": [CHECK, CHECK]}, "grader.graders", "different names"),
        ({**MULTI, "graders": {"a": {**PYTHON, "source": ""}}}, "grader.graders.a.source", "must define"),
        (
            {**MULTI, "graders": {"a": {**LABELS, "passing_labels": ["x"]}}},
            "grader.graders.a.passing_labels",
            "must be among the labels",
        ),
    ],
)
def test_a_grader_that_cannot_be_is_refused_at_its_place(
    graders: Graders, call: str, grader: Any, param: str | None, said: str
) -> None:
    status, place, message = graders.refusal(call, grader)

    assert (status, said in message) == (400, True), message
    assert param in (None, place)


@pytest.mark.parametrize(
    ("grader", "param", "said"),
    [
        ({**CHECK, "input": "{{row.a}}"}, "grader.input", "'row.a' is not a variable"),
        ({**MULTI, "calculate_output": "label)"}, "grader.calculate_output", "unexpected ')' at 5"),
        ({**MULTI, "calculate_output": "label + no"}, "grader.calculate_output", "There is no grader 'no'"),
    ],
)
def test_a_grader_that_only_can_fail_is_refused_beforehand(
    graders: Graders, grader: Json, param: str, said: str
) -> None:
    status, place, message = graders.refusal("validate", grader)

    assert (status, place, said in message) == (400, param, True), message
    assert graders.run(grader)["reward"] == 0


@pytest.mark.skipif(importlib.util.find_spec("nltk") is not None, reason="the extra 'graders' is installed")
def test_a_metric_that_is_not_installed_is_refused_with_the_extra_to_install(graders: Graders) -> None:
    status, _, message = graders.refusal("run", {**SIMILARITY, "reference": "x", "evaluation_metric": "bleu"})

    assert (status, "pip install 'fine-tuning-emulator[graders]'" in message) == (400, True)


def test_a_text_that_would_take_long_is_refused(graders: Graders) -> None:
    status, _, message = graders.refusal("run", {**SIMILARITY, "reference": "x"}, "word " * 3000)

    assert (status, "2000 words" in message) == (400, True)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "{{item.a}}", "é"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "type", "name"]), inner, max_size=3)
    ),
    max_leaves=5,
)
SOUND = st.sampled_from([CHECK, SIMILARITY, PYTHON, SCORE, LABELS, MULTI])


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A grader with one member that is anything."""
    grader = draw(SOUND)
    return {**grader, draw(st.sampled_from([*grader, "range", "input", "graders"])): draw(VALUES)}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grader=damaged(), item=VALUES, call=st.sampled_from(["run", "validate"]))
def test_anything_is_answered_or_refused_and_breaks_nothing(
    graders: Graders, grader: Any, item: Any, call: str
) -> None:
    answer = graders.post(call, {"grader": grader, "model_sample": "{}", "item": item})

    assert answer.status_code in {200, 400}, answer.text
    assert answer.json().get("error") or answer.status_code == 200


def spelled(**members: str) -> str:
    """Return a request as JSON, its members as they are given."""
    known = {"grader": json.dumps(CHECK), "model_sample": '"x"', "item": "{}", **members}
    return "{" + ", ".join(f'"{name}": {value}' for name, value in known.items()) + "}"


@pytest.mark.parametrize("call", ["run", "validate"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (spelled(item='{"label": "\\ud800"}'), 200),
        (spelled(item='{"label": NaN}'), 200),
        (spelled(item='{"label": %s}' % ("[" * 900 + "]" * 900)), 200),
        (spelled(grader=json.dumps(SCORE), item='{"label": "\\ud800", "script": ""}'), 200),
        (spelled(grader=json.dumps({**CHECK, "name": "\ud800"})), 400),
        (spelled(grader=json.dumps({**PYTHON, "source": "# \ud800"})), 400),
        (spelled(grader=json.dumps({**MULTI, "graders": {"\ud800": CHECK}})), 400),
        (spelled(grader='{"type":' * 90_000), 400),
    ],
)
def test_json_that_cannot_be_said_again_breaks_nothing(client: httpx.Client, call: str, body: str, status: int) -> None:
    headers = {"content-type": "application/json"}

    answer = client.post(f"/openai/v1/fine_tuning/alpha/graders/{call}", content=body, headers=headers)

    assert answer.status_code == status, answer.text


PUBLISHED = {
    "GraderStringCheck": "type name input reference operation",
    "GraderTextSimilarity": "type name input reference evaluation_metric",
    "GraderPython": "type name source",
    "GraderScoreModel": "type name input model",
    "GraderLabelModel": "type name input model labels passing_labels",
    "GraderMulti": "type name graders calculate_output",
    "EvalItem": "role content",
    "RunGraderRequest": "grader model_sample",
    "RunGraderResponse": "reward metadata sub_rewards model_grader_token_usage_per_model",
    "RunGraderMetadata": "name type errors execution_time scores token_usage sampled_model_name",
    "RunGraderErrors": "formula_parse_error sample_parse_error truncated_observation_error unresponsive_reward_error"
    " invalid_variable_error other_error python_grader_server_error python_grader_server_error_type"
    " python_grader_runtime_error python_grader_runtime_error_details model_grader_server_error"
    " model_grader_refusal_error model_grader_parse_error model_grader_server_error_details",
    "ValidateGraderRequest": "grader",
}
"""The members that are required, of the published document's schemas and of two that have no name there."""


def test_the_document_has_the_published_calls_and_what_they_require(client: httpx.Client) -> None:
    document = client.get("/openai/openapi.json").json()
    run = document["paths"]["/fine_tuning/alpha/graders/run"]["post"]
    schemas = document["components"]["schemas"]

    assert run["operationId"] == "runGrader"
    assert run["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/RunGraderRequest")
    assert {name: {*schemas[name]["required"]} for name in PUBLISHED} == {
        name: {*members.split()} for name, members in PUBLISHED.items()
    }


@given(st.sampled_from([CHECK, SIMILARITY, PYTHON | {"name": "code"}, SCORE, MULTI]))
def test_a_grader_is_written_as_it_was_read(grader: Json) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(wire.Grader)

    assert adapter.validate_python(grader).model_dump(exclude_unset=True) == grader
