"""What a job has measured: the documented shape, which only grows, and agrees with itself."""

import math
import re
from collections.abc import Callable
from itertools import pairwise

import pytest

from contract_tests.harness.answers import Obj
from contract_tests.harness.evidence import shape
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nscale.envelope import instant
from contract_tests.nscale.orders import CAPITALS
from contract_tests.nscale.provider import JOBS

pytestmark = spends
ROWS, BATCH = 4 * len(CAPITALS), 8
LOSSES = ("training_loss", "validation_loss", "perplexity")
COUNTS = ("training_steps", "training_tokens", "validation_steps")


def number(text: object) -> float:
    """Return the number that a text is; fail where it is none."""
    assert isinstance(text, str), f"a text was expected, not {text!r}"
    assert re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", text), f"a number was expected, not {text!r}"
    return float(text)


@pytest.fixture
def told(walk: Walk) -> list[Obj]:
    """The metrics at each look."""
    return [look.metrics.ok() for look in walk.all]


@pytest.fixture
def done(told: list[Obj]) -> Obj:
    """The metrics at the end."""
    return told[-1]


@pytest.fixture
def points(done: Obj) -> list[Obj]:
    """What was measured, at the end."""
    found = done["data"]
    assert isinstance(found, list), f"a list of data was expected in {done}"
    assert found, "a completed job has measured something"
    return found


@fact("jobs.metrics", "answers 200 in JSON", known="documented")
def test_metrics_are_json(walk: Walk) -> None:
    assert {(look.metrics.status, look.metrics.media_type) for look in walk.all} == {(200, "application/json")}


@fact("jobs.metrics", "is in its documented shape, each time", known="documented")
def test_metrics_are_as_published(told: list[Obj], schema: Schema, observe: Callable[..., None]) -> None:
    observe(metrics=shape(told[-1]))

    for each in told:
        schema.holds("Metrics", each)


@fact("jobs.metrics", "has the documented members and no others", known="documented")
def test_metrics_have_no_other_members(told: list[Obj]) -> None:
    assert {frozenset(each) for each in told} == {frozenset(("data", *COUNTS))}


@fact("jobs.metrics", "has points with the documented members and no others", known="documented")
def test_points_have_no_other_members(points: list[Obj]) -> None:
    assert {frozenset(point) for point in points} == {frozenset(("step", "timestamp", *LOSSES))}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=fact("jobs.metrics", f"tells {name} as a text that is a number", known="documented"), id=name
        )
        for name in LOSSES
    ],
)
def test_losses_are_texts(points: list[Obj], name: str) -> None:
    assert all(number(point[name]) > 0 for point in points)


@fact("jobs.metrics", "has a perplexity that is that of the validation loss", known="unverified")
def test_the_perplexity_is_that_of_the_validation_loss(points: list[Obj]) -> None:
    for point in points:
        assert math.isclose(number(point["perplexity"]), math.exp(number(point["validation_loss"])), rel_tol=1e-4)


@fact("jobs.metrics", "tells steps in whole numbers, each once, in their order", known="documented")
def test_steps_are_in_their_order(points: list[Obj]) -> None:
    steps = [point["step"] for point in points]

    assert {type(step) for step in steps} == {int}
    assert steps == sorted(set(steps))
    assert steps[0] > 0


@fact("jobs.metrics", "ends with the last step", known="unverified")
def test_the_last_point_is_the_last_step(done: Obj, points: list[Obj]) -> None:
    assert points[-1]["step"] == done["training_steps"]


@fact("jobs.metrics", "counts a step for each batch of each epoch", known="documented")
def test_a_step_is_a_batch(done: Obj, order: Obj) -> None:
    assert done["training_steps"] == order["hyperparameters"]["n_epochs"] * math.ceil(ROWS / BATCH)


@fact("jobs.metrics", "counts a validation step for each batch of each evaluation", known="unverified")
def test_a_validation_step_is_a_batch(done: Obj, order: Obj) -> None:
    assert done["validation_steps"] == order["hyperparameters"]["n_evals"]


@fact("jobs.metrics", "counts as many tokens as an order of training alone is reckoned at", known="unverified")
def test_tokens_are_those_of_the_data(done: Obj, order: Obj) -> None:
    assert type(done["training_tokens"]) is int
    assert done["training_tokens"] > order["hyperparameters"]["n_epochs"] * ROWS


@fact("jobs.metrics", "tells instants that never go back", known="documented")
def test_instants_never_go_back(points: list[Obj]) -> None:
    at = [instant(point["timestamp"]) for point in points]

    assert at == sorted(at)


@fact("jobs.metrics", "was measured while the job was running", known="unverified")
def test_points_lie_within_the_run(walk: Walk, points: list[Obj]) -> None:
    job = walk.last.job

    assert instant(job["started_at"]) <= instant(points[0]["timestamp"])
    assert instant(points[-1]["timestamp"]) <= instant(job["completed_at"])


@fact("jobs.metrics", "has null for data before anything was measured", known="documented")
def test_there_are_no_points_before_the_job_runs(walk: Walk) -> None:
    before = [look for look in walk.all if look.status in ("queued", "starting")]
    assert before

    # The metrics of the last of these looks may be of the status that came next.
    for look in before[:-1]:
        assert [look.metrics.ok()[name] for name in ("data", *COUNTS)] == [None, 0, 0, 0]


@fact("jobs.metrics", "has no empty list", known="documented")
def test_data_are_null_or_some(told: list[Obj]) -> None:
    assert [each for each in told if each["data"] == []] == []


@fact("jobs.metrics", "only grows", known="unverified")
def test_what_was_measured_stays(told: list[Obj]) -> None:
    for earlier, later in pairwise(each["data"] or [] for each in told):
        assert later[: len(earlier)] == earlier


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=fact("jobs.metrics", f"never counts {name} back", known="unverified"), id=name)
        for name in COUNTS
    ],
)
def test_counts_only_grow(told: list[Obj], name: str) -> None:
    assert [each[name] for each in told] == sorted(each[name] for each in told)


@fact("jobs.metrics", "has no point of a step that was not made yet", known="unverified")
def test_no_point_is_of_the_future(told: list[Obj]) -> None:
    for each in told:
        assert all(point["step"] <= each["training_steps"] for point in each["data"] or [])


@fact("jobs.metrics", "is seen growing while the job runs", known="documented")
def test_metrics_are_seen_growing(told: list[Obj], done: Obj) -> None:
    steps = {each["training_steps"] for each in told}

    assert [step for step in steps if 0 < step < done["training_steps"]]


@fact("jobs.metrics", "has lost in the end", known="unverified")
def test_losses_fall(points: list[Obj]) -> None:
    assert number(points[-1]["training_loss"]) < number(points[0]["training_loss"])
    assert number(points[-1]["validation_loss"]) < number(points[0]["validation_loss"])


@fact("jobs.metrics", "is the same of a completed job for ever", known="unverified")
def test_metrics_of_a_completed_job_stay(line: Line, walk: Walk, done: Obj) -> None:
    assert [look.metrics.ok() for look in walk.after] == [done, done]
    assert line.get(f"{JOBS}/{walk.created['id']}/metrics").ok() == done


@fact("jobs.metrics", "is of one job", known="documented")
def test_metrics_are_of_one_job(line: Line, failing: Walk, done: Obj) -> None:
    assert line.get(f"{JOBS}/{failing.created['id']}/metrics").ok() != done
