"""Datasets: what is taken, what is refused and in which words, and that neither splits nor spellings matter."""

import json
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.core.datasets import Grammar, Reader, estimate_tokens
from emulator.core.datasets.grammar import Finding, Line, Read, Refused, Row
from emulator.core.datasets.reader import NO_ROWS, TOO_LONG
from emulator.dialects.nebius.training import GRAMMAR as NEBIUS
from emulator.dialects.openai.training import GRAMMAR as OPENAI
from emulator.timeline.job import Dataset, Problem

COOKBOOK = Path(__file__).parents[3] / "shared" / "data" / "nebius_cookbook_training_data.jsonl"

HELLO = {"role": "user", "content": "hello"}
HI = {"role": "assistant", "content": "hi"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
GOOD: dict[str, dict[str, Any]] = {
    "conversational": {"messages": [HELLO, HI]},
    "instruction": {"prompt": "2 + 2", "completion": "4"},
    "text": {"text": "Once upon a time."},
    "pretokenized": {"token_ids": [1, 2, 3], "labels": [-100, 2, 3]},
}


def read(*pieces: bytes, line_bytes_max: int = 10_000, grammar: Grammar = NEBIUS) -> Dataset:
    reader = Reader(grammar, line_bytes_max=line_bytes_max)
    for piece in pieces:
        reader.feed(piece)
    return reader.finish()


def lines(*rows: object, ascii_only: bool = False) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=ascii_only).encode() + b"\n" for row in rows)


def complaint(row: object) -> str:
    """Return what is said of a row that follows a good conversation, and see that a first row hears the same."""
    later, first = read(lines(GOOD["conversational"], row)).problem, read(lines(row)).problem
    assert later is not None
    assert (first, later.line) == (Problem(1, later.message), 2)
    return later.message


def chat(**message: object) -> dict[str, object]:
    return {"messages": [HELLO, message]}


class Letter(bytes):
    """A row of the toy language below, whose rows are letters and whose capitals and vowels are caveats."""

    def tokens(self) -> int:
        return len(self)


def test_a_caveat_is_told_of_its_first_line_and_looked_for_no_longer() -> None:
    examined = []

    def quick(form: str, noted: frozenset[str]) -> Read:
        def read_known(line: Line) -> Row:
            if not caveats(line) <= noted:
                raise Refused("is new")
            return Letter(line)

        return read_known

    def caveats(line: Line) -> set[str]:
        return {code for code, has in (("capital", line.isupper()), ("vowel", line.lower() in b"aeiou")) if has}

    def examine(line: Line, *, form: str, number: int) -> Finding:
        examined.append(number)
        return Finding("letter", 1, dict.fromkeys(sorted(caveats(line)), f"line {number}"))

    dataset = read(b"b\nA\nb\na\nB\nA\n", grammar=Grammar(quick, examine))
    assert (dataset.form, dataset.rows, examined) == ("letter", 6, [1, 2])
    assert dataset.caveats == (Problem(2, "line 2", "capital"), Problem(2, "line 2", "vowel"))


@pytest.mark.parametrize("form", GOOD)
def test_each_form_is_known_by_its_members(form: str) -> None:
    dataset = read(lines(GOOD[form], GOOD[form]))
    assert dataset == replace(dataset, form=form, rows=2, tokens=2 * dataset.longest_tokens, longest_line=1)
    assert dataset.problem is None


@pytest.mark.parametrize("form", GOOD)
def test_a_row_of_another_form_is_refused_where_it_stands(form: str) -> None:
    other = GOOD["text" if form != "text" else "pretokenized"]
    dataset = read(lines(GOOD[form], GOOD[form], other))
    assert dataset.problem is not None
    assert (dataset.rows, dataset.problem.line, dataset.problem.message[:11]) == (2, 3, "mixed forms")


def test_the_members_of_several_forms_go_by_precedence() -> None:
    everything: dict[str, Any] = {}
    for form in reversed(GOOD):
        everything |= GOOD[form]
        first = read(lines(everything))
        assert (first.form, first.problem) == (form, None)
        follower = read(lines(GOOD["pretokenized"], everything))
        assert (follower.problem is None) == (form == "pretokenized")


def test_half_an_instruction_does_not_take_a_text_for_itself() -> None:
    assert read(lines({"text": "a", "prompt": "b"}, {"text": "c"})).form == "text"


ACCEPTED = [
    chat(role="tool", content="4", tool_call_id="c1", name="f"),
    chat(role="assistant", content=None, tool_calls=[CALL]),
    chat(role="assistant", tool_calls=[{"function": {"name": "f", "arguments": {"a": [1, {"b": None}]}}}]),
    chat(role="user", content=[{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
    chat(role="assistant", content="a", tool_calls=None, name=None, weight=0),
    {"messages": [HELLO], "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
    {"messages": [HELLO], "tools": None, "text": 5, "id": None},
]


@pytest.mark.parametrize("row", ACCEPTED)
def test_what_conversations_may_hold(row: dict[str, object]) -> None:
    dataset = read(lines(row, row))
    assert (dataset.form, dataset.rows, dataset.problem) == ("conversational", 2, None)


REFUSED = [
    (chat(role="bot", content="a"), "messages[1].role: got 'bot', takes one of 'system', 'user', 'assistant', 'tool'"),
    (chat(role=5, content="a"), "messages[1].role: got an integer, takes one of 'system', 'user', 'assistant', 'tool'"),
    (chat(content="a"), "messages[1]: has no 'role'"),
    (
        chat(role="user"),
        "messages[1].content: is missing or null; only an assistant with tool_calls goes without",
    ),
    (
        chat(role="assistant", content=None, tool_calls=[]),
        "messages[1].content: is missing or null; only an assistant with tool_calls goes without",
    ),
    (
        chat(role="user", tool_calls=[CALL]),
        "messages[1].content: is missing or null; only an assistant with tool_calls goes without",
    ),
    (chat(role="user", content=5), "messages[1].content: got an integer, takes a string or an array of text parts"),
    (
        chat(role="user", content=[{"type": "image_url", "text": "a"}]),
        "messages[1].content[0].type: got 'image_url', takes 'text'",
    ),
    (chat(role="user", content="a", name=5), "messages[1].name: got an integer, takes a string or null"),
    (
        chat(role="assistant", tool_calls=[{"type": "tool", "function": CALL["function"]}]),
        "messages[1].tool_calls[0].type: got 'tool', takes 'function'",
    ),
    (
        chat(role="assistant", tool_calls=[{"function": {"name": "f", "arguments": 5}}]),
        "messages[1].tool_calls[0].function.arguments: got an integer, takes a string or an object",
    ),
    ({"messages": []}, "messages: is empty, takes at least one"),
    ({"messages": ["hello"]}, "messages[0]: got a string, takes an object"),
    ({"messages": "hello"}, "messages: got a string, takes an array"),
    ({"messages": [HELLO], "tools": [{"function": {}}]}, "tools[0].function: has no 'name'"),
    ({"messages": [HELLO], "tools": {}}, "tools: got an object, takes an array or null"),
    ("hello", "got a string, takes an object"),
    ({"input": "a"}, "has none of 'messages', 'prompt' and 'completion', 'text', 'token_ids'"),
]


@pytest.mark.parametrize(("row", "message"), REFUSED)
def test_a_refusal_names_the_member_and_what_it_takes(row: object, message: str) -> None:
    assert complaint(row) == message


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"prompt": "a"}, "has no 'completion'"),
        ({"prompt": "a", "completion": None}, "completion: got null, takes a string"),
        ({"text": ["a"]}, "text: got an array, takes a string"),
        ({"token_ids": [1, "a"]}, "token_ids[1]: got a string, takes an integer"),
        ({"token_ids": [1.0]}, "token_ids[0]: got a number, takes an integer"),
        ({"token_ids": [[1]]}, "token_ids[0]: got an array, takes an integer"),
        ({"token_ids": 12}, "token_ids: got an integer, takes an array"),
        ({"token_ids": [1, 2], "labels": [1]}, "labels: has 1 entries, token_ids has 2; they take the same number"),
    ],
)
def test_the_other_forms_are_refused_in_the_same_way(row: object, message: str) -> None:
    assert read(lines(row)).problem == Problem(1, message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"text": "\xff"}', "is not valid UTF-8"),
        (b'{"text": "a", "other": "\xff"}', "is not valid UTF-8"),
        (b'{"text": NaN}', "is not valid JSON: invalid character (byte 9)"),
        (b"{'text': 'a'}", "is not valid JSON: expected '\"' (byte 1)"),
        (b'{"text": "\x00"}', "is not valid JSON: invalid character (byte 10)"),
        (b'{"text": "\\ud800"}', "is not valid JSON: half of a surrogate pair"),
        (b'{"text": "a"', "is not valid JSON: it ends in the middle of a value (byte 12); a row is one line"),
        (b'{"text": ' + b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_line_that_is_not_json_says_where(line: bytes, message: str) -> None:
    problem = Problem(2, message)
    assert read(lines(GOOD["text"]), line, line_bytes_max=200_000).problem == problem
    assert read(b"\n", line, line_bytes_max=200_000).problem == problem


def test_numbers_of_any_size_are_no_obstacle_where_they_are_ignored() -> None:
    line = b'{"text": "a", "x": [1e999, ' + b"9" * 5000 + b']}\n{"text": "\\u0000"}\n'
    assert read(line).problem is None


def test_a_member_given_twice_is_refused_when_one_of_them_is_wrong() -> None:
    assert read(b'{"text": "a", "text": "b"}').problem is None
    assert read(b'{"text": 5, "text": "b"}').problem == Problem(1, "text: got an integer, takes a string")


@pytest.mark.parametrize("text", [json.dumps([GOOD["text"]], indent=2), json.dumps([GOOD["text"]])])
def test_a_json_array_is_told_from_json_lines(text: str) -> None:
    problem = read(text.encode()).problem
    assert problem is not None
    assert (problem.line, problem.message[:19]) == (1, "begins a JSON array")


@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n\n\t", b"\xef\xbb\xbf"])
def test_a_file_without_rows_is_refused_as_a_whole(content: bytes) -> None:
    assert read(content).problem == Problem(0, "the file has no rows", NO_ROWS)


def test_blank_lines_carriage_returns_a_mark_and_a_missing_end_are_taken() -> None:
    dataset = read(b'\xef\xbb\xbf{"text": "a"}\r\n\r\n   \n{"text": "the longest"}')
    assert (dataset.rows, dataset.longest_line, dataset.problem) == (2, 4, None)


def test_a_long_line_is_dropped_as_soon_as_it_is_too_long() -> None:
    reader = Reader(NEBIUS, line_bytes_max=100)
    reader.feed(lines(GOOD["text"]) + b"x" * 90)
    reader.feed(b"x" * 11)
    assert not reader._pending
    reader.feed(b"x" * 1000 + b"\n")
    dataset = reader.finish()
    assert not reader._pending
    assert dataset.problem == Problem(2, "is longer than 100 bytes, the longest line that is read", TOO_LONG)
    assert dataset.rows == 1


def test_a_line_of_just_the_longest_length_is_read() -> None:
    line = lines(GOOD["text"])
    assert read(line, line_bytes_max=len(line) - 1).problem is None
    assert read(line, line_bytes_max=len(line) - 2).problem is not None


def test_only_the_first_problem_is_kept_and_nothing_is_counted_after_it() -> None:
    good = lines(GOOD["text"])
    assert read(good, b"{\n", b"[\n", good) == replace(
        read(good),
        problem=Problem(2, "is not valid JSON: it ends in the middle of a value (byte 1); a row is one line"),
    )


def test_a_refusal_does_not_repeat_what_users_wrote() -> None:
    problem = read(lines(chat(role="secret\n" * 100, content="a"))).problem
    assert problem is not None
    assert len(problem.message) < 140
    assert "\n" not in problem.message


@pytest.mark.parametrize("grammar", [NEBIUS, OPENAI], ids=["nebius", "openai"])
@pytest.mark.parametrize("letter", ["a", "漢", "😀"])
def test_memory_is_a_small_multiple_of_the_longest_line(letter: str, grammar: Grammar) -> None:
    size = 8_000_000
    text = "a" * (size // 2) + letter * (size // 2 // len(letter.encode()))
    line = lines({"messages": [{"role": "assistant", "content": text}]})
    pieces = [line[at : at + 65_536] for at in range(0, len(line), 65_536)]
    tracemalloc.start()
    dataset = read(*pieces, line_bytes_max=2 * size, grammar=grammar)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert dataset.rows == 1
    assert peak < 7 * size


def split(content: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(content) + 1) for cut in cuts), len(content)]
    return [content[start:end] for start, end in pairwise(edges)]


PREFERENCE = {"input": {"messages": [HELLO]}, "preferred_output": [HI], "non_preferred_output": [HI]}
CAVEATS = [{"messages": [HELLO, HI], "id": 5}, {"messages": [HELLO]}, PREFERENCE, PREFERENCE | {"id": 5}]

rows_as_sent = st.sampled_from([lines(row) for row in [*GOOD.values(), *CAVEATS, *(row for row, _ in REFUSED)]])
oddities = st.sampled_from([b"\n", b"\r\n", b"[\n", b"\xef\xbb\xbf", b"\xff\n", '{"text": "é😀"}\n'.encode(), b"  "])
contents = st.lists(rows_as_sent | oddities | st.binary(max_size=20), max_size=6).map(b"".join)
texts = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("grammar", [NEBIUS, OPENAI], ids=["nebius", "openai"])
@given(content=contents, cuts=st.lists(st.integers(0, 10_000), max_size=8), limit=st.sampled_from([5, 40, 10_000]))
def test_the_split_of_the_bytes_changes_nothing(grammar: Grammar, content: bytes, cuts: list[int], limit: int) -> None:
    whole = read(content, line_bytes_max=limit, grammar=grammar)
    assert read(*split(content, cuts), line_bytes_max=limit, grammar=grammar) == whole
    assert read(*split(content, range(len(content))), line_bytes_max=limit, grammar=grammar) == whole


@given(st.binary())
@example(b'{"text": "\xed\xa0\x80"}')
@example(b"\x00")
def test_no_bytes_are_too_odd_for_an_answer(content: bytes) -> None:
    for start in (b"", lines(GOOD["text"]), lines(GOOD["conversational"])):
        dataset = read(start + content)
        assert dataset.problem is not None or dataset.rows > 0


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["user", "assistant", "text"]) | texts
)
names = st.sampled_from(
    ["messages", "role", "content", "tool_calls", "function", "name", "arguments", "type", "text", "tools", "token_ids"]
)
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4))
turns = st.dictionaries(names, anything, max_size=3) | st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool", "bot"])},
    optional={"content": texts | anything, "tool_calls": st.lists(st.just(CALL), max_size=2) | anything},
)
conversations = st.fixed_dictionaries(
    {"messages": st.lists(turns, max_size=3) | anything}, optional={"tools": anything, "text": anything}
)


@given(conversations)
def test_the_quick_way_and_the_thorough_way_agree(row: object) -> None:
    good = lines(GOOD["conversational"])
    alone, after = read(lines(row)), read(good + lines(row))
    assert after.tokens == alone.tokens + read(good).tokens
    assert after.problem == (alone.problem and replace(alone.problem, line=2))


@given(anything, st.sampled_from(list(GOOD)))
def test_no_row_is_too_odd_for_an_answer(row: object, form: str) -> None:
    dataset = read(lines(GOOD[form], row))
    assert (dataset.rows, dataset.form) == (1 if dataset.problem else 2, form)


@given(texts, texts)
@example("é", "\\ud83d\\")
@example("😀", "\x00\x7f\n")
def test_escaped_letters_count_like_written_ones(text: str, other: str) -> None:
    tool = {"function": {"name": "f", "description": other, "parameters": {other: text}}}
    call = {"function": {"name": "f", "arguments": {other: [text]}}}
    row = {"messages": [{"role": "assistant", "content": text, "tool_calls": [call]}], "tools": [tool]}
    for each in (row, chat(role="user", content=text), {"text": text}):
        written = read(lines(each), line_bytes_max=10**6)
        assert written == read(lines(each, ascii_only=True), line_bytes_max=10**6)
        assert written.problem is None


def test_tokens_grow_with_bytes_and_messages() -> None:
    assert estimate_tokens(text_bytes=420) == 101
    assert estimate_tokens(text_bytes=420, messages=3) == 116
    assert read(lines({"text": "é" * 210})).tokens == 101
    assert read(lines({"messages": [{"role": "user", "content": "é" * 210}]})).tokens == 106


def test_tools_and_calls_count_by_their_json() -> None:
    plain, tools = {"messages": [HELLO]}, [{"function": {"name": "f", "description": "d" * 420}}]
    more = read(lines(plain | {"tools": tools})).tokens - read(lines(plain)).tokens
    assert more == pytest.approx(len(json.dumps(tools)) / 4.2, abs=1)
    call = {"function": {"name": "f", "arguments": {"a": "b" * 420}}}
    with_call = read(lines({"messages": [{"role": "assistant", "tool_calls": [call]}]})).tokens
    assert with_call == pytest.approx(1 + 5 + 470 / 4.2, abs=5)


def test_pretokenized_rows_are_counted_exactly() -> None:
    dataset = read(lines({"token_ids": []}, {"token_ids": [1, 2, 3], "more": 1}, {"token_ids": [7], "labels": None}))
    assert dataset == Dataset("pretokenized", 3, 4, 3, 2)


def test_the_cookbooks_data_makes_the_steps_that_were_observed() -> None:
    if not COOKBOOK.exists():
        pytest.skip(f"the provider's cookbook data are not beside the checkout: {COOKBOOK}")
    dataset = read(COOKBOOK.read_bytes())
    assert (dataset.form, dataset.rows, dataset.problem) == ("conversational", 800, None)
    # Counted with cl100k_base and five tokens a message: 133,997 and one a row.
    assert dataset.tokens == pytest.approx(134_797, rel=0.01)
    assert ceil(ceil(dataset.tokens / 8192) / 32) * 5 == 5


def test_the_distillation_recording_comes_out_within_two_percent() -> None:
    # 20,995 rows of 294 content bytes in three messages; 18.25 M tokens in ten epochs, by the price that was paid.
    assert 20_995 * estimate_tokens(text_bytes=294, messages=3) == pytest.approx(1_825_000, rel=0.02)
