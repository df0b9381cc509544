"""What was recorded is replayed: the same emulator answers the same, an altered one is found out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from emulator.server import Emulator
from tests.commands.conftest import Command, Told
from tests.commands.conftest import command as command  # noqa: PLC0414 -- a fixture
from tests.conftest import Serve
from tests.dialects.openai.graders import CHECK
from tests.recording.altered import Alter, altering
from tests.recording.conftest import Record, Recording
from tests.recording.walks import JOBS, MODEL, ROW, mistakes, odds_and_ends, sdk_of, whole_job

KEY = "walk-key-0123456789"


def replayed(command: Command, recording: Recording, *options: str) -> Any:
    assert recording.stop() == 0
    told = command("replay", str(recording.folder), "--json", *options)
    assert told.err == ""
    return told.json


def found(told: Any) -> list[tuple[str, str, str]]:
    return [(each["rank"], each["operation"], each["place"]) for each in told["differences"]]


def test_a_whole_session_is_answered_the_same_when_it_is_replayed(
    serve: Serve, record: Record, command: Command
) -> None:
    recording = record(serve(clock="poll", api_key=(KEY,)).url)
    with sdk_of(recording.url, KEY) as sdk:
        assert whole_job(sdk).status == "succeeded"
        mistakes(sdk)
    with httpx.Client(base_url=recording.url, headers={"authorization": f"Bearer {KEY}"}) as client:
        odds_and_ends(client)

    told = replayed(command, recording)
    assert told["differences"] == []
    assert told["skipped"] == [{"file": told["skipped"][0]["file"], "why": "its body was not kept: only JSON is kept"}]
    assert told["same"] == told["exchanges"] - 1 > 50


def test_a_session_full_of_words_of_a_users_own_is_replayed_as_it_went(
    serve: Serve, record: Record, command: Command
) -> None:
    recording = record(serve(clock="poll", api_key=(KEY,)).url)
    with httpx.Client(base_url=recording.url, headers={"authorization": f"Bearer {KEY}"}) as client:
        form = {"purpose": "fine-tune", "note": "acme"}
        made = client.post("/v1/files", files={"file": ("acme training.jsonl", ROW)}, data=form).json()
        wandb = {"type": "wandb", "wandb": {"project": "acme", "name": "acme-run", "api_key": "wandb-key-000001"}}
        body = {"model": MODEL, "training_file": made["id"], "suffix": "acme", "integrations": [wandb]}
        job = client.post(JOBS, json=body).json()
        assert (made["filename"], job["suffix"]) == ("acme training.jsonl", "acme")
        for path in ("/v1/files?team=acme", "/v1/fine_tuning/jobs?limit=2", "/v1/datasets/acme", "/v1/nowhere/acme"):
            client.get(path)
        client.delete(JOBS)
    told = replayed(command, recording, "--strict")
    assert b"acme" not in recording.everything().replace(str(recording.folder).encode(), b"")
    assert (told["differences"], told["exchanges"]) == ([], 7)


@pytest.mark.parametrize("scenario", ["out_of_memory", "fails_at_validation", "no_checkpoints"])
def test_a_job_that_went_otherwise_is_replayed_as_it_went(
    scenario: str, serve: Serve, record: Record, command: Command
) -> None:
    recording = record(serve(clock="poll", scenario=scenario).url)
    with sdk_of(recording.url, KEY) as sdk:
        ended = whole_job(sdk).status
    told = replayed(command, recording)
    assert ended == ("succeeded" if scenario == "no_checkpoints" else "failed")
    assert [each for each in told["differences"] if each["rank"] == "shape"] == []
    states = {each["place"] for each in told["differences"]}
    assert states == ({"data"} if scenario == "no_checkpoints" else set()) or "status" not in states


def test_faults_of_the_service_are_brought_about_and_what_was_not_answered_is_left_out(
    serve: Serve, record: Record, command: Command
) -> None:
    recording = record(serve(clock="poll").url)
    with httpx.Client(base_url=recording.url, headers={"authorization": f"Bearer {KEY}"}, timeout=30) as client:
        for fault in (
            "status=429,retry_after=1",
            "status=503",
            "storage_full",
            "reset=nothing",
            "slow_body=4000",
            "html_error",
        ):
            client.get("/v1/models", headers={"x-emulator-fault": fault})
    assert recording.exchanges()[0]["response"]["headers"]["retry-after"] == "1"

    told = replayed(command, recording)
    html, full = told["differences"]
    assert (html["rank"], html["place"]) == ("shape", "header content-type")
    assert html["what"] == "is application/json, recorded text/html"
    assert (full["rank"], full["place"]) == ("words", "message")
    assert [each["why"] for each in told["skipped"]] == ["no answer was recorded"]


def test_forty_looks_at_a_job_are_replayed_without_waiting_for_it(
    serve: Serve, record: Record, command: Command
) -> None:
    emulator = serve(clock="manual")
    recording = record(emulator.url)
    with httpx.Client(base_url=recording.url, headers={"authorization": f"Bearer {KEY}"}) as client:
        file = client.post("/v1/files", files={"file": ("a.jsonl", ROW)}, data={"purpose": "fine-tune"}).json()["id"]
        job = client.post(JOBS, json={"model": MODEL, "training_file": file}).json()["id"]
        with httpx.Client(base_url=emulator.url, headers={"authorization": f"Bearer {KEY}"}) as control:
            for look in range(40):
                client.get(f"{JOBS}/{job}")
                if look % 10 == 9:
                    control.post("/_emulator/clock/skip")
        client.post(f"{JOBS}/{job}/cancel")
    told = replayed(command, recording)
    assert (told["exchanges"], told["differ"], told["not_replayed"]) == (43, 0, 0)
    assert "status" not in {place for _, _, place in found(told)}


def test_what_was_there_before_the_recording_is_not_asked_for(
    server: Emulator, record: Record, command: Command, key: str
) -> None:
    with httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {key}"}) as before:
        made = before.post("/v1/files", files={"file": ("a.jsonl", ROW)}, data={"purpose": "fine-tune"}).json()["id"]
    recording = record(server.url)
    with httpx.Client(base_url=recording.url, headers={"authorization": f"Bearer {key}"}) as client:
        client.get(f"/v1/files/{made}")
    told = replayed(command, recording)
    assert told["differences"] == []
    assert [each["why"] for each in told["skipped"]] == ["it asks for {file:1}, which was there before the recording"]


def test_with_kept_data_the_same_file_is_sent_again(serve: Serve, record: Record, command: Command) -> None:
    bad = b'{"messages": []}\n' + ROW
    statuses = {}
    for options in ((), ("--keep-data",)):
        recording = record(serve(clock="poll").url, *options)
        with sdk_of(recording.url, KEY) as sdk:
            assert whole_job(sdk, bad).status == "failed"
        statuses[options] = recording.exchanges()[0]["request"]["data"].get("kept")
        states = {place for _, _, place in found(replayed(command, recording))}
        assert states == (set() if options else {"error.param", "data[].error.param"})
    assert statuses == {(): None, ("--keep-data",): bad.decode()}


def test_what_is_said_to_models_is_not_kept_and_its_replay_says_so(
    serve: Serve, record: Record, command: Command
) -> None:
    recording = record(serve().url)
    words = {"model": MODEL, "messages": [{"role": "user", "content": "acme"}], "prompt": "acme"}
    with httpx.Client(base_url=recording.url, headers={"authorization": f"Bearer {KEY}"}) as client:
        for path in ("/v1/chat/completions", "/v1/completions", "/v1/nowhere"):
            client.post(path, json=words)

    told = replayed(command, recording)
    assert [each["why"].removeprefix("its body was not kept: ") for each in told["skipped"]] == [
        *["what is said to models and graders is not kept"] * 2,
        "no call of the dialect's: it may hold anything",
    ]
    assert b"acme" not in recording.everything().replace(str(recording.folder).encode(), b"")
    paths = [each["request"]["path"] for each in recording.exchanges()]
    assert paths[:2] == ["/v1/chat/completions", "/v1/completions"]


def test_a_reinforcement_job_whose_rows_are_not_kept_is_replayed_as_it_went(
    serve: Serve, record: Record, command: Command
) -> None:
    recording = record(serve(clock="poll", dialect="openai").url, "--dialect", "openai")
    rows = b'{"messages": [{"role": "user", "content": "acme?"}], "label": "acme"}\n' * 20
    with sdk_of(recording.url, KEY) as sdk:
        file = sdk.files.create(file=("a.jsonl", rows), purpose="fine-tune")
        method: Any = {"type": "reinforcement", "reinforcement": {"grader": CHECK}}
        job = sdk.fine_tuning.jobs.create(model="o4-mini-2025-04-16", training_file=file.id, method=method)
        while job.status not in {"succeeded", "failed"}:
            job = sdk.fine_tuning.jobs.retrieve(job.id)
    assert job.status == "succeeded"
    assert recording.exchanges()[0]["request"]["data"]["form"] == "asked"

    assert replayed(command, recording, "--quirks", "strict")["differences"] == []


def on_job(change: Callable[[dict[str, Any]], Any]) -> Alter:
    def alter(path: str, body: Any) -> Any:
        if isinstance(body, dict) and body.get("object") == "fine_tuning.job":
            change(body)
        return body

    return alter


def on_events(change: Callable[[dict[str, Any]], Any]) -> Alter:
    def alter(path: str, body: Any) -> Any:
        if path.endswith("/events"):
            change(body)
        return body

    return alter


JOB = {"jobs.create", "jobs.retrieve"}
ALTERATIONS: dict[str, tuple[Alter, set[str], str, str]] = {
    "a member more": (on_job(lambda job: job.update(cost=1)), JOB, "cost", "is missing"),
    "a member less": (
        on_job(lambda job: job.pop("seed")),
        JOB,
        "seed",
        "is answered, and was not in the recording",
    ),
    "another type": (on_job(lambda job: job.update(seed="0")), JOB, "seed", "is 0, recorded '0'"),
    "another object": (
        on_job(lambda job: job.update(object="ft.job")),
        JOB,
        "object",
        "is 'fine_tuning.job', recorded 'ft.job'",
    ),
    "a member in a list": (
        on_events(lambda body: [each.update(more=[]) for each in body["data"]]),
        {"jobs.events"},
        "data[].more",
        "is missing",
    ),
    "another order": (
        on_events(lambda body: body["data"].reverse()),
        {"jobs.events"},
        "data[].created_at",
        "is rising, recorded falling",
    ),
    "another envelope": (
        lambda path, body: {"error": {"message": body["detail"]}} if "detail" in body else body,
        {"files.retrieve"},
        "detail",
        "is answered, and was not in the recording",
    ),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.full] * (at % 2)) for at, name in enumerate(ALTERATIONS)]
)
def test_an_altered_answer_is_named_and_nothing_else(name: str, record: Record, command: Command) -> None:
    alter, operations, place, what = ALTERATIONS[name]
    with altering(alter) as other, sdk_of((recording := record(other)).url, KEY) as sdk:
        file = sdk.files.create(file=("a.jsonl", ROW), purpose="fine-tune")
        job = sdk.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
        while job.status not in {"succeeded", "failed"}:
            job = sdk.fine_tuning.jobs.retrieve(job.id)
        sdk.fine_tuning.jobs.list_events(job.id)
        with pytest.raises(openai.NotFoundError):
            sdk.files.retrieve("file-none")
    told = replayed(command, recording)
    shape = [each for each in told["differences"] if each["rank"] == "shape"]
    beside = {"error"} if name == "another envelope" else set()
    assert {each["operation"] for each in shape} == operations
    assert {each["place"] for each in shape} == {place, *beside}
    assert {each["what"] for each in shape if each["place"] == place} == {what}


def test_another_emulator_can_be_asked_and_a_service_that_is_none_is_not(
    server: Emulator, record: Record, command: Command, key: str, tmp_path: Path
) -> None:
    recording = record(server.url)
    with sdk_of(recording.url, key) as sdk:
        whole_job(sdk)
        mistakes(sdk)
    assert found(replayed(command, recording, "--url", server.base_url(), "--key", f"{key} again")) == []
    told: Told = command("replay", str(recording.folder), "--url", recording.url)
    assert (told.code, told.out) == (1, "")
    assert "no emulator answers at" in told.err
