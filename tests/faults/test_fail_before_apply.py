"""fail_before_apply, as clients meet it."""

import httpx
import openai
import pytest

from tests.faults.calls import jobs, order, set_fault, upload, used

MODEL = "Qwen/Qwen3-4B"


def test_the_sdks_own_retries_leave_one_job(client: httpx.Client, sdk: openai.OpenAI) -> None:
    file = upload(client)
    set_fault(client, "fail_before_apply", "jobs.create", first=1)
    job = sdk.with_options(max_retries=2).fine_tuning.jobs.create(model=MODEL, training_file=file)

    assert used(client) == [(2, 1)]
    assert jobs(client) == [job.id]


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        ("fail_before_apply", openai.InternalServerError),
        ("fail_before_apply=429", openai.RateLimitError),
        ("fail_before_apply=reset", openai.APIConnectionError),
        ("fail_before_apply=timeout", openai.APITimeoutError),
    ],
)
def test_the_client_is_told_of_a_failure_and_nothing_is_done(
    client: httpx.Client, sdk: openai.OpenAI, effect: str, error: type[Exception]
) -> None:
    file = upload(client)
    set_fault(client, effect, "jobs.create")

    with pytest.raises(error):
        sdk.with_options(timeout=1).fine_tuning.jobs.create(model=MODEL, training_file=file)
    assert jobs(client) == []


def test_the_first_of_two_failures_speaks(client: httpx.Client) -> None:
    set_fault(client, "fail_before_apply=503; apply_then_fail=500", "jobs.create")

    assert order(client).status_code == 503
    assert jobs(client) == []
