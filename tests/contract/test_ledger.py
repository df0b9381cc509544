"""What is created is undone: at the end of a run, or after a dead one, whether its answer ever came or not."""

import json
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from contract_tests.harness.ledger import Entry, InUse, Ledger
from tests.contract.conftest import KEY, SECOND_KEY, Played
from tests.contract.suite import FAST, ROOT, Result, command, environment, file, run

ARGS = ("--api-key-env", "CONTRACT_KEY", *FAST)
VARIABLES = {"CONTRACT_KEY": KEY}


def clean_up(folder: Path, played: Played) -> Result:
    """Undo what dead runs left."""
    return run(folder, "--target", played.url, *ARGS, "--clean-up", variables=VARIABLES)


def killed(folder: Path, played: Played, *args: str) -> None:
    """Run until a job's cancellation is asked for, which is never answered, and kill the run."""
    played.fault("jobs.cancel", "timeout")
    line = command(folder, *args, "--target", played.url, *ARGS)
    process = subprocess.Popen(
        line, cwd=ROOT, env=environment(VARIABLES), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not any(entry["status"] == 200 for entry in played.asked("jobs.create")):
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail("the run ended before it had a job")
    process.send_signal(signal.SIGKILL)
    process.wait()
    played.calm()


def test_a_killed_run_is_undone_later(tmp_path: Path, played: Played) -> None:
    killed(tmp_path, played, file("test_job_cancelled"))
    files, statuses = played.left()
    (ledger,) = (tmp_path / "ledger").glob("*")
    written = ledger.read_text(encoding="utf-8")
    done = clean_up(tmp_path, played)

    assert files
    assert len(statuses) == 1
    assert KEY not in written
    assert played.url in written
    assert done.code == 0, done.out
    assert "cleaned up: 1 files deleted, 1 jobs" in done.out
    assert "proven" not in done.out
    assert played.left()[0] == []
    assert set(played.left()[1]) <= {"cancelled", "succeeded"}
    assert done.ledgers == []


def test_there_is_nothing_to_undo_twice(tmp_path: Path, played: Played) -> None:
    again = clean_up(tmp_path, played)

    assert again.code == 0
    assert "nothing to clean up: no ledger of" in again.out


def test_an_undoing_that_fails_says_so_and_keeps_the_ledger(tmp_path: Path, played: Played) -> None:
    killed(tmp_path, played, file("test_job_cancelled"))
    played.fault("files.delete", "fail_before_apply=500")
    failed = clean_up(tmp_path, played)
    kept = failed.ledgers
    played.calm()
    done = clean_up(tmp_path, played)

    assert failed.code == 1
    assert "left behind: file file-" in failed.out
    assert len(kept) == 1
    assert done.code == 0
    assert played.left()[0] == []


@pytest.mark.parametrize(
    "fault", [pytest.param("apply_then_fail=500", marks=pytest.mark.full), "apply_then_fail=reset"]
)
@pytest.mark.parametrize("operation", ["files.create", "jobs.create"])
def test_what_was_made_without_an_answer_is_found_by_its_name(
    tmp_path: Path, played: Played, operation: str, fault: str
) -> None:
    played.fault(operation, fault, nth=1)
    asked = run(tmp_path, file("test_job_failing"), "--target", played.url, *ARGS, variables=VARIABLES)
    files, statuses = played.left()

    assert asked.code == 1
    assert played.asked(operation)[0]["faults"]
    assert files == []
    assert "running" not in statuses
    assert asked.ledgers == []


def dead(folder: Path, played: Played, *entries: Entry) -> Path:
    """Write the ledger of a run that died."""
    ledger = Ledger(folder / "ledger", run="0123abcd", target=played.url, dialect="nebius")
    for entry in entries:
        ledger.intend(entry.kind, name=entry.name, training_file=entry.training_file, second=entry.second)
    ledger.close()
    return ledger.path


def test_a_job_whose_answer_never_came_is_found_by_its_suffix_or_its_file(tmp_path: Path, played: Played) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=played.url, headers=headers, trust_env=False) as client:
        name = "ct-0123abcd-1"
        form = {"file": (f"{name}.jsonl", b'{"text": "a"}\n')}
        file_id = client.post("/files", files=form, data={"purpose": "fine-tune"}).json()["id"]
        body = {"model": "Qwen/Qwen3-4B", "training_file": file_id}
        client.post("/fine_tuning/jobs", json={**body, "suffix": "ct-0123abcd-2"})
        client.post("/fine_tuning/jobs", json=body)
        client.post("/files", files={"file": ("mine.jsonl", b'{"text": "b"}\n')}, data={"purpose": "fine-tune"})
    dead(tmp_path, played, Entry(1, "file", name), Entry(2, "job", "ct-0123abcd-2"), Entry(3, "job", None, file_id))
    done = clean_up(tmp_path, played)
    files, statuses = played.left()

    assert done.code == 0, done.out
    assert [each["filename"] for each in files] == ["mine.jsonl"]
    assert len(statuses) == 2
    assert set(statuses) <= {"cancelled", "succeeded"}


def test_what_another_account_made_is_undone_under_its_key(tmp_path: Path, played: Played) -> None:
    with httpx.Client(base_url=played.url, headers={"authorization": f"Bearer {SECOND_KEY}"}, trust_env=False) as other:
        form = {"file": ("ct-0123abcd-1.jsonl", b'{"text": "a"}\n')}
        other.post("/files", files=form, data={"purpose": "fine-tune"})
        dead(tmp_path, played, Entry(1, "file", "ct-0123abcd-1", second=True))
        options = ["--target", played.url, *ARGS, "--clean-up", "--foreign"]
        without = run(tmp_path, *options, variables=VARIABLES)
        named = run(tmp_path, *options, "--second-api-key-env", "OTHER", variables={**VARIABLES, "OTHER": SECOND_KEY})

        assert without.code == 1
        assert "left behind: file ct-0123abcd-1: another account's: --second-api-key-env NAME" in without.out
        assert named.code == 0
        assert other.get("/files").json()["data"] == []


def test_a_name_that_only_begins_alike_is_somebody_elses(tmp_path: Path, played: Played) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=played.url, headers=headers, trust_env=False) as client:
        form = {"file": ("ct-0123abcd-12.jsonl", b'{"text": "a"}\n')}
        client.post("/files", files=form, data={"purpose": "fine-tune"})
    dead(tmp_path, played, Entry(1, "file", "ct-0123abcd-1"))
    clean_up(tmp_path, played)

    assert len(played.left()[0]) == 1


def test_the_ledger_of_a_run_that_is_going_on_is_left_alone(tmp_path: Path, played: Played) -> None:
    ledger = Ledger(tmp_path / "ledger", run="0123abcd", target=played.url, dialect="nebius")
    ledger.intend("file", name="ct-0123abcd-1")
    done = clean_up(tmp_path, played)

    assert "0123abcd.jsonl belongs to a run that is going on" in done.out
    assert ledger.path.exists()
    ledger.close()


def test_the_ledger_of_another_target_is_left_alone(tmp_path: Path, played: Played) -> None:
    other = Ledger(tmp_path / "ledger", run="0123abcd", target="https://a.example/v1", dialect="nebius")
    other.intend("file", name="ct-0123abcd-1")
    other.close()
    done = clean_up(tmp_path, played)

    assert "nothing to clean up" in done.out
    assert other.path.exists()


def test_an_intent_is_on_the_disk_before_it_is_anything_else(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, run="0123abcd", target="https://a.example/v1", dialect="nebius")
    ledger.intend("job", name="ct-0123abcd-1", training_file="file-1")
    lines = [json.loads(line) for line in ledger.path.read_text(encoding="utf-8").splitlines()]

    assert lines[0]["target"] == "https://a.example/v1"
    assert (lines[1]["kind"], lines[1]["name"], lines[1]["training_file"]) == ("job", "ct-0123abcd-1", "file-1")
    ledger.close()


def test_a_torn_line_is_no_obstacle(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, run="0123abcd", target="https://a.example/v1", dialect="nebius")
    ledger.intend("file", name="ct-0123abcd-1")
    ledger.made(ledger.intend("file", name="ct-0123abcd-2"), "file-2")
    ledger.close()
    ledger.path.write_bytes(ledger.path.read_bytes()[:-20])
    again = Ledger.opened(ledger.path)

    assert [(entry.name, entry.id) for entry in again.entries] == [("ct-0123abcd-1", None), ("ct-0123abcd-2", None)]
    again.close()


def test_a_ledger_is_for_one_process(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, run="0123abcd", target="https://a.example/v1", dialect="nebius")
    ledger.intend("file", name="ct-0123abcd-1")

    with pytest.raises(InUse):
        Ledger.opened(ledger.path)
    ledger.close()


def test_nothing_is_left_of_a_ledger_when_all_is_gone(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, run="0123abcd", target="https://a.example/v1", dialect="nebius")
    ledger.gone(ledger.intend("file", name="ct-0123abcd-1"))
    ledger.close()

    assert list(tmp_path.iterdir()) == []
