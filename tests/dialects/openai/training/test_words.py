"""What is said of a row that is not taken: the recorded sentences, and those made after them."""

import json

import pytest

from tests.dialects.openai.training.examples import (
    ASSISTANT,
    CALL,
    CHAT,
    COMPLETION,
    GOOD,
    PREFERENCE,
    USER,
    Json,
    chat,
    complaint,
    lines,
    read,
)

TEXT = [{"type": "text", "text": "a"}]
IMAGE = [{"type": "image_url", "image_url": {"url": "https://x.org/a.png"}}]


def test_the_recorded_sentences_are_said_word_for_word() -> None:
    rows = [CHAT] * 99
    lacks_a_role = read(lines(*rows, {"messages": [USER, {"content": "hi"}]})).problem
    assert lacks_a_role is not None
    assert lacks_a_role.message == "Example 100, message 2 Discriminator 'role' is missing in value"

    called = {"role": "assistant", "content": [{"type": "text", "text": ""}], "tool_calls": [CALL]}
    answered = {"role": "tool", "content": TEXT, "tool_call_id": "c1"}
    row = {"messages": [{"role": "user", "content": TEXT}, called, answered, {"role": "assistant", "content": TEXT}]}
    assert complaint(row) == 'Line 1, message 3, key "content": Input should be a valid string'

    assert complaint(chat(role="user", content="<|fim_suffix|>")) == (
        "Example 1 message contains an invalid token: <|fim_suffix|>."
    )
    dataset = read(lines(CHAT | {"weight": 0.5, "source_agent": "qa"}))
    assert 'Example 1 contains an extra "weight".' in [caveat.message for caveat in dataset.caveats]
    cut = lines(CHAT) + b'{"messages": [{"role": "user" "content": "hi"}]}\n'
    assert read(cut).problem is not None
    assert read(cut).problem.message == (  # type: ignore[union-attr]
        "Example 2 cannot be parsed. Error: line contains invalid json:"
        " Expecting ',' delimiter: line 1 column 31 (char 30) (line 2)"
    )


@pytest.mark.parametrize(
    ("row", "member"),
    [
        ({"text": "a"}, "messages"),
        ({"input": "a", "output": "b"}, "messages"),
        ({"prompt": "a"}, "completion"),
        ({"completion": "a"}, "prompt"),
        ({"input": {"messages": [USER]}}, "preferred_output"),
        ({"input": {"messages": [USER]}, "preferred_output": [ASSISTANT]}, "non_preferred_output"),
        ({"input": {"messages": [USER]}, "preferred_completion": [ASSISTANT]}, "non_preferred_completion"),
        (PREFERENCE | {"non_preferred_completion": [ASSISTANT]} | {"preferred_completion": [ASSISTANT]}, ""),
        ({"preferred_output": [ASSISTANT], "non_preferred_output": [ASSISTANT]}, "input"),
        (
            {"input": {}, "preferred_output": [ASSISTANT], "non_preferred_completion": [ASSISTANT]},
            "non_preferred_output",
        ),
    ],
)
def test_a_missing_member_is_named(row: Json, member: str) -> None:
    problem = read(lines(row)).problem
    assert problem is not None
    assert problem.message == (f"Example 1 is missing key '{member}'." if member else problem.message)
    assert ("extra" in problem.message) == (not member)


@pytest.mark.parametrize("form", GOOD)
def test_a_row_of_another_form_lacks_the_members_of_this_one(form: str) -> None:
    first = {"conversational": "messages", "preference": "input", "instruction": "prompt"}[form]
    for other in GOOD.keys() - {form}:
        problem = read(lines(GOOD[form], GOOD[form], GOOD[other])).problem
        assert problem is not None
        assert (problem.line, problem.message) == (3, f"Example 3 is missing key '{first}'.")


NO_ROLE = (
    "No match for discriminator 'role' (allowed values: 'system', 'user', 'assistant', 'tool', 'function', 'developer')"
)
REFUSED = [
    (chat(role="bot", content="a"), f"Example 1, message 2 {NO_ROLE}"),
    (chat(content="a"), "Example 1, message 2 Discriminator 'role' is missing in value"),
    ({"messages": ["hello"]}, "Line 1, message 1: Input should be a valid dictionary"),
    ({"messages": "hello"}, 'Line 1, key "messages": Input should be a valid list'),
    ({"messages": []}, 'Line 1, key "messages": List should have at least 1 item after validation, not 0'),
    (chat(role="user"), 'Line 1, message 2, key "content": Field required'),
    (chat(role="assistant"), 'Line 1, message 2, key "content": Field required'),
    (chat(role="assistant", content=None, tool_calls=[]), 'Line 1, message 2, key "content": Field required'),
    (chat(role="system", content=None), 'Line 1, message 2, key "content": Input should be a valid string'),
    (
        chat(role="system", content=IMAGE),
        "Line 1, message 2, key \"content.0.type\": No match for discriminator 'type'",
    ),
    (
        chat(role="assistant", content=IMAGE),
        "Line 1, message 2, key \"content.0.type\": No match for discriminator 'type'",
    ),
    (chat(role="user", content=[{"type": "text"}]), 'Line 1, message 2, key "content.0.text": Field required'),
    (chat(role="tool", content="4"), 'Line 1, message 2, key "tool_call_id": Field required'),
    (chat(role="function", content="4"), 'Line 1, message 2, key "name": Field required'),
    (chat(**ASSISTANT, weight=2), 'Line 1, message 2, key "weight": Input should be 0 or 1'),
    (chat(**ASSISTANT, weight=0.5), 'Line 1, message 2, key "weight": Input should be a valid integer'),
    (chat(**USER, weight=1), 'Line 1, message 2, key "weight": Extra inputs are not permitted'),
    (
        chat(role="assistant", tool_calls=[{"type": "function", "function": CALL["function"]}]),
        'Line 1, message 2, key "tool_calls.0.id": Field required',
    ),
    (
        chat(role="assistant", tool_calls=[CALL | {"type": "tool"}]),
        "Line 1, message 2, key \"tool_calls.0.type\": Input should be 'function'",
    ),
    (
        chat(role="assistant", tool_calls=[CALL | {"function": {"name": "f", "arguments": {}}}]),
        'Line 1, message 2, key "tool_calls.0.function.arguments": Input should be a valid string',
    ),
    (CHAT | {"tools": {}}, 'Line 1, key "tools": Input should be a valid list'),
    (CHAT | {"tools": [{"function": {}}]}, 'Line 1, key "tools.0.function.name": Field required'),
    (CHAT | {"functions": []}, 'Line 1, key "functions": List should have at least 1 item after validation, not 0'),
    (
        CHAT | {"functions": [{"name": "f"}] * 129},
        'Line 1, key "functions": List should have at most 128 items after validation',
    ),
    (CHAT | {"parallel_tool_calls": 1}, 'Line 1, key "parallel_tool_calls": Input should be a valid boolean'),
]


@pytest.mark.parametrize(("row", "message"), REFUSED)
def test_a_refusal_names_the_place_and_what_it_takes(row: Json, message: str) -> None:
    assert complaint(row) == message


@pytest.mark.parametrize(
    "message",
    [
        {"role": "system", "content": "a"},
        {"role": "developer", "content": "a"},
        USER,
        ASSISTANT,
        {"role": "tool", "content": "4", "tool_call_id": "c1"},
        {"role": "function", "content": "4", "name": "f"},
    ],
)
def test_a_member_that_the_role_does_not_have_is_refused(message: Json) -> None:
    assert read(lines(chat(**message))).problem is None
    assert complaint(chat(**message, id=5)) == 'Line 1, message 2, key "id": Extra inputs are not permitted'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"preferred_output": None}, 'Line 1, key "preferred_output": Input should be a valid list'),
        (
            {"non_preferred_output": []},
            'Line 1, key "non_preferred_output": List should have at least 1 item after validation, not 0',
        ),
        (
            {"preferred_output": [ASSISTANT] * 2},
            'Line 1, key "preferred_output": List should have at most 1 item after validation',
        ),
        (
            {"preferred_output": [USER]},
            "Line 1, key \"preferred_output.0.role\": No match for discriminator 'role' (allowed values: 'assistant')",
        ),
        (
            {"non_preferred_output": [{"role": "assistant"}]},
            'Line 1, key "non_preferred_output.0.content": Field required',
        ),
        (
            {"input": {"messages": [{"content": "a"}]}},
            "Example 1, message 1 Discriminator 'role' is missing in value",
        ),
        ({"input": {"messages": [USER], "tools": [{}]}}, 'Line 1, key "input.tools.0.function": Field required'),
        (
            {"input": {"messages": [{"role": "assistant"}]}},
            'Line 1, message 1, key "content": Field required',
        ),
        ({"id": 5}, 'Example 1 contains an extra "id".'),
    ],
)
def test_a_preference_is_refused_in_the_same_way(change: Json, message: str) -> None:
    assert complaint(PREFERENCE | change, after=PREFERENCE) == message


def test_a_completion_is_refused_in_the_same_way() -> None:
    assert complaint(COMPLETION | {"id": 5}, after=COMPLETION) == 'Example 1 contains an extra "id".'
    assert complaint(COMPLETION | {"prompt": 5}, after=COMPLETION) == (
        'Line 1, key "prompt": Input should be a valid string'
    )


@pytest.mark.parametrize("line", [b"", b"[1]", b'"a"', b"5", b"null", b"a,b", b"{", b'{"a": 1,}', b"\xff", b"\x00"])
def test_a_later_line_that_is_no_json_object_is_told_from_the_first(line: bytes) -> None:
    later = read(lines(CHAT), line or b"{").problem
    assert later is not None
    assert later.code == ""
    assert later.message.startswith("Example 2 ")


@pytest.mark.parametrize(
    "row",
    [
        chat(role="user", content=[{"type": "text", "text": "a<|endoftext|>b"}]),
        chat(role="assistant", tool_calls=[CALL | {"function": {"name": "f", "arguments": "<|endoftext|>"}}]),
        PREFERENCE | {"preferred_output": [{**ASSISTANT, "content": "<|endoftext|>"}]},
        PREFERENCE | {"input": {"messages": [{**USER, "content": "<|endoftext|>"}]}},
    ],
)
def test_a_special_token_is_found_wherever_a_message_has_it_and_however_it_is_escaped(row: Json) -> None:
    said = "Example 1 message contains an invalid token: <|endoftext|>."
    text = json.dumps(row)
    assert complaint(row, after=PREFERENCE if "input" in row else CHAT) == said
    for letter, escaped in (("<", "\\u003c"), ("|", "\\u007C")):
        problem = read(text.replace(letter, escaped).encode()).problem
        assert problem is not None
        assert problem.message == said


@pytest.mark.parametrize("text", ["<|", "<|other|>", "a | b < c", "<|im_nothing|>", "\\u003c|fim_suffix|>"])
def test_what_only_looks_like_a_special_token_is_text(text: str) -> None:
    rows = lines(*[chat(role="user", content=text)] * 3)
    assert (read(rows).problem, read(rows).rows) == (None, 3)


def test_names_of_members_are_cut_short_and_texts_are_not_repeated() -> None:
    long = "n\x1b\n" * 100
    dataset = read(lines(CHAT | {long: 1}))
    assert len(dataset.caveats[-1].message) < 80
    assert "\n" not in dataset.caveats[-1].message
    assert len(complaint(chat(**USER, **{long: 1}))) < 120
    assert "secret" not in complaint(chat(role="secret", content="a"))
    assert "secret" not in complaint(chat(role="user", content=[{"type": "secret"}]))
    assert "secret" not in str(read(lines({"secret": "secret"})).problem)
