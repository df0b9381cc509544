"""A run as OpenAI: whom it takes for it, what it leaves, and a target that takes no jobs any more."""

from pathlib import Path
from typing import Any

import pytest

from contract_tests.harness.options import every, read
from tests.contract.conftest import KEY, Played
from tests.contract.suite import FAST, Result, file, run
from tests.contract.test_target import asked

CLOSED = "this target is closed to the account's training (403 training_not_available)"


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://api.tokenfactory.nebius.com/v1", "nebius"),
        ("http://127.0.0.1:8080/openai/v1", "openai"),
        ("http://127.0.0.1:8080/nebius/v1", "nebius"),
        ("http://127.0.0.1:8080/nebius-studio/v1", "nebius-studio"),
        ("https://fine-tuning.api.nscale.com/api/v1/organizations/an-organization", "nscale"),
        ("http://127.0.0.1:8080/nscale/api/v1/organizations/an-organization", "nscale"),
        ("http://127.0.0.1:8080/v1", "nebius"),
    ],
)
def test_a_target_tells_its_provider(monkeypatch: pytest.MonkeyPatch, url: str, dialect: str) -> None:
    monkeypatch.setenv("SOME_KEY", "a-key")

    assert read(asked(target=url, api_key_env="SOME_KEY", dialect=None)).dialect == dialect


def test_a_provider_that_is_named_is_asked_whatever_the_target_looks_like() -> None:
    assert read(asked(target="http://127.0.0.1:8080/nebius/v1", dialect="openai")).dialect == "openai"


def test_without_a_target_every_provider_is_asked() -> None:
    epochs = {each.dialect: each.epochs for each in every(asked(dialect=None))}

    assert epochs.keys() >= {"nebius", "nebius-studio", "nscale", "openai"}
    assert (epochs["nebius"], epochs["openai"]) == (3, 4)


def test_a_model_is_one_providers() -> None:
    with pytest.raises(pytest.UsageError, match="--model takes a --dialect"):
        every(asked(dialect=None, model="gpt-4o-mini"))


def foreign(folder: Path, played: Played, *args: str) -> Result:
    """Run against a server on this machine as if it were the service."""
    rules = ("--foreign", "--api-key-env", "CONTRACT_KEY", *FAST)
    return run(folder, "--target", played.url, *rules, *args, variables={"CONTRACT_KEY": KEY})


def facts(result: Result, mark: str) -> list[dict[str, Any]]:
    return [fact for fact in result.evidence["facts"] if fact["marks"] == [mark]]


def test_a_run_that_spends_nothing_leaves_nothing(tmp_path: Path, played_openai: Played) -> None:
    tests = [file(name, "openai") for name in ("test_files_create", "test_uploads", "test_jobs_refused", "test_sdk")]
    done = foreign(tmp_path, played_openai, *tests)

    assert done.code == 0, done.out
    assert played_openai.asked("jobs.create")
    assert {entry["status"] for entry in played_openai.asked("jobs.create")} == {400}
    assert {fact["outcome"] for fact in facts(done, "spends")} == {"not_tried"}
    assert played_openai.get("/files")["data"] == []
    assert done.ledgers == []
    assert "uploads given up" in done.out


def test_a_run_that_spends_leaves_neither_models_nor_results(tmp_path: Path, played_openai: Played) -> None:
    tests = [file(name, "openai") for name in ("test_job_walk", "test_job_cancelled")]
    done = foreign(tmp_path, played_openai, *tests, "--allow-spending", "5", "--epochs", "2")
    statuses = [job["status"] for job in played_openai.get("/fine_tuning/jobs")["data"]]

    assert done.code == 0, done.out
    assert len(statuses) >= 3
    assert {*statuses} <= {"cancelled", "succeeded"}  # one that is over before it can be cancelled is made again
    assert played_openai.get("/files")["data"] == []
    assert [model for model in played_openai.get("/models")["data"] if model["id"].startswith("ft:")] == []
    assert done.ledgers == []


def test_of_a_target_that_is_closed_to_training_nothing_is_refuted(tmp_path: Path, played_openai: Played) -> None:
    played_openai.scenario("training_not_available")
    tests = [file(name, "openai") for name in ("test_job_created", "test_jobs_refused", "test_models")]
    done = foreign(tmp_path, played_openai, *tests, "--allow-spending", "5")
    untried = {fact["why"] for fact in facts(done, "spends") if fact["outcome"] == "not_tried"}

    assert done.code == 0, done.out
    assert "refuted" not in done.outcomes.values()
    assert CLOSED in untried


def test_the_key_stands_nowhere(tmp_path: Path, played_openai: Played) -> None:
    done = foreign(tmp_path, played_openai, file("test_auth", "openai"), "--allow-spending", "5")

    assert done.code == 0, done.out
    assert KEY not in done.out
    assert all(KEY not in path.read_text(encoding="utf-8") for path in (tmp_path / "evidence").glob("*"))
