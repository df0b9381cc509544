"""What an endpoint is told, over real sockets: of each end of a job once, and of none before it was there."""

import json
from datetime import datetime, timedelta

import openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import Emulator, Tenant
from tests.conftest import Serve
from tests.webhooks.conftest import DAY_S, client, ordered, subscribed
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.serving import Host, served


@pytest.mark.parametrize(("scenario", "end"), [("succeeds", "succeeded"), ("fails_at_step=2", "failed")])
def test_an_endpoint_is_told_of_a_jobs_end_when_the_clock_comes_to_it(
    sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver, scenario: str, end: str
) -> None:
    _, secret = subscribed(sdk, receiver.url)
    job = ordered(sdk, scenario)
    tenant.clock.advance(days=1)

    event = receiver.next().event(secret)

    assert (event.type, event.object, event.data.id) == (f"fine_tuning.job.{end}", "event", job)
    assert sdk.fine_tuning.jobs.retrieve(job).status == end


def test_an_endpoint_is_told_at_once_of_a_job_that_is_cancelled_on_a_clock_that_stands_still(
    sdk: openai.OpenAI, receiver: Receiver
) -> None:
    _, secret = subscribed(sdk, receiver.url)
    job = ordered(sdk)
    sdk.fine_tuning.jobs.cancel(job)

    event = receiver.next().event(secret)

    assert (event.type, event.data.id) == ("fine_tuning.job.cancelled", job)


def test_an_event_tells_when_it_happened_by_the_tenants_clock_and_is_sent_by_the_hosts(
    sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver
) -> None:
    subscribed(sdk, receiver.url)
    job = ordered(sdk)
    tenant.clock.advance(days=400)
    got = receiver.next()
    event = json.loads(got.body)

    assert event["created_at"] == sdk.fine_tuning.jobs.retrieve(job).finished_at
    started_s = datetime.fromisoformat(tenant.journal.list(operation="webhooks.*")[-1]["started_at"]).timestamp()
    assert abs(int(got.headers["webhook-timestamp"]) - started_s) <= 1
    assert [*event] == ["object", "id", "type", "created_at", "data"]
    assert (event["id"][:4], got.headers["webhook-id"][:3]) == ("evt_", "wh_")
    assert got.headers["user-agent"].startswith("OpenAI/")
    assert got.headers["content-type"] == "application/json"


def test_nothing_is_told_before_a_job_has_ended(sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver) -> None:
    subscribed(sdk, receiver.url)
    job = ordered(sdk)
    while sdk.fine_tuning.jobs.retrieve(job).status != "succeeded":
        assert receiver.is_quiet()
        tenant.clock.skip()
    tenant.clock.advance(days=1)

    assert json.loads(receiver.next().body)["data"]["id"] == job


def test_a_job_that_had_ended_before_the_endpoint_was_there_is_not_told_of(
    sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver
) -> None:
    ordered(sdk)
    sdk.fine_tuning.jobs.cancel(ordered(sdk))
    tenant.clock.advance(days=1)
    sdk.fine_tuning.jobs.cancel(ordered(sdk))
    subscribed(sdk, receiver.url)
    last = ordered(sdk)
    sdk.fine_tuning.jobs.cancel(last)

    assert json.loads(receiver.next().body)["data"]["id"] == last
    assert [told["job"] for told in tenant.webhooks.deliveries()] == [last]
    assert receiver.is_quiet()


def test_endpoints_are_told_of_the_same_event_each_under_an_id_and_a_secret_of_its_own(
    sdk: openai.OpenAI, receiver: Receiver
) -> None:
    secrets = [subscribed(sdk, f"{receiver.url}/{name}")[1] for name in "ab"]
    sdk.fine_tuning.jobs.cancel(ordered(sdk))
    first, second = sorted(receiver.so_many(2), key=lambda got: got.path)

    assert first.event(secrets[0]) == second.event(secrets[1])
    assert first.headers["webhook-id"] != second.headers["webhook-id"]
    with pytest.raises(openai.InvalidWebhookSignatureError):
        first.event(secrets[1])


def test_an_endpoint_is_told_of_the_types_that_it_asked_for_from_when_it_asked(
    sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver
) -> None:
    made, _ = subscribed(sdk, receiver.url, "fine_tuning.job.failed", "batch.completed")
    sdk.fine_tuning.jobs.cancel(ordered(sdk))
    sdk.webhooks.update(made, event_types=["fine_tuning.job.cancelled"])
    last = ordered(sdk)
    sdk.fine_tuning.jobs.cancel(last)
    ordered(sdk, "fails_at_step=2")
    tenant.clock.advance(days=1)

    assert json.loads(receiver.next().body)["data"]["id"] == last
    assert [told["job"] for told in tenant.webhooks.deliveries()] == [last]


def test_what_ended_before_a_change_is_told_as_it_was_asked_for_then(receiver: Receiver) -> None:
    host = Host()
    with served(host, clock="real", pace=1.0) as tenant, client(tenant) as sdk:
        made, _ = subscribed(sdk, receiver.url)
        job = ordered(sdk)
        host.s += 30 * DAY_S  # the sleeper, which sleeps for hours of its own time, does not know
        sdk.webhooks.update(made, event_types=["fine_tuning.job.failed"])

        assert json.loads(receiver.next().body)["data"]["id"] == job


def test_an_endpoint_that_is_removed_is_told_nothing_more(
    sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver
) -> None:
    made, _ = subscribed(sdk, f"{receiver.url}/gone")
    subscribed(sdk, receiver.url)
    sdk.webhooks.delete(made)
    sdk.fine_tuning.jobs.cancel(ordered(sdk))

    assert receiver.next().path == "/hook"
    assert [told["webhook"] != made for told in tenant.webhooks.deliveries()] == [True]


def test_a_reset_forgets_endpoints_and_what_they_were_to_be_told(
    sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver
) -> None:
    subscribed(sdk, receiver.url)
    sdk.fine_tuning.jobs.cancel(ordered(sdk))
    receiver.next()
    tenant.reset()

    assert sdk.webhooks.list().data == []
    assert tenant.webhooks.deliveries() == []


@pytest.mark.parametrize("clock", ["real", "poll"])
def test_ends_are_told_on_a_clock_that_goes_by_itself_and_on_one_that_goes_with_looks(
    serve: Serve, receiver: Receiver, clock: str
) -> None:
    tenant = serve(clock=clock, dialect="openai", pace=0.001).tenant("k")
    with client(tenant) as sdk:
        _, secret = subscribed(sdk, receiver.url)
        job = ordered(sdk)
        while clock == "poll" and sdk.fine_tuning.jobs.retrieve(job).status != "succeeded":
            pass

        assert receiver.next().event(secret).data.id == job
        assert sdk.fine_tuning.jobs.retrieve(job).status == "succeeded"


STEPS = st.lists(
    st.sampled_from(["endpoint", "order", "order failing", "cancel", "pause", "resume", "skip", "hour", "look"]),
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_in_which_order_each_endpoint_is_told_once_of_each_end_that_came_after_it(
    still: Emulator, steps: list[str]
) -> None:
    tenant = still.tenant("of-the-law")
    with receiving() as receiver, client(tenant) as sdk:
        told = walked(sdk, tenant, receiver, steps)
        tenant.clock.advance(timedelta(days=30))
        jobs = {job.id: job for job in sdk.fine_tuning.jobs.list(limit=100).data}
        ended = {name for name, job in jobs.items() if job.status in {"succeeded", "failed", "cancelled"}}
        expected = sorted((f"/hook/{endpoint}", job) for endpoint, before in told.items() for job in ended - before)
        got = receiver.so_many(len(expected))

        assert sorted((each.path, json.loads(each.body)["data"]["id"]) for each in got) == expected
        assert len({each.headers["webhook-id"] for each in got}) == len(expected)
        assert len(tenant.webhooks.deliveries()) == len(expected)
        assert all(json.loads(each.body)["type"].endswith(jobs[_job(each)].status) for each in got)
        assert receiver.is_quiet()
        tenant.forget()


def _job(got: object) -> str:
    return str(json.loads(got.body)["data"]["id"])  # type: ignore[attr-defined]  # a Got


def walked(sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver, steps: list[str]) -> dict[int, set[str]]:
    """Do these steps; return of each endpoint the jobs that had ended before it was there."""
    told: dict[int, set[str]] = {}
    jobs: list[str] = []

    def ended() -> set[str]:
        found = sdk.fine_tuning.jobs.list(limit=100).data
        return {job.id for job in found if job.status in {"succeeded", "failed", "cancelled"}}

    for step in steps:
        if step == "endpoint" and len(told) < 3:
            before = ended()
            subscribed(sdk, f"{receiver.url}/{len(told)}")
            told[len(told)] = before
        elif step.startswith("order"):
            jobs.append(ordered(sdk, "fails_at_step=2" if "failing" in step else None))
        elif step in {"cancel", "pause", "resume"} and jobs and jobs[-1] not in ended():
            getattr(sdk.fine_tuning.jobs, step)(jobs[-1])
        elif step == "skip":
            tenant.clock.skip()
        elif step == "hour":
            tenant.clock.advance(hours=1)
    return told
