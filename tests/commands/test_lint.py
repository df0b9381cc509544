"""``ftemu lint``: of a running server, and of files."""

import json
from pathlib import Path

import httpx
import pytest

from emulator.core.lint import CHECKS
from emulator.server import Emulator
from tests.commands.conftest import Command, start_job
from tests.conftest import Serve, client_of
from tests.from_har.recorder import Recorder

JOBS = "/v1/fine_tuning/jobs"


def names(told: str) -> list[str]:
    return [each["name"] for each in json.loads(told)["findings"]]


def test_nothing_found_is_told_and_is_a_success(ftemu: Command, client: httpx.Client) -> None:
    client.get("/v1/models")
    told = ftemu("lint")
    assert (told.code, told.out, told.err) == (0, "1 requests: nothing found\n", "")
    assert ftemu("lint", "--json").json == {"findings": [], "not_judged": [], "entries": 1, "calls": 1}


def test_findings_are_told_the_worst_first_in_lines_that_a_terminal_holds(ftemu: Command, client: httpx.Client) -> None:
    start_job(client)
    for _ in range(30):
        client.get("/v1/files/None")
    told = ftemu("lint")
    assert told.code == 2
    assert max(map(len, told.out.splitlines())) <= 80
    heads = [line.split(":")[0] for line in told.out.splitlines() if line[:1].isupper()]
    assert heads == ["ERROR asks_for_nothing", "ERROR retries_refused", "WARNING stops_watching"]
    flat = " ".join(told.out.split())
    assert "19, 20, 21, 22 and 10 more do Check the id before it is used" in flat
    assert flat.endswith("32 requests: 2 error, 1 warning, 0 advice")


def test_a_key_that_asked_for_nothing_is_not_a_client_without_a_flaw(
    command: Command, server: Emulator, ftemu: Command, client: httpx.Client
) -> None:
    told = command("lint", "--url", server.url, "--key", "nobody-in-particular")
    assert (told.code, told.out) == (1, "")
    assert "there was nothing to judge: the key in --key has made no requests" in told.err
    assert server.url in told.err
    client.get("/v1/models")
    assert "has made no requests after entry 1 that" in ftemu("lint", "--after", "1").err


def test_from_when_on_it_fails_can_be_said(ftemu: Command, client: httpx.Client) -> None:
    client.post("/v1/files", files={"file": ("a.jsonl", b'{"text": "a"}\n')}, data={"purpose": "fine-tune"})
    assert [ftemu("lint", "--fail-on", each).code for each in ("error", "warning", "advice")] == [0, 0, 2]
    assert ftemu("lint").code == 0
    assert names(ftemu("lint", "--json").out) == ["leaves_files"]
    client.get("/v1/models")
    assert ftemu("lint", "--after", "1", "--fail-on", "advice").code == 0


def test_an_interval_of_ones_own_reaches_the_server(command: Command, serve: Serve) -> None:
    emulator = serve(clock="manual", scenario="stuck_in_queue")
    with client_of(emulator) as client:
        job = start_job(client)
        for _ in range(4):
            client.post("/_emulator/clock/advance", json={"seconds": 5})
            client.get(f"{JOBS}/{job}")
    where = ("--url", emulator.url, "--key", "a-key")
    assert names(command("lint", "--json", *where).out) == ["polls_too_fast", "stops_watching"]
    assert "`--poll-s`" in command("lint", *where).out
    assert names(command("lint", "--json", "--poll-s", "5", *where).out) == ["stops_watching"]


def test_all_findings_are_listed_without_a_server(command: Command) -> None:
    told = command("lint", "--list")
    assert told.code == 0
    assert max(map(len, told.out.splitlines())) <= 80
    listed = command("lint", "--list", "--json").json
    assert listed == [{"name": each.name, "severity": each.severity, "about": each.about} for each in CHECKS]
    for each in listed:
        assert f"{each['name']} " in told.out


def test_a_journal_and_its_har_say_of_a_client_what_the_server_says(
    ftemu: Command, client: httpx.Client, tmp_path: Path
) -> None:
    client.put("/_emulator/clock", json={"mode": "manual"})
    job = start_job(client, lora_rank=16, suffix="emu:stuck_in_queue")
    fault = {"match": "jobs.create", "effects": "apply_then_fail=503", "budget": {"first": 1}}
    client.post("/_emulator/faults", json=fault)
    body = {"model": "Qwen/Qwen3-4B", "training_file": "file-nope"}
    body["training_file"] = client.get(f"{JOBS}/{job}").json()["training_file"]
    for _ in range(2):
        client.post(JOBS, json=body)
    for _ in range(4):
        client.post("/_emulator/clock/advance", json={"seconds": 5})
        client.get(f"{JOBS}/{job}")
    client.get("/v1/files", params={"api_key": "canary"})
    client.get("/v1files")

    answered = ftemu("lint", "--json").json
    page, archive = tmp_path / "journal.json", tmp_path / "journal.har"
    page.write_text(ftemu("journal", "--json").out)
    ftemu("journal", "har", str(archive))
    seen = {"creates_twice", "pays_twice", "polls_too_fast", "unknown_members", "exposes_secrets", "wrong_base_url"}
    assert seen <= {each["name"] for each in answered["findings"]}
    for file in (page, archive):
        told = ftemu("lint", str(file), "--json")
        assert (told.code, told.json) == (2, answered)
        assert "canary" not in told.out
    page.write_text(json.dumps(json.loads(page.read_text())["data"]))
    assert ftemu("lint", str(page), "--json").json == answered


def test_another_recorders_har_is_judged_by_host_time_and_tells_no_secret(
    serve: Serve, ftemu: Command, tmp_path: Path
) -> None:
    key, recorder = "canary-key-of-the-client", Recorder()
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=serve(scenario="stuck_in_queue").url, headers=headers, transport=recorder) as client:
        job = start_job(client, suffix=key, hyperparameters={"lora_rank": 4})
        for _ in range(4):
            client.get(f"{JOBS}/{job}")
        client.get("/v1files")
    file = tmp_path / "run.har"
    file.write_text(recorder.har())

    told = ftemu("lint", str(file), "--json")
    assert told.code == 2
    assert names(told.out) == [
        "exposes_secrets",
        "wrong_base_url",
        "polls_too_fast",
        "stops_watching",
        "unknown_members",
    ]
    assert told.json["entries"] == 7
    assert key not in told.out + ftemu("lint", str(file)).out
    assert "polls_too_fast" not in names(ftemu("lint", str(file), "--json", "--poll-s", "0").out)


@pytest.mark.parametrize("recorder", ["chrome", "firefox", "mitmproxy"])
def test_recordings_of_browsers_and_proxies_are_read_and_who_left_is_not_guessed(ftemu: Command, recorder: str) -> None:
    told = ftemu("lint", str(Path(__file__).parents[1] / "from_har" / "hars" / f"{recorder}.har"), "--json")
    assert told.json["entries"] > 10
    assert "gives_up_early" not in names(told.out)
    assert not {"error"} & {each["severity"] for each in told.json["findings"]}
    assert ("stops_watching" in names(told.out)) == (recorder == "firefox")


def test_a_har_of_another_host_has_none_of_the_clients_requests(ftemu: Command, tmp_path: Path) -> None:
    request = {"method": "GET", "url": "https://elsewhere.test/page", "headers": []}
    entries = [{"request": request, "response": {"status": 200}, "startedDateTime": "2026-01-01T00:00:00Z", "time": 1}]
    file = tmp_path / "other.har"
    file.write_text(json.dumps({"log": {"entries": entries}}))
    told = ftemu("lint", str(file))
    assert (told.code, told.out) == (1, "")
    assert told.err == "ftemu: there was nothing to judge: 0 of 1 requests are calls of a provider's API\n"
    assert ftemu("lint", str(file), "--json").json["calls"] == 0
    file.write_text(json.dumps({"log": {"entries": []}}))
    told = ftemu("lint", str(file))
    assert (told.code, told.out) == (1, "")
    assert told.err == f"ftemu: there was nothing to judge: {file} has no requests\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ('{"a": 1}', "it holds an object with a; takes a journal as `ftemu journal --json` prints it, or a HAR"),
        ("3", "it holds a JSON int; takes a journal"),
        ('[{"id": 1}]', "its entry 1 is none of a journal: at: Field required"),
        ('{"log": {"entries": 3}}', "takes log.entries"),
        (
            '{"log": {"entries": [{"request": {"method": "GET", "url": "http://a/v1/files"}, "_clock": 3}]}}',
            "its entry 1 cannot be read: clock: Input should be",
        ),
    ],
)
def test_a_file_that_is_no_log_is_told_so(ftemu: Command, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "log"
    file.write_text(text)
    told = ftemu("lint", str(file))
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(f"ftemu: {file} is no client's log: ")
    assert said in told.err


def test_requests_of_a_har_whose_url_cannot_be_read_are_left_out(ftemu: Command, tmp_path: Path) -> None:
    file = tmp_path / "odd.har"
    file.write_text(json.dumps({"log": {"entries": [{"request": {"method": "GET", "url": "http://[/v1/files"}}]}}))
    assert ftemu("lint", str(file)).err.endswith("odd.har has no requests\n")


def test_what_cannot_be_read_or_reached_is_told_so(ftemu: Command, command: Command, tmp_path: Path) -> None:
    missing = ftemu("lint", str(tmp_path / "missing"))
    assert missing.code == 1
    assert "cannot be read: No such file or directory; takes a journal" in missing.err
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert "is not a text in UTF-8" in ftemu("lint", str(tmp_path / "binary")).err
    nobody = command("lint", "--url", "http://127.0.0.1:1")
    assert (nobody.code, nobody.out) == (1, "")
    assert "no emulator answers at http://127.0.0.1:1" in nobody.err


def test_a_server_that_keeps_no_journal_says_so(command: Command, serve: Serve) -> None:
    told = command("lint", "--url", serve(journal=0).url)
    assert told.code == 1
    assert "there is no journal" in told.err


def test_wrong_parameters_are_told_with_what_is_near(server: Emulator, client: httpx.Client, ftemu: Command) -> None:
    for query, said in (
        ("pol_s=3", "there is no parameter 'pol_s'; did you mean poll_s?"),
        ("poll_s=-1", "poll_s: Input should be greater than or equal to 0, got -1"),
        ("after=x", "after: "),
    ):
        answer = client.get(f"/_emulator/journal/lint?{query}")
        assert answer.status_code == 422
        assert said in answer.json()["error"]
    assert ftemu("lint", "--poll-s", "soon").code == 2
    assert "got 'soon', takes seconds" in ftemu("lint", "--poll-s", "soon").err
    assert "did you mean warning?" in ftemu("lint", "--fail-on", "warnings").err
