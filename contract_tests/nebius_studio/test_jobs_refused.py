"""Orders that were refused: what is held of Token Factory, but for methods and integrations, which came later."""

from contract_tests.harness.facts import fact
from contract_tests.harness.line import Line
from contract_tests.nebius import test_jobs_refused
from contract_tests.nebius.orders import HF_SECRET, refusable
from contract_tests.nebius.provider import JOBS
from contract_tests.nebius_studio.shared import shared

globals().update(
    shared(
        test_jobs_refused,
        but=(
            "test_hyperparameters_and_method_are_not_taken_together",
            "test_another_method_is_refused",
            "test_a_methods_hyperparameters_have_bounds",
        ),
    )
)


@fact("jobs.create", "takes a method, which it does not know, beside hyperparameters", known="unverified")
def test_a_method_is_an_unknown_member(line: Line) -> None:
    line.post(JOBS, refusable(method={"type": "dpo"}, hyperparameters={})).refused(404)


@fact("jobs.create", "takes no integration but wandb", known="documented")
def test_another_integration_is_refused(line: Line) -> None:
    hf = {"type": "hf", "hf": {"output_repo_name": "contract/tuned", "api_token": HF_SECRET}}
    flaw = line.post(JOBS, refusable(integrations=[hf])).flaw("body", "integrations", 0, "wandb")

    assert flaw["type"] == "missing"
