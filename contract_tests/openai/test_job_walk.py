"""A job from its creation to its end, as polling sees it: every look at the jobs that are walked."""

import re
from collections.abc import Callable

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.evidence import shape
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.run import Run
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.openai import published
from contract_tests.openai.orders import EXAMPLES
from contract_tests.openai.provider import ENDED, GOING, MODEL, STATUSES

pytestmark = spends
LOOKS_MIN = 6
"""Of fewer looks one may have been on either side of a state."""
ORDER = ("validating_files", "queued", "running", "succeeded")
CONSTANT = (
    *("id", "object", "created_at", "model", "training_file", "validation_file", "seed", "user_provided_suffix"),
    *("integrations", "organization_id", "metadata"),
)
LETTERS = "[0-9A-Za-z]"


@fact("jobs.retrieve", "comes to an end", known="observed")
def test_a_job_ends(walk: Walk) -> None:
    assert walk.last.job["status"] in ENDED


@fact("jobs.retrieve", "ends well with data that are sound", known="observed")
def test_a_job_succeeds(walk: Walk, observe: Callable[..., None]) -> None:
    observe(job=shape(walk.last.job))

    assert walk.last.job["status"] == "succeeded"


@fact("jobs.retrieve", "answers at every time a job in its published shape", known="documented")
def test_a_job_is_as_published_at_every_look(walk: Walk, schema: Schema) -> None:
    for look in walk.all:
        schema.holds("FineTuningJob", published.job(look.job))


@fact("jobs.retrieve", "answers at every time the same members in the same order", known="observed")
def test_a_job_has_the_same_members_at_every_look(walk: Walk, creation: Answer) -> None:
    assert {tuple(look.job) for look in walk.all} == {tuple(creation.ok())}


@fact("jobs.retrieve", "has no other status than the six that are published", known="documented")
def test_every_status_is_published(walk: Walk) -> None:
    assert set(walk.statuses) <= set(STATUSES)


@fact("jobs.retrieve", "goes through its states in their order and never back", known="observed")
def test_a_job_goes_forward(walk: Walk, observe: Callable[..., None]) -> None:
    observe(statuses=walk.statuses)

    assert [status for status in ORDER if status in walk.statuses] == walk.statuses


@fact("jobs.retrieve", "is seen running before it succeeds", known="observed")
def test_a_job_runs_before_it_succeeds(walk: Walk) -> None:
    if len(walk.looks) < LOOKS_MIN:
        pytest.skip(f"{len(walk.looks)} looks are too few to see every state: a smaller --poll-interval")

    assert walk.statuses[-2:] == ["running", "succeeded"]


@fact("jobs.retrieve", "never changes what was asked", known="documented")
def test_what_was_asked_stays(walk: Walk, creation: Answer) -> None:
    asked = {name: creation.ok()[name] for name in CONSTANT}

    for look in walk.all:
        assert {name: look.job[name] for name in CONSTANT} == asked


@fact("jobs.retrieve", "has an end exactly where it has succeeded", known="observed")
def test_finished_at_comes_with_success(walk: Walk) -> None:
    for look in walk.all:
        assert (look.job["finished_at"] is not None) == (look.job["status"] == "succeeded")


@fact("jobs.retrieve", "tells the end in whole unix seconds, not before the creation", known="observed")
def test_the_end_is_not_before_the_creation(walk: Walk) -> None:
    job = walk.last.job

    assert type(job["finished_at"]) is int
    assert job["created_at"] <= job["finished_at"] < job["created_at"] + 86400


@fact("jobs.retrieve", "answers the same for ever once the job has ended", known="documented")
def test_the_end_is_final(walk: Walk) -> None:
    assert [look.job for look in walk.after] == [walk.last.job, walk.last.job]


@fact("jobs.retrieve", "has no error where the job succeeded: null, or an object of nothing", known="observed")
def test_a_job_that_succeeds_has_no_error(walk: Walk) -> None:
    assert walk.last.job["status"] == "succeeded"
    assert all(look.job["error"] in (None, {}) for look in walk.all)


@fact(
    "jobs.retrieve",
    "counts the trained tokens at the end, of a whole number of epochs, and not before",
    known="observed",
)
def test_tokens_are_told_at_the_end(walk: Walk, order: Obj) -> None:
    tokens = walk.last.job["trained_tokens"]

    assert {look.job["trained_tokens"] for look in walk.looks if look.job["status"] in GOING} <= {None}
    assert type(tokens) is int
    assert tokens > 0
    assert tokens % order["method"]["supervised"]["hyperparameters"]["n_epochs"] == 0


@fact("jobs.retrieve", "names the model of its base, organization, suffix and eight letters", known="observed")
def test_the_model_is_named_for_its_job(walk: Walk, order: Obj) -> None:
    name = walk.last.job["fine_tuned_model"]

    assert re.fullmatch(rf"ft:{re.escape(order['model'])}:[^:]+:{order['suffix']}:{LETTERS}{{8}}", name)


@fact("jobs.retrieve", "leaves the place of the suffix empty in the name of a model that has none", known="observed")
def test_a_model_without_a_suffix_has_an_empty_place(plain_walk: Walk, plain: Answer) -> None:
    name = plain_walk.last.job["fine_tuned_model"]

    assert re.fullmatch(rf"ft:{re.escape(plain.ok()['model'])}:[^:]+::{LETTERS}{{8}}", name)


@fact("jobs.retrieve", "has model and result exactly where it has succeeded", known="observed")
def test_model_and_result_come_with_success(walk: Walk) -> None:
    for look in walk.all:
        succeeded = look.job["status"] == "succeeded"
        assert (len(look.job["result_files"]), bool(look.job["fine_tuned_model"])) == (succeeded, succeeded)


@fact("jobs.retrieve", "expects no end where it has succeeded, and else one behind its creation", known="observed")
def test_an_expected_end_lies_ahead(walk: Walk) -> None:
    assert walk.last.job["estimated_finish"] is None
    for look in walk.looks:
        expected = look.job["estimated_finish"]
        assert expected is None or expected >= look.job["created_at"]


@fact("jobs.retrieve", "keeps the numbers that were sent", known="observed")
def test_numbers_that_were_sent_stay(walk: Walk, creation: Answer) -> None:
    for look in walk.all:
        assert look.job["method"] == creation.ok()["method"]
        assert look.job["hyperparameters"] == creation.ok()["hyperparameters"]


@fact("jobs.retrieve", "answers auto while the files are validated, and numbers once the job runs", known="observed")
def test_auto_is_decided_once_the_files_are_read(walk: Walk, plain_walk: Walk) -> None:
    for look in plain_walk.all:
        told = {type(value) is str for value in look.job["hyperparameters"].values()}
        if look.job["status"] == "validating_files":
            assert told == {True}
        elif look.job["status"] in ("running", "succeeded"):
            assert told == {False}


@fact("jobs.retrieve", "has decided on ten epochs for ten examples", known="observed")
def test_ten_examples_are_seen_ten_times(plain_walk: Walk) -> None:
    assert plain_walk.last.job["hyperparameters"]["n_epochs"] == 100 // EXAMPLES


@fact("jobs.retrieve", "has decided on batches of one for ten examples", known="observed")
def test_ten_examples_come_one_by_one(plain_walk: Walk) -> None:
    assert plain_walk.last.job["hyperparameters"]["batch_size"] == 1


@fact("jobs.retrieve", "has decided on a rate of 1.8 for gpt-4o-mini-2024-07-18", known="observed")
def test_the_rate_is_the_models(plain_walk: Walk) -> None:
    if plain_walk.last.job["model"] != MODEL:
        pytest.skip("what auto is for another --model is not known")

    assert plain_walk.last.job["hyperparameters"]["learning_rate_multiplier"] == 1.8


@fact("jobs.retrieve", "tells in the method the numbers that it has decided on", known="observed")
def test_the_method_has_the_decided_numbers(plain_walk: Walk) -> None:
    job = plain_walk.last.job

    assert job["method"]["supervised"]["hyperparameters"] == job["hyperparameters"]


@fact("jobs.retrieve", "trains ten times the tokens of ten epochs as of one", known="observed")
def test_more_epochs_are_more_tokens(run: Run, walk: Walk, plain_walk: Walk) -> None:
    # Both are on the same file, the one for as many epochs as asked, the other for ten.
    one, ten = walk.last.job["trained_tokens"] / run.options.epochs, plain_walk.last.job["trained_tokens"] / 10

    assert one == ten


@fact("jobs.retrieve", "is told as JSON", known="observed")
def test_a_job_is_json(walk: Walk) -> None:
    assert {look.retrieved.media_type for look in walk.all} == {"application/json"}
