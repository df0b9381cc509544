"""``ftemu journal``."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.commands.journal import PAGE, _paths
from tests.commands.conftest import Command, start_job


def cells(out: str) -> list[list[str]]:
    return [line.split() for line in out.splitlines()]


def test_requests_are_listed_oldest_first_with_their_faults(ftemu: Command, client: httpx.Client) -> None:
    ftemu("clock", "set", "--mode", "manual", "--now", "2031-01-01T00:00:00Z")
    client.get("/v1/models")
    client.get("/v1/files", headers={"x-emulator-fault": "latency=0; status=503", "x-stainless-retry-count": "2"})
    client.get("/v1/nowhere")

    head, *rows = cells(ftemu("journal").out)

    assert head == ["ID", "AT", "OPERATION", "STATUS", "MS", "RETRY", "FAULTS"]
    at = "2031-01-01T00:00:00Z"
    assert [row[:4] for row in rows[:2]] == [["1", at, "models.list", "200"], ["2", at, "files.list", "503"]]
    assert rows[1][5:] == ["2", "latency,", "status"]
    assert rows[2][:5] == ["3", at, "GET", "/v1/nowhere", "404"]


def test_a_job_that_a_failed_call_made_is_listed_with_it(ftemu: Command, client: httpx.Client) -> None:
    file = client.get("/v1/fine_tuning/jobs/" + start_job(client)).json()["training_file"]
    ask = {"model": "Qwen/Qwen3-4B", "training_file": file}
    client.post("/v1/fine_tuning/jobs", json=ask, headers={"x-emulator-fault": "apply_then_fail"})
    twice = [job["id"] for job in client.get("/v1/fine_tuning/jobs").json()["data"]]

    failed = next(row for row in ftemu("journal", "--status", "500", "--json").json["data"])
    assert failed["job"] == twice[0]
    shown = "".join(ftemu("journal", "--status", "500").out.split())
    assert f"apply_then_fail;made{twice[0]}" in shown


def test_filters_reach_the_server_and_an_empty_journal_says_so(ftemu: Command, client: httpx.Client) -> None:
    job = start_job(client)
    client.get(f"/v1/fine_tuning/jobs/{job}")
    client.get("/v1/fine_tuning/jobs/ftjob-none")

    def ids(*words: str) -> list[int]:
        return [entry["id"] for entry in ftemu("journal", *words, "--json").json["data"]]

    assert ids("--operation", "jobs.*") == [2, 3, 4]
    assert ids("--operation", "jobs.*", "--status", "4xx") == [4]
    assert ids("--job", job) == [2, 3]
    assert ids("--after", "2", "--limit", "1") == [3]
    assert ids("--until", "2000-01-01") == []
    assert ids("--since", "2000-01-01", "--limit", "1000") == [1, 2, 3, 4]
    assert ids("--since", "2100-01-01") == []
    told = ftemu("journal", "--status", "500")
    assert told.code == 0
    assert told.out.startswith("The journal of the key in --key has no such entry.")


def test_all_pages_are_listed_and_a_limit_says_that_there_are_more(ftemu: Command, client: httpx.Client) -> None:
    for _ in range(PAGE + 1):
        client.get("/v1/models/none")

    answer = ftemu("journal", "--json").json

    assert [entry["id"] for entry in answer["data"]] == [*range(1, PAGE + 2)]
    assert answer["has_more"] is False
    assert ftemu("journal", "--limit", "2").out.splitlines()[-1] == "There are more: --after 2"
    assert "There are more" not in ftemu("journal", "--after", "2").out


def test_an_entry_is_shown_by_the_paths_that_an_expectation_takes(
    ftemu: Command, client: httpx.Client, tmp_path: Path
) -> None:
    start_job(client, suffix="shown")
    entry = ftemu("journal", "show", "2", "--json").json
    paths = dict(_paths("", entry))

    shown = ftemu("journal", "show", "2").out

    assert paths["request.body.suffix"] == "shown"
    assert [path for path in paths if f"{path} " not in shown] == []
    expected = tmp_path / "expected.json"
    expected.write_text(json.dumps([{"match": paths, "count": 1}]))
    assert (
        ftemu("journal", "verify", str(expected)).out
        == "1. holds: 1 entry\n\nAll hold, in 2 entries of the key in --key.\n"
    )


def test_expectations_that_do_not_hold_are_told_with_what_is_near(
    ftemu: Command, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/v1/files", headers={"x-emulator-fault": "status=503"})
    second = {"operation": "files.list", "status": 200, "match": {"user_agent": "[bold]*[/]"}}
    expectations = {"expectations": [{"operation": "files.list"}, second]}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(expectations).encode())))

    told = ftemu("journal", "verify", "-")

    assert told.code == 1
    lines = told.out.splitlines()
    assert lines[0] == "1. holds: 1 entry"
    assert lines[1].startswith("2. DOES NOT HOLD: expected at least 1 of files.list with status 200 and ")
    assert '"[bold]*[/]"' in lines[1]
    assert cells(told.out)[3] == ["1", "status", "200", "503"]
    assert lines[-1] == "Not all hold, in 1 entry of the key in --key."


def test_a_verdict_for_scripts_has_the_same_exit_code(ftemu: Command, tmp_path: Path) -> None:
    file = tmp_path / "expected.json"
    file.write_text('[{"operation": "jobs.create"}]')

    told = ftemu("journal", "verify", str(file), "--json")

    assert told.code == 1
    assert told.json["holds"] is False
    file.write_text('[{"operation": "jobs.create", "count": 0}]')
    assert ftemu("journal", "verify", str(file), "--json").code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON that can be read"),
        ('[{"opration": "jobs.create"}]', "there is no member 'opration'; did you mean operation?"),
        ("[]", "expectations: "),
        ('"jobs.create"', "got jobs.create"),
    ],
)
def test_what_is_no_expectation_is_refused_unlike_one_that_does_not_hold(
    ftemu: Command, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "expected.json"
    file.write_text(text)

    told = ftemu("journal", "verify", str(file))

    assert (told.code, told.out) == (2, "")
    assert said in told.err


def test_a_file_that_is_not_there_is_named(ftemu: Command) -> None:
    assert ftemu("journal", "verify", "nowhere.json").err == "ftemu: nowhere.json: No such file or directory\n"


def test_an_archive_goes_to_standard_output_or_to_a_file(ftemu: Command, client: httpx.Client, tmp_path: Path) -> None:
    client.get("/v1/models")
    client.get("/v1/files")
    file = tmp_path / "journal.har"

    printed = ftemu("journal", "har", "--operation", "files.*").json
    told = ftemu("journal", "har", str(file))

    assert [each["_operation"] for each in printed["log"]["entries"]] == ["files.list"]
    assert len(json.loads(file.read_text())["log"]["entries"]) == 2
    assert told.out == f"{file} has what belongs to the key in --key: {file.stat().st_size:,} bytes\n"
    assert ftemu("journal", "har", str(file), "--json").json == {"file": str(file), "bytes": file.stat().st_size}
    assert [*tmp_path.iterdir()] == [file]


def test_a_folder_that_is_not_there_is_named(ftemu: Command, tmp_path: Path) -> None:
    told = ftemu("journal", "har", str(tmp_path / "nowhere" / "journal.har"))

    assert (told.code, told.err) == (1, f"ftemu: {tmp_path / 'nowhere'}: no such folder\n")


def test_an_archive_that_fails_leaves_the_file_that_was_there(ftemu: Command, tmp_path: Path) -> None:
    file = tmp_path / "journal.har"
    file.write_text("before")

    told = ftemu("journal", "har", str(file), "--operation", "job.create")

    assert told.code == 1
    assert "did you mean jobs.create?" in told.err
    assert file.read_text() == "before"
    assert [*tmp_path.iterdir()] == [file]


def test_a_journal_is_cleared(ftemu: Command, client: httpx.Client) -> None:
    client.get("/v1/models")

    assert ftemu("journal", "clear").out == "1 entry of the key in --key removed.\n"
    assert ftemu("journal", "--json").json["data"] == []


def test_what_a_client_sent_does_not_drive_the_terminal(ftemu: Command, client: httpx.Client) -> None:
    hostile: dict[str, Any] = {"model": "\x1b[31mred\x07", "training_file": "[bold]none[/]"}
    client.post("/v1/fine_tuning/jobs", json=hostile)

    shown = ftemu("journal", "show", "1").out

    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\\x1b[31mred\\x07" in shown
    assert "[bold]none[/]" in shown
