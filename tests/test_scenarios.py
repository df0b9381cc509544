"""Scenarios, end to end: each that ships is walked with a client that skips from moment to moment."""

import json
from dataclasses import dataclass, field
from itertools import count, groupby
from typing import Any

import httpx
import openai
import pytest

from emulator.core.catalogue import Catalogue
from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import Serve, client_of

JSON = dict[str, Any]
JOBS, NEXT = "/v1/fine_tuning/jobs", "/_emulator/scenarios/next"
EPOCHS = 4
SUBMITTED, CANCELLED = "Job is submitted", "Job is cancelled"
PROCESSED, TRAINED = "Dataset 'training' processed successfully", "Training completed successfully"
OK = (SUBMITTED, PROCESSED, TRAINED)
names = count()


@pytest.fixture(scope="module")
def manual() -> Any:
    """A server of realistic durations on a manual clock, shared by the tests of this file."""
    with Emulator(Settings(port=0, quiet=True, clock="manual", pace=1.0)) as emulator:
        yield emulator


@pytest.fixture
def client(manual: Emulator) -> Any:
    """A client whose key no other test has."""
    with client_of(manual, f"scenarios-{next(names)}") as plain:
        yield plain


def upload(client: httpx.Client) -> str:
    form = {"file": ("a.jsonl", b'{"token_ids": [1, 2, 3]}\n' * 9)}
    return str(client.post("/v1/files", files=form, data={"purpose": "fine-tune"}).json()["id"])


def order(client: httpx.Client, suffix: str | None = None, *, header: str | None = None, **more: Any) -> httpx.Response:
    """Ask for a job of four steps, one an epoch."""
    asked = {"n_epochs": EPOCHS, "lora": True}
    body = {"model": "Qwen/Qwen3-4B", "training_file": more.pop("training_file", None) or upload(client)}
    return client.post(
        JOBS,
        json={**body, "suffix": suffix, "hyperparameters": asked, **more},
        headers={} if header is None else {"X-Emulator-Scenario": header},
    )


def create(client: httpx.Client, suffix: str | None = None, **more: Any) -> str:
    made = order(client, suffix, **more)
    assert made.status_code == 200, made.text
    assert made.json()["suffix"] == (suffix or "")
    return str(made.json()["id"])


def retrieve(client: httpx.Client, job_id: str) -> JSON:
    wire: JSON = client.get(f"{JOBS}/{job_id}").json()
    return wire


def listed(client: httpx.Client, job_id: str, what: str) -> list[JSON]:
    data: list[JSON] = client.get(f"{JOBS}/{job_id}/{what}").json()["data"]
    return data


def skip(client: httpx.Client) -> bool:
    return bool(client.post("/_emulator/clock/skip").json()["moved"])


def advance(client: httpx.Client, seconds: float) -> None:
    assert client.post("/_emulator/clock/advance", json={"seconds": seconds}).status_code == 200


def now(client: httpx.Client) -> str:
    return str(client.get("/_emulator/clock").json()["now"])


@dataclass
class Walk:
    """All that a client saw of a job which it looked at whenever anything happened."""

    last: JSON
    statuses: list[str] = field(default_factory=list)
    events: list[list[JSON]] = field(default_factory=list)

    @property
    def path(self) -> list[str]:
        return [status for status, _ in groupby(self.statuses)]

    @property
    def told(self) -> tuple[str, ...]:
        return tuple(event["message"] for event in self.events[-1])


def walk(client: httpx.Client, job_id: str) -> Walk:
    walked = Walk({})
    moved = True
    while moved:
        walked.last = retrieve(client, job_id)
        walked.statuses.append(walked.last["status"])
        walked.events.append(listed(client, job_id, "events"))
        moved = skip(client)
    return walked


@dataclass(frozen=True)
class Ends:
    """What a client sees of a job from its creation until nothing more is to come."""

    path: str
    steps: int
    told: tuple[str, ...]
    code: str | None = None
    checkpoints: int | None = None


QUEUED = "validating_files queued"
RUNNING = f"{QUEUED} running"
DONE = f"{RUNNING} succeeded"
ENDS = {
    "succeeds": Ends(DONE, EPOCHS, OK),
    "instant": Ends(DONE, EPOCHS, OK),
    "slow": Ends(DONE, EPOCHS, OK),
    "invalid_training_file": Ends(
        "validating_files failed",
        0,
        (SUBMITTED, "Dataset 'training' is invalid: line 1: the scenario says so"),
        "invalid_training_file",
    ),
    "fails_at_validation": Ends(
        "validating_files failed",
        0,
        (SUBMITTED, "The job failed while its files were validated"),
        "validation_failed",
    ),
    "fails_at_step": Ends(
        f"{RUNNING} failed", 2, (SUBMITTED, PROCESSED, "Training failed after step 2 of 4"), "training_failed"
    ),
    "out_of_memory": Ends(
        f"{RUNNING} failed",
        0,
        (SUBMITTED, PROCESSED, "CUDA out of memory. The model and one batch do not fit into the memory of the GPU."),
        "out_of_memory",
    ),
    "loss_diverges": Ends(f"{RUNNING} failed", EPOCHS, (*OK, "The training loss is not a number."), "loss_diverged"),
    "stuck_in_validation": Ends("validating_files", 0, (SUBMITTED,)),
    "stuck_in_queue": Ends(QUEUED, 0, (SUBMITTED, PROCESSED)),
    "stuck_running": Ends(RUNNING, 2, (SUBMITTED, PROCESSED)),
    "internal_error_then_fine_on_retry": Ends(
        f"{RUNNING} failed",
        2,
        (SUBMITTED, PROCESSED, "Internal server error. Please resubmit the job."),
        "internal_error",
    ),
    "cancel_races_with_success": Ends(DONE, EPOCHS, OK),
    "no_checkpoints": Ends(DONE, EPOCHS, OK, checkpoints=0),
    "missing_checkpoint_file": Ends(DONE, EPOCHS, OK),
    "late_events": Ends(DONE, EPOCHS, OK),
    "duplicate_events": Ends(DONE, EPOCHS, (SUBMITTED, PROCESSED, PROCESSED, TRAINED)),
    "success_before_last_event": Ends(DONE, EPOCHS, OK),
}
REFUSED = {"quota_exceeded": 429, "insufficient_credit": 402, "training_not_available": 403}


def test_every_scenario_that_ships_is_walked_here() -> None:
    assert set(ENDS) | set(REFUSED) == set(Catalogue().entries)


@pytest.mark.parametrize("name", ENDS)
def test_a_job_goes_as_its_scenario_says(client: httpx.Client, name: str) -> None:
    expected = ENDS[name]
    job_id = create(client, f"emu:{name}")
    walked = walk(client, job_id)
    made = listed(client, job_id, "checkpoints")
    error, final = walked.last["error"], walked.path[-1] in {"succeeded", "failed"}

    assert (" ".join(walked.path), walked.last["trained_steps"], walked.told) == (
        expected.path,
        expected.steps,
        expected.told,
    )
    assert (error and error["code"]) == expected.code
    assert error is None or error["message"] == walked.told[-1]
    assert len(made) == (expected.steps if expected.checkpoints is None else expected.checkpoints)
    assert (walked.last["finished_at"] is not None) == final
    assert walked.last["result_files"] == (made[-1]["result_files"] if made and walked.path[-1] == "succeeded" else [])
    for before, after in zip(walked.events, walked.events[1:], strict=False):
        assert after[: len(before)] == before


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("lifecycle", ["documented", "observed"])
def test_a_poll_loop_comes_to_the_end_of_every_scenario_that_has_one(serve: Serve, name: str, lifecycle: str) -> None:
    with client_of(serve(clock="poll", lifecycle=lifecycle)) as client:
        job_id = create(client, f"emu:{name}")
        seen = [retrieve(client, job_id)["status"] for _ in range(8)]
        stuck = now(client)

        # Jobs that were seen ran from the first answer.
        expected = (
            ENDS[name].path if lifecycle == "documented" else ENDS[name].path.replace("validating_files", "running")
        )
        assert seen[-1] == expected.split()[-1]
        assert retrieve(client, job_id)["status"] == seen[-1]
        assert now(client) == stuck


def test_a_failure_in_training_is_told_by_the_training(client: httpx.Client) -> None:
    sources = {}
    for name in ("fails_at_validation", "fails_at_step", "out_of_memory"):
        told = walk(client, create(client, f"emu:{name}")).events[-1][-1]
        sources[name] = (told["level"], told["source"])

    assert sources == {
        "fails_at_validation": ("error", "datasets"),
        "fails_at_step": ("error", "training"),
        "out_of_memory": ("error", "training"),
    }


@pytest.mark.parametrize(("name", "status"), REFUSED.items())
def test_a_job_that_is_not_taken_is_no_job(client: httpx.Client, name: str, status: int) -> None:
    refused = order(client, f"emu:{name}")

    assert refused.status_code == status
    assert isinstance(refused.json()["detail"], str)
    assert ("retry-after" in refused.headers) == (status == 429)
    assert client.get(JOBS).json()["data"] == []


def test_the_real_client_retries_a_quota_that_is_exceeded_once(manual: Emulator) -> None:
    key = f"scenarios-{next(names)}"
    with client_of(manual, key) as plain, openai.OpenAI(base_url=manual.base_url(), api_key=key) as sdk:
        plain.put(NEXT, json={"scenario": "quota_exceeded"})
        made = sdk.fine_tuning.jobs.create(model="Qwen/Qwen3-4B", training_file=upload(plain))

        assert made.status == "validating_files"


def test_slow_is_slow_and_instant_is_over_at_the_next_look(client: httpx.Client) -> None:
    lasted = {}
    for name in ("succeeds", "slow", "instant"):
        last = walk(client, create(client, f"emu:{name}", seed=7)).last
        lasted[name] = last["finished_at"] - last["created_at"]

    assert lasted["slow"] == pytest.approx(10 * lasted["succeeds"], abs=10)
    assert lasted["instant"] == 0


@pytest.mark.parametrize("name", ["stuck_in_validation", "stuck_in_queue", "stuck_running"])
def test_a_job_that_is_stuck_can_be_cancelled_years_later(client: httpx.Client, name: str) -> None:
    job_id = create(client, f"emu:{name}")
    walk(client, job_id)
    advance(client, 10**9)
    stuck = retrieve(client, job_id)
    cancelled = client.post(f"{JOBS}/{job_id}/cancel").json()

    assert stuck["status"] == ENDS[name].path.split()[-1]
    assert (cancelled["status"], cancelled["trained_steps"]) == ("cancelled", stuck["trained_steps"])
    assert walk(client, job_id).told == (*ENDS[name].told, CANCELLED)


def test_a_job_that_is_stuck_in_validation_fails_when_its_file_is_deleted_and_a_running_one_does_not(
    client: httpx.Client,
) -> None:
    files = [upload(client), upload(client)]
    scenarios = ["emu:stuck_in_validation,events_late_s=99999", "emu:stuck_running"]
    ids = [create(client, scenario, training_file=file) for scenario, file in zip(scenarios, files, strict=True)]
    advance(client, 10**6)
    for file in files:
        assert client.delete(f"/v1/files/{file}").status_code == 200

    assert [retrieve(client, job_id)["status"] for job_id in ids] == ["failed", "running"]


def test_an_internal_error_is_gone_on_the_second_try_and_may_be_on_the_third(client: httpx.Client) -> None:
    ends = [walk(client, create(client, f"emu:{name}")).path[-1] for name in 3 * ["internal_error_then_fine_on_retry"]]
    client.post("/_emulator/reset")
    twice = [create(client, "emu:internal_error_then_fine_on_retry=2") for _ in range(3)]

    assert ends == ["failed", "succeeded", "succeeded"]
    assert [walk(client, job_id).path[-1] for job_id in twice] == ["failed", "failed", "succeeded"]


def test_a_cancellation_loses_the_race_against_success(client: httpx.Client) -> None:
    job_id = create(client, "emu:cancel_races_with_success")
    while retrieve(client, job_id)["status"] != "running":
        skip(client)
    cancelled = client.post(f"{JOBS}/{job_id}/cancel")
    again = client.post(f"{JOBS}/{job_id}/cancel")

    assert [(each.status_code, each.json()["status"]) for each in (cancelled, again)] == 2 * [(200, "running")]
    walked = walk(client, job_id)
    assert (walked.path, walked.told) == (["running", "succeeded"], OK)
    assert client.post(f"{JOBS}/{job_id}/cancel").status_code == 400


def test_a_cancellation_that_takes_a_while_wins_where_the_job_takes_longer(client: httpx.Client) -> None:
    job_id = create(client, "emu:cancel_races_with_success=5")
    asked = client.post(f"{JOBS}/{job_id}/cancel").json()
    walked = walk(client, job_id)

    assert (asked["status"], walked.path) == ("validating_files", ["validating_files", "cancelled"])
    assert walked.last["finished_at"] == walked.last["created_at"] + 5
    assert walked.told == (SUBMITTED, CANCELLED)


def test_losses_that_diverge_are_null_on_the_wire_and_in_the_files(client: httpx.Client) -> None:
    job_id = create(client, "emu:loss_diverges=3,fails_at=none")
    walked = walk(client, job_id)
    answer = client.get(f"{JOBS}/{job_id}/checkpoints")
    metrics = [made["metrics"] for made in answer.json()["data"]]
    meta = {}
    for file_id in walked.last["result_files"]:
        if client.get(f"/v1/files/{file_id}").json()["filename"].endswith("checkpoint.meta"):
            meta = json.loads(client.get(f"/v1/files/{file_id}/content").text, parse_constant=pytest.fail)

    assert walked.path[-1] == "succeeded"
    assert [each["train_loss"] is None for each in metrics] == [False, False, True, True]
    assert [each["train_mean_token_accuracy"] is None for each in metrics] == [False, False, True, True]
    assert "NaN" not in answer.text
    assert meta["metrics"] == {"train_loss": None, "valid_loss": None}


@pytest.mark.parametrize(("lora", "missing"), [(True, ["adapter_model.safetensors"]), (False, ["model.safetensors"])])
def test_a_file_that_is_missing_is_listed_and_neither_found_nor_read(
    client: httpx.Client, *, lora: bool, missing: list[str]
) -> None:
    ids = {}
    for name in ("succeeds", "missing_checkpoint_file"):
        job_id = create(client, f"emu:{name}", hyperparameters={"n_epochs": 1, "lora": lora})
        ids[name] = walk(client, job_id).last["result_files"]
    called = [client.get(f"/v1/files/{each}").json()["filename"].rpartition("/")[2] for each in ids["succeeds"]]
    absent = [
        name
        for name, each in zip(called, ids["missing_checkpoint_file"], strict=True)
        if client.get(f"/v1/files/{each}").status_code == 404
        and client.get(f"/v1/files/{each}/content").status_code == 404
    ]

    assert absent == missing


def test_late_events_come_late_with_the_time_at_which_they_happened(client: httpx.Client) -> None:
    honest, late = (create(client, f"emu:{name}", seed=3) for name in ("succeeds", "late_events=20"))
    seen: dict[str, dict[str, str]] = {honest: {}, late: {}}
    moved = True
    while moved:
        for job_id, told in seen.items():
            for event in listed(client, job_id, "events"):
                told.setdefault(event["message"], now(client))
        moved = skip(client)
    created, ended = (retrieve(client, late)[name] for name in ("created_at", "finished_at"))
    times = [[event["created_at"] for event in listed(client, job_id, "events")] for job_id in seen]

    assert times[0] == times[1]
    assert all(seen[honest][message] < seen[late][message] for message in OK)
    assert times[1][0] == created
    assert ended >= times[1][-1]


def test_an_event_that_is_told_twice_has_two_ids_and_says_the_same(client: httpx.Client) -> None:
    job_id = create(client, "emu:duplicate_events=1")
    told = walk(client, job_id).events[-1]
    pages = [client.get(f"{JOBS}/{job_id}/events", params={"limit": 1}).json()]
    while pages[-1]["has_more"]:
        after = pages[-1]["data"][-1]["id"]
        pages.append(client.get(f"{JOBS}/{job_id}/events", params={"limit": 1, "after": after}).json())

    assert len({event["id"] for event in told}) == len(told) == 6
    assert [{**event, "id": ""} for event in told[::2]] == [{**event, "id": ""} for event in told[1::2]]
    assert [event for page in pages for event in page["data"]] == told


def test_a_job_succeeds_before_its_last_event(client: httpx.Client) -> None:
    job_id = create(client, "emu:success_before_last_event")
    while (last := retrieve(client, job_id))["status"] != "succeeded":
        skip(client)
    before = [event["message"] for event in listed(client, job_id, "events")]
    walked = walk(client, job_id)

    assert (before, walked.told) == ([SUBMITTED, PROCESSED], OK)
    assert walked.last == last


def test_on_a_poll_clock_the_last_event_comes_after_the_events_were_looked_at(serve: Serve) -> None:
    with client_of(serve(clock="poll")) as client:
        job_id = create(client, "emu:success_before_last_event")
        while retrieve(client, job_id)["status"] != "succeeded":
            pass
        told = [[event["message"] for event in listed(client, job_id, "events")] for _ in range(3)]

        assert told == [[SUBMITTED, PROCESSED], [*OK], [*OK]]
