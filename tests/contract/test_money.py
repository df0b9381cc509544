"""No job without leave, none above the ceiling, as few as there can be, and all of them undone."""

import re
from pathlib import Path

import pytest

from contract_tests.harness.spending import Spending, dollars, tokens_at_most
from tests.contract.conftest import KEY, SECOND_KEY, Played
from tests.contract.suite import FAST, Result, file, run

FOREIGN = ("--foreign", "--api-key-env", "CONTRACT_KEY", *FAST)


def foreign(folder: Path, played: Played, *args: str) -> Result:
    """Run against a server on this machine as if it were somebody else's."""
    return run(folder, "--target", played.url, *FOREIGN, *args, variables={"CONTRACT_KEY": KEY})


@pytest.fixture(scope="module")
def jobs() -> list[str]:
    """Tests that create the three jobs of a run."""
    return [file("test_job_walk"), file("test_job_cancelled"), file("test_job_failing"), file("test_jobs_list")]


def test_a_foreign_target_is_given_no_job(tmp_path: Path, played: Played, jobs: list[str]) -> None:
    asked = foreign(tmp_path, played, *jobs)
    reasons = {fact["why"] for fact in asked.evidence["facts"] if fact["marks"] == ["spends"]}

    assert asked.code == 0, asked.out
    assert played.asked("jobs.create") == []
    assert played.asked("files.create") == []
    assert reasons == {"spends money on a target that is not this machine: --allow-spending USD"}
    assert {fact["outcome"] for fact in asked.evidence["facts"] if fact["marks"] == ["free"]} == {"proven"}
    assert asked.evidence["allow_spending"] is False


def test_a_job_above_the_ceiling_is_not_ordered(tmp_path: Path, played: Played, jobs: list[str]) -> None:
    asked = foreign(tmp_path, played, jobs[0], jobs[2], "--allow-spending", "0.0001")
    words = re.compile(r"a job may cost \$0\.00\d\d; with \$0\.0000 before it that is more than .* 0\.0001")

    assert asked.code == 0, asked.out
    assert played.asked("jobs.create") == []
    assert set(asked.outcomes.values()) == {"not_tried"}
    assert all(words.fullmatch(fact["why"]) for fact in asked.evidence["facts"])


def test_below_the_ceiling_three_jobs_are_ordered_and_undone(tmp_path: Path, played: Played, jobs: list[str]) -> None:
    asked = foreign(tmp_path, played, *jobs, "--allow-spending", "0.10")
    files, statuses = played.left()
    made = [entry for entry in played.asked("jobs.create") if entry["status"] == 200]

    assert asked.code == 0, asked.out
    assert len(made) == 3
    assert files == []
    assert sorted(statuses) == ["cancelled", "failed", "succeeded"]
    assert asked.ledgers == []
    assert "jobs ordered: at most $0.0" in asked.out
    assert "cleaned up: 3 files deleted, 3 jobs that had ended" in asked.out


def test_the_result_files_of_a_job_are_deleted_too(tmp_path: Path, played: Played, jobs: list[str]) -> None:
    foreign(tmp_path, played, jobs[0], "--allow-spending", "0.10")
    (job,) = [job for job in played.get("/fine_tuning/jobs")["data"] if job["status"] == "succeeded"]
    deleted = [entry["path"].rpartition("/")[2] for entry in played.asked("files.delete")]

    assert job["result_files"]
    assert set(job["result_files"]) <= set(deleted)


def test_isolation_is_tried_with_the_key_of_another_account(tmp_path: Path, played: Played) -> None:
    without = foreign(tmp_path / "without", played, file("test_isolation"))
    free = {fact["why"] for fact in without.evidence["facts"] if fact["marks"] == ["free"]}
    named = run(
        tmp_path / "named",
        *(file("test_isolation"), "--target", played.url, *FOREIGN, "--second-api-key-env", "OTHER_KEY"),
        variables={"CONTRACT_KEY": KEY, "OTHER_KEY": SECOND_KEY},
    )

    assert free == {"takes the key of another account: --second-api-key-env NAME"}
    assert {fact["outcome"] for fact in named.evidence["facts"] if fact["marks"] == ["free"]} == {"proven"}


def test_a_token_is_at_most_a_byte() -> None:
    assert tokens_at_most([b"abc\n", b"de"], 2) == 2 * (3 + 1 + 32 * 2 + 2 + 32)


def test_a_ceiling_is_for_the_whole_run() -> None:
    spending = Spending(foreign=True, ceiling=0.03)
    spending.spend(0.02)

    assert spending.refusal(0.005) is None
    with pytest.raises(pytest.skip.Exception, match=r"a job may cost \$0.0200; with \$0.0200 before it that is more"):
        spending.spend(0.02)
    assert spending.spent == 0.02


def test_this_machine_costs_nothing_but_keeps_a_ceiling_that_is_given() -> None:
    assert Spending(foreign=False, ceiling=None).refusal(100) is None
    assert Spending(foreign=False, ceiling=1).refusal(100)


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "1e400", "one"])
def test_a_ceiling_is_a_positive_number(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- float's own words
        dollars(text)
