"""What the creation of a job answered: what is held of Token Factory, but for what came later."""

from contract_tests.harness.answers import Obj
from contract_tests.harness.facts import fact
from contract_tests.nebius import test_job_created
from contract_tests.nebius_studio.orders import HYPERPARAMETERS, NAMES
from contract_tests.nebius_studio.shared import shared

globals().update(shared(test_job_created, but=("test_no_method_is_answered_beside_hyperparameters",)))


@fact("jobs.create", "answers no method", known="documented")
def test_a_creation_answers_no_method(job: Obj) -> None:
    assert "method" not in job


@fact("jobs.create", "answers no checkpoint that is started from", known="documented")
def test_a_creation_answers_no_start(job: Obj) -> None:
    assert "from_checkpoint" not in job


@fact("jobs.create", "answers the members of a job in the order of their page", known="documented")
def test_a_job_is_in_its_order(job: Obj) -> None:
    assert [*job] == [*NAMES]


@fact("jobs.create", "answers the hyperparameters in the order of their time, LoRA's before packing", known="observed")
def test_hyperparameters_are_in_their_order(plain: Obj) -> None:
    assert [*plain["hyperparameters"]] == [*HYPERPARAMETERS]
