"""Jobs: their walk, their times, their end, and the lists that they are found in."""

from contextlib import closing
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from emulator.server import Emulator
from tests.dialects.nscale.api import NOBODY, Api, Json, asked, ids, table
from tests.dialects.nscale.conftest import Tenants

STATUSES = ["queued", "starting", "running", "completed", "failed", "cancelled"]
WALK = ["queued", "starting", "running", "completed"]
UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]  # at a second a run, shrinking would take minutes
runs = count()


def test_on_a_poll_clock_every_status_is_seen_once(server: Emulator, key: str) -> None:
    with closing(Api(server, key, clock="poll")) as api:
        one, other = api.order()["id"], api.order()["id"]
        seen = [api.job(one)["status"] for _ in range(6)]
        listed = [api.listed("/jobs", limit=1)[0] for _ in range(4)]

    assert seen == [*WALK, "completed", "completed"]
    assert {each["id"] for each in listed} == {other}
    assert listed[-1]["status"] == "completed"


@pytest.mark.parametrize("path", ["/jobs/{}/metrics", "/jobs", "/jobs?status=queued&status={1}"])
def test_whoever_looks_at_a_list_or_at_metrics_sees_every_status_once_too(
    server: Emulator, key: str, path: str
) -> None:
    with closing(Api(server, key)) as api:
        job = api.order()["id"]
        seen = [api.job(job)["status"]]
        for _ in range(4):
            api.tick("poll")
            api.get(path.format(job, seen[-1]))
            api.tick("manual")
            seen.append(api.job(job)["status"])

    assert seen == [*WALK, "completed"]


def test_a_poll_clock_stays_for_what_shows_no_unfinished_job(server: Emulator, key: str) -> None:
    with closing(Api(server, key, clock="poll")) as api:
        job = api.order()["id"]
        before = api.now()
        api.post("/jobs", api.asking(dry_run=True))
        for path in ("/files", "/datasets", "/base-models", "/jobs?status=completed", f"/jobs/{job}/exports"):
            api.get(path)
        api.refused("GET", f"/jobs/{job}/download")
        api.refused("GET", f"/jobs/{NOBODY}", 404)

        assert api.now() == before


def test_a_job_is_queued_then_starting_then_running_then_completed_and_stays_so(api: Api) -> None:
    job = api.order()["id"]
    seen = [api.job(job)]
    while seen[-1]["status"] != "completed":
        api.skip()
        seen.append(api.job(job))
    api.advance(10**6)

    assert [*dict.fromkeys(each["status"] for each in seen)] == WALK
    assert api.job(job) == seen[-1]


def test_it_has_started_when_it_runs_and_completed_when_it_is_over_and_neither_ever_changes(api: Api) -> None:
    job = api.order()["id"]
    times: dict[str, set[tuple[Any, Any]]] = {}
    began: dict[str, str] = {}
    for _ in range(60):
        told = api.job(job)
        times.setdefault(told["status"], set()).add((told["started_at"], told["completed_at"]))
        began.setdefault(told["status"], api.now())
        api.advance(0.03)

    assert [*times] == WALK
    started, completed = api.job(job)["started_at"], api.job(job)["completed_at"]
    assert times == {
        "queued": {(None, None)},
        "starting": {(None, None)},
        "running": {(started, None)},
        "completed": {(started, completed)},
    }
    assert api.job(job)["created_at"] < began["starting"] < started <= began["running"] < completed
    assert completed <= began["completed"]


FAILURES = {"validation": False, "queue": False, "loading": False, "training": True, "saving": True}
"""The stages in which a job may fail, and whether it has started by then."""


@pytest.mark.parametrize("stage", FAILURES)
def test_a_failed_job_says_why_and_has_started_only_if_it_ran(api: Api, stage: str) -> None:
    api.scenario("succeeds", fails_at=stage, error_message="out of luck")
    made = api.order()
    api.advance(10**6)
    job = api.job(made["id"])

    assert (job["status"], job["error"]) == ("failed", "out of luck")
    assert (job["started_at"] is not None) == FAILURES[stage]
    assert made["created_at"] < job["completed_at"]
    assert "error" not in made
    assert api.refused("GET", f"/jobs/{job['id']}/download").startswith(f"the job {job['id']!r} is failed")


STUCK = {"validation": "queued", "queue": "queued", "loading": "starting", "training": "running", "saving": "running"}


@pytest.mark.parametrize("stage", STUCK)
def test_a_job_that_is_stuck_shows_the_status_of_its_stage_for_ever_until_it_is_cancelled(api: Api, stage: str) -> None:
    api.scenario("succeeds", stuck_in=stage)
    job = api.done()
    shown = (job["status"], job["started_at"] is not None, job["completed_at"])
    cancelled = api.post(f"/jobs/{job['id']}/cancel")

    assert shown == (STUCK[stage], STUCK[stage] == "running", None)
    assert {name for name in job if job[name] != cancelled[name]} == {"status", "completed_at"}


@pytest.mark.parametrize("when", ["queued", "starting", "running"])
@pytest.mark.parametrize(
    "sent",
    [{}, {"headers": {"content-type": "application/json"}}, {"json": {"reason": "x"}}, {"content": b"\xff{"}],
    ids=["nothing", "an empty body that is JSON", "a body", "junk"],
)
def test_a_job_can_be_cancelled_whatever_the_body_is_and_stays_so(api: Api, when: str, sent: Json) -> None:
    job = api.until(api.order()["id"], when)
    path = f"/jobs/{job['id']}/cancel"
    cancelled = api.call("POST", path, **sent)
    api.advance(10**6)

    assert cancelled == {**job, "status": "cancelled", "completed_at": cancelled["completed_at"]}
    assert cancelled["completed_at"]
    assert api.job(job["id"]) == cancelled
    said = api.refused("POST", path)
    assert said == f"the job {job['id']!r} is cancelled and cannot be cancelled"


def test_a_job_that_is_over_cannot_be_cancelled(api: Api) -> None:
    job = api.done()["id"]
    told = api.call("POST", f"/jobs/{job}/cancel", 400)

    assert told["code"] == "failed_precondition"
    assert api.job(job)["status"] == "completed"


def test_what_is_no_job_is_not_found_wherever_it_is_asked_for(api: Api) -> None:
    said = f"the job {NOBODY!r} does not exist"
    for method, tail in (("GET", ""), ("GET", "/metrics"), ("GET", "/download"), ("GET", "/exports")):
        assert api.refused(method, f"/jobs/{NOBODY}{tail}", 404) == said
    assert api.refused("POST", f"/jobs/{NOBODY}/cancel", 404) == said
    assert api.refused("GET", f"/jobs/{NOBODY}/exports/{NOBODY}", 404) == said


def test_a_made_job_is_answered_as_it_is_found_again(api: Api) -> None:
    made = api.order(name="my job")

    assert made == api.job(made["id"])
    assert api.listed("/jobs") == [made]
    assert made["name"] == "my job"
    assert made["base_model"] == made["base_model_name"] == "Meta-Llama-3.1-8B-Instruct"


def test_more_than_a_hundred_jobs_are_all_looked_through_for_those_of_a_status(api: Api) -> None:
    body = {"dataset": asked(api.dataset(table(3))["id"])}
    old = [api.order(**body)["id"] for _ in range(3)]
    api.scenario("succeeds", stuck_in="loading")
    starting = api.order(**body)["id"]
    api.call("POST", f"/jobs/{old[1]}/cancel")
    api.advance(10**6)
    new = [api.order(**body)["id"] for _ in range(102)][::-1]

    assert ids(api.listed("/jobs")) == new[:100]
    assert ids(api.listed("/jobs", limit=1000)) == [*new, starting, *old[::-1]]
    assert ids(api.listed("/jobs", status="cancelled")) == [old[1]]
    assert ids(api.listed("/jobs", status="completed", limit=1)) == [old[2]]
    assert ids(api.listed("/jobs", status="queued", limit=1000)) == new
    for job in new[:2]:
        api.call("POST", f"/jobs/{job}/cancel")
    # A hundred jobs that have not ended are newer: the one that is starting stands on the next page of them.
    assert ids(api.listed("/jobs", status="starting")) == [starting]
    assert ids(api.listed("/jobs", status="cancelled", limit=5)) == [*new[:2], old[1]]


KNOBS: list[Json] = [{}, {"fails_at": "queue"}, {"fails_at_step": 2}, {"stuck_in": "loading"}, {"stuck_in": "queue"}]
KNOBS += [{"cancel_takes_s": 40}, {"pace": 0}, {"fails_at": "saving"}]
deeds = st.one_of(
    st.tuples(st.just("order"), st.sampled_from(KNOBS)),
    st.tuples(st.just("cancel"), st.integers(0, 9)),
    st.tuples(st.just("advance"), st.sampled_from([0.02, 0.3, 0.6, 2.0])),
    st.tuples(st.just("skip"), st.none()),
)


@given(script=st.lists(deeds, min_size=4, max_size=14))
@settings(max_examples=4, deadline=None, phases=UNSHRUNK, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_jobs_of_a_status_are_all_jobs_without_the_others(server: Emulator, script: list[tuple[str, Any]]) -> None:
    with closing(Api(server, f"lists {next(runs)}")) as api:
        dataset = asked(api.dataset(table(30))["id"])
        made: list[str] = []
        for deed, argument in [("order", {}), *script]:
            match deed:
                case "order":
                    api.scenario("succeeds", **argument)
                    made.append(api.order(dataset=dataset)["id"])
                case "cancel":
                    api.client.post(f"/jobs/{made[argument % len(made)]}/cancel")
                case "advance":
                    api.advance(argument)
                case _:
                    api.skip()
            every = api.listed("/jobs")
            assert ids(every) == made[::-1]
            for status in STATUSES:
                wanted = [job for job in every if job["status"] == status]
                assert api.listed("/jobs", status=status) == wanted
                assert api.listed("/jobs", status=status, limit=2) == wanted[:2]


@pytest.mark.parametrize("status", ["", "succeeded", "Queued", "paused", "validating_files", "queued,running"])
def test_a_status_that_is_none_is_refused_with_those_that_are(api: Api, status: str) -> None:
    said = api.refused("GET", "/jobs", params={"status": status})

    assert said.startswith("status: ")
    assert all(each in said for each in STATUSES)


def test_a_job_waits_for_its_turn_where_few_may_run_at_once(api_of: Tenants) -> None:
    api = api_of(max_running=1)
    dataset = asked(api.dataset(table(30))["id"])
    first, second = (api.order(dataset=dataset)["id"] for _ in range(2))
    api.until(first, "running")

    assert api.job(second)["status"] == "queued"
    over = api.until(first, "completed")
    done = api.until(second, "completed")
    assert done["started_at"] >= over["completed_at"]
