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
    assert told.out.splitlines()[0] == "They agree: of 2 facts 1 are refuted by both, 1 agree."
    assert "BOTH REFUTE\n\njobs.list\n  has has_more\n    A: it said otherwise; B: it said otherwise" in told.out


def test_a_fact_that_one_proved_and_the_other_refuted_differs(command: Command, files: Files) -> None:
    a = files.write("a", fact("jobs.events", "are told oldest first"))
    b = files.write("b", fact("jobs.events", "are told oldest first", "refuted", why="newest first"))
    told = command("conformance", a, b)
    assert told.code == 2
    assert told.out.startswith("They differ: of 1 facts 1 differ.\n")
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
    assert told["agree"] is True
    assert command("conformance", a, b).code == 0


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
