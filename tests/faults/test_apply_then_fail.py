"""apply_then_fail, as clients meet it."""

import httpx
import openai
import pytest

from tests.faults.calls import jobs, listed, order, set_fault, upload, used

MODEL = "Qwen/Qwen3-4B"


@pytest.mark.parametrize("effect", ["apply_then_fail", "apply_then_fail=503", "apply_then_fail=reset"])
def test_the_sdks_own_retries_leave_duplicate_jobs(client: httpx.Client, key: str, effect: str) -> None:
    file = upload(client)
    set_fault(client, effect, "jobs.create", first=2)
    with openai.OpenAI(base_url=f"{client.base_url}/v1", api_key=key) as sdk:
        job = sdk.fine_tuning.jobs.create(model=MODEL, training_file=file)
        there = jobs(client)

    assert used(client) == [(3, 2)]
    assert len(set(there)) == 3
    assert job.id in there


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        ("apply_then_fail", openai.InternalServerError),
        ("apply_then_fail=409", openai.ConflictError),
        ("apply_then_fail=reset", openai.APIConnectionError),
        ("apply_then_fail=timeout", openai.APITimeoutError),
    ],
)
def test_the_client_is_told_of_a_failure_and_the_job_is_there(
    client: httpx.Client, sdk: openai.OpenAI, effect: str, error: type[Exception]
) -> None:
    file = upload(client)
    set_fault(client, effect, "jobs.create")

    with pytest.raises(error):
        sdk.with_options(timeout=1).fine_tuning.jobs.create(model=MODEL, training_file=file)
    assert len(jobs(client)) == 1


def test_a_failure_is_told_in_the_providers_words_and_nothing_of_the_answer(client: httpx.Client) -> None:
    set_fault(client, "apply_then_fail=502", "jobs.create")
    answer = order(client)

    assert (answer.status_code, answer.json()) == (502, {"detail": "Bad Gateway"})


def test_a_deletion_is_done_although_it_failed(client: httpx.Client) -> None:
    file = upload(client)
    set_fault(client, "apply_then_fail", "files.delete")

    assert client.delete(f"/v1/files/{file}").status_code == 500
    assert listed(client) == []


def test_an_answer_that_was_kept_back_moves_no_poll_clock(client: httpx.Client) -> None:
    path = f"/v1/fine_tuning/jobs/{order(client).json()['id']}"
    set_fault(client, "apply_then_fail", "jobs.retrieve", first=5)
    failed = [client.get(path).status_code for _ in range(5)]

    assert failed == [500] * 5
    assert client.get(path).json()["status"] == "validating_files"


def test_a_way_to_fail_that_there_is_not_is_refused(client: httpx.Client) -> None:
    answer = client.post("/_emulator/faults", json={"effects": "apply_then_fail=200"})

    assert answer.status_code == 422
    assert "how: takes a status from 400 to 599, reset or timeout, got '200'" in answer.json()["error"]
