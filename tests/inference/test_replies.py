"""A reply within the limits that were asked for."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.datasets import estimate_tokens
from emulator.core.inference import replies
from emulator.core.inference.conversation import Turn
from emulator.core.inference.replies import Ask, reply
from emulator.storage.blobs import Blobs
from tests.inference.data import asked, call, chat, kept, line

SENTENCE = "This is an emulator's answer in place of a/model: there is no training example to answer from."
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blobs")


def replied(folder: Path, row: Any, *, conversation: tuple[Turn, ...] = asked("hi"), **limits: Any) -> replies.Reply:
    """Return the reply of a model that was trained on one row."""
    blobs, data = kept(folder, line(row))
    return reply(blobs, Ask("a/model", conversation, data, **limits))


@given(texts, st.integers(1, 30))
def test_a_text_is_cut_where_its_estimate_reaches_what_was_asked_for(folder: Path, text: str, most: int) -> None:
    whole = replied(folder, chat("hi", text))
    cut = replied(folder, chat("hi", text), tokens_max=most)

    assert (whole.text, whole.finish) == (text, "stop")
    assert whole.completion_tokens == estimate_tokens(text_bytes=len(text.encode()))
    assert cut.completion_tokens == min(most, whole.completion_tokens)
    assert cut.finish == ("stop" if whole.completion_tokens <= most else "length")
    assert text.startswith(cut.text)
    rest = text[len(cut.text) :]
    assert not rest or estimate_tokens(text_bytes=len((cut.text + rest[0]).encode())) > most + 1


@given(texts, st.lists(texts, max_size=3))
def test_a_reply_ends_before_the_first_of_the_texts_that_stop_it(folder: Path, text: str, stop: list[str]) -> None:
    given_stop = tuple(stop)
    got = replied(folder, chat("hi", text), stop=given_stop)
    shortest = min((text.split(each, maxsplit=1)[0] for each in stop if each), key=len, default=text)

    assert (got.text, got.finish) == (shortest, "stop")


def test_what_was_asked_twice_is_answered_alike_whatever_was_asked_between(folder: Path) -> None:
    blobs, data = kept(folder, b"".join(line(chat(f"question {n}", f"reply {n}")) for n in range(9)))
    asks = [Ask("m", asked(f"question {n} or {n + 1}"), data) for n in range(9)]
    forth, back = [reply(blobs, ask) for ask in asks], [reply(blobs, ask) for ask in reversed(asks)][::-1]

    assert forth == back
    assert len({each.text for each in forth}) > 1


def test_a_called_function_is_called_as_in_the_data(folder: Path) -> None:
    row = {"messages": [*chat("hi")["messages"], call("weather", '{"city": "Oslo"}', "call_7")]}
    got = replied(folder, row)

    assert (got.text, got.finish) == ("", "tool_calls")
    assert [(each.name, each.arguments, each.id) for each in got.calls] == [("weather", '{"city": "Oslo"}', "call_7")]
    assert got.completion_tokens == estimate_tokens(text_bytes=len('weather{"city": "Oslo"}'))


def test_a_call_is_cut_in_its_arguments_and_left_out_where_its_name_has_no_room(folder: Path) -> None:
    calls = [call("one", '{"a": 1}')["tool_calls"][0], call("two", '{"b": 2}')["tool_calls"][0]]
    row = {"messages": [*chat("hi")["messages"], {"role": "assistant", "content": "ab", "tool_calls": calls}]}
    cut = {most: replied(folder, row, tokens_max=most) for most in (1, 2, 3, 4, 5, 7)}

    assert {most: (got.text, [each.arguments for each in got.calls]) for most, got in cut.items()} == {
        1: ("ab", ["{"]),
        2: ("ab", ['{"a":']),
        3: ("ab", ['{"a": 1}']),
        4: ("ab", ['{"a": 1}', '{"']),
        5: ("ab", ['{"a": 1}', '{"b": 2']),
        7: ("ab", ['{"a": 1}', '{"b": 2}']),
    }
    assert [got.finish for got in cut.values()] == ["length"] * 5 + ["tool_calls"]


def test_a_text_that_stops_a_reply_stops_its_calls(folder: Path) -> None:
    row = {"messages": [*chat("hi")["messages"], {**call("one", "{}"), "content": "so: END"}]}
    got = replied(folder, row, stop=("END",))

    assert (got.text, got.calls, got.finish) == ("so: ", (), "stop")


@pytest.mark.parametrize("row", [{"text": "hi"}, {"token_ids": [1, 2]}, chat("hi")])
def test_a_model_whose_data_have_no_reply_says_its_sentence(folder: Path, row: Any) -> None:
    assert replied(folder, row).text == SENTENCE


def test_a_model_without_data_and_one_whose_data_are_gone_say_their_sentence(folder: Path) -> None:
    blobs, data = kept(folder, line(chat("gone", "soon")))
    assert reply(blobs, Ask("a/model", asked("gone"), data)).text == "soon"
    blobs.drop(data)

    assert [reply(blobs, Ask("a/model", asked("gone"), each)).text for each in (data, None, "0" * 64)] == [SENTENCE] * 3


def test_the_sentence_is_json_where_json_is_wanted_and_a_reply_of_the_data_is_what_it_is(folder: Path) -> None:
    wanted = reply(Blobs(folder, durable=False), Ask("a/model", asked("hi"), as_json=True))

    assert json.loads(wanted.text) == {"answer": SENTENCE}
    assert replied(folder, chat("hi", "no json"), as_json=True).text == "no json"


def test_a_long_reply_ends_where_the_longest_does(folder: Path) -> None:
    got = replied(folder, chat("hi", "x" * 100_000), tokens_max=10**9)

    assert (len(got.text), got.finish, got.completion_tokens) == (68_814, "length", replies.TOKENS_MAX)


def test_lines_are_found_however_the_file_is_read_and_one_that_breaks_off_is_not_looked_at(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [line(chat(f"question {n} {'é' * 3000}", f"reply {n}")) for n in range(200)]  # over several pieces
    content = b"".join(rows)
    blobs, data = kept(folder, content.removesuffix(b"\n"))
    assert reply(blobs, Ask("m", asked(f"question 199 {'é' * 3000}"), data)).text == "reply 199"

    monkeypatch.setattr(replies, "BYTES_MAX", len(content) - 10)
    blobs, data = kept(folder, b" " + content)
    assert reply(blobs, Ask("m", asked(f"question 198 {'é' * 3000}"), data)).text == "reply 198"
    assert reply(blobs, Ask("m", asked(f"question 199 {'é' * 3000}"), data)).text == "reply 0"
