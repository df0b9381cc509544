"""Three clients as people write them, and what is found of each: a tutorial's, an eager one and a careless one."""

import re
from itertools import count
from pathlib import Path

import httpx
import openai
import pytest

from emulator.server import Emulator
from tests.lint.clients import (
    DATA,
    JOBS,
    MODEL,
    TERMINAL,
    advance,
    fault,
    finding,
    lint,
    names,
    official,
    upload,
)

PAGE = Path(__file__).parents[3] / "shared" / "docs" / "nebius-how-to-fine-tune.md"


def test_the_loop_that_stops_where_it_should_begin_is_found(manual: Emulator, plain: httpx.Client, key: str) -> None:
    """The provider's tutorial loops while the status is an end: so it never looks, and prints a status that is none."""
    active = ["succeeded", "failed", "cancelled"]
    with official(manual, key) as sdk:
        training = sdk.files.create(file=("training.jsonl", DATA), purpose="fine-tune")
        job = sdk.fine_tuning.jobs.create(model=MODEL, training_file=training.id)
        while job.status in active:
            advance(plain, 15)
            job = sdk.fine_tuning.jobs.retrieve(job.id)
        if job.status == "succeeded":
            raise AssertionError("the loop was left with a success")
    assert names(plain) == ["stops_watching"]
    assert (
        f"{job.id} was last seen validating_files (entry 2), after not one look" in lint(plain)["findings"][0]["what"]
    )


@pytest.mark.skipif(
    not PAGE.is_file(), reason="the tutorial's page is not here: shared/docs is not beside the checkout"
)
def test_the_tutorials_page_still_has_that_loop() -> None:
    text = PAGE.read_text(encoding="utf-8")
    ends = re.search(r"ACTIVE_STATUSES = \[([^\]]*)\]", text)
    assert ends
    assert {each.strip(' "') for each in ends[1].split(",")} == TERMINAL
    assert "while job.status in ACTIVE_STATUSES" in text


def test_the_same_loop_where_a_job_ends_at_once_never_ends_and_is_found(
    manual: Emulator, plain: httpx.Client, key: str
) -> None:
    with official(manual, key) as sdk:
        training = sdk.files.create(file=("training.jsonl", DATA), purpose="fine-tune")
        job = sdk.fine_tuning.jobs.create(model=MODEL, training_file=training.id)
        job = sdk.fine_tuning.jobs.cancel(job.id)
        for patience in count():
            if job.status not in TERMINAL or patience == 5:
                break
            advance(plain, 15)
            job = sdk.fine_tuning.jobs.retrieve(job.id)
    assert finding(plain, "polls_after_the_end")["count"] == 5


def test_an_eager_client_is_found(plain: httpx.Client) -> None:
    """It takes every failure for a hiccup, asks as fast as it can, and names what it has not got."""
    fault(plain, "jobs.create", "status=402", first=2)
    fault(plain, "jobs.create", "apply_then_fail=503", nth=3)
    fault(plain, "jobs.retrieve", "status=429,retry_after=10", first=1)
    body = {"model": MODEL, "training_file": upload(plain), "hyperparameters": {"lora_rank": 16}}
    while (answer := plain.post(JOBS, json=body)).status_code != 200:
        pass
    job = answer.json()
    while job.get("status") not in TERMINAL:
        advance(plain, 1)
        job = {**job, **plain.get(f"{JOBS}/{job['id']}").json()}
    plain.get(f"/v1/models/{job.get('fine_tuned_model')}")
    found = {each["name"]: each["severity"] for each in lint(plain)["findings"]}
    assert found == {
        "asks_for_nothing": "error",
        "creates_twice": "error",
        "pays_twice": "error",
        "ignores_retry_after": "error",
        "retries_refused": "error",
        "polls_too_fast": "warning",
        "unknown_members": "warning",
        "never_downloads": "advice",
        "leaves_files": "advice",
    }


def test_a_careless_client_is_found(manual: Emulator, plain: httpx.Client, key: str) -> None:
    """It reads one page of everything, never looks back, and writes its key where everybody can read it."""
    with official(manual, key) as sdk:
        for number in range(12):
            sdk.files.create(file=(f"{number}.jsonl", DATA), purpose="fine-tune")
        newest, *_ = sdk.files.list().data
        early = sdk.fine_tuning.jobs.create(
            model=MODEL, training_file=newest.id, suffix="run-hf_abcdefghijklmnopqrstuvwxyz0123"
        )
        sdk.files.delete(newest.id)
        with pytest.raises(openai.NotFoundError):
            sdk.files.content("undefined")
        done = sdk.fine_tuning.jobs.create(
            model=MODEL, training_file=sdk.files.list().data[0].id, hyperparameters={"n_epochs": 4}
        )
        assert sdk.fine_tuning.jobs.checkpoints.list(done.id).data == []
        advance(plain, 36_000)
        assert sdk.fine_tuning.jobs.retrieve(done.id).status == "succeeded"
        assert sdk.fine_tuning.jobs.checkpoints.list(early.id, limit=1).data == []
    plain.get("/v1files")
    assert {*names(plain)} >= {
        "exposes_secrets",
        "asks_for_nothing",
        "wrong_base_url",
        "reads_one_page",
        "deletes_file_in_use",
        "stops_watching",
        "reads_results_too_early",
        "never_downloads",
        "leaves_files",
    }
    assert "hf_abc" not in plain.get("/_emulator/journal/lint").text
