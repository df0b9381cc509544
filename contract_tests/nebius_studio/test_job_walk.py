"""A job that is walked to its end: what is held of Token Factory, but for what came later."""

from contract_tests.harness.answers import Answer
from contract_tests.harness.facts import fact
from contract_tests.harness.walk import Walk
from contract_tests.nebius import test_job_walk
from contract_tests.nebius.test_job_walk import CONSTANT
from contract_tests.nebius_studio.orders import NAMES
from contract_tests.nebius_studio.shared import shared

LATER = ("method", "from_checkpoint")
globals().update(shared(test_job_walk, but=("test_what_was_asked_stays",)))


@fact("jobs.retrieve", "never changes what was asked", known="documented")
def test_what_was_asked_stays_as_it_was(walk: Walk, creation: Answer) -> None:
    asked = {name: creation.ok()[name] for name in CONSTANT if name not in LATER}

    assert all({name: look.job[name] for name in asked} == asked for look in walk.looks)


@fact(
    "jobs.retrieve", "has the members of its page in their order, from the first look to the last", known="documented"
)
def test_a_job_keeps_its_order(walk: Walk) -> None:
    assert {(*look.job,) for look in walk.looks} == {NAMES}
