"""How a target is asked: again where it says so, not for ever, and never twice what is made once."""

import socket
from pathlib import Path

import pytest

from tests.contract.conftest import KEY, Played
from tests.contract.suite import FAST, Result, file, run


def against(folder: Path, played: Played, *args: str) -> Result:
    """Run against a server on this machine."""
    options = ["--target", played.url, "--api-key-env", "CONTRACT_KEY", *FAST]
    return run(folder, *options, *args, variables={"CONTRACT_KEY": KEY})


def test_a_429_is_heeded_and_asked_again(tmp_path: Path, played: Played) -> None:
    played.fault("models.list", "status=429,retry_after=0", first=2)
    asked = against(tmp_path, played, file("test_models"), "-k", "calls_itself")

    assert asked.code == 0, asked.out
    assert [entry["status"] for entry in played.asked("models.list")] == [429, 429, 200]
    assert "asked to wait (429): 0 s" in asked.out


def test_a_429_that_does_not_end_is_given_up(tmp_path: Path, played: Played) -> None:
    played.fault("models.list", "status=429,retry_after=0")
    asked = against(tmp_path, played, file("test_models"), "-k", "calls_itself")

    assert asked.code == 1
    assert [entry["status"] for entry in played.asked("models.list")] == [429] * 6


def test_a_gateways_error_is_a_finding_on_this_machine(tmp_path: Path, played: Played) -> None:
    played.fault("models.list", "status=503", first=1)
    asked = against(tmp_path, played, file("test_models"), "-k", "calls_itself")

    assert asked.code == 1
    assert [entry["status"] for entry in played.asked("models.list")] == [503]


def test_a_refused_upload_is_sent_again_whole(tmp_path: Path, played: Played) -> None:
    played.fault("files.create", "status=429,retry_after=0", first=1)
    asked = against(tmp_path, played, file("test_files_read"))

    assert asked.code == 0, asked.out
    assert [entry["status"] for entry in played.asked("files.create")][:2] == [429, 200]
    assert played.left()[0] == []


def test_a_target_that_does_not_answer_is_told_once(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        asked = run(tmp_path, file("test_models"), "--target", url)

    assert asked.code == pytest.ExitCode.USAGE_ERROR
    assert f"{url} does not answer" in asked.out
    assert "no evidence is written: nothing was asked, or nobody answered" in asked.out
    assert not (tmp_path / "evidence").exists()
    assert "Traceback" not in asked.out


@pytest.mark.full
def test_a_long_wait_tells_how_far_it_is(tmp_path: Path, played: Played) -> None:
    played.scenario("stuck_in_validation")
    asked = against(tmp_path, played, file("test_job_failing"), "-k", "bad_data_fails", "--patience", "6")

    assert asked.code == 1
    assert "the job is validating_files after " in asked.out
    assert played.left()[1] == ["cancelled"]
