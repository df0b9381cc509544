"""A job from its creation to its end, as polling sees it: every look at the one job that is walked."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.evidence import shape
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nebius.provider import ENDED, GOING, STATUSES

pytestmark = spends
LOOKS_MIN = 6
"""Of fewer looks one may have been on either side of a state."""
ORDER = ("validating_files", "queued", "running", "succeeded")
CONSTANT = (
    *("id", "object", "created_at", "model", "training_file", "validation_file", "hyperparameters", "method", "seed"),
    *("suffix", "integrations", "organization_id", "from_checkpoint"),
)


@fact("jobs.retrieve", "comes to an end", known="documented")
def test_a_job_ends(walk: Walk) -> None:
    assert walk.last.job["status"] in ENDED


@fact("jobs.retrieve", "ends well with data that are sound", known="documented")
def test_a_job_succeeds(walk: Walk, observe: Callable[..., None]) -> None:
    observe(job=shape(walk.last.job))

    assert walk.last.job["status"] == "succeeded"


@fact("jobs.retrieve", "answers at every time a job in its published shape", known="documented")
def test_a_job_is_as_published_at_every_look(walk: Walk, schema: Schema) -> None:
    for look in walk.all:
        schema.holds("FineTuningJob", look.job)


@fact("jobs.retrieve", "answers at every time the same members", known="unverified")
def test_a_job_has_the_same_members_at_every_look(walk: Walk, creation: Answer) -> None:
    assert {frozenset(look.job) for look in walk.all} == {frozenset(creation.ok())}


@fact("jobs.retrieve", "has no other status than the six that are published", known="documented")
def test_every_status_is_published(walk: Walk) -> None:
    assert set(walk.statuses) <= set(STATUSES)


@fact("jobs.retrieve", "goes through its states in their order and never back", known="documented")
def test_a_job_goes_forward(walk: Walk, observe: Callable[..., None]) -> None:
    observe(statuses=walk.statuses)

    assert [status for status in ORDER if status in walk.statuses] == walk.statuses


@fact("jobs.retrieve", "is seen running before it succeeds", known="documented")
def test_a_job_runs_before_it_succeeds(walk: Walk) -> None:
    if len(walk.looks) < LOOKS_MIN:
        pytest.skip(f"{len(walk.looks)} looks are too few to see every state: a smaller --poll-interval")

    assert walk.statuses[-2:] == ["running", "succeeded"]


@fact("jobs.retrieve", "never changes what was asked", known="documented")
def test_what_was_asked_stays(walk: Walk, creation: Answer) -> None:
    asked = {name: creation.ok()[name] for name in CONSTANT}

    for look in walk.all:
        assert {name: look.job[name] for name in CONSTANT} == asked


@fact("jobs.retrieve", "has an end exactly where it has ended", known="documented")
def test_finished_at_comes_with_the_end(walk: Walk) -> None:
    for look in walk.all:
        assert (look.job["finished_at"] is not None) == (look.job["status"] in ENDED)


@fact("jobs.retrieve", "tells the end in whole unix seconds, not before the creation", known="documented")
def test_the_end_is_not_before_the_creation(walk: Walk) -> None:
    job = walk.last.job

    assert type(job["finished_at"]) is int
    assert job["created_at"] <= job["finished_at"] < job["created_at"] + 86400


@fact("jobs.retrieve", "answers the same for ever once the job has ended", known="documented")
def test_the_end_is_final(walk: Walk) -> None:
    assert [look.job for look in walk.after] == [walk.last.job, walk.last.job]


@fact("jobs.retrieve", "has no error where the job succeeded", known="documented")
def test_a_job_that_succeeds_has_no_error(walk: Walk) -> None:
    assert walk.last.job["status"] == "succeeded"
    assert {str(look.job["error"]) for look in walk.all} == {"None"}


def numbers(walk: Walk, name: str) -> list[int]:
    return [look.job[name] for look in walk.all if look.job[name] is not None]


@fact("jobs.retrieve", "counts trained steps that never fall", known="documented")
def test_trained_steps_do_not_fall(walk: Walk) -> None:
    steps = numbers(walk, "trained_steps")

    assert steps == sorted(steps)


@fact("jobs.retrieve", "counts trained tokens that never fall", known="documented")
def test_trained_tokens_do_not_fall(walk: Walk) -> None:
    tokens = numbers(walk, "trained_tokens")

    assert tokens == sorted(tokens)


@fact("jobs.retrieve", "trains nothing before the job runs", known="documented")
def test_nothing_is_trained_before_the_job_runs(walk: Walk) -> None:
    waiting = [look.job for look in walk.looks if look.job["status"] in ("validating_files", "queued")]

    assert all(not job["trained_steps"] and not job["trained_tokens"] for job in waiting)


@fact("jobs.retrieve", "knows the number of steps at the end, and has trained them all", known="documented")
def test_all_steps_are_trained(walk: Walk) -> None:
    job = walk.last.job

    assert type(job["total_steps"]) is int
    assert job["trained_steps"] == job["total_steps"] >= 1


@fact("jobs.retrieve", "never changes the number of steps once it is known", known="unverified")
def test_the_number_of_steps_stays(walk: Walk) -> None:
    assert len(set(numbers(walk, "total_steps"))) == 1


@fact("jobs.retrieve", "never trains more steps than there are", known="documented")
def test_no_more_steps_than_there_are(walk: Walk) -> None:
    for look in walk.all:
        if look.job["total_steps"] is not None:
            assert look.job["trained_steps"] <= look.job["total_steps"]


@fact("jobs.retrieve", "counts the trained tokens of a whole number of epochs", known="observed")
def test_tokens_are_those_of_every_epoch(walk: Walk, order: Obj) -> None:
    tokens = walk.last.job["trained_tokens"]

    assert type(tokens) is int
    assert tokens > 0
    assert tokens % order["hyperparameters"]["n_epochs"] == 0


@fact("jobs.retrieve", "has steps of which each epoch has as many", known="unverified")
def test_epochs_have_equally_many_steps(walk: Walk, order: Obj) -> None:
    assert walk.last.job["total_steps"] % order["hyperparameters"]["n_epochs"] == 0


@fact("jobs.retrieve", "has result files only when it has succeeded", known="unverified")
def test_result_files_come_with_success(walk: Walk) -> None:
    for look in walk.all:
        assert bool(look.job["result_files"]) == (look.job["status"] == "succeeded")


@fact("jobs.retrieve", "has the files of its last checkpoint for result files", known="unverified")
def test_result_files_are_the_last_checkpoints(walk: Walk) -> None:
    made = walk.last.checkpoints.rows()
    assert made

    assert walk.last.job["result_files"] == made[-1]["result_files"]


@fact("jobs.retrieve", "expects an end only while the job is going on, and behind its creation", known="unverified")
def test_an_expected_end_lies_ahead(walk: Walk) -> None:
    for look in walk.looks:
        expected = look.job["estimated_finish"]
        assert expected is None or (type(expected) is int and expected >= look.job["created_at"])
        assert expected is None or look.job["status"] in GOING | {"succeeded"}


@fact("jobs.retrieve", "is told as JSON", known="documented")
def test_a_job_is_json(walk: Walk) -> None:
    assert {look.retrieved.media_type for look in walk.all} == {"application/json"}


@fact("jobs.retrieve", "has no fine_tuned_model", known="observed")
def test_there_is_no_fine_tuned_model(walk: Walk) -> None:
    assert walk.last.job.get("fine_tuned_model") is None


@fact("jobs.retrieve", "knows everything of a checkpoint's step when it is shown", known="unverified")
def test_no_checkpoint_is_ahead_of_the_next_look(walk: Walk) -> None:
    for earlier, later in pairwise(walk.all):
        for checkpoint in earlier.checkpoints.rows():
            assert checkpoint["step_number"] <= later.job["trained_steps"]
