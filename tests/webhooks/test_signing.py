"""Secrets and signatures: what the official SDK verifies, and where no secret is left lying about."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import Tenant
from emulator.clock import host_clock
from emulator.core.webhooks import signing
from emulator.storage.webhooks import StoredWebhook
from tests.conftest import Serve
from tests.webhooks.conftest import client, ordered, subscribed
from tests.webhooks.receiver import Got, Receiver

SDK = openai.OpenAI(api_key="none")
AT = datetime(2026, 1, 1, tzinfo=UTC)
names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20)


def sent(body: bytes, keys: list[bytes], message_id: str = "wh_1") -> Got:
    at_s = int(host_clock()())
    signature = signing.signature(keys, message_id, at_s, body)
    headers = {"webhook-id": message_id, "webhook-timestamp": str(at_s), "webhook-signature": signature}
    return Got("/", headers, body)


@given(names, names, st.integers(0, 9), names, st.dictionaries(st.text(), st.text()))
def test_the_official_sdk_verifies_every_signature_and_none_of_another_secret(
    seed: str, endpoint: str, number: int, message_id: str, data: dict[str, str]
) -> None:
    key, other = signing.secret(seed, endpoint, number), signing.secret(seed, endpoint, number + 1)
    got = sent(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"), [key], message_id)

    SDK.webhooks.verify_signature(got.body, got.headers, secret=signing.written(key))
    with pytest.raises(openai.InvalidWebhookSignatureError):
        SDK.webhooks.verify_signature(got.body, got.headers, secret=signing.written(other))
    with pytest.raises(openai.InvalidWebhookSignatureError):
        SDK.webhooks.verify_signature(got.body + b" ", got.headers, secret=signing.written(key))


@given(names, names, names, st.integers(0, 9))
def test_a_secret_follows_from_seed_endpoint_and_number_and_from_each_of_them(
    seed: str, other: str, endpoint: str, number: int
) -> None:
    one = signing.secret(seed, endpoint, number)

    assert one == signing.secret(seed, endpoint, number)
    assert len(one) == 32
    assert (one == signing.secret(other, endpoint, number)) == (seed == other)
    assert (one == signing.secret(seed, other, number)) == (endpoint == other)
    assert one != signing.secret(seed, endpoint, number + 1)


def test_two_secrets_are_valid_until_the_day_is_over() -> None:
    old = StoredWebhook(1, "whe_1", "n", "http://127.0.0.1/", (), AT, AT, 3, AT + timedelta(days=1), AT)
    first, second = signing.secret("0", "whe_1", 2), signing.secret("0", "whe_1", 3)

    assert signing.valid("0", old, AT + timedelta(days=1, microseconds=-1)) == [second, first]
    assert signing.valid("0", old, AT + timedelta(days=1)) == [second]


def test_a_changed_secret_signs_at_once_and_the_one_before_no_more(sdk: openai.OpenAI, receiver: Receiver) -> None:
    made, old = subscribed(sdk, receiver.url)
    new = sdk.webhooks.rotate_secret(made).signing_secret
    sdk.fine_tuning.jobs.cancel(ordered(sdk))
    got = receiver.next()

    assert got.event(new)
    with pytest.raises(openai.InvalidWebhookSignatureError):
        got.event(old)


def test_the_secret_before_is_valid_for_a_day_where_that_is_asked_for(
    sdk: openai.OpenAI, tenant: Tenant, receiver: Receiver
) -> None:
    made, old = subscribed(sdk, receiver.url)
    new = sdk.webhooks.rotate_secret(made, keep_old_secret_active_for_24_hours=True).signing_secret
    sdk.fine_tuning.jobs.cancel(ordered(sdk))
    got = receiver.next()

    assert got.event(old) == got.event(new)
    tenant.clock.advance(hours=24)
    sdk.fine_tuning.jobs.cancel(ordered(sdk))
    later = receiver.next()
    assert later.event(new)
    with pytest.raises(openai.InvalidWebhookSignatureError):
        later.event(old)


def test_no_secret_is_stored_logged_or_kept_in_the_journal(
    serve: Serve, receiver: Receiver, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tenant = serve(clock="manual", dialect="openai", data_dir=tmp_path, quiet=False).tenant("k")
    with client(tenant) as sdk:
        made, secret = subscribed(sdk, f"{receiver.url}?token=hunter2")
        other = sdk.webhooks.rotate_secret(made, keep_old_secret_active_for_24_hours=True).signing_secret
        sdk.fine_tuning.jobs.cancel(ordered(sdk))
        signatures = receiver.next().headers["webhook-signature"].replace("v1,", "").split()
        sdk.webhooks.test(made, event_type="fine_tuning.job.failed")
    journal = json.dumps(tenant.journal.list())
    tenant.state.save_snapshot("all")
    stored = b"".join(each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
    logged = capfd.readouterr()

    assert len(signatures) == 2
    for hidden in (secret, other, *signatures, secret.removeprefix("whsec_")):
        assert hidden not in journal
        assert hidden.encode() not in stored
        assert hidden not in logged.out + logged.err
    deliveries = [each for each in tenant.journal.list() if each["operation"] == "webhooks.deliver"]
    assert len(deliveries) == 2
    assert "hunter2" not in json.dumps(deliveries)
