"""Texts that are filled in."""

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.graders.grade import Failed, Kind
from emulator.core.graders.templates import CHARACTERS_MAX, dead_ends, render, scope_of
from emulator.errors import Refused
from tests.core.graders.made import scope

PIECES = st.sampled_from(["{{", "}}", "{", "}", "item.city", "sample.output_text", "item.", "[0]", " ", "x", "é", "\n"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("no variable", "no variable"),
        ("{{item.city}}", "Paris"),
        ("{{ item.city }}, {{item.year}}", "Paris, 1900"),
        ("{{ sample.output_json.answer }}", "Paris"),
        ("{{sample.output_json.steps[0].text}}", "capital"),
        ("{{sample.output_json['steps'][0][\"text\"]}}", "capital"),
        ("{{sample.output_json.sure}} {{sample.output_json.at}}", "true 1.0"),
        ("{{sample.output_json.steps}}", '[{"text": "capital"}]'),
        ("{{sample.choices[0].message.role}}", "assistant"),
        ('{"city": "{{item.city}}"}', '{"city": "Paris"}'),
        ("{{{item.city}}}", "{Paris}"),
        ("{{ not closed", "{{ not closed"),
        ("not opened }}", "not opened }}"),
        ("{{ {{item.city}}", "{{ Paris"),
    ],
)
def test_variables_are_filled_in_and_the_rest_is_left_alone(template: str, text: str) -> None:
    assert render(template, scope()) == text


@pytest.mark.parametrize(
    "template",
    [
        "{{item.town}}",
        "{{item.city.name}}",
        "{{item.city[0]}}",
        "{{item}}",
        "{{}}",
        "{{row.city}}",
        "{{sample.output_json.steps[1]}}",
        "{{sample.output_json.steps[-1]}}",
        "{{sample.output_json.steps[*].text}}",
        "{{sample.output_tools[0].function.name}}",
        "{{item.city | upper}}",
        "{{item.__class__}}",
        "{{item['city'].__len__()}}",
        "{{7*7}}",
    ],
)
def test_a_variable_that_is_not_there_fails(template: str) -> None:
    with pytest.raises(Failed) as failed:
        render(template, scope())

    assert failed.value.failure.kind is Kind.VARIABLE


def test_output_that_is_no_json_fails_only_where_json_is_asked_for() -> None:
    with pytest.raises(Failed) as failed:
        render("{{sample.output_json.answer}}", scope("Paris"))

    assert (failed.value.failure.kind, render("{{sample.output_text}}", scope("Paris"))) == (Kind.SAMPLE, "Paris")


def test_a_long_variable_is_quoted_by_its_beginning() -> None:
    with pytest.raises(Failed) as failed:
        render("{{item." + "a" * 100_000 + "}}", scope())

    assert len(failed.value.failure.details) < 200


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    assert render("{{item.a}}", scope(item={"a": "{{item.b}}", "b": "no"})) == "{{item.b}}"


@given(st.lists(PIECES, max_size=12).map("".join), st.dictionaries(st.sampled_from(["city", "a"]), VALUES))
def test_a_text_is_filled_in_or_fails_and_nothing_else(template: str, item: dict[str, Any]) -> None:
    with suppress(Failed):
        assert isinstance(render(template, scope("é", item)), str)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_text_with_a_dead_end_never_fills_in(template: str) -> None:
    if [*dead_ends(template)]:
        with pytest.raises(Failed):
            render(template, scope(item={"city": ["x"]}))


def test_a_short_text_cannot_be_filled_in_without_end() -> None:
    with pytest.raises(Refused):
        render("{{item.a}}" * 100_000, scope(item={"a": "x" * 100_000}))


@pytest.mark.parametrize(
    "template", ["{{" * 400_000, "}}" * 400_000, "{{}" * 200_000, "{{item." + "a" * 800_000 + "}}"]
)
def test_a_hostile_text_takes_no_time(template: str) -> None:
    begun = time.thread_time()
    with suppress(Failed, Refused):
        render(template, scope())
    assert time.thread_time() - begun < 2


def test_json_that_is_nested_without_end_is_refused() -> None:
    deep: Any = 0
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(Refused):
        render("{{item.a}}", scope(item={"a": deep}))


def test_output_of_json_that_is_nested_without_end_is_taken_for_text() -> None:
    assert "output_json" not in scope_of("[" * 100_000, {}).sample


def test_a_text_of_the_longest_length_is_filled_in() -> None:
    assert len(render("{{item.a}}", scope(item={"a": "x" * CHARACTERS_MAX}))) == CHARACTERS_MAX
