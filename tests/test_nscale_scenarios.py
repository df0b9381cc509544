"""Scenarios at Nscale, end to end: each that ships is walked with a client that skips from moment to moment."""

import io
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count, groupby
from typing import Any

import httpx
import pytest

from emulator.core.catalogue import Catalogue
from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import Serve
from tests.dialects.nscale.api import Api, asked, ids, table
from tests.test_scenarios import ENDS, REFUSED

JSON = dict[str, Any]
EPOCHS = 4
HEADER = "x-emulator-scenario"
MEMBERS = ["adapter_config.json", "adapter_model.safetensors", "chat_template.jinja", "tokenizer.json"]
names = count()


@pytest.fixture(scope="module")
def manual() -> Iterator[Emulator]:
    """A server of realistic durations on a manual clock, shared by the tests of this file."""
    with Emulator(Settings(port=0, quiet=True, clock="manual", pace=1.0)) as emulator:
        yield emulator


@pytest.fixture
def api(manual: Emulator) -> Iterator[Api]:
    """A client whose key no other test has."""
    with closing(Api(manual, f"nscale-scenarios-{next(names)}")) as client:
        yield client


def order(api: Api, name: str = "a job", *, header: str | None = None) -> httpx.Response:
    """Ask for a job of four steps, one an epoch, under a name."""
    body = api.asking(
        name=name, dataset=asked(api.dataset(table(4), table(4))["id"]), hyperparameters={"n_epochs": EPOCHS}
    )
    return api.client.post("/jobs", json=body, headers={} if header is None else {HEADER: header})


def create(api: Api, name: str = "a job", *, header: str | None = None) -> str:
    made = order(api, name, header=header)
    assert made.status_code == 200, made.text
    assert made.json()["job"]["name"] == name
    return str(made.json()["job"]["id"])


def moved(api: Api) -> bool:
    return bool(api.control.post("/_emulator/clock/skip").json()["moved"])


@dataclass
class Walk:
    """All that a client saw of a job which it looked at whenever anything happened."""

    last: JSON
    statuses: list[str] = field(default_factory=list)
    metrics: list[JSON] = field(default_factory=list)

    @property
    def path(self) -> str:
        return " ".join(status for status, _ in groupby(self.statuses))

    @property
    def steps(self) -> int:
        return int(self.metrics[-1]["training_steps"])

    @property
    def points(self) -> list[JSON]:
        return [*(self.metrics[-1]["data"] or [])]


def walk(api: Api, job_id: str) -> Walk:
    walked, goes_on = Walk({}), True
    while goes_on:
        walked.last = api.job(job_id)
        walked.statuses.append(walked.last["status"])
        walked.metrics.append(api.metrics(job_id))
        goes_on = moved(api)
    return walked


def downloaded(api: Api, job_id: str) -> tuple[int, list[str]]:
    """Follow the redirect to a job's model; return the last status, and what the archive holds."""
    answer = api.client.get(f"/jobs/{job_id}/download", follow_redirects=True)
    if answer.status_code != 200:
        return answer.status_code, []
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        return 200, archive.getnames()


QUEUED, STARTING = "queued", "queued starting"
RUNNING = f"{STARTING} running"
DONE = f"{RUNNING} completed"
SHOWN: dict[str, tuple[str, int, str | None]] = {
    **dict.fromkeys(("succeeds", "instant", "slow", "cancel_races_with_success"), (DONE, EPOCHS, None)),
    **dict.fromkeys(("no_checkpoints", "missing_checkpoint_file"), (DONE, EPOCHS, None)),
    # There are no events at this provider, so nothing shows of what these do to them.
    **dict.fromkeys(("late_events", "duplicate_events", "success_before_last_event"), (DONE, EPOCHS, None)),
    "invalid_training_file": (
        f"{QUEUED} failed",
        0,
        "Dataset 'training' is invalid: line 1: the scenario says so",
    ),
    "fails_at_validation": (f"{QUEUED} failed", 0, "The job failed while its files were validated"),
    "fails_at_step": (f"{RUNNING} failed", 2, "Training failed after step 2 of 4"),
    "out_of_memory": (
        f"{STARTING} failed",
        0,
        "CUDA out of memory. The model and one batch do not fit into the memory of the GPU.",
    ),
    "loss_diverges": (f"{RUNNING} failed", EPOCHS, "The training loss is not a number."),
    "internal_error_then_fine_on_retry": (
        f"{RUNNING} failed",
        2,
        "Internal server error. Please resubmit the job.",
    ),
    "stuck_in_validation": (QUEUED, 0, None),
    "stuck_in_queue": (QUEUED, 0, None),
    "stuck_running": (RUNNING, 2, None),
}
"""Of each scenario the statuses, the steps that are made in the end, and the error."""


def test_every_scenario_that_ships_is_walked_here() -> None:
    assert set(SHOWN) == set(ENDS)
    assert set(SHOWN) | set(REFUSED) == set(Catalogue().entries)


@pytest.mark.parametrize("name", SHOWN)
def test_a_job_goes_as_the_scenario_in_its_name_says(api: Api, name: str) -> None:
    job_id = create(api, f"EMU:{name}")
    walked = walk(api, job_id)
    path = walked.path.split()

    assert (walked.path, walked.steps, walked.last.get("error")) == SHOWN[name]
    assert (walked.last["started_at"] is not None) == ("running" in path)
    assert (walked.last["completed_at"] is not None) == (path[-1] in {"completed", "failed"})
    assert [each["step"] for each in walked.points] == [*range(1, walked.steps + 1)]
    for before, after in zip(walked.metrics, walked.metrics[1:], strict=False):
        assert (after["data"] or [])[: len(before["data"] or [])] == (before["data"] or [])


@pytest.mark.parametrize("name", SHOWN)
def test_a_poll_loop_comes_to_the_end_of_every_scenario_that_has_one(server: Emulator, key: str, name: str) -> None:
    """On a poll clock it sees every status once, by its name, by the list, and by the metrics."""
    with closing(Api(server, key, clock="poll")) as api:
        job = create(api, f"EMU:{name}")
        seen = [api.job(job)["status"] for _ in range(6)]

    assert seen == [*SHOWN[name][0].split(), *[seen[-1]] * 6][:6]


@pytest.mark.parametrize(("name", "status"), REFUSED.items())
def test_a_job_that_is_not_taken_is_no_job_and_can_be_reckoned(api: Api, name: str, status: int) -> None:
    refused = order(api, f"EMU:{name}")
    reckoned = api.post("/jobs", {**api.asking(name=f"EMU:{name}"), "dry_run": True})

    assert (refused.status_code, [*refused.json()]) == (status, ["code", "message"])
    assert ("retry-after" in refused.headers) == (status == 429)
    assert (reckoned["job"], api.listed("/jobs")) == (None, [])


def test_the_name_is_nearer_to_a_job_than_what_is_next_and_that_than_the_header(api: Api) -> None:
    api.control.put("/_emulator/scenarios/next", json={"scenario": "stuck_in_queue", "count": 2}).raise_for_status()
    jobs = [
        create(api, "EMU:out_of_memory", header="stuck_running"),
        create(api, "next", header="stuck_running"),
        create(api, "next", header="stuck_running"),
        create(api, "header", header="stuck_running"),
        create(api, "none"),
    ]
    api.advance(10**6)

    assert [api.job(job)["status"] for job in jobs] == ["failed", "queued", "queued", "running", "completed"]


@pytest.mark.parametrize("name", ["emu:succeeds", "eMu:succeeds", "my-emu:none"])
def test_letters_of_any_size_ask_for_a_scenario_and_only_at_the_beginning_of_a_name(api: Api, name: str) -> None:
    assert walk(api, create(api, name)).path == DONE


@pytest.mark.parametrize("how", [{"name": "EMU:out_of_memroy"}, {"header": "out_of_memroy"}])
def test_a_scenario_that_there_is_not_is_refused_with_what_is_near(api: Api, how: dict[str, str]) -> None:
    refused = order(api, **how)

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_argument")
    assert "there is no scenario 'out_of_memroy'; did you mean out_of_memory?" in refused.json()["message"]
    assert api.listed("/jobs") == []


STAGES = {"validation": "queued", "queue": "queued", "loading": "starting", "training": "running", "saving": "running"}


@pytest.mark.parametrize(("stage", "status"), STAGES.items())
def test_a_job_that_is_stuck_in_a_stage_shows_its_status_and_can_be_cancelled_years_later(
    api: Api, stage: str, status: str
) -> None:
    job = create(api, f"EMU:stuck_in_queue,stuck_in={stage}")
    walk(api, job)
    api.advance(10**9)
    stuck = api.job(job)
    cancelled = api.post(f"/jobs/{job}/cancel")

    assert (stuck["status"], cancelled["status"]) == (status, "cancelled")
    assert (cancelled["started_at"], ids(api.listed("/jobs", status="cancelled"))) == (stuck["started_at"], [job])


def test_a_job_that_is_stuck_while_its_file_is_read_fails_when_that_is_deleted(api: Api) -> None:
    data = [api.dataset() for _ in range(2)]
    scenarios = ["EMU:stuck_in_validation", "EMU:stuck_running"]
    jobs = [api.order(name=name, dataset=asked(each["id"]))["id"] for name, each in zip(scenarios, data, strict=True)]
    api.advance(10**6)
    for each in data:
        api.call("DELETE", f"/files/{each['training_file_id']}", 204)

    assert [api.job(job)["status"] for job in jobs] == ["failed", "running"]


def test_an_internal_error_is_gone_on_the_second_try(api: Api) -> None:
    jobs = [create(api, "EMU:internal_error_then_fine_on_retry") for _ in range(3)]
    api.advance(10**6)

    assert [api.job(job)["status"] for job in jobs] == ["failed", "completed", "completed"]


def test_a_cancellation_loses_the_race_against_success(api: Api) -> None:
    job = create(api, "EMU:cancel_races_with_success")
    api.until(job, "running")
    answers = [api.post(f"/jobs/{job}/cancel")["status"] for _ in range(2)]
    ended = walk(api, job).path

    assert (answers, ended) == (["running", "running"], "running completed")
    assert "is completed and cannot be cancelled" in api.refused("POST", f"/jobs/{job}/cancel")


def test_a_cancellation_that_takes_a_while_wins_where_the_job_takes_longer(api: Api) -> None:
    job = create(api, "EMU:cancel_races_with_success=5")
    assert api.post(f"/jobs/{job}/cancel")["status"] == "queued"
    assert walk(api, job).path == "queued cancelled"


def test_losses_that_diverge_are_nan_in_texts_and_null_in_the_bare_list(serve: Serve, api: Api) -> None:
    told = walk(api, create(api, "EMU:loss_diverges=3,fails_at=none")).points
    with closing(Api(serve(clock="manual", metrics="list"), "bare")) as bare:
        job = create(bare, "EMU:loss_diverges=3,fails_at=none")
        bare.advance(10**6)
        listed: list[JSON] = bare.call("GET", f"/jobs/{job}/metrics")

    assert [each["training_loss"] == "NaN" for each in told] == [False, False, True, True]
    assert [each["train_loss"] is None for each in listed] == [False, False, True, True]
    assert (told[-1]["validation_loss"], told[-1]["perplexity"]) == ("NaN", "NaN")


def test_a_missing_file_is_missing_in_the_archive_and_the_archive_may_be_missing_itself(api: Api) -> None:
    knobs = ("", "=tokenizer*", "=fine_tuned_model.tar.gz", "=*")
    jobs = [create(api, "EMU:succeeds"), *(create(api, f"EMU:missing_checkpoint_file{each}") for each in knobs)]
    api.advance(10**6)
    (_, whole), weights, tokenizer, *none = (downloaded(api, job) for job in jobs)

    assert whole[:4] == MEMBERS
    assert weights == (200, [each for each in whole if each != "adapter_model.safetensors"])
    assert tokenizer == (200, MEMBERS[:3])
    assert none == [(404, []), (404, [])]


def test_without_checkpoints_there_is_nothing_to_download_or_to_push(api: Api) -> None:
    job = create(api, "EMU:no_checkpoints")
    api.advance(10**6)
    where = {"huggingface_user_id": "a", "huggingface_repository_id": "a/b", "huggingface_access_token": "hf_a"}

    for method, path, body in (("GET", "download", None), ("POST", "exports/hugging-face", where)):
        said = api.refused(method, f"/jobs/{job}/{path}", 404, json=body)
        assert said == f"the model of job '{job}' does not exist"
    assert api.job(job)["status"] == "completed"


def test_slow_is_slow_and_instant_is_over_at_the_next_look(api: Api) -> None:
    slow, instant = create(api, "EMU:slow"), create(api, "EMU:instant")
    api.advance(200)

    assert api.job(instant)["status"] == "completed"
    assert api.job(slow)["status"] in {"queued", "starting"}


def test_jobs_over_the_limit_are_queued_until_one_ends(serve: Serve) -> None:
    with closing(Api(serve(clock="manual", pace=1.0, max_running=1), "queue")) as api:
        jobs = [create(api, f"job {number}") for number in range(3)]
        rows = []
        for _ in range(3):
            api.until(next(job for job in jobs if api.job(job)["status"] != "completed"), "running")
            rows.append([api.job(job)["status"] for job in jobs])
            api.until(jobs[len(rows) - 1], "completed")

    assert rows == [
        ["running", "queued", "queued"],
        ["completed", "running", "queued"],
        ["completed", "completed", "running"],
    ]


LOOKS = {
    "job": lambda api, job: api.job(job)["status"],
    "list": lambda api, job: next(each["status"] for each in api.listed("/jobs") if each["id"] == job),
    "metrics": lambda api, job: api.metrics(job)["training_steps"],
}


@pytest.mark.parametrize("look", LOOKS)
def test_on_a_poll_clock_a_look_of_any_kind_moves_time_on_to_the_next_status(
    server: Emulator, key: str, look: str
) -> None:
    with closing(Api(server, key, clock="poll")) as api:
        job = create(api)
        seen = [LOOKS[look](api, job) for _ in range(5)]

    assert seen == ([0, 0, 0, EPOCHS, EPOCHS] if look == "metrics" else [*DONE.split(), "completed"])


def test_on_a_poll_clock_an_export_is_seen_running_and_then_completed(server: Emulator, key: str) -> None:
    with closing(Api(server, key, clock="poll")) as api:
        job = create(api)
        while api.job(job)["status"] != "completed":
            pass
        where = {"huggingface_user_id": "a", "huggingface_repository_id": "a/b", "huggingface_access_token": "hf_a"}
        path = f"/jobs/{job}/exports"
        pushes = [api.post(f"{path}/hugging-face", where) for _ in range(2)]
        seen = [api.get(f"{path}/{pushes[0]['id']}")["status"] for _ in range(2)]
        later = [each["status"] for each in api.listed(path)]
        stands = [api.now(), [api.listed(path), api.job(job)] and api.now()]

    assert [each["status"] for each in pushes] == ["running", "running"]
    assert seen == ["running", "completed"]
    assert {*later} == {"completed"}
    assert stands[0] == stands[1]
