"""A job's events, its checkpoints, its table of steps and its models tell one story, whatever the job."""

import base64
import csv
import io
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.openai.api import FILES, JOBS, MODELS, Api, Json, chats, ids

EVENT = {"object", "id", "created_at", "level", "message", "data", "type"}
COLUMNS = ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
SOME = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

jobs = st.fixed_dictionaries(
    {"n_epochs": st.integers(1, 5), "batch_size": st.integers(1, 5)},
    optional={"learning_rate_multiplier": st.sampled_from([0.1, 2])},
)


def events(api: Api, job: str, **query: Any) -> list[Json]:
    """Return the events of a job, the oldest first."""
    return [*api.pages(f"{JOBS}/{job}/events", query.pop("limit", 1000), **query)][::-1]


def table(api: Api, file: str) -> list[list[str]]:
    content = base64.b64decode(api.client.get(f"{FILES}/{file}/content").content, validate=True).decode()
    return [*csv.reader(io.StringIO(content))]


def places(value: float | None) -> str:
    """Return a number as the table has it: five decimals, without the zeros at their end."""
    return "" if value is None else f"{value:.5f}".rstrip("0").rstrip(".")


@SOME
@given(rows=st.integers(10, 14), hyperparameters=jobs, validated=st.booleans())
def test_events_checkpoints_and_the_table_agree(api: Api, rows: int, hyperparameters: Json, *, validated: bool) -> None:
    files = {"training_file": api.upload(chats(rows))}
    files |= {"validation_file": api.upload(chats(3))} if validated else {}
    job = api.done(**files, hyperparameters=hyperparameters)
    steps = [event for event in events(api, job["id"]) if event["type"] == "metrics"]
    per_epoch = -(-rows // hyperparameters["batch_size"])
    total = per_epoch * hyperparameters["n_epochs"]

    assert [event["data"]["step"] for event in steps] == [*range(1, total + 1)]
    assert {event["data"]["total_steps"] for event in steps} == {total}
    for event in steps:
        check_step(event, per_epoch, validated=validated)
    header, *lines = table(api, job["result_files"][0])
    assert header == COLUMNS
    assert lines == [row(event["data"]) for event in steps]
    made = api.get(f"{JOBS}/{job['id']}/checkpoints")
    assert [each["step_number"] for each in made["data"]] == [*range(per_epoch, total + 1, per_epoch)][::-1][:3]
    for checkpoint in made["data"]:
        told = steps[checkpoint["step_number"] - 1]["data"]
        metrics = {name: value for name, value in checkpoint["metrics"].items() if name != "type"}
        assert metrics.items() <= told.items()
        assert ("valid_loss" in metrics) == validated
        assert checkpoint["fine_tuning_job_id"] == job["id"]
    check_ends(api, job, made["data"])


def check_step(event: Json, per_epoch: int, *, validated: bool) -> None:
    """Compare the text of a step's event with its numbers."""
    data = event["data"]
    texts = [f"training loss={data['train_loss']:.2f}"]
    texts += [f"validation loss={data['valid_loss']:.2f}"] if validated else []
    at_end = validated and data["step"] % per_epoch == 0
    texts += [f"full validation loss={data['full_valid_loss']:.2f}"] if at_end else []

    assert event["message"] == f"Step {data['step']}/{data['total_steps']}: {', '.join(texts)}"
    assert event.keys() == EVENT
    assert ("valid_mean_token_accuracy" in data, "full_valid_mean_token_accuracy" in data) == (validated, at_end)
    assert all(0 <= value <= 1 for name, value in data.items() if name.endswith("accuracy"))


def row(data: Json) -> list[str]:
    """Return the line of the table that tells the same."""
    names = ["train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy"]
    return [str(data["step"]), *(places(data.get(name)) for name in names)]


def check_ends(api: Api, job: Json, checkpoints: list[Json]) -> None:
    """Compare the last events, the job and the list of models with the checkpoints, the newest of them first."""
    names = [each["fine_tuned_model_checkpoint"] for each in checkpoints]
    told = [event["message"] for event in events(api, job["id"])]
    snapshots = [
        f"Checkpoint created at step {each['step_number']} with Snapshot ID: {name}"
        for each, name in zip(checkpoints, names, strict=True)
    ]

    assert names[0] == job["fine_tuned_model"]
    assert [name.split(":")[-1] for name in names[1:]] == [
        f"ckpt-step-{each['step_number']}" for each in checkpoints[1:]
    ]
    own = [re.fullmatch(r"ft:[^:]+:personal::(\w{5})\w{3}(:ckpt-step-\d+)?", name) for name in names]
    assert len({each[1] for each in own if each}) == 1
    assert all(own)
    assert told[-1:] == ["The job has successfully completed"]
    assert told[-2:-1] == [f"New fine-tuned model created: {names[0]}"]
    assert told[-2 - len(names[1:]) : -2] == snapshots[1:][::-1]
    assert {*names} <= {*ids(api.get(MODELS))}
    assert job["trained_tokens"] > 0


@SOME
@given(waits=st.lists(st.floats(0, 2), max_size=8), limit=st.integers(1, 40))
def test_what_was_told_once_is_never_taken_back(api: Api, waits: list[float], limit: int) -> None:
    job = api.order(hyperparameters={"n_epochs": 2})["id"]
    seen: list[Json] = []
    for wait in [*waits, 10**6]:
        api.advance(wait)
        now = events(api, job, limit=limit)

        assert now[: len(seen)] == seen
        assert all(earlier["created_at"] <= later["created_at"] for earlier, later in pairwise(now))
        assert len({event["id"] for event in now}) == len(now)
        seen = now
    assert [event["message"].split(":")[0] for event in seen[:4]] == [
        "Created fine-tuning job",
        "Validating training file",
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
    ]
    assert [event["data"] for event in seen[:4]] == [{}, {}, {}, None]


def test_events_and_checkpoints_are_told_newest_first_in_their_own_envelopes(api: Api) -> None:
    job = api.done()["id"]
    page, made = api.get(f"{JOBS}/{job}/events"), api.get(f"{JOBS}/{job}/checkpoints")

    assert [*page] == ["object", "data", "has_more"]
    assert (len(page["data"]), page["has_more"]) == (20, True)
    assert page["data"] == events(api, job)[::-1][:20]
    assert made["has_more"] is False
    assert (made["first_id"], made["last_id"]) == (made["data"][0]["id"], made["data"][-1]["id"])
    assert [each["id"] for each in api.pages(f"{JOBS}/{job}/checkpoints", 2)] == ids(made)
    assert len(api.get(f"{JOBS}/{job}/events", limit=300)["data"]) == len(events(api, job))


@pytest.mark.parametrize("part", ["events", "checkpoints"])
def test_after_what_there_never_was_comes_nothing(api: Api, part: str) -> None:
    job, other = api.done(), api.done()
    strange = [job["id"], "string", "", *ids(api.get(f"{JOBS}/{other['id']}/{part}"))[:1]]
    for unknown in strange:
        told = api.get(f"{JOBS}/{job['id']}/{part}", after=unknown)

        assert (told["data"], told["has_more"]) == ([], False)
    assert api.get(f"{JOBS}/{job['id']}/{part}", limit=0)["data"] == []


def test_checkpoints_are_there_while_the_job_runs_and_stay(api: Api) -> None:
    job = api.order(hyperparameters={"n_epochs": 5})["id"]
    seen: dict[str, int] = {}
    while api.job(job)["status"] != "succeeded":
        made = api.get(f"{JOBS}/{job}/checkpoints")["data"]
        assert len(made) <= 3
        assert all(seen.setdefault(each["id"], each["created_at"]) == each["created_at"] for each in made)
        api.skip()

    assert seen
    assert {*seen} <= {*ids(api.get(f"{JOBS}/{job}/checkpoints"))}


def test_a_table_of_a_job_that_diverges_has_gaps_and_no_nan(api_of: Callable[..., Api]) -> None:
    api = api_of(scenario="loss_diverges")
    job = api.order()["id"]
    api.advance(10**6)
    told = events(api, job)

    assert api.job(job)["status"] in {"succeeded", "failed"}
    assert all("NaN" not in str(event["data"]) for event in told)
