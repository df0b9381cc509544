"""What the creation of a job answers: what was asked, in either generation of names, with defaults filled in."""

import time
from collections.abc import Callable

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.evidence import shape
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nscale.conftest import DEFAULTS, LORA_DEFAULTS
from contract_tests.nscale.envelope import instant, is_uuid
from contract_tests.nscale.orders import LORA
from contract_tests.nscale.provider import JOBS, MODEL, PAGE

pytestmark = spends
SKEW_S = 300
"""How far a target's clock may be from ours."""


@pytest.fixture
def job(creation: Answer) -> Obj:
    """The job that is walked, as its order was answered."""
    found = creation.ok()["job"]
    assert isinstance(found, Obj), f"a job was expected in {creation!r}"
    return found


@pytest.fixture
def plain(failing: Walk) -> Obj:
    """The job with nothing but a name, a model and a dataset, as its order was answered."""
    return failing.created


@pytest.fixture
def early(older: Answer) -> Obj:
    """The job in the older names, as its order was answered."""
    found = older.ok()["job"]
    assert isinstance(found, Obj), f"a job was expected in {older!r}"
    return found


@fact("jobs.create", "answers 200, not 201", known="observed")
def test_a_creation_answers_200(creation: Answer) -> None:
    assert creation.status == 200


@fact("jobs.create", "is told as JSON", known="observed")
def test_a_creation_is_answered_in_json(creation: Answer) -> None:
    assert creation.media_type == "application/json"


@fact("jobs.create", "answers the documented members: the job under job", known="documented")
def test_a_creation_has_three_members(creation: Answer) -> None:
    assert set(creation.ok()) == {"dry_run", "estimated_usage", "job"}


@fact("jobs.create", "answers a job in its documented shape", known="documented")
def test_a_creation_is_answered_as_published(creation: Answer, schema: Schema, observe: Callable[..., None]) -> None:
    observe(created=shape(creation.ok()))

    schema.holds("CreateJobResponse", creation.ok())


@fact("jobs.create", "says that it was no dry run", known="documented")
def test_a_creation_is_no_dry_run(creation: Answer) -> None:
    assert creation.ok()["dry_run"] is False


@fact("jobs.create", "tells what the job will use", known="documented")
def test_a_creation_tells_its_usage(creation: Answer) -> None:
    usage = creation.ok()["estimated_usage"]

    assert usage["cost"] == 2
    assert usage["tokens"] > 0


MEMBERS = ("id", "name", "status", "base_model", "dataset", "hyperparameters", "started_at", "completed_at")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=fact("jobs.create", f"answers a job with {name}", known="documented"), id=name)
        for name in MEMBERS
    ],
)
def test_a_job_has_each_documented_member(job: Obj, name: str) -> None:
    assert name in job


@fact("jobs.create", "answers no member that its schema has not", known="unverified")
def test_a_job_has_no_other_members(job: Obj, schema: Schema) -> None:
    assert job.keys() <= schema.members("Job")


@fact("jobs.create", "gives UUIDs for ids", known="observed")
def test_a_jobs_id_is_a_uuid(job: Obj) -> None:
    assert is_uuid(job["id"])


@fact("jobs.create", "gives each job an id of its own", known="documented")
def test_two_jobs_have_two_ids(job: Obj, plain: Obj) -> None:
    assert job["id"] != plain["id"]


@fact("jobs.create", "keeps the name", known="documented")
def test_the_name_is_kept(job: Obj, order: Obj) -> None:
    assert job["name"] == order["name"]


@fact("jobs.create", "tells the base model by its name, not its id", known="documented")
def test_the_base_model_is_named(job: Obj, order: Obj) -> None:
    if order["base_model_id"] != MODEL:
        pytest.skip("another --model has another name")

    assert job["base_model"] == "DeepSeek-R1-Distill-Qwen-1.5B"


@fact("jobs.create", "tells the base model's id as it was sent", known="observed")
def test_the_base_model_is_identified(job: Obj, order: Obj) -> None:
    assert job["base_model_id"] == order["base_model_id"]


@fact("jobs.create", "answers the dataset and its columns", known="documented")
def test_the_dataset_is_answered(job: Obj, order: Obj) -> None:
    assert job["dataset"] == order["dataset"]


@fact("jobs.create", "answers a prompt column that was not sent as null", known="unverified")
def test_no_prompt_column_is_null(early: Obj, single: Obj) -> None:
    assert early["dataset"] == {"id": single["id"], "answer_column": "answer", "prompt_column": None}


@fact("jobs.create", "answers a job that is queued", known="documented")
def test_a_new_job_is_queued(job: Obj) -> None:
    assert job["status"] == "queued"


@fact("jobs.create", "tells the creation as RFC 3339 in UTC, by the clock that all have", known="observed")
def test_the_creation_is_now(job: Obj) -> None:
    assert abs(instant(job["created_at"]).timestamp() - time.time()) < SKEW_S


@fact("jobs.create", "answers a job that has not started", known="documented")
def test_a_new_job_has_not_started(job: Obj) -> None:
    assert job["started_at"] is None


@fact("jobs.create", "answers a job that is not completed", known="documented")
def test_a_new_job_is_not_completed(job: Obj) -> None:
    assert job["completed_at"] is None


@fact("jobs.create", "answers a job without an error", known="unverified")
def test_a_new_job_has_no_error(job: Obj) -> None:
    assert job.get("error") is None


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=fact("jobs.create", f"answers the {name} that was asked for", known="documented"), id=name
        )
        for name in DEFAULTS
    ],
)
def test_a_hyperparameter_is_answered(job: Obj, order: Obj, name: str) -> None:
    assert job["hyperparameters"][name] == order["hyperparameters"][name]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=fact("jobs.create", f"answers the lora.{name} that was asked for", known="documented"), id=name
        )
        for name in LORA
    ],
)
def test_a_setting_of_the_adapter_is_answered(job: Obj, name: str) -> None:
    assert job["hyperparameters"]["lora"][name] == LORA[name]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=fact("jobs.create", f"fills in the {name} that was not sent", known="documented"), id=name
        )
        for name in DEFAULTS
    ],
)
def test_a_hyperparameter_has_its_default(plain: Obj, name: str) -> None:
    assert plain["hyperparameters"][name] == DEFAULTS[name]
    assert type(plain["hyperparameters"][name]) is type(DEFAULTS[name])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name, marks=fact("jobs.create", f"fills in the lora.{name} that was not sent", known="documented"), id=name
        )
        for name in LORA_DEFAULTS
    ],
)
def test_a_setting_of_the_adapter_has_its_default(plain: Obj, name: str) -> None:
    assert plain["hyperparameters"]["lora"][name] == LORA_DEFAULTS[name]


@fact("jobs.create", "answers no modules where none were sent", known="unverified")
def test_modules_that_were_not_sent_are_none(plain: Obj) -> None:
    assert plain["hyperparameters"]["lora"]["trainable_modules"] == []


@fact("jobs.create", "answers no older name where none was sent", known="unverified")
def test_older_names_are_not_answered_unasked(job: Obj) -> None:
    assert not {"evaluation_epochs", "warmup_epochs"} & set(job["hyperparameters"])


@fact("jobs.create", "takes the guide's example, whose names are older", known="documented")
def test_an_order_in_the_older_names_is_taken(older: Answer, schema: Schema) -> None:
    schema.holds("CreateJobResponse", older.ok())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(
            name, value, marks=fact("jobs.create", f"answers {name} as it was sent", known="documented"), id=name
        )
        for name, value in {"evaluation_epochs": 1, "warmup_epochs": 0}.items()
    ],
)
def test_an_older_name_is_answered(early: Obj, name: str, value: int) -> None:
    assert early["hyperparameters"][name] == value


@fact("jobs.create", "takes whole numbers where fractions may be", known="observed")
def test_whole_numbers_are_taken_for_fractions(early: Obj) -> None:
    told = early["hyperparameters"]

    assert (told["weight_decay"], told["lora"]["dropout"]) == (0, 0)


@fact("jobs.create", "fills in the rest of an adapter that was sent in part", known="unverified")
def test_the_rest_of_an_adapter_is_filled_in(early: Obj) -> None:
    assert early["hyperparameters"]["lora"] == {**LORA_DEFAULTS, "trainable_modules": []}


@fact("jobs.create", "takes no notice of a member that it does not know", known="unverified")
def test_an_unknown_member_is_passed_over(early: Obj) -> None:
    assert "contract_tests_unknown_member" not in early


@fact("jobs.create", "creates one job", known="documented")
def test_an_order_is_one_job(line: Line, job: Obj) -> None:
    names = [each["name"] for each in line.get(JOBS, limit=PAGE).rows()]

    assert names.count(job["name"]) == 1
