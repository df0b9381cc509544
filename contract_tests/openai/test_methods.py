"""The other ways to train: preferences, and reinforcement by a grader."""

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk, Walker
from contract_tests.openai import published
from contract_tests.openai.orders import GRADER

pytestmark = spends


@pytest.fixture(scope="session")
def preferred(preference: Answer, walker: Walker) -> Walk:
    """That job, looked at until it ended."""
    return walker.walk(preference.ok())


@pytest.fixture(scope="session")
def rewarded(reinforcement: Answer, walker: Walker) -> Walk:
    """That job, looked at until it ended."""
    return walker.walk(reinforcement.ok())


@fact("jobs.create", "of a preference job answers the method with a beta of 0.1", known="observed")
def test_a_preference_job_has_a_beta(preference: Answer) -> None:
    assert preference.ok()["method"] == {
        "type": "dpo",
        "dpo": {
            "hyperparameters": {"beta": 0.1, "batch_size": "auto", "learning_rate_multiplier": "auto", "n_epochs": 1}
        },
    }


@fact("jobs.create", "of a preference job answers hyperparameters as the method's, or null", known="observed")
def test_a_preference_job_tells_its_hyperparameters_in_the_method(preference: Answer) -> None:
    common = {"batch_size": "auto", "learning_rate_multiplier": "auto", "n_epochs": 1}

    assert preference.ok()["hyperparameters"] in (None, common)


@fact("jobs.create", "of a preference job answers as published", known="documented")
def test_a_preference_job_is_as_published(preference: Answer, schema: Schema) -> None:
    schema.holds("FineTuningJob", published.job(preference.ok()))


@fact("jobs.retrieve", "of a preference job succeeds on preferences", known="observed")
def test_preferences_are_trained_on(preferred: Walk) -> None:
    assert preferred.last.job["status"] == "succeeded"


@fact("jobs.checkpoints", "of a preference job say so", known="unverified")
def test_a_preference_jobs_checkpoints_say_so(preferred: Walk) -> None:
    assert {made["metrics"]["type"] for made in preferred.last.checkpoints.rows()} == {"dpo"}


@fact("jobs.create", "of a reinforcement job answers the grader that was sent", known="documented")
def test_a_grader_is_answered(reinforcement: Answer) -> None:
    own = reinforcement.ok()["method"]["reinforcement"]

    assert own["grader"] == GRADER


@fact("jobs.create", "of a reinforcement job answers all seven hyperparameters", known="documented")
def test_a_reinforcement_job_has_seven_hyperparameters(reinforcement: Answer) -> None:
    told = reinforcement.ok()["method"]["reinforcement"]["hyperparameters"]

    assert (told["n_epochs"], told["reasoning_effort"]) == (1, "low")
    assert set(told) == {
        *("n_epochs", "batch_size", "learning_rate_multiplier"),
        *("reasoning_effort", "compute_multiplier", "eval_interval", "eval_samples"),
    }


@fact("jobs.create", "of a reinforcement job answers as published", known="documented")
def test_a_reinforcement_job_is_as_published(reinforcement: Answer, schema: Schema) -> None:
    schema.holds("FineTuningJob", published.job(reinforcement.ok()))


@fact("jobs.retrieve", "of a reinforcement job succeeds on questions", known="documented")
def test_questions_are_trained_on(rewarded: Walk) -> None:
    assert rewarded.last.job["status"] == "succeeded"


def steps(walk: Walk) -> list[Obj]:
    return [event for event in walk.last.events.rows()[::-1] if event["type"] == "metrics"]


@fact("jobs.events", "of a reinforcement job tell rewards, with a space before the comma", known="observed")
def test_rewards_are_told_in_the_observed_words(rewarded: Walk) -> None:
    told = [event["message"] for event in steps(rewarded)]

    assert told
    for number, message in enumerate(told, 1):
        assert message.startswith(f"Step {number}/{len(told)} , train mean reward=")


@fact("jobs.events", "of a reinforcement job tell the validation's reward and parse errors", known="observed")
def test_the_validations_rewards_are_told(rewarded: Walk) -> None:
    last = steps(rewarded)[-1]["message"]

    assert ", full validation mean reward=" in last
    assert ", full validation mean parse error=" in last


@fact("jobs.events", "of a reinforcement job tell the step and its number among the data", known="documented")
def test_the_data_of_a_reward_tell_its_step(rewarded: Walk) -> None:
    found = steps(rewarded)

    assert [event["data"]["step"] for event in found] == list(range(1, len(found) + 1))
