import json
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.cli import main
from emulator.core.catalogue import Catalogue
from emulator.core.presets import read_rules
from emulator.from_har.reproduction import identifier
from tests.from_har.made import JOB, JOBS, entry, har, job

FAILED = job("failed", error={"code": "lost", "message": "The worker was lost.", "param": None})
WRONG = (
    entry("POST", JOBS, 503, {"detail": "Busy"}),
    entry("GET", JOB, 200, FAILED),
    entry("GET", JOB, 422, {"detail": []}),
)


@pytest.fixture
def incident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording in which something went wrong, in the folder that we are in."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "the incident.har"
    path.write_text(har(*WRONG), encoding="utf-8")
    return path


def from_har(*arguments: str) -> int:
    return main(["scenarios", "from-har", *arguments])


def test_a_recording_becomes_files_and_the_command_that_uses_them(
    incident: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert from_har(str(incident), "--out", "tests/incidents") == 0

    out = capsys.readouterr().out
    rules, scenarios = Path("tests/incidents/the_incident.rules.yaml"), Path("tests/incidents/the_incident.scenarios")
    assert f"ftemu serve --faults {rules} --scenarios {scenarios} --scenario the_incident\n" in out
    assert [rule.id for rule in read_rules(str(rules))] == ["entry-1"]
    assert Catalogue("the_incident", scenarios).default.scenario.error_code == "lost"
    assert "jobs.create 1" in out
    assert "entry 3, 12:00:02 UTC, jobs.retrieve number 2: 422" in out
    assert "# entry 1, 12:00:00 UTC, jobs.create number 1: 503 Service Unavailable" in rules.read_text()


def test_what_is_shown_fits_80_columns_but_for_what_is_to_be_pasted(
    incident: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    from_har(str(incident))

    table = capsys.readouterr().out.partition("No rule")[0].splitlines()
    assert max(map(len, table)) <= 80


def test_scripts_get_the_same_as_json(incident: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert from_har(str(incident), "--json", "--name", "bad") == 0

    told = json.loads(capsys.readouterr().out)
    assert told["command"] == "ftemu serve --faults bad.rules.yaml --scenarios bad.scenarios --scenario bad"
    assert told["files"] == ["bad.rules.yaml", "bad.scenarios/bad.yaml"]
    assert all(Path(path).is_file() for path in told["files"])
    assert told["rules"][0]["effects"] == [{"effect": "status", "code": 503, "message": "Busy"}]
    assert (told["jobs"], len(told["no_rule"]), told["requests"]) == (["bad"], 1, 3)


NSCALE = "/api/v1/organizations/an-organization"
OPENAI = "https://api.openai.com"
LOCAL = "http://127.0.0.1:8080"
ELSEWHERE = "https://gateway.example"
PAUSE = "/v1/fine_tuning/jobs/ftjob-1/pause"


@pytest.mark.parametrize(
    ("asked", "dialect"),
    [
        ([("https://fine-tuning.api.nscale.com", "GET", f"{NSCALE}/jobs")], "nscale"),
        ([(ELSEWHERE, "GET", f"{NSCALE}/jobs")], "nscale"),
        ([(OPENAI, "GET", JOBS)], "openai"),
        ([("https://api.openai.com:443", "GET", JOBS)], "openai"),
        ([(LOCAL, "GET", f"/openai{JOBS}")], "openai"),
        ([(LOCAL, "GET", f"/nscale{NSCALE}/jobs")], "nscale"),
        ([(LOCAL, "GET", f"/nebius-studio{JOBS}")], "nebius-studio"),
        ([(LOCAL, "GET", f"/nebius{JOBS}")], None),
        ([(ELSEWHERE, "GET", JOBS), (ELSEWHERE, "POST", PAUSE)], "openai"),
        ([(ELSEWHERE, "GET", JOBS)], None),
        ([("https://api.tokenfactory.nebius.com", "GET", JOBS)], None),
        ([("https://api.studio.nebius.com", "GET", JOBS)], None),
        ([(OPENAI, "GET", JOBS), (OPENAI, "GET", JOB), (ELSEWHERE, "GET", f"{NSCALE}/jobs")], "openai"),
        ([(OPENAI, "GET", JOBS), *[(ELSEWHERE, "GET", f"{NSCALE}/jobs")] * 2], "nscale"),
    ],
)
def test_the_command_starts_the_provider_whose_most_calls_are(
    asked: list[tuple[str, str, str]], dialect: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = [entry(method, path, 503, {"detail": "Busy"}, host=host) for host, method, path in asked]
    (tmp_path / "a.har").write_text(har(*calls), encoding="utf-8")
    assert from_har(str(tmp_path / "a.har"), "--out", str(tmp_path / "out"), "--json") == 0

    begins = f"ftemu serve --dialect {dialect} --faults" if dialect else "ftemu serve --faults"
    assert json.loads(capsys.readouterr().out)["command"].startswith(begins)


def test_files_that_are_there_are_not_written_over_unless_asked(
    incident: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = incident.parent / "the_incident.rules.yaml"
    there.write_text("mine")

    assert from_har(str(incident)) == 2
    assert "the_incident.rules.yaml is there already; --force writes over it" in capsys.readouterr().err
    assert there.read_text() == "mine"
    assert not (incident.parent / "the_incident.scenarios").exists()
    assert from_har(str(incident), "--force") == 0
    assert there.read_text() != "mine"


def test_a_recording_in_which_nothing_went_wrong_says_so_and_writes_nothing(
    incident: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    incident.write_text(har(entry("GET", JOBS, 200, {"data": []}), entry("POST", JOBS, 400, {"detail": "no"})))

    assert from_har(str(incident)) == 1
    out = capsys.readouterr().out
    assert "Nothing went wrong in it" in out
    assert "entry 2" in out
    assert [*incident.parent.iterdir()] == [incident]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"openapi": "3.1.0"}', "is no HAR: it holds an object with openapi, takes an object with log.entries"),
        ("not json", "is no HAR: it is not JSON"),
        (b"\xff\xfe\x00", "is no HAR: it is not a text in UTF-8"),
    ],
)
def test_what_is_no_har_is_refused(
    text: str | bytes, says: str, incident: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    incident.write_bytes(text if isinstance(text, bytes) else text.encode())

    assert from_har(str(incident)) == 2
    assert says in capsys.readouterr().err


def test_a_file_that_is_not_there_is_refused(incident: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert from_har("nowhere.har") == 2
    assert "nowhere.har cannot be read: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "called"),
    [("2026-05-04 (prod)", "har_2026-05-04_prod"), ("größe", "gr_e"), ("succeeds", "har_succeeds"), ("…", "har")],
)
def test_a_recordings_name_becomes_one_that_a_scenario_may_have(name: str, called: str) -> None:
    assert identifier(name) == called


@pytest.mark.parametrize("value", ["-1", "soon", "nan"])
def test_a_threshold_takes_seconds(value: str, incident: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        from_har(str(incident), "--slow-after", value)

    assert f"got '{value}', takes seconds, 0 or more" in capsys.readouterr().err


def test_only_requests_to_a_base_are_looked_at_if_asked(incident: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert from_har(str(incident), "--base", "https://elsewhere.example") == 1
    assert "0 requests to the provider" in capsys.readouterr().out


def test_jobs_that_went_in_different_ways_come_with_the_calls_that_set_them(
    incident: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = job("failed", id="ftjob-2", created_at=job()["created_at"] + 9, trained_steps=3)
    incident.write_text(har(entry("GET", JOB, 200, job("succeeded")), entry("GET", f"{JOBS}/ftjob-2", 200, second)))

    assert from_har(str(incident)) == 0
    out = capsys.readouterr().out
    assert "--scenario " not in out
    assert "  ftemu scenarios next succeeds --count 1\n  ftemu scenarios next the_incident --count 1\n" in out


def test_a_recording_may_come_from_a_pipe(incident: Path) -> None:
    command = [sys.executable, "-m", "emulator", "scenarios", "from-har", "-", "--json"]
    done = subprocess.run(command, input=incident.read_text(), capture_output=True, text=True, check=True)

    assert json.loads(done.stdout)["files"][0] == "recording.rules.yaml"
