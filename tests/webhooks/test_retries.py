"""What is not taken is sent again: later and later, in host time, under the same id, until it is given up."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import Tenant
from emulator.client import Running
from emulator.core.webhooks.deliveries import FIRST_S, GIVEN_UP_S, after
from emulator.storage.webhooks import Delivery, State, Try
from tests.conftest import Serve
from tests.test_durability import started
from tests.webhooks.conftest import client, ordered, subscribed
from tests.webhooks.receiver import receiving
from tests.webhooks.serving import Host, served

AT = datetime(2026, 1, 1, tzinfo=UTC)
PENDING = Delivery(1, "wh_1", "whe_1", "evt_1", "ftjob-1", "fine_tuning.job.failed", AT, State.PENDING, (), 100.0)


def test_what_is_not_taken_is_sent_again_under_the_same_id_once_it_is_due_and_not_before() -> None:
    host = Host()
    with served(host) as tenant, receiving([500, 302, 404]) as lazy, receiving() as other, client(tenant) as sdk:
        subscribed(sdk, lazy.url, "fine_tuning.job.cancelled")
        subscribed(sdk, other.url, "fine_tuning.job.failed")
        sdk.fine_tuning.jobs.cancel(ordered(sdk))
        came = [lazy.next()]
        for tries, wait_s in enumerate((FIRST_S, 2 * FIRST_S, 4 * FIRST_S), 1):
            settled(tenant, "pending", tries)
            host.s += wait_s - 0.1
            fails(sdk, tenant)
            other.next()
            assert lazy.is_quiet()
            host.s += 0.1
            tenant.clock.advance(seconds=1)
            came.append(lazy.next())

        assert len({(got.headers["webhook-id"], got.body) for got in came}) == 1
        assert [int(got.headers["webhook-timestamp"]) - 1_800_000_000 for got in came] == [0, 5, 15, 35]
        told = settled(tenant, "delivered", 4)
        assert [each["status"] for each in told["tries"]] == [500, 302, 404, 200]
        assert lazy.is_quiet()


def test_a_delivery_that_is_made_again_keeps_its_tries_and_waits_as_at_the_first(tmp_path: Path) -> None:
    host = Host()
    with served(host, data_dir=tmp_path) as tenant, receiving([500] * 4) as lazy, client(tenant) as sdk:
        subscribed(sdk, lazy.url)
        sdk.fine_tuning.jobs.cancel(ordered(sdk))
        lazy.next()
        settled(tenant, "pending", 1)
        host.s += FIRST_S
        tenant.clock.advance(seconds=1)
        told = lazy.next().headers["webhook-id"]
        before = settled(tenant, "pending", 2)
        for tries in (3, 4):
            host.s += 1
            assert len(tenant.webhooks.redeliver(told)["tries"]) == tries - 1
            lazy.next()
            after_it = settled(tenant, "pending", tries)

        assert after_it["tries"][:2] == before["tries"]
        assert datetime.fromisoformat(after_it["due_at"]).timestamp() == host.s + FIRST_S
    with served(host, data_dir=tmp_path) as tenant:
        assert settled(tenant, "pending", 4) == after_it
        tenant.state.load(tenant.state.export())
        assert tenant.webhooks.deliveries()[0]["tries"][:4] == after_it["tries"]


@given(st.integers(0, 20), st.integers(1, 20))
def test_a_delivery_that_is_made_again_is_given_up_as_late_as_at_the_first(earlier: int, late_days: int) -> None:
    tried = tuple(Try(AT, 500, "the endpoint answered 500") for _ in range(earlier))
    anew = replace(PENDING, tries=tried, earlier=earlier, due_s=AT.timestamp() + late_days * 86400)
    first = replace(PENDING, due_s=anew.due_s)
    while first.state is State.PENDING:
        began = {"began_s": first.due_s, "now_s": first.due_s}
        first = after(first, **began, status=500, error="the endpoint answered 500")
        anew = after(anew, **began, status=500, error="the endpoint answered 500")
        assert (anew.state, anew.due_s, anew.tries) == (first.state, first.due_s, (*tried, *first.tries))


def fails(sdk: openai.OpenAI, tenant: Tenant) -> None:
    """Let a job fail: whoever hears of it proves that the sleeper has looked."""
    ordered(sdk, "fails_at_step=1")
    tenant.clock.advance(days=1)


def settled(tenant: Tenant, state: str, tries: int) -> dict[str, Any]:
    """Return the delivery of the cancelled job once so many tries are kept."""
    told: list[dict[str, Any]] = []
    for _ in range(10_000):
        told = [each for each in tenant.webhooks.deliveries() if each["type"].endswith("cancelled")]
        if [len(each["tries"]) for each in told] == [tries]:
            assert told[0]["state"] == state
            return told[0]
    raise AssertionError(told)


def test_a_redirect_is_not_followed(sdk: openai.OpenAI, tenant: Tenant) -> None:
    with receiving([302]) as receiver:
        subscribed(sdk, receiver.url)
        sdk.fine_tuning.jobs.cancel(ordered(sdk))

        assert receiver.next().path == "/hook"
        assert settled(tenant, "pending", 1)["tries"][0]["error"] == "the endpoint answered 302"
        assert receiver.is_quiet()


def test_an_endpoint_that_is_not_there_is_tried_again_and_the_log_says_why(sdk: openai.OpenAI, tenant: Tenant) -> None:
    with receiving() as gone:
        pass
    subscribed(sdk, gone.url)
    sdk.fine_tuning.jobs.cancel(ordered(sdk))

    [tried] = settled(tenant, "pending", 1)["tries"]
    assert tried["status"] is None
    assert "could not be reached" in tried["error"]
    [entry] = tenant.journal.list(operation="webhooks.*", status="none")
    assert entry["errors"] == [tried["error"]]


def test_a_slow_endpoint_holds_up_neither_another_nor_the_servers_stop(serve: Serve) -> None:
    emulator = serve(clock="manual", dialect="openai")
    held = Event()
    with receiving(held=held) as slow, receiving() as quick, client(emulator) as sdk:
        subscribed(sdk, slow.url)
        subscribed(sdk, quick.url)
        for _ in range(8):
            sdk.fine_tuning.jobs.cancel(ordered(sdk))
        quick.so_many(8)
        slow.so_many(4)

        assert slow.is_quiet()
        stopping = datetime.now(UTC)  # noqa: TID251 -- how long a stop takes is of the host's time
        emulator.stop()
        assert datetime.now(UTC) - stopping < timedelta(seconds=3)  # noqa: TID251 -- as above


def test_a_server_that_was_killed_amid_an_attempt_makes_it_again(tmp_path: Path) -> None:
    arguments = ("--data-dir", tmp_path, "--clock", "manual", "--dialect", "openai")
    held = Event()
    with receiving(held=held) as receiver:
        with (
            started(*arguments) as process,
            closing(Running(process.url)) as calls,
            client(Tenant(calls, "a-key")) as sdk,
        ):
            _, secret = subscribed(sdk, receiver.url)
            sdk.fine_tuning.jobs.cancel(ordered(sdk))
            first = receiver.next()
            process.popen.kill()
            process.popen.wait()
        held.set()
        with started(*arguments) as process:
            again = receiver.next()

    assert again.event(secret) == first.event(secret)
    assert again.headers["webhook-id"] == first.headers["webhook-id"]


def test_what_ends_while_no_server_runs_is_told_by_the_next_one(tmp_path: Path) -> None:
    host = Host()
    with receiving() as receiver:
        with served(host, clock="real", data_dir=tmp_path) as tenant, client(tenant) as sdk:
            subscribed(sdk, receiver.url)
            job = ordered(sdk)
            assert receiver.is_quiet()
        host.s += 86400
        with served(host, clock="real", data_dir=tmp_path) as tenant, client(tenant) as sdk:
            assert json.loads(receiver.next().body)["data"]["id"] == job
            assert sdk.fine_tuning.jobs.retrieve(job).status == "succeeded"


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 600)), min_size=1, max_size=40))
def test_waits_double_and_end_after_three_days(tries: list[tuple[float, float]]) -> None:
    delivery, now_s = PENDING, PENDING.due_s
    for number, (lasted_s, late_s) in enumerate(tries):
        if delivery.state is not State.PENDING:
            break
        began_s = max(now_s, delivery.due_s) + late_s
        now_s = began_s + lasted_s
        delivery = after(delivery, began_s=began_s, now_s=now_s, status=500, error="the endpoint answered 500")

        assert delivery.due_s == now_s + FIRST_S * 2**number
    first_s = delivery.tries[0].at.timestamp()

    assert (delivery.state is State.FAILED) == (delivery.due_s > first_s + GIVEN_UP_S)
    assert all(each.at.timestamp() <= first_s + GIVEN_UP_S + 605 for each in delivery.tries)


def test_an_endpoint_that_never_takes_anything_is_tried_about_sixteen_times() -> None:
    delivery = PENDING
    while delivery.state is State.PENDING:
        began = {"began_s": delivery.due_s, "now_s": delivery.due_s}
        delivery = after(delivery, **began, status=None, error="nobody there")

    assert len(delivery.tries) == 16
    assert delivery.state is State.FAILED


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_success_takes_a_delivery(sdk: openai.OpenAI, tenant: Tenant, status: int) -> None:
    with receiving([status]) as receiver:
        subscribed(sdk, receiver.url)
        sdk.fine_tuning.jobs.cancel(ordered(sdk))
        receiver.next()

        assert settled(tenant, "delivered", 1)["due_at"] is None


def test_what_cannot_be_read_or_reached_of_one_tenant_holds_up_no_other(serve: Serve, tmp_path: Path) -> None:
    emulator = serve(clock="manual", dialect="openai", data_dir=tmp_path)
    unreadable, unreachable, well = (emulator.tenant(name) for name in ("unreadable", "unreachable", "well"))
    with receiving() as gone:
        pass
    with receiving() as there:
        for tenant, receiver in ((unreadable, there), (unreachable, gone), (well, there)):
            with client(tenant) as sdk:
                subscribed(sdk, f"{receiver.url}/{tenant.api_key}")
                job = ordered(sdk)
                if tenant is unreadable:
                    with closing(sqlite3.connect(tmp_path / "state.sqlite3")) as db, db:
                        db.execute("UPDATE job SET plan = '{}' WHERE id = ?", (job,))
            tenant.clock.advance(days=1)

        assert there.next().path == "/hook/well"
        assert unreadable.webhooks.deliveries() == []
