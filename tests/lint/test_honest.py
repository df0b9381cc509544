"""Clients that do nothing wrong, of whom nothing is found: the official SDK's walk first of all."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import openai

from emulator.server import Emulator
from tests.conftest import Serve, client_of
from tests.lint.clients import (
    DATA,
    FILES,
    JOBS,
    MODEL,
    ROUNDS_MAX,
    TERMINAL,
    advance,
    bad,
    fault,
    fetch,
    lint,
    official,
    order,
    upload,
    walked,
    watch,
)


def test_the_official_sdks_walk_has_no_finding(manual: Emulator, plain: httpx.Client, key: str, tmp_path: Path) -> None:
    with official(manual, key) as sdk:
        file = sdk.files.create(file=("training.jsonl", DATA), purpose="fine-tune")
        job = sdk.fine_tuning.jobs.create(model=MODEL, training_file=file.id, hyperparameters={"n_epochs": 2})
        while job.status not in TERMINAL:
            advance(plain, 15)
            job = sdk.fine_tuning.jobs.retrieve(job.id)
        assert [*sdk.fine_tuning.jobs.list_events(job.id)]
        for checkpoint in sdk.fine_tuning.jobs.checkpoints.list(job.id):
            listed: Any = checkpoint
            for result in listed.result_files:
                sdk.files.content(result).write_to_file(tmp_path / result)
        sdk.files.delete(file.id)

    entries = len(plain.get("/_emulator/journal", params={"limit": 1000}).json()["data"])
    assert lint(plain) == {"findings": [], "not_judged": [], "entries": entries, "calls": entries}


def test_the_asynchronous_sdks_walk_has_no_finding(manual: Emulator, plain: httpx.Client, key: str) -> None:
    async def walk() -> None:
        async with openai.AsyncOpenAI(base_url=manual.base_url(), api_key=key) as sdk:
            file = await sdk.files.create(file=("training.jsonl", DATA), purpose="fine-tune")
            job = await sdk.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
            while job.status not in TERMINAL:
                advance(plain, 15)
                job = await sdk.fine_tuning.jobs.retrieve(job.id)
            _ = [event async for event in sdk.fine_tuning.jobs.list_events(job.id)]
            async for checkpoint in sdk.fine_tuning.jobs.checkpoints.list(job.id):
                listed: Any = checkpoint
                await asyncio.gather(*(sdk.files.content(each) for each in listed.result_files))
            await sdk.files.delete(file.id)

    asyncio.run(walk())
    assert lint(plain)["findings"] == []


def test_a_plain_clients_walk_has_no_finding(plain: httpx.Client) -> None:
    walked(plain)
    assert lint(plain)["findings"] == []


def test_the_walk_of_a_client_that_meets_faults_and_retries_as_the_sdk_does_has_no_error_or_warning(
    manual: Emulator, plain: httpx.Client, key: str
) -> None:
    fault(plain, "files.create", "status=503", first=1)
    fault(plain, "jobs.retrieve", "status=429,retry_after=0.3", every=3)
    fault(plain, "jobs.events", "status=500", first=2)
    fault(plain, "files.content", "truncate", first=1)
    with official(manual, key) as sdk:
        file = sdk.files.create(file=("training.jsonl", DATA), purpose="fine-tune")
        job = sdk.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
        for _ in range(ROUNDS_MAX):
            advance(plain, 15)
            job = sdk.fine_tuning.jobs.retrieve(job.id)
            if job.status in TERMINAL:
                break
        assert [*sdk.fine_tuning.jobs.list_events(job.id)]
        sdk.files.delete(file.id)
    assert bad(plain) == []


def test_a_client_that_cancels_and_looks_at_once_has_no_error_or_warning(plain: httpx.Client) -> None:
    job = order(plain)["id"]
    advance(plain, 15)
    for path in (f"{JOBS}/{job}", f"{JOBS}/{job}/events", f"{JOBS}/{job}/checkpoints"):
        plain.get(path).raise_for_status()
    plain.post(f"{JOBS}/{job}/cancel").raise_for_status()
    plain.get(f"{JOBS}/{job}").raise_for_status()
    assert bad(plain) == []


def test_a_client_that_pages_through_everything_by_hand_has_no_error_or_warning(plain: httpx.Client) -> None:
    for number in range(11):
        upload(plain, f"{number}.jsonl")
    query: dict[str, str] = {}
    while data := plain.get(FILES, params=query).json()["data"]:
        query["after"] = data[-1]["id"]
    job = walked(plain, hyperparameters={"n_epochs": 4})
    page = plain.get(f"{JOBS}/{job}/checkpoints", params={"limit": 3}).json()
    while page["has_more"]:
        page = plain.get(f"{JOBS}/{job}/checkpoints", params={"after": page["data"][-1]["id"]}).json()
    assert bad(plain) == []


def test_a_client_of_a_failing_job_that_reads_why_and_tries_once_more_has_no_error_or_warning(
    plain: httpx.Client,
) -> None:
    body = {"model": MODEL, "training_file": upload(plain), "suffix": "emu:fails_at_step=2"}
    for _ in range(2):
        job = plain.post(JOBS, json=body).raise_for_status().json()["id"]
        assert watch(plain, job) == "failed"
        plain.get(f"{JOBS}/{job}/events").raise_for_status()
    assert bad(plain) == []


def test_on_a_poll_clock_politeness_is_not_judged_and_that_is_said(server: Emulator, client: httpx.Client) -> None:
    job = order(client)
    while client.get(f"{JOBS}/{job['id']}").json()["status"] not in TERMINAL:
        pass
    fetch(client, job["id"])
    client.delete(f"{FILES}/{job['training_file']}").raise_for_status()
    found = lint(client)
    assert found["findings"] == []
    [unjudged] = found["not_judged"]
    assert unjudged["name"] == "polls_too_fast"
    assert "a poll clock" in unjudged["why"]


def test_on_a_real_clock_a_job_that_ends_before_the_first_poll_has_no_finding(serve: Serve) -> None:
    with client_of(serve(scenario="instant")) as client:
        job = order(client)
        assert client.get(f"{JOBS}/{job['id']}").json()["status"] == "succeeded"
        fetch(client, job["id"])
        client.delete(f"{FILES}/{job['training_file']}").raise_for_status()
        assert lint(client)["findings"] == []


def test_nothing_is_found_of_nobody(plain: httpx.Client) -> None:
    assert lint(plain) == {"findings": [], "not_judged": [], "entries": 0, "calls": 0}
