"""stale_read and not_found_for, as clients meet them: a copy that lags behind what was made and done."""

import httpx
import openai
import pytest

from emulator.server import Emulator
from tests.conftest import Serve, client_of
from tests.faults.calls import jobs, listed, order, set_fault, upload

LONG_S = 3600


def test_what_was_just_made_is_404_and_in_no_list_until_it_is_old_enough(
    client: httpx.Client, sdk: openai.OpenAI
) -> None:
    made = order(client).json()
    set_fault(client, f"not_found_for={LONG_S}")

    with pytest.raises(openai.NotFoundError) as job:
        sdk.fine_tuning.jobs.retrieve(made["id"])
    with pytest.raises(openai.NotFoundError):
        sdk.files.content(made["training_file"])
    assert job.value.body == {"detail": f"The fine-tuning job `{made['id']}` does not exist."}
    assert (listed(client), jobs(client)) == ([], [])


def test_a_client_that_asks_again_long_enough_finds_it(client: httpx.Client, sdk: openai.OpenAI) -> None:
    set_fault(client, "not_found_for=0.3", "files.retrieve")
    file, missed = upload(client), 0
    while client.get(f"/v1/files/{file}").status_code == httpx.codes.NOT_FOUND:
        missed += 1

    assert missed > 0
    assert sdk.files.retrieve(file).id == file


def test_what_is_old_enough_is_there_at_once(client: httpx.Client) -> None:
    file = upload(client)
    set_fault(client, "not_found_for=0")

    assert listed(client) == [file]


def test_a_request_that_makes_something_is_not_carried_out_in_the_past(client: httpx.Client) -> None:
    set_fault(client, f"stale_read={LONG_S}")

    assert order(client).status_code == httpx.codes.OK


def test_a_job_on_a_file_that_is_too_new_is_refused_and_a_job_that_is_too_new_is_not_cancelled(
    client: httpx.Client, sdk: openai.OpenAI
) -> None:
    made = order(client).json()
    set_fault(client, f"not_found_for={LONG_S}", ["jobs.create", "jobs.cancel", "files.delete"])

    with pytest.raises(openai.NotFoundError):
        sdk.fine_tuning.jobs.create(model="Qwen/Qwen3-4B", training_file=made["training_file"])
    with pytest.raises(openai.NotFoundError):
        sdk.fine_tuning.jobs.cancel(made["id"])
    with pytest.raises(openai.NotFoundError):
        sdk.files.delete(made["training_file"])
    assert jobs(client) == [made["id"]]


@pytest.fixture
def frozen(serve: Serve) -> Emulator:
    return serve(clock="manual", pace=1.0)


def test_a_copy_that_hardly_lags_shows_all_and_one_that_lags_long_nothing(frozen: Emulator) -> None:
    with client_of(frozen) as client:
        made = order(client).json()
        path = f"/v1/fine_tuning/jobs/{made['id']}"
        at_first = client.get(path).json()
        client.post("/_emulator/clock/advance", json={"seconds": 35})
        cancelled = client.post(f"{path}/cancel").json()
        behind = client.get(path, headers={"x-emulator-fault": "stale_read=0.000001"}).json()
        long_behind = client.get(path, headers={"x-emulator-fault": f"stale_read={LONG_S}"})

        assert (at_first["status"], cancelled["status"]) == ("validating_files", "cancelled")
        assert behind == cancelled
        assert long_behind.status_code == httpx.codes.NOT_FOUND
        assert client.get(path).json() == cancelled


def test_a_lag_of_less_than_the_job_is_old_shows_it_before_what_came_after(frozen: Emulator) -> None:
    with client_of(frozen) as client:
        made = order(client).json()
        path = f"/v1/fine_tuning/jobs/{made['id']}"
        while client.get(path, headers={"x-emulator-fault": "stale_read=0.5"}).status_code == httpx.codes.NOT_FOUND:
            pass
        client.post("/_emulator/clock/advance", json={"seconds": 35})
        client.post(f"{path}/cancel")
        seen = [client.get(path, headers={"x-emulator-fault": "stale_read=0.5"}).json()["status"]]
        while seen[-1] != "cancelled":
            seen.append(client.get(path, headers={"x-emulator-fault": "stale_read=0.5"}).json()["status"])

        assert seen[0] in {"validating_files", "queued"}
        assert set(seen) <= {"validating_files", "queued", "cancelled"}
        assert client.get(path).json()["status"] == "cancelled"
