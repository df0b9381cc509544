"""What the creation of a job answers: what was asked, and what the service adds."""

import re
import time
from collections.abc import Callable

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.evidence import shape
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.schema import Schema
from contract_tests.openai import published
from contract_tests.openai.conftest import Cancellation
from contract_tests.openai.orders import HYPERPARAMETERS, METADATA, SEED, WANDB
from contract_tests.openai.provider import ALIAS, MODEL

pytestmark = spends
SKEW_S = 300
MEMBERS = (
    *("object", "id", "model", "created_at", "finished_at", "fine_tuned_model", "organization_id", "result_files"),
    *("status", "validation_file", "training_file", "hyperparameters", "trained_tokens", "error"),
    *("user_provided_suffix", "seed", "estimated_finish", "integrations", "metadata", "usage_metrics"),
    *("shared_with_openai", "eval_id", "method"),
)
"""In the order of a recording of September 2025."""


@pytest.fixture
def job(creation: Answer) -> Obj:
    """The answer to the order with everything told."""
    return creation.ok()


@pytest.fixture
def bare(plain: Answer) -> Obj:
    """The answer to the order with nothing but a model and a file."""
    return plain.ok()


@fact("jobs.create", "answers 200, not 201", known="observed")
def test_a_creation_answers_200(creation: Answer) -> None:
    assert creation.status == 200


@fact("jobs.create", "answers a job in its published shape", known="documented")
def test_a_creation_is_answered_as_published(job: Obj, schema: Schema, observe: Callable[..., None]) -> None:
    observe(job=shape(job))

    schema.holds("FineTuningJob", published.job(job))


@fact("jobs.create", "answers every member of the recordings, in their order", known="observed")
def test_a_creation_answers_the_recorded_members(job: Obj) -> None:
    assert [name for name in job if name in MEMBERS] == [*MEMBERS]


@fact("jobs.create", "gives ids of ftjob- and 24 letters of base 62", known="observed")
def test_a_jobs_id_is_24_letters_behind_its_prefix(job: Obj) -> None:
    assert re.fullmatch(r"ftjob-[0-9A-Za-z]{24}", job["id"])


@fact("jobs.create", "gives each job an id of its own", known="documented")
def test_two_jobs_have_two_ids(job: Obj, bare: Obj) -> None:
    assert job["id"] != bare["id"]


@fact("jobs.create", "calls it a fine_tuning.job", known="observed")
def test_it_is_called_a_job(job: Obj) -> None:
    assert job["object"] == "fine_tuning.job"


@fact("jobs.create", "names the organization, org- and 24 letters", known="observed")
def test_a_job_names_its_organization(job: Obj, bare: Obj) -> None:
    assert re.fullmatch(r"org-[0-9A-Za-z]{24}", job["organization_id"])
    assert bare["organization_id"] == job["organization_id"]


@fact("jobs.create", "tells the creation in whole unix seconds, by the clock that all have", known="observed")
def test_the_creation_is_now(job: Obj) -> None:
    assert type(job["created_at"]) is int
    assert abs(job["created_at"] - time.time()) < SKEW_S + 4 * 3600  # a run may last


@fact("jobs.create", "answers a job that validates its files", known="observed")
def test_a_new_job_validates_its_files(job: Obj, bare: Obj) -> None:
    assert (job["status"], bare["status"]) == ("validating_files", "validating_files")


@fact("jobs.create", "answers a job without an error: null, or an object of nothing", known="observed")
def test_a_new_job_has_no_error(job: Obj) -> None:
    assert job["error"] in (None, {})


@fact("jobs.create", "answers a job without end, model, tokens and estimate", known="observed")
def test_a_new_job_has_nothing_yet(job: Obj) -> None:
    names = ("finished_at", "fine_tuned_model", "trained_tokens", "estimated_finish")

    assert {name: job[name] for name in names} == dict.fromkeys(names)


@fact("jobs.create", "answers a job without result files", known="observed")
def test_a_new_job_has_no_files(job: Obj) -> None:
    assert job["result_files"] == []


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        pytest.param(name, sent, marks=fact("jobs.create", f"answers the {name} that was sent", known=known), id=name)
        for name, sent, known in (
            ("training_file", "training_file", "observed"),
            ("validation_file", "validation_file", "observed"),
            ("user_provided_suffix", "suffix", "observed"),
            ("seed", "seed", "documented"),
            ("metadata", "metadata", "documented"),
        )
    ],
)
def test_what_was_sent_is_answered(job: Obj, order: Obj, name: str, sent: str) -> None:
    assert job[name] == order[sent]


@fact("jobs.create", "answers the snapshot that was asked for as it was", known="observed")
def test_a_snapshot_stays_itself(job: Obj, order: Obj) -> None:
    assert job["model"] == order["model"]


@fact("jobs.create", "answers the snapshot that an alias stands for", known="observed")
def test_an_alias_is_resolved(bare: Obj, model: str) -> None:
    if model != MODEL:
        pytest.skip("the alias of another --model is not known")

    assert ALIAS != bare["model"] == MODEL


@fact("jobs.create", "answers numbers that were sent at once, and the rate as a fraction", known="observed")
def test_numbers_are_answered_at_once(job: Obj, order: Obj) -> None:
    sent = order["method"]["supervised"]["hyperparameters"]

    assert job["hyperparameters"] == sent
    assert HYPERPARAMETERS.items() <= sent.items()


@fact("jobs.create", "answers the method with the hyperparameters in it", known="observed")
def test_the_method_is_answered(job: Obj, order: Obj) -> None:
    assert job["method"] == order["method"]


@fact("jobs.create", "answers the method that nobody sent: supervised, with the same hyperparameters", known="observed")
def test_the_method_is_answered_where_none_was_sent(bare: Obj) -> None:
    assert bare["method"] == {"type": "supervised", "supervised": {"hyperparameters": bare["hyperparameters"]}}


@fact("jobs.create", "answers auto for what nobody sent", known="observed")
def test_what_was_not_sent_is_auto(bare: Obj) -> None:
    names = ("n_epochs", "batch_size", "learning_rate_multiplier")

    assert bare["hyperparameters"] == dict.fromkeys(names, "auto")


@fact("jobs.create", "gives a seed of 31 bits where none was sent", known="observed")
def test_a_seed_is_given(bare: Obj) -> None:
    assert type(bare["seed"]) is int
    assert 0 <= bare["seed"] < 2**31


@fact("jobs.create", "answers null for suffix, validation file and metadata that were not sent", known="observed")
def test_what_may_be_left_out_is_null(bare: Obj) -> None:
    names = ("user_provided_suffix", "validation_file", "metadata")

    assert {name: bare[name] for name in names} == dict.fromkeys(names)


@fact("jobs.create", "answers no integrations as an empty list", known="observed")
def test_no_integrations_are_an_empty_list(bare: Obj) -> None:
    assert bare["integrations"] == []


@fact("jobs.create", "answers what is in no document: usage_metrics, shared_with_openai, eval_id", known="observed")
def test_there_are_members_that_no_document_has(bare: Obj) -> None:
    assert (bare["usage_metrics"], bare["shared_with_openai"], bare["eval_id"]) == (None, False, None)


@fact("jobs.create", "answers the integration that was sent", known="documented")
def test_an_integration_is_answered(cancellation: Cancellation) -> None:
    if not cancellation.adorned:
        pytest.skip("the target has refused the integration: this account has no key of wandb's")

    (own,) = cancellation.created.ok()["integrations"] or [Obj()]
    assert own["type"] == "wandb"
    assert own["wandb"]["project"] == WANDB["wandb"]["project"]  # type: ignore[index]
    assert own["wandb"]["tags"] == WANDB["wandb"]["tags"]  # type: ignore[index]


@fact("jobs.create", "names the run of an integration for the job", known="documented")
def test_an_integrations_run_is_named_for_the_job(cancellation: Cancellation) -> None:
    job = cancellation.created.ok()
    if not cancellation.adorned:
        pytest.skip("the target has refused the integration: this account has no key of wandb's")

    assert [own["wandb"]["run_id"] for own in job["integrations"]] == [job["id"]]


@fact("jobs.create", "takes metadata and seed as they were sent", known="documented")
def test_notes_and_seed_come_back(job: Obj) -> None:
    assert (job["metadata"], job["seed"]) == (METADATA, SEED)
