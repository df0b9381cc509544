"""Deliveries as a tenant's Python object, the command and the journal show them, and made once more."""

import json

import openai
import pytest

from emulator import Tenant, Unanswered
from tests.commands.conftest import Command, command
from tests.conftest import client_of
from tests.webhooks.conftest import client, ordered, subscribed
from tests.webhooks.receiver import Receiver, receiving

__all__ = ["command"]


@pytest.fixture
def ftemu(command: Command, tenant: Tenant) -> Command:
    """Run a command for the test's tenant."""
    return lambda *words: command(*words, "--url", tenant.url, "--key", tenant.api_key)


@pytest.fixture
def told(sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver) -> str:
    """The id of a delivery that was taken."""
    subscribed(sdk, receiver.url)
    sdk.fine_tuning.jobs.cancel(ordered(sdk))
    return receiver.next().headers["webhook-id"]


def test_a_delivery_that_is_made_again_is_the_same_to_the_byte_under_the_same_id(
    tenant: Tenant, sdk: openai.OpenAI, receiver: Receiver
) -> None:
    subscribed(sdk, receiver.url)
    sdk.fine_tuning.jobs.cancel(ordered(sdk))
    first = receiver.next()
    answer = tenant.webhooks.redeliver(first.headers["webhook-id"])
    again = receiver.next()

    assert answer["id"] == again.headers["webhook-id"] == first.headers["webhook-id"]
    assert again.body == first.body
    assert len(tenant.webhooks.deliveries()) == 1


def test_a_delivery_that_was_given_up_can_be_made_again(tenant: Tenant, sdk: openai.OpenAI) -> None:
    with receiving([500]) as receiver:
        subscribed(sdk, receiver.url)
        sdk.fine_tuning.jobs.cancel(ordered(sdk))
        first = receiver.next()
        tenant.webhooks.redeliver(first.headers["webhook-id"])

        assert receiver.next().headers["webhook-id"] == first.headers["webhook-id"]


def test_a_delivery_of_another_tenant_is_not_there(tenant: Tenant, told: str) -> None:
    other = Tenant(tenant.server, "another key")

    assert other.webhooks.deliveries() == []
    with pytest.raises(Unanswered, match=told):
        other.webhooks.redeliver(told)


def test_deliveries_come_page_by_page_newest_first(tenant: Tenant, sdk: openai.OpenAI, receiver: Receiver) -> None:
    subscribed(sdk, receiver.url)
    jobs = [ordered(sdk) for _ in range(5)]
    for job in jobs:
        sdk.fine_tuning.jobs.cancel(job)
    receiver.so_many(5)
    with client_of(tenant.server, tenant.api_key) as plain:  # type: ignore[arg-type]  # it has a URL
        first = plain.get("/_emulator/webhooks/deliveries", params={"limit": 3}).json()
        after = first["data"][-1]["id"]
        second = plain.get("/_emulator/webhooks/deliveries", params={"limit": 3, "after": after}).json()
        unknown = plain.get("/_emulator/webhooks/deliveries", params={"after": "wh_0"})

    assert [each["job"] for each in first["data"] + second["data"]] == jobs[::-1]
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert (unknown.status_code, unknown.json()["error"]) == (404, "there is no delivery 'wh_0'")


def test_each_attempt_stands_in_the_journal_and_troubles_no_judge_of_clients(
    tenant: Tenant, sdk: openai.OpenAI
) -> None:
    with receiving([404, 404, 404]) as receiver:
        subscribed(sdk, receiver.url)
        job = ordered(sdk)
        sdk.fine_tuning.jobs.cancel(job)
        for _ in range(2):
            tenant.webhooks.redeliver(receiver.next().headers["webhook-id"])
        receiver.next()
        sdk.webhooks.test(sdk.webhooks.list().data[0].id, event_type="batch.failed")

    entries = [each for each in tenant.journal.list(operation="webhooks.*") if each["operation"] == "webhooks.deliver"]
    first, sample = entries[0], next(each for each in entries if each["job"] is None)
    assert (first["status"], first["job"], first["method"], first["path"]) == (404, job, "POST", "/hook")
    assert first["errors"] == ["the endpoint answered 404"]
    assert first["request"]["headers"]["webhook-signature"] == "**********"
    assert first["request"]["body"]["data"] == {"id": job}
    assert (first["retry"], sample["retry"]) == (0, None)
    assert [each["name"] for each in tenant.journal.lint()["findings"]] == ["leaves_files"]


def test_how_often_an_endpoint_was_tried_can_be_asked_and_verified(
    ftemu: Command, tenant: Tenant, sdk: openai.OpenAI
) -> None:
    with receiving([500]) as receiver:
        subscribed(sdk, receiver.url)
        sdk.fine_tuning.jobs.cancel(ordered(sdk))
        told = receiver.next().headers["webhook-id"]
        while not tenant.webhooks.deliveries()[0]["tries"]:
            pass
        tenant.webhooks.redeliver(told)
        receiver.next()
        while tenant.webhooks.deliveries()[0]["state"] == "pending":
            pass

    listed = ftemu("journal", "list", "--operation", "webhooks.deliver", "--json").json["data"]
    assert [(each["operation"], each["status"]) for each in listed] == [
        ("webhooks.deliver", 500),
        ("webhooks.deliver", 200),
    ]
    assert tenant.journal.verify(operation="webhooks.deliver", count=2)["holds"]
    with pytest.raises(Unanswered, match=r"did you mean webhooks\.deliver\?"):
        tenant.journal.verify(operation="webhooks.delivers", count=2)


def test_the_command_lists_deliveries_and_makes_one_again(
    ftemu: Command, told: str, receiver: Receiver, tenant: Tenant
) -> None:
    listed = ftemu("webhooks")
    again = ftemu("webhooks", "redeliver", told)

    assert listed.out.splitlines()[1].split()[:2] == [told, "cancelled"]
    assert again.out.startswith(f"{told} is told once more")
    assert receiver.next().headers["webhook-id"] == told
    assert ftemu("webhooks", "--state", "failed").out.startswith("The endpoints of")
    assert [each["id"] for each in ftemu("webhooks", "list", "--json").json["data"]] == [told]
    assert ftemu("webhooks", "redeliver", "wh_0").code == 1


def test_endpoints_and_deliveries_go_with_a_state_and_each_is_told_but_once(
    tenant: Tenant, sdk: openai.OpenAI, receiver: Receiver
) -> None:
    subscribed(sdk, receiver.url)
    open_job = ordered(sdk)
    done = ordered(sdk)
    sdk.fine_tuning.jobs.cancel(done)
    receiver.next()
    while tenant.webhooks.deliveries()[0]["state"] != "delivered":
        pass
    state = tenant.state.export()
    tenant.state.load(state)
    other = Tenant(tenant.server, "a copy")
    other.state.load(state)
    sdk.webhooks.delete(sdk.webhooks.list().data[0].id)
    other.clock.advance(days=1)

    assert json.loads(receiver.next().body)["data"]["id"] == open_job
    assert receiver.is_quiet()
    assert other.state.export()["webhooks"][0]["told_until_at"] > state["webhooks"][0]["told_until_at"]
    with client(other) as copied:
        assert copied.webhooks.list().data[0].url == receiver.url
    other.forget()


@pytest.mark.parametrize(
    ("member", "change", "said"),
    [
        ("webhooks", {"url": "gopher://127.0.0.1/"}, "webhooks[0].url"),
        ("webhooks", {"events": "all"}, "webhooks[0]"),
        ("webhooks", {"secret": -1}, "webhooks[0].secret"),
        ("webhooks", {"told_until_at": None}, "webhooks[0]"),
        ("webhooks", {"told_until_at": "2999-01-01T00:00:00Z"}, "webhooks[0].told_until_at"),
        ("webhooks", {"provider": "nebius"}, "webhooks[0].provider"),
        ("webhooks", {"id": "a/b"}, "webhooks[0].id"),
        ("deliveries", {"state": "lost"}, "deliveries[0]"),
        ("deliveries", {"tries": {}}, "deliveries[0]"),
        ("deliveries", {"webhook": "whe_0"}, "deliveries[0].webhook"),
        ("deliveries", {"created_at": "2999-01-01T00:00:00Z"}, "deliveries[0].created_at"),
        ("deliveries", {"id": "wh 1"}, "deliveries[0].id"),
    ],
)
def test_a_state_that_could_not_be_delivered_is_refused_where_it_is_wrong(
    tenant: Tenant, told: str, member: str, change: dict[str, object], said: str
) -> None:
    state = tenant.state.export()
    state[member][0].update(change)

    with pytest.raises(Unanswered) as refused:
        tenant.state.load(state)

    assert refused.value.status == 422
    assert str(refused.value).startswith(said)
    assert [each["id"] for each in tenant.webhooks.deliveries()] == [told]


def test_a_state_with_an_endpoint_that_is_told_twice_of_a_job_is_refused(tenant: Tenant, told: str) -> None:
    state = tenant.state.export()
    state["deliveries"].append({**state["deliveries"][0], "id": "wh_2"})

    with pytest.raises(Unanswered, match="is there twice"):
        tenant.state.load(state)
