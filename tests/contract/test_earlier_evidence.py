"""A lesser run takes nothing away: what it did not try stays as an earlier run of the same target found it."""

import json
import socket
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from contract_tests.harness.earlier import merged
from tests.contract.conftest import KEY, Played
from tests.contract.suite import FAST, TESTS, Result, file, run

SCHEMA = json.loads((TESTS / "evidence.schema.json").read_text(encoding="utf-8"))
LONG_AGO = "2026-01-01T00:00:00Z"
AUTH, MODELS = "nebius/test_auth.py", "nebius/test_models.py"


def against(folder: Path, played: Played, *args: str) -> Result:
    """Run against a server on this machine, and hold that the evidence is as its schema describes it."""
    options = ("--target", played.url, "--api-key-env", "CONTRACT_KEY", *FAST)
    asked = run(folder, *options, *args, variables={"CONTRACT_KEY": KEY})
    jsonschema_rs.validator_for(SCHEMA).validate(asked.evidence)
    return asked


def by_test(result: Result) -> dict[str, dict[str, Any]]:
    """Return what was found by each test."""
    return {fact["test"]: fact for fact in result.evidence["facts"]}


def rewritten(result: Result, **changes: Any) -> None:
    """Make the evidence that of a run long ago, which may have been of something else."""
    (path,) = (result.folder / "evidence").glob("*.json")
    told = result.evidence | changes
    told["facts"] = [fact | {"at": LONG_AGO} for fact in told["facts"]]
    path.write_text(json.dumps(told), encoding="utf-8")


@pytest.fixture
def earlier(tmp_path: Path, played: Played) -> Result:
    """A run of two files, long ago."""
    asked = against(tmp_path, played, file("test_models"), file("test_auth"))
    rewritten(asked)
    return asked


def test_a_run_of_some_tests_leaves_what_was_found_of_the_others(earlier: Result, played: Played) -> None:
    before = by_test(earlier)
    asked = against(earlier.folder, played, "-k", "calls_itself")
    after = by_test(asked)
    tried = [test for test, fact in after.items() if fact["at"] != LONG_AGO and fact["outcome"] == "proven"]
    kept = {test: fact for test, fact in before.items() if fact["outcome"] == "proven" and test not in tried}

    assert tried
    assert all("calls_itself" in test for test in tried)
    assert {test: after[test] for test in kept} == kept
    assert f"({len(kept)} of them in an earlier run)" in asked.out
    assert len(after) > 450


def test_a_run_of_one_file_leaves_the_facts_of_the_others(earlier: Result, played: Played) -> None:
    before, after = by_test(earlier), by_test(against(earlier.folder, played, file("test_models")))

    assert list(after) == list(before)
    assert {fact["at"] for test, fact in after.items() if test.startswith(AUTH)} == {LONG_AGO}
    assert LONG_AGO not in {fact["at"] for test, fact in after.items() if test.startswith(MODELS)}


def test_what_is_tried_again_replaces_what_was_found(earlier: Result, played: Played) -> None:
    played.fault("models.list", "status=503")
    asked = against(earlier.folder, played, file("test_models"), "-k", "list")

    assert asked.outcomes[f"{MODELS}::test_the_list_is_as_published"] == "refuted"


@pytest.mark.full
def test_what_may_not_be_spent_for_leaves_what_was_paid_for(tmp_path: Path, played: Played) -> None:
    names = (file("test_job_failing"), file("test_models"), "--foreign")
    paid = against(tmp_path, played, *names, "--allow-spending", "0.10")
    rewritten(paid)
    after = against(tmp_path, played, *names)
    spent = [fact for fact in after.evidence["facts"] if fact["marks"] == ["spends"]]

    assert spent
    assert {(fact["outcome"], fact["at"]) for fact in spent} == {("proven", LONG_AGO)}
    assert after.evidence["allow_spending"] is True


@pytest.mark.parametrize(
    "changes", [{"target": "http://127.0.0.1:1/v2"}, pytest.param({"dialect": "another"}, marks=pytest.mark.full)]
)
def test_what_was_found_of_another_target_is_not_kept(earlier: Result, played: Played, changes: dict[str, str]) -> None:
    rewritten(earlier, **changes)
    asked = against(earlier.folder, played, file("test_models"))

    assert all(test.startswith(MODELS) for test in asked.outcomes)
    assert f"in place of those of {changes.get('target', played.url)}, dialect " in asked.out


UNREADABLE = ("", "[]", '{"version": 1}', "[" * 100_000)


@pytest.mark.parametrize(
    "text",
    [pytest.param(each, marks=pytest.mark.full) for each in UNREADABLE] + ['{"version": 1, "facts": [{"fact": 3}]}'],
)
def test_a_file_that_is_no_evidence_is_replaced_and_told_of(earlier: Result, played: Played, text: str) -> None:
    (path,) = (earlier.folder / "evidence").glob("*.json")
    path.write_text(text, encoding="utf-8")
    asked = against(earlier.folder, played, file("test_models"))

    assert asked.code == 0, asked.out
    assert "in place of a file that was no evidence" in asked.out


@pytest.mark.full
def test_an_emulator_of_ones_own_is_the_same_on_another_port(tmp_path: Path) -> None:
    rewritten(run(tmp_path, file("test_models")))
    asked = run(tmp_path, file("test_auth"), "-k", "without_a_key")
    found = [fact for fact in asked.evidence["facts"] if fact["outcome"] == "proven"]

    assert {fact["test"].partition("::")[0] for fact in found} == {AUTH, MODELS}


def test_a_target_that_no_longer_answers_keeps_its_evidence(tmp_path: Path, earlier: Result) -> None:
    (path,) = (earlier.folder / "evidence").glob("*.json")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        gone = path.rename(path.with_name(f"127.0.0.1-{port}.json"))
        before = gone.read_bytes()
        run(tmp_path, "--target", f"http://127.0.0.1:{port}/v1")

    assert gone.read_bytes() == before


def entry(test: str, outcome: str, why: str | None = None, fact: str = "is so") -> dict[str, Any]:
    """Return an entry of evidence, as short as merging needs it."""
    found: dict[str, Any] = {"outcome": outcome, "why": why, "at": LONG_AGO, "requests": 1, "observed": {}}
    return {"operation": "jobs.create", "fact": fact, "known": "observed", "test": test, **found}


def test_a_whole_run_keeps_no_fact_that_is_held_no_more() -> None:
    before = [entry("a", "proven", fact="is gone"), entry("b", "proven")]
    now = [entry("b", "not_tried", "not selected")]

    assert merged(before, now, whole=True) == [before[1]]
    assert merged(before, now, whole=False) == before


def test_a_fact_in_other_words_replaces_the_one_of_its_test() -> None:
    now = [entry("a", "not_tried", "not selected", fact="is said otherwise")]

    assert merged([entry("a", "proven")], now, whole=False) == now


def test_a_fact_that_was_never_tried_has_the_reason_of_the_run_that_selected_it() -> None:
    before, unselected = entry("a", "not_tried", "costs money"), entry("a", "not_tried", "not selected")
    ended = entry("a", "not_tried", "the run ended before it")

    assert merged([before], [unselected], whole=True) == [before]
    assert merged([before], [ended], whole=True) == [ended]


def test_what_a_test_says_of_itself_is_todays() -> None:
    before = entry("a", "proven") | {"known": "unverified", "test": "old"}

    assert merged([before], [entry("a", "not_tried", "not selected")], whole=True) == [entry("a", "proven")]
