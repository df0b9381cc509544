"""Endpoints, as the official SDK makes, lists, changes and removes them."""

import httpx
import openai
import pytest

from emulator import Tenant
from tests.conftest import client_of
from tests.webhooks.conftest import DAY_S, ENDS, client, subscribed

HOOK = "http://127.0.0.1:9/hook"


def test_an_endpoint_is_answered_as_it_was_asked_for_and_its_secret_is_told_once(sdk: openai.OpenAI) -> None:
    made = sdk.webhooks.create(name="ends", url=HOOK, event_types=["fine_tuning.job.failed", "batch.failed"])
    again = sdk.webhooks.retrieve(made.id)

    assert made.id.startswith("whe_")
    assert made.signing_secret.startswith("whsec_")
    assert (again.name, again.url, again.event_types) == ("ends", HOOK, ["fine_tuning.job.failed", "batch.failed"])
    assert again.created_at == again.updated_at == 1767225600
    assert "signing_secret" not in again.model_dump()
    assert again.signing_secret_hint
    assert made.signing_secret not in again.signing_secret_hint


def test_endpoints_are_listed_newest_first_page_by_page(sdk: openai.OpenAI) -> None:
    made = [subscribed(sdk, f"{HOOK}/{number}")[0] for number in range(5)]

    page = sdk.webhooks.list(limit=2)

    assert [each.id for each in page] == made[::-1]
    assert [each.id for each in sdk.webhooks.list(limit=2).data] == made[:2:-1]
    assert sdk.webhooks.list(after="whe_0").data == []


def test_a_change_replaces_what_it_names_and_nothing_else(sdk: openai.OpenAI, tenant: Tenant) -> None:
    made, _ = subscribed(sdk, HOOK)
    tenant.clock.advance(seconds=60)
    changed = sdk.webhooks.update(made, event_types=["fine_tuning.job.failed"], name="x")

    assert (changed.name, changed.url, changed.event_types) == ("x", HOOK, ["fine_tuning.job.failed"])
    assert changed.updated_at == changed.created_at + 60
    assert sdk.webhooks.retrieve(made) == changed


def test_a_change_that_changes_nothing_and_a_test_leave_the_time_of_the_last_change(
    sdk: openai.OpenAI, tenant: Tenant
) -> None:
    made, _ = subscribed(sdk, HOOK)
    tenant.clock.advance(seconds=60)

    sdk.webhooks.update(made, name="ends")
    with pytest.raises(openai.BadRequestError):
        sdk.webhooks.test(made, event_type="batch.failed")

    assert sdk.webhooks.retrieve(made).updated_at == 1767225600


def test_an_endpoint_that_was_removed_is_gone(sdk: openai.OpenAI) -> None:
    made, _ = subscribed(sdk, HOOK)

    assert sdk.webhooks.delete(made).deleted
    with pytest.raises(openai.NotFoundError):
        sdk.webhooks.retrieve(made)
    with pytest.raises(openai.NotFoundError):
        sdk.webhooks.delete(made)
    assert sdk.webhooks.list().data == []


@pytest.mark.parametrize("call", ["retrieve", "update", "rotate_secret", "delete"])
def test_an_endpoint_of_another_key_is_not_there(sdk: openai.OpenAI, tenant: Tenant, call: str) -> None:
    made, _ = subscribed(sdk, HOOK)
    with client(Tenant(tenant.server, "another key")) as other, pytest.raises(openai.NotFoundError, match=made):
        getattr(other.webhooks, call)(made)


def test_another_secret_is_a_new_one_each_time_and_a_repeated_run_has_the_same_ones(sdk: openai.OpenAI) -> None:
    made, first = subscribed(sdk, HOOK)
    secrets = [first, *(sdk.webhooks.rotate_secret(made).signing_secret for _ in range(3))]

    assert len({*secrets}) == 4


def test_the_same_calls_give_the_same_endpoint_and_the_same_secret(tenant: Tenant) -> None:
    with client(tenant) as sdk:
        first = subscribed(sdk, HOOK)
        tenant.reset()

        assert subscribed(sdk, HOOK) == first


def test_the_types_that_are_listed_are_those_that_can_be_subscribed_to(sdk: openai.OpenAI) -> None:
    known = sdk.webhooks.event_types.list().data

    assert {*ENDS} < {*known}
    assert sdk.webhooks.create(name="all", url=HOOK, event_types=known).event_types == known  # type: ignore[arg-type]  # literals


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "event_types"),
        ({"event_types": [], "name": "x", "url": HOOK}, "event_types"),
        ({"event_types": ["job.done"], "name": "x", "url": HOOK}, "event_types[0]"),
        ({"event_types": ENDS, "name": "", "url": HOOK}, "name"),
        ({"event_types": ENDS, "name": "x", "url": 3}, "url"),
        ({"event_types": ENDS, "name": "x", "url": "https://"}, "url"),
        ({"event_types": ENDS, "name": "x", "url": "https://example.com/hook"}, "url"),
        ({"event_types": ENDS, "name": "x", "url": "http://me:secret@127.0.0.1/"}, "url"),
    ],
)
def test_what_is_no_endpoint_is_refused_in_the_providers_words(
    tenant: Tenant, body: dict[str, object], param: str
) -> None:
    with client_of(tenant.server, tenant.api_key) as plain:  # type: ignore[arg-type]  # it has a URL
        answer = plain.post("/v1/webhook_endpoints", json=body)
        listed = plain.get("/v1/webhook_endpoints").json()["data"]

    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["param"] == param
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert "secret" not in answer.text
    assert listed == []


def test_a_host_that_is_not_listed_is_refused_naming_the_setting(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match=r"--webhook-host"):
        subscribed(sdk, "https://example.com/hook")
    made, _ = subscribed(sdk, HOOK)
    with pytest.raises(openai.BadRequestError, match=r"FTEMU_WEBHOOK_HOST"):
        sdk.webhooks.update(made, url="http://10.0.0.1/hook")

    assert sdk.webhooks.retrieve(made).url == HOOK


def test_a_secret_is_changed_without_a_body_too(sdk: openai.OpenAI, tenant: Tenant) -> None:
    made, first = subscribed(sdk, HOOK)
    tenant.clock.advance(seconds=DAY_S)
    headers = {"authorization": f"Bearer {tenant.api_key}"}
    answer = httpx.post(f"{tenant.base_url()}/webhook_endpoints/{made}/rotate_secret", headers=headers)

    assert answer.status_code == 200, answer.text
    assert answer.json()["signing_secret"] != first
    assert answer.json()["updated_at"] == 1767225600 + DAY_S
