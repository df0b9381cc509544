"""What a client asks of Nscale, recorded and replayed: nobody's name, data or key is kept, and links lead past it."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.dialects import NSCALE
from emulator.recording.proxy import Upstream
from emulator.recording.upload import Form, table_like, write_like
from tests.commands.conftest import Command
from tests.commands.conftest import command as command  # noqa: PLC0414 -- a fixture
from tests.conftest import Serve
from tests.dialects.nscale.api import LLAMA, NOBODY, ORGANIZATION, table, written
from tests.dialects.nscale.tokens import token
from tests.recording.conftest import Record, Recording
from tests.recording.test_round_trip import found, replayed

KEY = token("somebody")
BASE = f"/api/v1/organizations/{ORGANIZATION}"
HF_TOKEN = "hf_" + "d" * 34
TABLE = written([["acme question", "acme", "answer"], *([f"acme {n}", "b", "c"] for n in range(20))])


@pytest.fixture
def recording(serve: Serve, record: Record) -> Recording:
    """A recorder in front of an emulator whose clock moves when it is looked at."""
    emulator = serve(clock="poll", api_key=(KEY,))
    return record(f"{emulator.url}/nscale/api/v1", "--dialect", "nscale")


def client_of(recording: Recording) -> httpx.Client:
    return httpx.Client(base_url=recording.url + BASE, headers={"authorization": f"Bearer {KEY}"}, timeout=30)


def ordered(client: httpx.Client, **more: Any) -> dict[str, Any]:
    """Upload, make a dataset, reckon a job and make it; return the order."""
    file = client.post("/files", files={"file": ("acme.csv", TABLE, "text/csv")}).json()["id"]
    files = {"training_file_id": file, "validation_file_id": file}
    data = client.post("/datasets", json={"name": "acme data", **files}).json()["id"]
    columns = {"prompt_column": "acme question", "answer_column": "acme"}
    body = {"name": "acme job", "base_model_id": LLAMA, "dataset": {"id": data, **columns}, **more}
    client.post("/jobs", json={**body, "dry_run": True})
    return body


def ended(client: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    """Make a job and watch it until its end; return it as it was seen last."""
    job: dict[str, Any] = client.post("/jobs", json=body).raise_for_status().json()["job"]
    while job["status"] not in {"completed", "failed"}:
        job = client.get(f"/jobs/{job['id']}").json()
        client.get(f"/jobs/{job['id']}/metrics")
    return job


def fetched(client: httpx.Client, job: str) -> list[httpx.Response]:
    """Ask for the model in both ways, and follow the redirect; return all three answers."""
    moved = client.get(f"/jobs/{job}/download")
    told = client.get(f"/jobs/{job}/download", headers={"accept": "application/json"})
    return [moved, told, httpx.get(moved.headers["location"])]


def mistaken(client: httpx.Client, body: dict[str, Any]) -> None:
    client.post("/jobs", json={**body, "base_model_id": "Meta-Llama-3.1-8B-Instruct"})
    client.post("/jobs", json={**body, "dataset": {**body["dataset"], "id": NOBODY}})
    client.get(f"/jobs/{NOBODY}")
    client.get("/nowhere")
    client.get("/jobs", headers={"authorization": ""})


def test_a_whole_session_is_kept_without_a_name_and_answered_the_same_when_it_is_replayed(
    recording: Recording, command: Command
) -> None:
    with client_of(recording) as client:
        for path in ("/base-models", "/files", "/jobs?status=completed&pagination=False&limit=5"):
            client.get(path)
        body = ordered(client)
        job = ended(client, body)
        answers = fetched(client, job["id"])
        where = {"huggingface_user_id": "acme", "huggingface_repository_id": "acme/model"}
        path = f"/jobs/{job['id']}/exports"
        push = client.post(f"{path}/hugging-face", json={**where, "huggingface_access_token": HF_TOKEN}).json()
        for each in (path, f"{path}/{push['id']}", f"{path}/{push['id']}", f"/datasets/{job['dataset']['id']}"):
            client.get(each)
        change = {"unset": {"validation_file_id": True}, "name": "acme again"}
        client.patch(f"/datasets/{job['dataset']['id']}", json=change)
        mistaken(client, body)
        client.delete(f"/datasets/{job['dataset']['id']}")
    told = replayed(command, recording)
    kept = recording.everything().replace(str(recording.folder).encode(), b"")

    assert (job["status"], push["status"]) == ("completed", "running")
    assert [each.status_code for each in answers] == [302, 200, 200]
    secrets = [KEY, ORGANIZATION, HF_TOKEN, job["id"], "acme", answers[0].headers["location"][-64:]]
    assert [each for each in secrets if each.encode() in kept] == []
    assert LLAMA.encode() in kept
    assert [each for each in found(told) if each[0] == "shape" or each[2] == "status"] == []
    assert (told["not_replayed"], told["exchanges"]) == (0, len(recording.exchanges()))


@pytest.mark.parametrize(
    "scenario",
    [
        "out_of_memory",
        *(pytest.param(each, marks=pytest.mark.full) for each in ("fails_at_validation", "fails_at_step")),
    ],
)
def test_a_job_that_failed_is_replayed_as_it_failed(scenario: str, recording: Recording, command: Command) -> None:
    with client_of(recording) as client:
        body = ordered(client)
        client.headers["x-emulator-scenario"] = scenario
        assert ended(client, body)["status"] == "failed"
    told = replayed(command, recording)

    assert told["not_replayed"] == 0
    assert [each for each in found(told) if each[0] == "shape" or each[2] == "status"] == []


def test_a_link_that_is_followed_through_the_recorder_is_passed_on_and_not_replayed(
    recording: Recording, command: Command
) -> None:
    with client_of(recording) as client:
        file = client.post("/files", files={"file": ("a.csv", TABLE, "text/csv")}).json()["id"]
        link = client.get(f"/files/{file}").json()["download_url"]
        through = recording.url + link.partition("/nscale")[2]
        assert client.get(through).content == TABLE
    told = replayed(command, recording)

    assert link[-64:].encode() not in recording.everything()
    assert [each["why"] for each in told["skipped"]] == ["it followed a signed link, whose signature is not kept"]
    assert told["differences"] == []


def test_another_emulator_of_the_dialect_is_asked_at_its_root_or_below(
    serve: Serve, recording: Recording, command: Command
) -> None:
    with client_of(recording) as client:
        client.get("/jobs")
    other = serve(dialect="nscale").url
    for url in (other, f"{other}/api/v1", f"{other}{BASE}/"):
        told = replayed(command, recording, "--url", url, "--key", token("another"))
        assert (told["differences"], told["same"]) == ([], 1)


@pytest.mark.parametrize("below", ["", "/", "/api/v1", "/api/v1/", BASE])
@pytest.mark.parametrize("prefix", ["", "/proxy"])
def test_the_service_may_be_told_with_or_without_the_base_of_its_paths(prefix: str, below: str) -> None:
    base = NSCALE.advice.form.base
    assert Upstream.read(f"https://a.example{prefix}{below}", base) == Upstream("https://a.example", prefix)


def test_a_document_of_nscales_is_held_against_the_emulators(command: Command, tmp_path: Path) -> None:
    mine = command("openapi", "nscale").json
    theirs = tmp_path / "theirs.json"
    theirs.write_text(json.dumps(mine), encoding="utf-8")
    same = command("drift", "--dialect", "nscale", "--against", str(theirs), "--json").json
    mine["paths"].pop(f"{NSCALE.advice.form.base}/jobs/{{job_id}}/exports")
    mine["components"]["schemas"]["Job"]["properties"]["status"]["enum"].append("succeeded")
    theirs.write_text(json.dumps(mine), encoding="utf-8")
    told = command("drift", "--dialect", "nscale", "--against", str(theirs), "--json")

    assert (same["counts"]["breaking"], same["operations"]["only_here"]) == (0, [])
    assert same["operations"]["both"] == len([each for each in NSCALE.operations if "downloads" not in each.path])
    assert told.code == 2
    assert told.json["operations"]["only_here"] == [f"GET {NSCALE.advice.form.base}/jobs/{{job_id}}/exports"]
    assert told.json["counts"]["breaking"] > 0


def form(content: bytes, name: str = "a.csv", kind: str = "text/csv") -> dict[str, Any]:
    """Return what is told of a file that goes by."""
    head = f'--B\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    read = Form("multipart/form-data; boundary=B", keep=False)
    read.add(head.encode() + content + b"\r\n--B--\r\n")
    return read.files[0].told()


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        (table(3), ["question", "answer"]),
        (b'\xef\xbb\xbf"a ""b""",c\r\n1,2\r\n', ['a "b"', "c"]),
        (b"a", ["a"]),
        (b'"a', None),
        (b"", None),
        (b'{"a": 1}\n', None),
    ],
)
def test_of_a_table_its_columns_are_told(content: bytes, columns: list[str] | None) -> None:
    assert form(content).get("columns") == columns
    assert form(content, "a.jsonl", "text/plain").get("columns") is None


def test_a_table_is_made_in_the_likeness_of_the_one_that_was_told() -> None:
    told = form(TABLE)
    made = io.BytesIO()
    write_like(told, made)
    again = form(made.getvalue())

    assert (again["columns"], again["lines"], again["form"]) == (told["columns"], told["lines"], "table")
    assert abs(again["bytes"] - told["bytes"]) < told["lines"] * len(told["columns"])
    assert "".join(table_like(["a,b"], 0, 1)) == '"a,b"\n'
