"""What the creation of a job answers: what was asked, with defaults filled in and secrets left out."""

import time
from collections.abc import Callable

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.evidence import shape
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nebius.conftest import DEFAULTS
from contract_tests.nebius.provider import GOING, JOBS

pytestmark = spends
SKEW_S = 300
"""How far a target's clock may be from ours."""


@pytest.fixture
def job(creation: Answer) -> Obj:
    """The answer to the order of the job that is walked."""
    return creation.ok()


@pytest.fixture
def plain(failing: Walk) -> Obj:
    """The answer to the order with nothing but a model and a file."""
    return failing.created


@fact("jobs.create", "answers 200, not 201", known="documented")
def test_a_creation_answers_200(creation: Answer) -> None:
    assert creation.status == 200


@fact("jobs.create", "is told as JSON", known="documented")
def test_a_creation_is_answered_in_json(creation: Answer) -> None:
    assert creation.media_type == "application/json"


@fact("jobs.create", "answers a job in its published shape", known="documented")
def test_a_creation_is_answered_as_published(job: Obj, schema: Schema, observe: Callable[..., None]) -> None:
    observe(job=shape(job))

    schema.holds("FineTuningJob", job)


@fact("jobs.create", "answers every member that is published", known="unverified")
def test_a_creation_answers_all_members(job: Obj, schema: Schema) -> None:
    assert schema.members("FineTuningJob") <= job.keys()


@fact("jobs.create", "answers no member that is not published", known="unverified")
def test_a_creation_answers_no_other_members(job: Obj, schema: Schema) -> None:
    assert job.keys() <= schema.members("FineTuningJob")


@fact("jobs.create", "gives ids of the form ftjob-<32 hexadecimal digits>", known="observed")
def test_a_jobs_id_is_32_digits_behind_its_prefix(job: Obj) -> None:
    prefix, _, digits = str(job["id"]).partition("-")

    assert prefix == "ftjob"
    assert len(digits) == 32
    assert set(digits) <= set("0123456789abcdef")


@fact("jobs.create", "gives each job an id of its own", known="documented")
def test_two_jobs_have_two_ids(job: Obj, plain: Obj) -> None:
    assert job["id"] != plain["id"]


@fact("jobs.create", "calls it a fine_tuning.job", known="observed")
def test_it_is_called_a_job(job: Obj) -> None:
    assert job["object"] == "fine_tuning.job"


@fact("jobs.create", "tells the creation in whole unix seconds", known="observed")
def test_the_creation_is_told_in_whole_seconds(job: Obj) -> None:
    assert type(job["created_at"]) is int
    assert 1_600_000_000 < job["created_at"] < 5_000_000_000


@fact("jobs.create", "tells the creation by the clock that all have", known="observed")
def test_the_creation_is_now(job: Obj) -> None:
    assert abs(job["created_at"] - time.time()) < SKEW_S


@fact("jobs.create", "answers a job that is not ended", known="observed")
def test_a_new_job_is_going_on(job: Obj, observe: Callable[..., None]) -> None:
    observe(status=job["status"])

    assert job["status"] in GOING


@fact("jobs.create", "answers a job that has no end and no error yet", known="observed")
def test_a_new_job_has_no_end(job: Obj) -> None:
    assert job["finished_at"] is None
    assert job["error"] is None


@fact("jobs.create", "answers a job without result files", known="observed")
def test_a_new_job_has_no_files(job: Obj) -> None:
    assert job["result_files"] == []


@fact("jobs.create", "answers no tokens and no steps trained yet", known="observed")
def test_a_new_job_has_trained_nothing(job: Obj) -> None:
    assert (job["trained_tokens"], job["trained_steps"]) == (0, 0)


@fact("jobs.create", "does not know the steps of a new job yet", known="observed")
def test_a_new_jobs_steps_are_not_known(job: Obj) -> None:
    assert job["total_steps"] is None
    assert job["estimated_finish"] is None


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=fact("jobs.create", f"answers the {name} that was asked for", known=known), id=name)
        for name, known in (
            ("model", "observed"),
            ("training_file", "observed"),
            ("validation_file", "observed"),
            ("seed", "observed"),
            ("suffix", "documented"),
        )
    ],
)
def test_what_was_asked_is_answered(job: Obj, order: Obj, name: str) -> None:
    assert job[name] == order[name]


@fact("jobs.create", "answers the hyperparameters that were asked for", known="observed")
def test_hyperparameters_are_answered(job: Obj, order: Obj) -> None:
    known = {name: value for name, value in order["hyperparameters"].items() if name in DEFAULTS}

    assert {name: job["hyperparameters"][name] for name in known} == known


@fact("jobs.create", "fills in the hyperparameters that were not", known="observed")
def test_the_other_hyperparameters_have_their_defaults(job: Obj, order: Obj) -> None:
    left_out = {name: value for name, value in DEFAULTS.items() if name not in order["hyperparameters"]}

    assert {name: job["hyperparameters"][name] for name in left_out} == left_out


@fact("jobs.create", "answers a hyperparameter that it does not know as it came", known="unverified")
def test_an_unknown_hyperparameter_is_answered(job: Obj) -> None:
    assert job["hyperparameters"]["learning_rate_multiplier"] == 0.5


@fact("jobs.create", "answers no method where hyperparameters were sent", known="observed")
def test_no_method_is_answered_beside_hyperparameters(job: Obj) -> None:
    assert job["method"] is None


@fact("jobs.create", "has an empty organization", known="observed")
def test_the_organization_is_empty(job: Obj) -> None:
    assert job["organization_id"] == ""


@fact("jobs.create", "answers no integrations where none were sent", known="observed")
def test_no_integrations_are_none(job: Obj) -> None:
    assert job["integrations"] is None


@fact("jobs.create", "answers an empty suffix where none was sent", known="observed")
def test_no_suffix_is_an_empty_one(plain: Obj) -> None:
    assert plain["suffix"] == ""


@fact("jobs.create", "answers seed 0 where none was sent", known="documented")
def test_no_seed_is_0(plain: Obj) -> None:
    assert plain["seed"] == 0


@fact("jobs.create", "answers no validation file where none was sent", known="documented")
def test_no_validation_file_is_none(plain: Obj) -> None:
    assert plain["validation_file"] is None


@fact("jobs.create", "fills in all hyperparameters where none were sent", known="unverified")
def test_hyperparameters_need_not_be_sent(plain: Obj) -> None:
    assert plain["hyperparameters"] == DEFAULTS


@fact("jobs.create", "creates one job", known="documented")
def test_an_order_is_one_job(line: Line, job: Obj) -> None:
    suffixes = [each["suffix"] for each in line.get(JOBS, limit=100).rows()]

    assert suffixes.count(job["suffix"]) == 1
