"""What a job has measured: more as time goes on and never other, all of it texts, the last after its last step."""

import math
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.nscale.api import Api, Json, asked, table
from tests.dialects.nscale.conftest import Tenants

SLOW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBER = re.compile(r"\d+\.\d{6}")
MOMENT_S = 0.02
"""Shorter than two steps of a job at the pace of the tests' server."""


def steps(metrics: Json) -> list[int]:
    return [point["step"] for point in metrics["data"] or []]


@pytest.fixture
def job(api: Api) -> str:
    """A job of 25 steps: 50 rows for training and 9 for validation, two epochs of batches of 4."""
    dataset = asked(api.dataset(table(50), table(9))["id"])
    return str(api.order(dataset=dataset, hyperparameters={"n_epochs": 2, "n_evals": 3})["id"])


def test_before_the_first_step_there_are_none(api: Api, job: str) -> None:
    nothing = {"data": None, "training_steps": 0, "training_tokens": 0, "validation_steps": 0}

    assert api.metrics(job) == nothing
    api.until(job, "starting")
    assert api.metrics(job) == nothing


def test_what_was_measured_stays_and_more_comes_as_time_goes_on(api: Api, job: str) -> None:
    seen = [api.metrics(job)]
    while api.job(job)["status"] != "completed":
        api.advance(MOMENT_S)
        seen.append(api.metrics(job))
    for before, after in pairwise(seen):
        known = before["data"] or []
        assert (after["data"] or [])[: len(known)] == known
        for name in ("training_steps", "training_tokens", "validation_steps"):
            assert before[name] <= after[name]
        assert max(steps(after), default=0) <= after["training_steps"]

    assert len({len(steps(each)) for each in seen}) > 10
    api.advance(10**6)
    assert api.metrics(job) == seen[-1]


def test_the_last_point_is_that_of_the_last_step_and_every_number_is_a_text(api: Api, job: str) -> None:
    api.advance(10**6)
    told, over = api.metrics(job), api.job(job)

    assert steps(told)[-1] == told["training_steps"] == 2 * math.ceil(50 / 4)
    assert steps(told) == [*range(1, 27)]
    for point in told["data"]:
        assert [*point] == ["step", "timestamp", "training_loss", "validation_loss", "perplexity"]
        numbers = [point[name] for name in ("training_loss", "validation_loss", "perplexity")]
        assert all(NUMBER.fullmatch(number) for number in numbers), numbers
        assert math.isclose(float(numbers[2]), math.exp(float(numbers[1])), rel_tol=1e-4)
        assert over["started_at"] <= point["timestamp"] <= over["completed_at"]
    times = [point["timestamp"] for point in told["data"]]
    assert times == sorted({*times})


def test_the_validation_loss_changes_only_after_an_evaluation_of_which_the_last_is_after_the_last_step(
    api: Api, job: str
) -> None:
    api.advance(10**6)
    told = api.metrics(job)
    losses = [point["validation_loss"] for point in told["data"]]
    changes = [step for step, (one, other) in enumerate(pairwise(losses), 2) if one != other]

    assert changes == [9, 18, 26]
    assert told["validation_steps"] == 3 * math.ceil(9 / 4)
    assert len({*losses}) == 4


def test_the_tokens_are_those_of_all_epochs_once_it_is_over(api: Api) -> None:
    dataset = asked(api.dataset(table(50), table(9))["id"])
    body = api.asking(dataset=dataset, hyperparameters={"n_epochs": 3})
    with_one_look = api.post("/jobs", {**body, "dry_run": True})["estimated_usage"]["tokens"]
    with_two = api.post("/jobs", {**body, "hyperparameters": {"n_epochs": 3, "n_evals": 2}, "dry_run": True})
    per_look = with_two["estimated_usage"]["tokens"] - with_one_look
    job = api.done(**body)["id"]

    assert api.metrics(job)["training_tokens"] == with_one_look - per_look


@pytest.mark.parametrize(("evals", "looks"), [({}, 1), ({"n_evals": 1}, 1), ({"n_evals": 5}, 5), ({"n_evals": 0}, 1)])
def test_data_are_validated_on_as_often_as_was_asked_and_once_in_any_case(
    api: Api, evals: dict[str, int], looks: int
) -> None:
    job = api.done(dataset=asked(api.dataset(table(40), table(5))["id"]), hyperparameters=evals)["id"]

    assert api.metrics(job)["validation_steps"] == looks * math.ceil(5 / 4)


def test_more_evaluations_than_steps_are_one_after_each_step(api: Api) -> None:
    job = api.done(dataset=asked(api.dataset(table(9), table(4))["id"]), hyperparameters={"n_evals": 100})["id"]
    told = api.metrics(job)

    assert (told["training_steps"], told["validation_steps"]) == (3, 3)
    assert len({point["validation_loss"] for point in told["data"]}) == 3


def test_without_a_validation_file_one_row_of_a_hundred_is_validated_on_at_the_end(api: Api) -> None:
    job = api.done(dataset=asked(api.dataset(table(500))["id"]))["id"]
    told = api.metrics(job)
    before, after = ({*(point["validation_loss"] for point in part)} for part in (told["data"][:-1], told["data"][-1:]))

    assert told["training_steps"] == math.ceil(495 / 4)
    assert told["validation_steps"] == math.ceil(5 / 4)
    assert len(before) == len(after) == len(before | after) - 1 == 1


def test_a_single_row_is_trained_on_and_nothing_is_validated_on(api: Api) -> None:
    job = api.done(dataset=asked(api.dataset(table(1))["id"]))["id"]

    assert (api.metrics(job)["training_steps"], api.metrics(job)["validation_steps"]) == (1, 0)


def test_a_long_job_has_about_a_hundred_points(api: Api) -> None:
    dataset = asked(api.dataset(table(2003), table(4))["id"])
    told = api.metrics(api.done(dataset=dataset, hyperparameters={"n_epochs": 3, "n_evals": 7})["id"])

    assert told["training_steps"] == 3 * math.ceil(2003 / 4)
    assert steps(told)[0] == 16
    assert 94 <= len(steps(told)) <= 110
    assert steps(told)[-1] == told["training_steps"]
    assert {-(-told["training_steps"] * look // 7) for look in range(1, 8)} <= {*steps(told)}


@SLOW
@given(rows=st.integers(1, 130), epochs=st.integers(1, 3), evals=st.integers(0, 100), batch=st.sampled_from([4, 32]))
def test_whatever_is_trained_the_counts_add_up(api: Api, rows: int, epochs: int, evals: int, batch: int) -> None:
    hyper = {"n_epochs": epochs, "n_evals": evals, "batch_size": batch}
    told = api.metrics(api.done(dataset=asked(api.dataset(table(rows))["id"]), hyperparameters=hyper)["id"])
    held = max(1, rows // 100) if rows > 1 else 0
    total = epochs * math.ceil((rows - held) / batch)

    assert told["training_steps"] == total == steps(told)[-1]
    assert told["validation_steps"] == min(max(1, evals), total) * math.ceil(held / batch)


def test_losses_that_diverge_are_told_as_nan_and_the_numbers_before_them_stay(api: Api) -> None:
    api.scenario("loss_diverges")
    dataset = asked(api.dataset(table(50), table(9))["id"])
    job = api.done(dataset=dataset, hyperparameters={"n_evals": 100})
    told = api.metrics(job["id"])
    first, rest = told["data"][0], told["data"][1:]

    assert job["status"] == "failed"
    assert NUMBER.fullmatch(first["training_loss"])
    assert {each[name] for each in rest for name in ("training_loss", "validation_loss", "perplexity")} == {"NaN"}


def test_a_bare_list_has_the_same_points_under_the_guides_names_and_null_for_what_is_no_number(
    api_of: Tenants,
) -> None:
    api = api_of(metrics="list")
    waiting = api.order(dataset=asked(api.dataset(table(50), table(9))["id"]))["id"]
    listed: Any = api.metrics(waiting)
    assert listed == []
    api.advance(10**6)
    listed = api.metrics(waiting)
    api.scenario("loss_diverges")
    diverged: Any = api.metrics(api.done()["id"])

    assert [*listed[0]] == ["step", "timestamp", "train_loss", "eval_loss", "perplexity"]
    assert [point["step"] for point in listed] == [*range(1, 14)]
    assert all(type(point[name]) is float for point in listed for name in ("train_loss", "eval_loss", "perplexity"))
    assert math.isclose(listed[-1]["perplexity"], math.exp(listed[-1]["eval_loss"]), rel_tol=1e-4)
    assert diverged[-1]["train_loss"] is None
    assert diverged[-1]["eval_loss"] is None
    assert diverged[-1]["perplexity"] is None


def test_metrics_of_a_cancelled_job_end_where_it_was_cancelled(api: Api, job: str) -> None:
    api.until(job, "running")
    api.advance(5 * MOMENT_S)
    api.post(f"/jobs/{job}/cancel")
    then = api.metrics(job)
    api.advance(10**6)

    assert 0 < then["training_steps"] < 26
    assert api.metrics(job) == then
    assert steps(then)[-1] == then["training_steps"]
