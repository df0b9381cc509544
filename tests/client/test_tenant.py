"""A tenant as a Python object: what the control API says, said in Python."""

import inspect
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import openai
import pytest

from emulator import Emulator, Tenant, Unanswered
from emulator.client import NotAsExpected, Running, Unreachable
from emulator.client.faults import TenantFaults
from emulator.faults.match import Match
from emulator.faults.rule import Budget, Rule
from emulator.settings import BadSetting

DATA = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n' * 4
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
VARIABLES = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "NEBIUS_API_KEY")


@pytest.fixture
def client(tenant: Tenant) -> Iterator[openai.OpenAI]:
    """The official SDK for it."""
    with openai.OpenAI(base_url=tenant.base_url(), api_key=tenant.api_key, max_retries=0) as official:
        yield official


def start(client: openai.OpenAI) -> str:
    file = client.files.create(file=("d.jsonl", DATA), purpose="fine-tune")
    return client.fine_tuning.jobs.create(model="Qwen/Qwen3-4B", training_file=file.id).id


def test_time_is_set_and_moved(tenant: Tenant) -> None:
    assert tenant.clock.now() == EPOCH
    assert tenant.clock.advance(seconds=90) == EPOCH + timedelta(seconds=90)
    assert tenant.clock.advance(timedelta(hours=1), minutes=1) == EPOCH + timedelta(hours=1, seconds=150)
    assert tenant.clock.advance(5) == EPOCH + timedelta(hours=1, seconds=155)
    assert tenant.clock.set(now=EPOCH + timedelta(days=1), rate=2.0) >= EPOCH + timedelta(days=1)
    assert tenant.clock.set(mode="poll") >= EPOCH + timedelta(days=1)
    assert tenant.clock.get()["mode"] == "poll"
    with pytest.raises(Unanswered, match="time does not go back") as refused:
        tenant.clock.set(now=EPOCH)
    assert refused.value.status == 409


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seconds": float("nan")}, "seconds: got nan, takes a finite number"),
        ({"by": float("inf")}, "by: got inf, takes a finite number"),
        ({"days": 1e12}, "days: got 1000000000000.0, takes a finite number, of less than 999999999 days"),
    ],
)
def test_what_is_no_length_of_time_moves_nothing(tenant: Tenant, given: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tenant.clock.advance(**given)

    assert tenant.clock.now() == EPOCH


def test_a_skip_says_whether_anything_was_to_come(tenant: Tenant, client: openai.OpenAI) -> None:
    assert not tenant.clock.skip()
    job = start(client)
    while tenant.clock.skip():
        pass

    assert client.fine_tuning.jobs.retrieve(job).status == "succeeded"


def test_a_fault_is_set_seen_and_taken_back(tenant: Tenant, client: openai.OpenAI) -> None:
    rule = tenant.faults.add("latency=0.001; status=503", match="jobs.list", first=1)
    with pytest.raises(openai.InternalServerError):
        client.fine_tuning.jobs.list()
    client.fine_tuning.jobs.list()
    [held] = tenant.faults.list()

    assert (held["id"], held["hits"], held["matches"]) == (rule["id"], 1, 2)
    assert tenant.faults.get(rule["id"]) == held
    assert tenant.faults.remove(rule["id"]) == []
    with pytest.raises(Unanswered, match="there is no rule"):
        tenant.faults.remove(rule["id"])
    assert tenant.faults.preset("flaky", seed=7)
    assert tenant.faults.clear() == []


def test_every_part_of_a_rule_may_be_given_by_keyword(tenant: Tenant) -> None:
    known = {*inspect.signature(TenantFaults.add).parameters} - {"self"}
    assert known == {*Rule.model_fields, *Match.model_fields, *Budget.model_fields}

    until = EPOCH + timedelta(days=1)
    match = {"operation": ["jobs.*"], "status": ["running"]}
    budget = {"after": 1, "probability": 0.5, "seed": "x", "seconds": 9.0}
    rule = tenant.faults.add("status=500", id="mine", match=match, header={"x-a": "b"}, budget=budget, until=until)

    assert rule["id"] == "mine"
    assert rule["match"] == {**match, "header": {"x-a": "b"}}
    assert rule["budget"] == {**budget, "until": "2026-01-02T00:00:00Z"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"budget": {"first": 1}, "first": 2}, "first is given twice: as 2, and as 1 in budget"),
        ({"match": "jobs.list", "operation": "files.list"}, "is given twice: as 'files.list', and as 'jobs.list' in"),
        ({"match": {"method": "GET"}, "method": "GET"}, "method is given twice: as 'GET', and as 'GET' in match"),
    ],
)
def test_a_part_that_is_given_twice_is_refused(tenant: Tenant, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tenant.faults.add("status=500", **given)

    assert tenant.faults.list() == []


def test_a_wrong_rule_is_refused_in_the_servers_words(tenant: Tenant) -> None:
    with pytest.raises(Unanswered, match=r"there is no effect 'latencie'; did you mean latency"):
        tenant.faults.add("latencie=1")


def test_the_next_jobs_go_as_is_said(tenant: Tenant, client: openai.OpenAI) -> None:
    up = tenant.scenarios.next("fails_at_step", count=2, fails_at_step=3)
    assert (up["count"], up["knobs"]["fails_at_step"]) == (2, 3)
    start(client)
    following = tenant.scenarios.up_next()
    assert following
    assert following["count"] == 1
    tenant.scenarios.clear()
    assert tenant.scenarios.up_next() is None
    assert "stuck_in_queue" in {each["name"] for each in tenant.scenarios.list()}
    with pytest.raises(Unanswered, match="did you mean stuck_in_queue"):
        tenant.scenarios.next("stuck_in_queu")


def test_what_is_said_of_all_jobs_stands_beneath_what_is_said_of_the_next(
    tenant: Tenant, client: openai.OpenAI
) -> None:
    def scenario() -> str | None:
        start(client)
        return str(tenant.state.export()["jobs"][-1]["scenario"])

    tenant.scenarios.next("out_of_memory")
    standing = tenant.scenarios.next("fails_at_step=3", count=None)
    assert standing["scenario"] == "out_of_memory"
    document = tenant.state.export()
    assert [scenario() for _ in range(3)] == ["out_of_memory", "fails_at_step", "fails_at_step"]
    tenant.state.load(document)
    assert [scenario() for _ in range(2)] == ["out_of_memory", "fails_at_step"]
    tenant.scenarios.next("slow", count=2)
    tenant.scenarios.next("stuck_in_queue", count=None)
    assert [scenario() for _ in range(4)] == ["slow", "slow", "stuck_in_queue", "stuck_in_queue"]
    tenant.scenarios.clear()
    assert tenant.scenarios.up_next() == {"scenario": "stuck_in_queue", "knobs": ANY, "count": None}
    tenant.scenarios.clear(standing=True)
    assert tenant.scenarios.up_next() is None


def test_the_journal_tells_what_is_wrong_with_the_client(tenant: Tenant, client: openai.OpenAI) -> None:
    job = start(client)
    for _ in range(3):
        client.fine_tuning.jobs.retrieve(job)
    last = tenant.journal.list()[-1]["id"]

    def found(**asked: Any) -> set[str]:
        return {each["name"] for each in tenant.journal.lint(**asked)["findings"]}

    assert found() == {"polls_too_fast", "stops_watching"}
    assert found(poll_s=0) == {"stops_watching"}
    assert found(after=last) == set()


def test_the_journal_is_listed_over_pages_verified_and_cleared(
    tenant: Tenant, client: openai.OpenAI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("emulator.client.journal.PAGE", 2)
    job = start(client)
    for _ in range(3):
        client.fine_tuning.jobs.retrieve(job)

    assert [each["id"] for each in tenant.journal.list()] == [1, 2, 3, 4, 5]
    assert [each["id"] for each in tenant.journal.list(limit=3)] == [1, 2, 3]
    assert len(tenant.journal.list(operation="jobs.retrieve", since=EPOCH)) == 3
    assert tenant.journal.get(2)["job"] == job
    verdict = tenant.journal.verify({"operation": "files.create"}, ordered=True, operation="jobs.create", count=1)
    assert verdict["holds"]
    assert tenant.journal.har(tmp_path / "j.har").read_text().count('"_operation"') == 5
    assert [path.name for path in tmp_path.iterdir()] == ["j.har"]
    assert tenant.journal.clear() == 5


def test_what_is_not_as_expected_is_told_with_what_came_near(tenant: Tenant, client: openai.OpenAI) -> None:
    start(client)
    with pytest.raises(AssertionError) as failed:
        tenant.journal.verify(operation="jobs.create", status=500)

    assert isinstance(failed.value, NotAsExpected)
    assert not failed.value.verdict["holds"]
    assert "1. expected at least 1 of jobs.create with status 500" in str(failed.value)
    assert "entry 2 comes near: status is 200, expected 500" in str(failed.value)


def test_an_expectation_that_cannot_be_is_no_failed_assertion(tenant: Tenant) -> None:
    with pytest.raises(Unanswered, match=r"there is no operation 'jobs.creat'; did you mean jobs.create"):
        tenant.journal.verify(operation="jobs.creat")


def test_a_state_is_taken_along_and_snapshots_are_kept(tenant: Tenant, still: Emulator, client: openai.OpenAI) -> None:
    start(client)
    document = tenant.state.export()
    tenant.state.save_snapshot("one")
    tenant.reset()
    assert client.files.list().data == []
    tenant.state.load_snapshot("one")
    assert len(client.files.list().data) == 1
    assert [each["name"] for each in tenant.state.snapshots()] == ["one"]
    assert tenant.state.remove_snapshot("one") == []
    other = still.tenant(f"{tenant.api_key} other")
    other.state.load(document)
    assert other.state.export()["jobs"] == document["jobs"]
    other.forget()
    assert other.state.export()["jobs"] == []


def test_variables_are_set_for_a_while_and_put_back_as_they_were(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "mine")
    monkeypatch.setenv("NEBIUS_API_KEY", "")
    before = {name: os.environ.get(name) for name in VARIABLES}  # noqa: TID251 -- what is tested

    def use() -> None:
        with tenant.env as outer:
            with outer, openai.OpenAI() as client:
                assert client.files.list().data == []
                assert client.api_key == tenant.api_key
            assert os.environ["NEBIUS_API_KEY"] == tenant.api_key  # noqa: TID251 -- what is tested
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        use()

    assert {name: os.environ.get(name) for name in VARIABLES} == before  # noqa: TID251 -- what is tested


def test_a_dialect_leads_to_its_own_path_and_an_unknown_one_is_refused(still: Emulator) -> None:
    assert still.base_url() == f"{still.url}/v1"
    assert still.base_url("nebius") == f"{still.url}/nebius/v1"
    assert still.tenant("a", dialect="nebius").base_url() == f"{still.url}/nebius/v1"
    with pytest.raises(BadSetting, match="there is no dialect 'nebus'; did you mean nebius"):
        still.base_url("nebus")
    with pytest.raises(BadSetting, match="there is no dialect 'nebus'"):
        still.tenant("a", dialect="nebus")


def test_an_emulator_is_the_tenant_of_any_key(still: Emulator) -> None:
    assert still.api_key == "any-key"
    still.clock.advance(hours=5)
    assert still.tenant("any-key").clock.now() == EPOCH + timedelta(hours=5)
    still.reset()
    assert still.clock.now() == EPOCH


def test_with_a_control_token_only_those_who_have_it_get_an_answer() -> None:
    with Emulator(control_token="canary-token") as emulator:
        emulator.reset()
        stranger = Tenant(Running(emulator.url), "any-key")
        with pytest.raises(Unanswered, match="need the control token") as refused:
            stranger.reset()
        stranger.server.close()

    assert refused.value.status == 401
    assert "canary-token" not in repr(emulator) + repr(emulator.server) + repr(emulator.clock)


def test_a_key_is_in_no_representation(still: Emulator) -> None:
    tenant = still.tenant("canary-key")

    assert "canary-key" not in repr((tenant, tenant.clock, tenant.journal, tenant.faults))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "127.0.0.1:8080", "http://[", "", "ftp://x"])
def test_where_no_server_answers_it_says_where_it_looked(url: str) -> None:
    with pytest.raises(Unreachable, match=r"no emulator answers at .*takes a URL like"):
        Tenant(Running(url), "a").clock.now()


def test_a_key_that_no_header_takes_is_refused_without_it(still: Emulator) -> None:
    with pytest.raises(BadSetting, match="takes printable ASCII") as refused:
        still.tenant("canary\nkey").reset()

    assert "canary" not in str(refused.value)
