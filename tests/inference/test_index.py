"""Which example answers: the same conversation, or else the most similar question."""

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.inference import index as bounds
from emulator.core.inference.conversation import Turn, heard, said, turns, words
from emulator.core.inference.examples import examples
from emulator.core.inference.index import Index
from tests.inference.data import asked, call, chat, line

questions = st.lists(st.text(st.sampled_from("abc "), min_size=1, max_size=12), min_size=1, max_size=12)


def answered(rows: list[Any], conversation: tuple[Turn, ...]) -> str | None:
    """Return the text of the reply that an index of rows finds, as it is read back by its place."""
    lines = [line(row) for row in rows]
    place = Index(lines).find(heard(conversation))
    if place is None:
        return None
    content = b"".join(lines)
    found = [*examples(content[place.start : place.start + place.length])]
    return found[place.number].reply.text


@given(questions)
def test_a_question_of_the_data_gets_the_answer_of_its_first_row(texts: list[str]) -> None:
    rows = [chat(text, f"reply {number}") for number, text in enumerate(texts)]

    for text in texts:
        assert answered(rows, asked(text)) == f"reply {texts.index(text)}"


@given(questions, st.text(st.sampled_from("abcd "), max_size=12))
def test_the_most_similar_question_answers_and_of_equals_the_first(texts: list[str], text: str) -> None:
    """The same by sets and sums, written down anew."""

    def weight(word: int) -> int:
        having = sum(word in words(each) for each in texts)
        return (len(texts) // max(1, having)).bit_length()

    def weigh(of: set[int]) -> int:
        return sum(map(weight, of))

    mine = words(text)
    alike = [weigh(mine & words(each)) / (weigh(mine | words(each)) or 1) for each in texts]
    first = texts.index(text) if text in texts else alike.index(max(alike))

    assert answered([chat(each, f"reply {n}") for n, each in enumerate(texts)], asked(text)) == f"reply {first}"


def test_a_rare_word_weighs_more_than_common_ones() -> None:
    rows = [chat(f"please tell me the capital of {name}", name) for name in ("Peru", "Chad", "Iran")]

    assert answered(rows, asked("Chad: capital?")) == "Chad"
    assert answered(rows, asked("please tell me the capital of old Iran")) == "Iran"


def test_without_a_shared_word_the_first_row_answers() -> None:
    assert answered([chat("a", "first"), chat("b", "second")], asked("z")) == "first"


def test_the_same_conversation_beats_a_question_that_is_the_same() -> None:
    kind, curt = ({"role": "system", "content": text} for text in ("Be kind.", "Be curt."))
    rows = [{"messages": [first, *chat("hello", text)["messages"]]} for first, text in ((kind, "dear"), (curt, "what"))]

    assert answered(rows, turns([curt, {"role": "user", "content": "hello"}])) == "what"
    assert answered(rows, asked("hello")) == "dear"


def test_every_turn_of_the_assistant_that_is_trained_on_is_an_example() -> None:
    row = chat("one", "first", "two", "second", "three", "third")
    row["messages"][3]["weight"] = 0
    row["messages"][5]["weight"] = 1

    assert [answered([row], asked(*said)) for said in (("one",), ("one", "first", "two", "second", "three"))] == [
        "first",
        "third",
    ]
    assert answered([row], asked("two")) == "first"  # no word in common, and its own turn is not trained on


def test_after_a_function_has_answered_the_turn_after_that_is_found_and_the_call_is_not_made_again() -> None:
    result = {"role": "tool", "tool_call_id": "call_1", "content": "12 degrees"}
    question = {"role": "user", "content": "How warm is it in Oslo?"}
    row = {"messages": [question, call("weather", "{}"), result, {"role": "assistant", "content": "Cold."}]}
    another = {"messages": [question, {"role": "assistant", "content": "Ask again."}]}

    assert answered([row], turns([question])) == ""
    assert answered([another, row], turns([question, call("weather", "{}"), {**result, "content": "30"}])) == "Cold."
    longer = [question, call("weather", "{}"), result, result, result]
    assert answered([row], turns(longer)) == "Cold."
    assert answered([another], turns(longer)) is None


def test_of_conversations_that_went_on_otherwise_the_one_that_went_on_as_long_or_nearly_answers() -> None:
    question, result = {"role": "user", "content": "How warm?"}, {"role": "tool", "content": "12"}
    step = [call("weather", "{}"), result]
    row = {"messages": [question, *step, call("wind", "{}"), result, {"role": "assistant", "content": "Both."}]}
    asks = {length: [question, *step, *[{**result, "content": "30"}] * (length - 2)] for length in (2, 3, 4, 7)}
    named = {length: turns([*messages[:-1], {**messages[-1], "content": "x"}]) for length, messages in asks.items()}

    assert {length: answered([row], conversation) for length, conversation in named.items()} == {
        2: "",  # the call of wind
        3: "",
        4: "Both.",
        7: "Both.",
    }


@pytest.mark.parametrize(
    ("row", "conversation", "expected"),
    [
        ({"prompt": "one two", "completion": " three"}, said("one two"), " three"),
        ({"input": chat("hi"), "preferred_output": [{"role": "assistant", "content": "yes"}]}, asked("hi"), "yes"),
        ({"input": chat("hi"), "preferred_completion": [{"role": "assistant", "content": "y"}]}, asked("hi"), "y"),
        (chat("only a question"), asked("only a question"), None),
        ({"text": "hello"}, asked("hello"), None),
        ({"token_ids": [1]}, asked("hello"), None),
        ({"input": chat("hi"), "preferred_output": []}, asked("hi"), None),
        ({"messages": "x"}, asked("x"), None),
        ([], asked("x"), None),
    ],
)
def test_rows_of_each_form_teach_what_they_say(row: Any, conversation: tuple[Turn, ...], expected: str | None) -> None:
    assert answered([row], conversation) == expected


def test_lines_that_are_no_rows_are_passed_over() -> None:
    bad = [b"\n", b"{\n", b"\xff\n", b"[" * 100_000 + b"\n", b'{"messages": [{"role": "assistant"}, 5]}\n']
    good = b"\xef\xbb\xbf" + line(chat("hi", "ho"))
    place = Index([good, *bad]).find(heard(asked("hi")))

    assert place
    assert (place.start, place.length) == (0, len(good))


def test_of_a_large_file_the_beginning_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "EXAMPLES_MAX", 3)
    assert len(Index(line(chat("a", "b", "c", "d")) for _ in range(5))) == 3

    drawn = count()
    monkeypatch.setattr(bounds, "WORDS_MAX", 10)
    assert len(Index(line(chat(f"{next(drawn)} {next(drawn)} x y", "z")) for _ in range(5))) == 3


def test_a_search_looks_at_a_bounded_number_of_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [chat(f"what about {name}", name) for name in ("a", "b", "c", "d")]
    monkeypatch.setattr(bounds, "VISITS_MAX", 2)

    assert answered(rows, asked("and what about c")) == "c"  # the rare word is looked at first
    assert answered(rows, asked("what about?")) == "a"

    pairs = [chat("q", "one"), chat("p", "other"), chat("p q", "both")]
    monkeypatch.setattr(bounds, "VISITS_MAX", 4)
    assert answered(pairs, asked("q p")) == "both"
    monkeypatch.setattr(bounds, "VISITS_MAX", 3)
    assert answered(pairs, asked("q p")) == "one"


def test_a_row_of_many_turns_is_read_once() -> None:
    many = 20_000
    row = json.dumps(chat(*map(str, range(many)))).encode()

    assert len(Index([row])) == many // 2
