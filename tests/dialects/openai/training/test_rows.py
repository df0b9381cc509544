"""Which rows are taken, what is noted of them, and how they are counted."""

import pytest

from tests.dialects.openai.training.examples import (
    ASSISTANT,
    CALL,
    CHAT,
    COMPLETION,
    GOOD,
    PREFERENCE,
    PROMPT,
    USER,
    Json,
    chat,
    lines,
    read,
)

# The letters of what is asked and said in a public file of ten rows, behind a system message of 49.
SAMPLE = [(29, 48), (29, 63), (31, 72), (26, 65), (41, 76), (23, 72), (37, 74), (32, 79), (26, 62), (41, 50)]


def caveats(*rows: Json) -> dict[str, int]:
    """Return the codes of what is noted of rows, with the line of each."""
    dataset = read(lines(*rows))
    assert dataset.problem is None
    return {caveat.code: caveat.line for caveat in dataset.caveats}


@pytest.mark.parametrize("form", GOOD)
def test_each_form_is_known_by_its_members(form: str) -> None:
    dataset = read(lines(GOOD[form], GOOD[form], GOOD[form]))
    assert (dataset.form, dataset.rows, dataset.problem) == (form, 3, None)
    assert dataset.tokens == 3 * dataset.longest_tokens


def test_a_preference_may_use_the_names_of_the_schema() -> None:
    answers = {"preferred_completion": [ASSISTANT], "non_preferred_completion": [ASSISTANT]}
    by_schema = {"input": PREFERENCE["input"]} | answers
    assert read(lines(by_schema, PREFERENCE, by_schema)) == read(lines(PREFERENCE, PREFERENCE, PREFERENCE))


TAKEN = [
    chat(role="system", content="be brief"),
    chat(role="developer", content=[{"type": "text", "text": "be brief"}]),
    chat(role="user", content=[{"type": "text", "text": "a"}], name="ada"),
    chat(role="user", content=[{"type": "image_url", "image_url": {"url": "https://x.org/a.png", "detail": "low"}}]),
    chat(role="tool", content="4", tool_call_id="c1", name="f"),
    chat(role="function", content=None, name="f"),
    chat(role="assistant", content=None, tool_calls=[CALL]),
    chat(role="assistant", tool_calls=[CALL], weight=0),
    chat(role="assistant", content=None, function_call={"name": "f", "arguments": "{}"}),
    chat(role="assistant", content=None, refusal="no"),
    chat(role="assistant", content=[{"type": "refusal", "refusal": "no"}, {"type": "text", "text": ""}]),
    chat(role="assistant", content="", weight=1, tool_calls=None, name=None, audio=None),
    CHAT | {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}], "parallel_tool_calls": False},
    CHAT | {"functions": [{"name": "f"}], "tools": None, "parallel_tool_calls": None},
]


@pytest.mark.parametrize("row", TAKEN)
def test_what_chats_may_hold(row: Json) -> None:
    dataset = read(lines(row, row))
    assert (dataset.form, dataset.rows, dataset.problem) == ("conversational", 2, None)
    assert {caveat.code for caveat in dataset.caveats} == {"not_user_last"}


def test_who_has_the_last_word_is_noted_for_the_method_that_minds() -> None:
    assert caveats(CHAT, CHAT) == {"not_user_last": 1}
    assert caveats({"messages": [USER]}) == {"no_assistant": 1}
    assert caveats({"messages": [USER, ASSISTANT, USER]}) == {}
    called = {"role": "tool", "content": "4", "tool_call_id": "c1"}
    assert caveats({"messages": [USER, called]}, CHAT) == {"no_assistant": 1, "not_user_last": 1}
    assert caveats({"messages": [USER, ASSISTANT, called]}) == {"not_user_last": 1}


def test_a_late_example_of_another_kind_is_noted_where_it_stands() -> None:
    assert caveats(CHAT, CHAT, {"messages": [USER]}) == {"not_user_last": 1, "no_assistant": 3}
    assert caveats({"messages": [USER]}, {"messages": [USER]}, CHAT) == {"no_assistant": 1, "not_user_last": 3}


def test_members_beside_a_chat_are_noted_once() -> None:
    assert caveats(CHAT, CHAT | {"id": 1}, CHAT | {"source": 1}) == {"not_user_last": 1, "extra": 2}
    assert caveats(PROMPT, PROMPT) == {"no_assistant": 1, "extra": 1}


def test_other_forms_have_no_caveats() -> None:
    assert caveats(PREFERENCE, PREFERENCE) == {}
    assert caveats(COMPLETION) == {}


def test_the_public_sample_counts_as_many_tokens_as_the_provider_trained_on() -> None:
    def turn(role: str, letters: int) -> Json:
        return {"role": role, "content": "a" * letters}

    rows = [{"messages": [turn("system", 49), turn("user", ask), turn("assistant", say)]} for ask, say in SAMPLE]
    assert len(lines(*rows)) == 2676  # the size of the file in the recording
    assert read(lines(*rows)).tokens == pytest.approx(5070 / 10, rel=0.005)  # trained_tokens, of ten epochs


def test_a_message_of_weight_0_counts_like_any_other() -> None:
    assert read(lines(chat(**ASSISTANT, weight=0))).tokens == read(lines(chat(**ASSISTANT, weight=1))).tokens


def test_an_image_counts_the_same_however_long_its_url() -> None:
    def tokens(*urls: str) -> int:
        shown = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
        return read(lines({"messages": [{"role": "user", "content": shown}, ASSISTANT]})).tokens

    assert tokens("u" * 5000) == tokens("u" * 200) == tokens() + 85
    assert tokens("u" * 200, "u" * 200) == tokens() + 170


def test_tools_functions_and_calls_count_by_their_json() -> None:
    plain, functions = read(lines(CHAT)).tokens, [{"name": "f", "description": "d" * 420}]
    for more in ({"functions": functions}, {"tools": [{"type": "function", "function": functions[0]}]}):
        assert read(lines(CHAT | more)).tokens == pytest.approx(plain + 420 / 4.2, abs=25)
    called = chat(role="assistant", tool_calls=[{**CALL, "function": {"name": "f", "arguments": "a" * 420}}])
    assert read(lines(called)).tokens == pytest.approx(plain + 420 / 4.2, abs=35)
    said = called["messages"][1]
    by_function: Json = {"function_call": {"name": "f", "arguments": "a" * 420}}
    for calls in ({"tool_calls": said["tool_calls"]}, by_function):
        assert read(lines(chat(**ASSISTANT, **calls))).tokens == pytest.approx(plain + 420 / 4.2, abs=35)


def test_both_answers_of_a_preference_count() -> None:
    longer = {**ASSISTANT, "content": "a" * 420}
    plain = read(lines(PREFERENCE)).tokens
    for member in ("preferred_output", "non_preferred_output"):
        assert read(lines(PREFERENCE | {member: [longer]})).tokens == pytest.approx(plain + 100, abs=1)
    asked = {"input": {"messages": [{**USER, "content": "a" * 420}]}}
    assert read(lines(PREFERENCE | asked)).tokens == pytest.approx(plain + 100, abs=1)
