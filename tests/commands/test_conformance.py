"""``ftemu conformance``."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Command


def fact(operation: str, words: str, outcome: str = "proven", **more: Any) -> dict[str, Any]:
    told = {"operation": operation, "fact": words, "known": "documented", "marks": ["free"], "test": "t"}
    why = None if outcome == "proven" else "it said otherwise"
    return {**told, "outcome": outcome, "why": why, "at": "2026-11-21T12:00:00Z", "requests": 1, "observed": {}, **more}


class Files:
    """Two files of evidence."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, *facts: dict[str, Any], **more: Any) -> str:
        told = {
            "version": 1,
            "target": f"https://{name}.example/v1",
            "dialect": "nebius",
            "ran_at": "2026-11-21T12:00:00Z",
        }
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps({**told, "allow_spending": False, "facts": facts, **more}), encoding="utf-8")
        return str(path)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


SAME = (fact("files.list", "is newest first"), fact("jobs.list", "has has_more", "refuted"))


def test_two_runs_that_found_the_same_agree_and_what_both_refute_is_told_apart(command: Command, files: Files) -> None:
    told = command("conformance", files.write("a", *SAME), files.write("b", *SAME))
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("They agree in 2 of 2 facts.\nOf all facts 1 are refuted by both, 1 agree.\n")
    assert "BOTH REFUTE\n\njobs.list\n  has has_more\n    A: it said otherwise; B: it said otherwise" in told.out


def test_a_fact_that_one_proved_and_the_other_refuted_differs(command: Command, files: Files) -> None:
    a = files.write("a", fact("jobs.events", "are told oldest first"))
    b = files.write("b", fact("jobs.events", "are told oldest first", "refuted", why="newest first"))
    told = command("conformance", a, b)
    assert told.code == 2
    assert told.out.startswith("They differ in 1 of 1 facts.\n")
    assert "  are told oldest first: proven in A, refuted in B\n    B: newest first\n" in told.out
    assert command("conformance", b, a).code == 2


def test_what_was_observed_is_shown_place_by_place_and_counts(command: Command, files: Files) -> None:
    seen = {"status": 200, "body": {"data": [{"level": "info"}], "has_more": False}, "one": True}
    other = {"status": 201, "body": {"data": [{"level": "warn"}], "more": None}, "one": 1}
    told = command(
        "conformance",
        files.write("a", fact("jobs.events", "are told", observed=seen)),
        files.write("b", fact("jobs.events", "are told", observed=other)),
    )
    assert told.code == 2
    assert told.out.partition("are told\n")[2].partition("\n\n")[0].splitlines() == [
        '    body.data[0].level  a: "info"  b: "warn"',
        "    body.has_more  a: false  b: absent",
        "    body.more  a: absent  b: null",
        "    one  a: true  b: 1",
        "    status  a: 200  b: 201",
    ]


def test_what_was_not_tried_or_is_in_one_file_only_is_not_compared(command: Command, files: Files) -> None:
    a = files.write("a", fact("jobs.create", "x", "not_tried", why="it spends"), fact("jobs.list", "y", "refuted"))
    b = files.write("b", fact("jobs.create", "x"), fact("jobs.retrieve", "z"))
    told = command("conformance", a, b, "--json").json
    assert {(each["fact"], each["verdict"], each["why"]) for each in told["facts"]} == {
        ("x", "not compared", "A: it spends"),
        ("y", "only in A", None),
        ("z", "only in B", None),
    }
    assert (told["agree"], told["compared"]) == (False, 0)


def test_two_runs_of_which_nothing_can_be_compared_do_not_agree(command: Command, files: Files) -> None:
    untried = [fact("jobs.list", name, "not_tried", why="the run ended before it") for name in ("x", "y")]
    for one, other in (
        (SAME, untried),
        ([SAME[0]], [SAME[1]]),
        ([], []),
    ):
        told = command("conformance", files.write("a", *one), files.write("b", *other))
        assert told.code == 1
        assert told.out.startswith("Nothing could be compared: 0 of ")
        assert "agree in" not in told.out.lower()


def test_what_is_left_out_is_told_in_the_first_line_and_its_counts_are_those_of_the_table(
    command: Command, files: Files
) -> None:
    left = [fact("jobs.create", str(number), "not_tried", why="it spends") for number in range(3)]
    a = files.write("a", *SAME, *left, fact("jobs.retrieve", "here"))
    b = files.write("b", *SAME, fact("jobs.retrieve", "there"), *(fact("jobs.create", str(n)) for n in range(3)))
    told = command("conformance", a, b)
    assert told.code == 0
    assert told.out.startswith("They agree in 2 of 7 facts; 5 not compared.\n")
    rows = told.out.partition("NOT COMPARED\n")[2].rpartition("NOT COMPARED\n")[2].splitlines()
    assert sum(int(row.split()[-1]) for row in rows) == 5
    assert sum(int(row.split()[1]) for row in rows) + sum(int(row.split()[3]) for row in rows) == 2


def test_what_is_not_compared_is_told_by_its_reasons_and_each_fact_only_where_asked_for(
    command: Command, files: Files
) -> None:
    names = [f"fact {number}" for number in range(60)]
    broken = [
        fact(
            "jobs.create" if number % 2 else "files.list", name, "not_tried", why=f"its setup failed: E: {{'n': {name}"
        )
        for number, name in enumerate(names)
    ]
    a = files.write("a", SAME[0], *(fact(each["operation"], each["fact"]) for each in broken))
    b = files.write("b", SAME[0], *broken)
    told = command("conformance", a, b)
    part = told.out.partition("NOT COMPARED\n")[2].partition("\n\n")[0].rstrip().splitlines()
    assert part == ["  60 B: its setup failed: E", "    files.list (30), jobs.create (30)"]
    assert max(map(len, told.out.replace(str(files.folder), "").splitlines())) <= 80
    assert all(name in command("conformance", a, b, "--verbose").out for name in names)


def test_scripts_get_it_as_json(command: Command, files: Files) -> None:
    a = files.write("a", fact("jobs.list", "y", observed={"n": 1}))
    b = files.write("b", fact("jobs.list", "y", observed={"n": 2}))
    told = command("conformance", a, b, "--json").json
    assert told["counts"]["differs in detail"] == 1
    assert told["facts"][0]["details"] == [{"place": "n", "a": 1, "b": 2}]
    assert (told["a"]["target"], told["dialect"], told["agree"]) == ("https://a.example/v1", "nebius", False)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("not json", "is no evidence: it is not JSON"),
        ("[1]", "is no evidence: takes an object with version and facts"),
        ('{"version": 2, "facts": []}', "is evidence of version 2, takes 1"),
        ('{"version": 1, "facts": [5]}', "facts[0] is no object"),
        ('{"version": 1, "facts": [{"operation": 5}]}', "facts[0].operation is 5, takes a text"),
        (
            '{"version": 1, "facts": [{"operation": "a", "fact": "b", "outcome": "maybe"}]}',
            "facts[0].outcome is 'maybe', takes one of proven, refuted, not_tried",
        ),
    ],
)
def test_what_is_no_evidence_is_refused(written: str, says: str, command: Command, files: Files) -> None:
    bad = files.folder / "bad.json"
    bad.write_text(written, encoding="utf-8")
    for order in ((files.write("a"), str(bad)), (str(bad), files.write("a"))):
        told = command("conformance", *order)
        assert (told.code, told.out) == (1, "")
        assert says in told.err


def test_a_fact_told_twice_another_dialect_and_a_file_that_is_not_there_are_refused(
    command: Command, files: Files
) -> None:
    twice = files.write("twice", *SAME, SAME[0])
    assert "facts[2] is a second one of files.list 'is newest first'" in command("conformance", twice, twice).err
    told = command("conformance", files.write("a"), files.write("b", dialect="openai"))
    assert (told.code, "takes two of one dialect" in told.err) == (1, True)
    told = command("conformance", files.write("a"), str(files.folder / "none.json"))
    assert (told.code, "cannot be read: No such file" in told.err) == (1, True)
