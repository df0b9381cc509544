"""unauthorized_after, as clients meet it."""

from time import perf_counter

import httpx
import openai
import pytest

from tests.faults.calls import jobs, order, set_fault, used


def test_the_sdk_raises_once_the_key_is_revoked_and_does_not_retry(client: httpx.Client, sdk: openai.OpenAI) -> None:
    set_fault(client, "unauthorized_after=2")
    patient = sdk.with_options(max_retries=2)

    assert (patient.files.list().data, patient.fine_tuning.jobs.list().data) == ([], [])
    with pytest.raises(openai.AuthenticationError) as raised:
        patient.files.list()
    assert raised.value.body == {"detail": "Couldn't authenticate. Reason: Unable authenticate"}
    assert used(client) == [(3, 3)]


def test_a_revoked_key_does_nothing_any_more(client: httpx.Client) -> None:
    set_fault(client, "unauthorized_after=1", "jobs.create")
    statuses = [order(client).status_code for _ in range(3)]

    assert statuses == [200, 401, 401]
    assert len(jobs(client)) == 1


def test_without_a_limit_the_key_is_revoked_at_once(client: httpx.Client) -> None:
    set_fault(client, "unauthorized_after")

    assert client.get("/v1/files").status_code == 401


def test_a_key_is_revoked_after_its_time(client: httpx.Client) -> None:
    started_s = perf_counter()
    set_fault(client, "unauthorized_after,seconds=0.3")
    while client.get("/v1/files").status_code == 200:
        pass

    assert perf_counter() - started_s >= 0.3
    assert client.get("/v1/files").status_code == 401


def test_of_two_limits_the_first_to_end_counts(client: httpx.Client) -> None:
    set_fault(client, "unauthorized_after=1,seconds=3600")

    assert [client.get("/v1/files").status_code for _ in range(2)] == [200, 401]


def test_a_poll_loop_goes_on_until_then(client: httpx.Client) -> None:
    path = f"/v1/fine_tuning/jobs/{order(client).json()['id']}"
    set_fault(client, "unauthorized_after=2", "jobs.retrieve")
    answers = [client.get(path) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 401]
    assert [answer.json()["status"] for answer in answers[:2]] == ["validating_files", "queued"]
