"""What is compared of a conversation, and what is not."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.inference.conversation import NOTHING, Heard, Turn, heard, prompt_tokens, said, turns, words
from tests.inference.data import asked, call

texts = st.text(st.characters(exclude_categories=["Cs"]))
some_turns = st.lists(st.builds(Turn, st.sampled_from(["system", "user", "assistant", "tool"]), texts), max_size=6)


@given(some_turns, some_turns)
def test_a_conversation_that_goes_on_comes_to_the_same_as_the_whole(one: list[Turn], two: list[Turn]) -> None:
    assert heard(two, heard(one)) == heard([*one, *two])


@given(some_turns, some_turns)
def test_two_conversations_have_one_digest_only_where_the_same_was_said(one: list[Turn], two: list[Turn]) -> None:
    assert (heard(one).digest == heard(two).digest) is (one == two)


def test_the_ids_of_calls_and_the_spelling_of_arguments_do_not_count() -> None:
    one = turns([call("look", '{"a": 1, "b": 2}', "call_1")])
    two = turns([call("look", '{"b":2,"a":1}', "call_2")])
    three = turns([call("look", {"a": 1, "b": 2})])
    other = turns([call("look", '{"a": 1, "b": 3}', "call_1")])

    assert heard(one).digest == heard(two).digest == heard(three).digest != heard(other).digest


def test_a_text_in_parts_is_one_text_without_its_pictures() -> None:
    parts = [
        {"type": "text", "text": "What is "},
        {"type": "image_url", "image_url": {}},
        {"type": "text", "text": "it?"},
    ]

    assert turns([{"role": "user", "content": parts}]) == said("What is it?")


def test_roles_that_mean_the_same_are_the_same() -> None:
    assert [turn.role for turn in turns([{"role": "developer"}, {"role": "function"}])] == ["system", "tool"]


def test_a_function_called_the_old_way_is_called() -> None:
    old = {"role": "assistant", "function_call": {"name": "look", "arguments": "{}"}}

    assert [(each.name, each.arguments, each.id) for each in turns([old])[0].calls] == [("look", "{}", "")]


@pytest.mark.parametrize(
    ("conversation", "question", "since"),
    [
        ((), "", 0),
        (asked("a"), "a", 0),
        (asked("a", "b"), "a", 1),
        (asked("a", "b", "c"), "c", 0),
        ((Turn("system", "s"),), "s", 0),
        ((*asked("a", "b"), Turn("tool", "t")), "a", 2),
    ],
)
def test_the_question_is_the_last_text_of_the_user(conversation: tuple[Turn, ...], question: str, since: int) -> None:
    told = heard(conversation)

    assert (told.question, told.since) == (question, since)


def test_words_are_compared_without_case_and_letters_of_scripts_without_spaces_one_by_one() -> None:
    assert words("It's STRASSE, straße!") == words("straße s it")
    assert len(words("東京タワー")) == len("東京タワー")
    assert words("a" * 5000 + " b") == words("a" * 4000)


@pytest.mark.parametrize("messages", [None, {}, "x", [1, None, "x"], [{"role": "user", "content": 5}], [{}]])
def test_what_is_no_message_says_nothing(messages: object) -> None:
    assert "".join(turn.text for turn in turns(messages)) == ""


@pytest.mark.parametrize("arguments", ["", "{", "[" * sys.getrecursionlimit() * 100, "NaN", '"\\ud800"'])
def test_arguments_that_are_no_json_are_compared_as_they_are(arguments: str) -> None:
    told = heard(turns([call("look", arguments)]))

    assert (told == heard(turns([call("look", arguments)])), told == heard(turns([call("look", "5")]))) == (True, False)


def test_every_text_adds_to_the_tokens_of_a_prompt() -> None:
    short, long = prompt_tokens(asked("hello")), prompt_tokens(asked("hello", "there", "again"))

    assert (short, long > short, prompt_tokens(asked("hello"), further_bytes=42)) == (7, True, 17)


def test_nothing_heard_is_where_every_conversation_begins() -> None:
    assert heard([]) == NOTHING == Heard()
