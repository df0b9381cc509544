"""Jobs over HTTP: what a request becomes, what its data decide, and what can be done to it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.openai.api import FILES, JOBS, Api, Json, chats, ids, preferences, questions

GRADER = {
    "type": "string_check",
    "name": "same",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
STAGES = ["validating_files", "queued", "running", "succeeded"]
AUTO = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}


@pytest.mark.parametrize(
    ("examples", "epochs", "batch"),
    [
        (10, 10, 1),
        (20, 5, 1),
        (33, 3, 1),
        (34, 3, 1),
        (100, 3, 1),
        (101, 3, 1),
        (1000, 3, 2),
        (8334, 2, 17),
        (25001, 1, 50),
    ],
)
def test_auto_is_decided_by_the_number_of_examples(api: Api, examples: int, epochs: int, batch: int) -> None:
    short = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
    job = api.order(training_file=api.upload(short * examples))

    assert job["hyperparameters"] == job["method"]["supervised"]["hyperparameters"] == AUTO
    told = api.until(job["id"], "running")
    decided = {"n_epochs": epochs, "batch_size": batch, "learning_rate_multiplier": 1.8}
    assert told["hyperparameters"] == told["method"]["supervised"]["hyperparameters"] == decided


@pytest.mark.parametrize(
    ("model", "snapshot", "multiplier"),
    [
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18", 1.8),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini-2024-07-18", 1.8),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125", 2),
        ("gpt-3.5-turbo-0613", "gpt-3.5-turbo-0613", 2),
        ("gpt-4.1-nano", "gpt-4.1-nano-2025-04-14", 1),
    ],
)
def test_an_alias_is_answered_as_its_snapshot(api: Api, model: str, snapshot: str, multiplier: float) -> None:
    job = api.done(model=model)

    assert job["model"] == snapshot
    assert job["hyperparameters"]["learning_rate_multiplier"] == multiplier
    assert job["fine_tuned_model"].startswith(f"ft:{snapshot}:personal::")


def test_a_tuned_model_can_be_tuned_on(api: Api) -> None:
    first = api.done()["fine_tuned_model"]
    job = api.done(model=first)

    assert job["model"] == first
    assert job["fine_tuned_model"].startswith("ft:gpt-4o-mini-2024-07-18:personal::")
    assert job["fine_tuned_model"] != first
    unknown = api.refused("POST", JOBS, json=api.asking(model=f"{first[:-1]}!"))
    assert unknown["code"] == "model_not_available"


@pytest.mark.parametrize("place", ["method", "hyperparameters", "both"])
def test_hyperparameters_come_back_in_both_places_wherever_they_were_sent(api: Api, place: str) -> None:
    given = {"n_epochs": 2, "batch_size": 3, "learning_rate_multiplier": 0.5}
    sent: Json = {"hyperparameters": given} if place != "method" else {}
    if place != "hyperparameters":
        sent["method"] = {"type": "supervised", "supervised": {"hyperparameters": given}}
    job = api.order(**sent)

    assert job["hyperparameters"] == given
    assert job["method"] == {"type": "supervised", "supervised": {"hyperparameters": given}}
    api.advance(10**6)
    assert api.job(job["id"])["hyperparameters"] == given


def test_blocks_of_other_methods_are_taken_and_not_answered(api: Api) -> None:
    beside = {"supervised": {}, "dpo": {"hyperparameters": {"beta": 0.3}}, "reinforcement": {"grader": GRADER}}
    job = api.order(method={"type": "supervised", **beside})

    assert [*job["method"]] == ["type", "supervised"]


def test_a_preference_job_echoes_its_own_hyperparameters(api: Api, api_of: Callable[..., Api]) -> None:
    body: Json = {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.5, "n_epochs": 2}}}}
    own = {"n_epochs": 2, "batch_size": 1, "learning_rate_multiplier": 1.8, "beta": 0.5}
    for tenant, common in ((api, {name: own[name] for name in AUTO}), (api_of(quirks="faithful"), None)):
        job = tenant.done(training_file=tenant.upload(preferences(10)), **body)

        assert job["status"] == "succeeded"
        assert job["method"] == {"type": "dpo", "dpo": {"hyperparameters": own}}
        assert job["hyperparameters"] == common


@pytest.mark.parametrize(("method", "data"), [("dpo", chats(10)), ("supervised", preferences(10))])
def test_data_of_another_method_fail_the_job_and_not_its_order(api: Api, method: str, data: bytes) -> None:
    job = api.done(training_file=api.upload(data), method={"type": method})

    assert (job["status"], job["error"]["code"]) == ("failed", "invalid_training_file")
    assert f"(provided method={method})" in job["error"]["message"]


def test_a_reinforcement_job_echoes_its_grader_and_what_auto_is(api: Api) -> None:
    own = {"reasoning_effort": "high", "eval_interval": 7}
    method: Json = {"type": "reinforcement", "reinforcement": {"grader": GRADER, "hyperparameters": own}}
    job = api.done(model="o4-mini", training_file=api.upload(questions(10)), method=method)
    told = job["method"]["reinforcement"]

    assert job["status"] == "succeeded"
    assert told["grader"] == GRADER
    assert own.items() <= told["hyperparameters"].items()
    assert {"compute_multiplier", "eval_samples", "n_epochs", "batch_size"} <= told["hyperparameters"].keys()
    [newest] = [each for each in api.get(f"{JOBS}/{job['id']}/events")["data"] if each["type"] == "metrics"][:1]
    assert "train mean reward=" in newest["message"]


PAIRS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2", "null", ""]), max_size=2)
MANY = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(made=st.lists(st.none() | PAIRS, min_size=1, max_size=6), asked=PAIRS, limit=st.integers(1, 4))
def test_a_list_can_be_of_the_jobs_that_have_all_of_some_metadata(
    api: Api, made: list[dict[str, str] | None], asked: dict[str, str], limit: int
) -> None:
    api.control.post("/_emulator/reset").raise_for_status()
    file = api.upload()
    jobs = {api.order(training_file=file, metadata=each)["id"]: each for each in made}
    query = {f"metadata[{name}]": value for name, value in asked.items()}
    wanted = [job for job, has in jobs.items() if asked.items() <= (has or {}).items()][::-1]

    assert [each["id"] for each in api.pages(JOBS, limit, **query)] == wanted
    assert {each["id"]: each["metadata"] for each in api.pages(JOBS, limit)} == jobs


def test_a_list_can_be_of_the_jobs_without_metadata(api: Api) -> None:
    file = api.upload()
    jobs = {json: api.order(training_file=file, **body)["id"] for json, body in BARE.items()}

    assert ids(api.get(JOBS, metadata="null")) == [jobs["null"], jobs["absent"]]


BARE: dict[str, Json] = {"absent": {}, "null": {"metadata": None}, "one": {"metadata": {"metadata": "null"}}}


def test_jobs_are_listed_newest_first_in_an_envelope_of_three_members(api: Api) -> None:
    file = api.upload()
    jobs = [api.order(training_file=file)["id"] for _ in range(22)][::-1]
    page = api.get(JOBS)

    assert [*page] == ["object", "data", "has_more"]
    assert (ids(page), page["has_more"]) == (jobs[:20], True)
    assert [each["id"] for each in api.pages(JOBS, 5)] == jobs
    assert api.get(JOBS, limit=0) == {"object": "list", "data": [], "has_more": True}
    for unknown in ("ftjob-abc123", "string", "", file):
        assert api.get(JOBS, after=unknown) == {"object": "list", "data": [], "has_more": False}


def pausing(api: Api, job: str, deed: str) -> str:
    return str(api.post(f"{JOBS}/{job}/{deed}")["status"])


@pytest.mark.parametrize("stage", STAGES[:3])
def test_a_paused_job_shows_where_it_stands_and_goes_no_further(api: Api, stage: str) -> None:
    job = api.order()["id"]
    api.until(job, stage)

    assert pausing(api, job, "pause") == stage
    before = [api.job(job), api.get(f"{JOBS}/{job}/events"), api.get(f"{JOBS}/{job}/checkpoints")]
    api.advance(10**6)
    assert [api.job(job), api.get(f"{JOBS}/{job}/events"), api.get(f"{JOBS}/{job}/checkpoints")] == before
    assert pausing(api, job, "pause") == stage
    assert pausing(api, job, "resume") == stage
    assert api.until(job, "succeeded")["finished_at"] > before[0]["created_at"] + 10**6


@pytest.mark.parametrize("stage", STAGES[:3])
def test_a_paused_job_says_so_where_quirks_are_faithful(api_of: Callable[..., Api], stage: str) -> None:
    api = api_of(quirks="faithful")
    job = api.order()["id"]
    api.until(job, stage)

    assert [pausing(api, job, deed) for deed in ("pause", "pause")] == ["paused", "paused"]
    api.advance(10**6)
    assert api.job(job)["status"] == api.get(JOBS)["data"][0]["status"] == "paused"
    assert pausing(api, job, "resume") == stage
    pausing(api, job, "pause")
    assert pausing(api, job, "cancel") == "cancelled"


@MANY
@given(holds=st.lists(st.tuples(st.floats(0, 3), st.floats(0, 50)), max_size=4))
def test_a_job_ends_as_much_later_as_it_stood_still(api: Api, holds: list[tuple[float, float]]) -> None:
    api.control.post("/_emulator/reset").raise_for_status()
    file = api.upload()
    held, free = (api.order(training_file=file, seed=1, hyperparameters={"n_epochs": 1})["id"] for _ in range(2))
    total = 0.0
    for runs, stands in holds:
        api.advance(runs)
        if api.job(held)["status"] in STAGES[:3]:
            pausing(api, held, "pause")
            api.advance(stands)
            pausing(api, held, "resume")
            total += stands
    api.advance(10**6)
    # When success was told: `finished_at` is the end of the training, after which a job may be paused still.
    one, other = (api.get(f"{JOBS}/{job}/events", limit=1)["data"][0]["created_at"] for job in (held, free))

    assert api.job(held)["status"] == api.job(free)["status"] == "succeeded"
    # Both are told in whole seconds.
    assert abs(one - other - total) <= 1
    assert steps(api, held) == steps(api, free)


def steps(api: Api, job: str) -> list[Any]:
    """Return what a job's steps were, its times and names left out."""
    return [each["data"] for each in api.get(f"{JOBS}/{job}/events", limit=1000)["data"]]


@pytest.mark.parametrize("deed", ["cancel", "pause", "resume"])
@pytest.mark.parametrize("end", ["succeeded", "failed", "cancelled"])
def test_nothing_can_be_done_to_a_job_that_is_over(api: Api, deed: str, end: str) -> None:
    job = api.order(training_file=api.upload(chats(9 if end == "failed" else 10)))["id"]
    if end == "cancelled":
        pausing(api, job, "cancel")
    before = api.until(job, end)
    refused = api.refused("POST", f"{JOBS}/{job}/{deed}")

    assert refused["message"] == f'Cannot {deed} a job {job} that already has status "{end}".'
    assert api.job(job) == before


@pytest.mark.parametrize("stage", STAGES[:3])
def test_a_job_is_cancelled_at_once_and_has_no_time_of_its_end(api: Api, stage: str) -> None:
    job = api.order()["id"]
    api.until(job, stage)
    events = api.get(f"{JOBS}/{job}/events")
    done = api.post(f"{JOBS}/{job}/cancel")

    assert (done["status"], done["finished_at"], done["fine_tuned_model"], done["error"]) == ("cancelled", *[None] * 3)
    assert (done["result_files"], done["trained_tokens"], done["estimated_finish"]) == ([], None, None)
    api.advance(10**6)
    assert api.job(job) == done
    assert api.get(f"{JOBS}/{job}/events") == events


def test_only_a_job_that_has_succeeded_tells_when_it_was_over(api: Api) -> None:
    job = api.order()
    for stage in STAGES:
        seen = api.until(job["id"], stage)

        assert (seen["finished_at"] is None) == (seen["fine_tuned_model"] is None) == (stage != "succeeded")
        assert (seen["trained_tokens"] is None) == (seen["result_files"] == []) == (stage != "succeeded")
    assert job["created_at"] <= seen["finished_at"]
    newest, model, *_ = api.get(f"{JOBS}/{job['id']}/events")["data"]
    assert seen["finished_at"] <= model["created_at"] <= newest["created_at"]


@pytest.mark.parametrize(("quirks", "none"), [("strict", None), ("faithful", {})])
def test_a_job_that_has_not_failed_has_no_error(api_of: Callable[..., Api], quirks: str, none: Any) -> None:
    api = api_of(quirks=quirks)
    job, bad = api.order()["id"], api.order(training_file=api.upload(chats(9)))["id"]

    assert [api.until(job, stage)["error"] for stage in STAGES] == [none] * 4
    failed = api.until(bad, "failed")
    assert [*failed["error"]] == ["code", "message", "param"]
    assert (failed["finished_at"], failed["hyperparameters"]) == (None, AUTO)
    last = api.get(f"{JOBS}/{bad}/events")["data"][0]
    assert (last["level"], last["message"]) == ("error", failed["error"]["message"])


@pytest.mark.parametrize(("stage", "end"), [(STAGES[0], "failed"), (STAGES[1], "succeeded"), (STAGES[2], "succeeded")])
def test_a_training_file_is_needed_until_it_is_validated(api: Api, stage: str, end: str) -> None:
    job = api.order()
    api.until(job["id"], stage)
    api.call("DELETE", f"{FILES}/{job['training_file']}")
    seen = api.until(job["id"], end)

    assert (seen["error"] or {}).get("code") == ("deleted_training_file" if end == "failed" else None)
    assert seen["training_file"] == job["training_file"]


@pytest.mark.parametrize("resumed", [False, True])
def test_a_training_file_is_needed_however_long_its_validation_was_paused(api: Api, *, resumed: bool) -> None:
    job = api.order()
    pausing(api, job["id"], "pause")
    api.advance(10**6)
    if resumed:
        pausing(api, job["id"], "resume")
    api.call("DELETE", f"{FILES}/{job['training_file']}")

    told = api.job(job["id"])
    assert (told["status"], (told["error"] or {}).get("code")) == ("failed", "deleted_training_file")


@pytest.mark.parametrize("member", ["training_file", "validation_file"])
def test_a_file_that_is_not_there_or_for_something_else_orders_nothing(api: Api, member: str) -> None:
    deleted = api.upload()
    api.call("DELETE", f"{FILES}/{deleted}")
    for file in ("file-abc123", deleted, api.upload(purpose="assistants"), api.done()["result_files"][0]):
        told = api.refused("POST", JOBS, json=api.asking(**{member: file}))

        assert (told["param"], told["message"].startswith(f"invalid {member}: {file}")) == (member, True)
    assert len(ids(api.get(JOBS))) == 1


@pytest.mark.parametrize("seed", [0, 42, 2**31 - 1])
def test_a_seed_comes_back_and_makes_the_same_training_twice(api: Api, seed: int) -> None:
    file = api.upload()
    one, again, other = (api.done(training_file=file, **sent) for sent in ({"seed": seed}, {"seed": seed}, {}))

    assert (one["seed"], again["seed"]) == (seed, seed)
    assert 0 <= other["seed"] < 2**31
    assert steps(api, one["id"]) == steps(api, again["id"]) != steps(api, other["id"])


def test_an_integration_comes_back_with_the_run_that_is_the_job(api: Api) -> None:
    wandb = {"project": "p", "name": "n", "entity": "e", "tags": ["a", "b"]}
    job = api.order(integrations=[{"type": "wandb", "wandb": {**wandb, "api_key": "secret"}}])

    assert job["integrations"] == [{"type": "wandb", "wandb": {**wandb, "run_id": job["id"]}}]


def test_a_suffix_is_part_of_the_models_name_and_an_organization_too(api_of: Callable[..., Api]) -> None:
    job = api_of(organization="acme").done(suffix="my-model")

    assert job["user_provided_suffix"] == "my-model"
    assert job["fine_tuned_model"].startswith("ft:gpt-4o-mini-2024-07-18:acme:my-model:")


def test_of_two_tenants_neither_sees_the_others_jobs(api: Api) -> None:
    job = api.order()["id"]
    other = {"headers": {"authorization": "Bearer another tenant"}}
    for method, path in (("GET", ""), ("GET", "/events"), ("GET", "/checkpoints"), ("POST", "/cancel")):
        told = api.refused(method, f"{JOBS}/{job}{path}", 404, **other)

        assert (told["code"], told["param"]) == ("fine_tune_not_found", "fine_tune_id")
