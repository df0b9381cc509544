"""What a run leaves as evidence: every fact, what became of it and why, in the form that the schema describes."""

import json
import signal
import subprocess
from pathlib import Path

import jsonschema_rs

from contract_tests.harness.evidence import shape
from tests.contract.conftest import KEY, Played
from tests.contract.suite import FAST, ROOT, TESTS, Result, command, environment, file, run

SCHEMA = json.loads((TESTS / "evidence.schema.json").read_text(encoding="utf-8"))
VARIABLES = {"CONTRACT_KEY": KEY}


def against(folder: Path, played: Played, *args: str) -> Result:
    """Run against a server on this machine."""
    return run(folder, "--target", played.url, "--api-key-env", "CONTRACT_KEY", *FAST, *args, variables=VARIABLES)


def valid(result: Result) -> Result:
    """Hold that a run's evidence is as the schema describes it."""
    jsonschema_rs.validator_for(SCHEMA).validate(result.evidence)
    return result


def test_a_fact_is_proven_refuted_or_not_tried(tmp_path: Path, played: Played) -> None:
    played.fault("models.retrieve", "status=503")
    asked = valid(against(tmp_path, played, file("test_models"), "-k", "slash or list"))
    outcomes = asked.outcomes
    facts = {fact["test"].rpartition("::")[2]: fact for fact in asked.evidence["facts"]}

    assert asked.code == 1
    assert outcomes["nebius/test_models.py::test_the_list_is_as_published"] == "proven"
    assert outcomes["nebius/test_models.py::test_a_slash_in_a_name_may_be_encoded"] == "refuted"
    assert facts["test_a_slash_in_a_name_may_be_encoded"]["why"].startswith("AssertionError: 200 was expected of")
    assert outcomes["nebius/test_models.py::test_there_are_models"] == "not_tried"
    assert facts["test_there_are_models"]["why"] == "not selected"
    assert f"facts: {list(outcomes.values()).count('proven')} proven, " in asked.out


def test_evidence_names_its_target_and_its_facts(tmp_path: Path, played: Played) -> None:
    asked = valid(against(tmp_path, played, file("test_models")))
    (first, *_) = asked.evidence["facts"]

    assert asked.evidence["target"] == played.url
    assert asked.evidence["dialect"] == "nebius"
    assert (first["operation"], first["fact"]) == ("models.list", "is a list in its published shape")
    assert (first["known"], first["marks"], first["requests"]) == ("documented", ["free"], 1)
    assert first["observed"]["answers"][0]["status"] == 200
    assert not list((tmp_path / "evidence").glob("*.tmp"))


def test_two_runs_observe_the_same(tmp_path: Path, played: Played) -> None:
    names = [file("test_files_read"), file("test_job_failing"), file("test_missing")]
    first, second = (against(tmp_path / name, played, *names) for name in ("first", "second"))

    assert first.code == second.code == 0
    assert [fact["observed"] for fact in first.evidence["facts"]] == [
        fact["observed"] for fact in second.evidence["facts"]
    ]


def test_what_needs_a_job_that_is_not_created_is_not_tried(tmp_path: Path, played: Played) -> None:
    played.fault("jobs.create", "status=402")
    asked = valid(against(tmp_path, played, file("test_job_walk")))

    assert asked.code == 1
    assert set(asked.outcomes.values()) == {"not_tried"}
    assert {fact["why"].partition(":")[0] for fact in asked.evidence["facts"]} == {"its setup failed"}


def test_an_interrupted_run_leaves_its_evidence_and_nothing_else(tmp_path: Path, played: Played) -> None:
    played.fault("jobs.cancel", "timeout")
    args = [file("test_files_read"), file("test_job_cancelled"), "--target", played.url]
    line = command(tmp_path, *args, "--api-key-env", "CONTRACT_KEY", *FAST)
    process = subprocess.Popen(
        line, cwd=ROOT, env=environment(VARIABLES), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    while not any(entry["status"] == 200 for entry in played.asked("jobs.create")):
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    played.calm()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    asked = valid(Result(process.returncode, out, tmp_path))

    assert "proven" in asked.outcomes.values()
    assert {fact["why"] for fact in asked.evidence["facts"]} >= {"the run ended before it"}
    assert played.left()[0] == []
    assert asked.ledgers == []


def test_a_refused_run_leaves_earlier_evidence(tmp_path: Path, played: Played) -> None:
    before = against(tmp_path, played, file("test_models")).evidence
    against(tmp_path, played, file("test_models"), "--collect-only")
    against(tmp_path, played, file("test_models"), "--epochs", "0")

    assert Result(0, "", tmp_path).evidence == before


def test_a_shape_has_no_ids_and_no_numbers() -> None:
    detail = "The file `file-019b0be3-b432-7392-8f07-9d714bc23224` does not exist."

    assert shape({"id": "file-1", "bytes": 5, "ok": True, "x": None, "loss": 1.5}) == {
        "id": "string",
        "bytes": "integer",
        "ok": "boolean",
        "x": "null",
        "loss": "number",
    }
    assert shape({"detail": detail}) == {"detail": "The file `<id>` does not exist."}
    assert shape([{"a": 1}, {"a": None, "b": "x"}]) == [{"a": "integer|null", "b": "string"}]
    assert shape({"loc": ["body", 0, "x"]}) == {"loc": ["body", 0, "x"]}


def test_a_shape_keeps_the_words_of_an_error_without_its_ids() -> None:
    told = {"message": "No such File object: file-kg9cDLMUCG2tNpPQZ3KZTw", "param": "id", "code": None}
    name = "ft:gpt-4o-mini-2024-07-18:personal:ct-1:r6S6loB8:ckpt-step-90"

    assert shape({"error": told}) == {"error": {"message": "No such File object: <id>", "param": "id", "code": "null"}}
    assert shape({"error": {"message": f"The model '{name}' does not exist"}}) == {
        "error": {"message": "The model '<id>:ckpt-step-90' does not exist"}
    }
    assert shape({"message": "Step 1/100: training loss=1.59"}) == {"message": "string"}
