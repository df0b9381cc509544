"""How the journal is looked through: numbered, bounded, filtered, in pages."""

from fnmatch import fnmatchcase
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.journal import BATCH
from emulator.core.world import World
from emulator.server import Emulator
from emulator.settings import Settings
from emulator.storage import journal
from emulator.storage.journal import Entry, Wanted
from tests.conftest import Serve, client_of
from tests.journal import made
from tests.journal.looking import JOBS, JOURNAL, entries, fault, order, page, upload


@given(batches=st.lists(made.entries, max_size=4), keep=st.integers(1, 12))
def test_the_last_so_many_of_each_tenant_are_kept_and_numbered_from_one(batches: list[list[Entry]], keep: int) -> None:
    with made.kept(batches, keep=keep) as db:
        for tenant in "tu":
            own = [entry for batch in batches for entry in batch if entry.tenant == tenant]
            numbered = [entry.model_copy(update={"id": number}) for number, entry in enumerate(own, 1)]

            assert journal.page(db, tenant, Wanted(), after=0, limit=1000) == numbered[-keep:]


@given(listed=made.entries, wanted=made.wanted, limit=st.integers(1, 8))
def test_pages_are_the_whole_filtered_and_cut(listed: list[Entry], wanted: Wanted, limit: int) -> None:
    with made.kept([listed]) as db:
        whole = journal.page(db, "t", Wanted(), after=0, limit=1000)
        seen: list[Entry] = []
        while found := journal.page(db, "t", wanted, after=seen[-1].id if seen else 0, limit=limit):
            assert len(found) <= limit
            seen += found

    assert seen == [entry for entry in whole if fits(entry, wanted)]


def fits(entry: Entry, wanted: Wanted) -> bool:
    low, high = wanted.status or (0, 999)
    faults = {name for fault in entry.faults for name in (fault.rule, fault.effect.split(",")[0])}
    return (
        (wanted.operation is None or (entry.operation is not None and fnmatchcase(entry.operation, wanted.operation)))
        and low <= (entry.status or 0) <= high
        and (wanted.since is None or entry.at >= wanted.since)
        and (wanted.until is None or entry.at < wanted.until)
        and wanted.job in {None, entry.job}
        and (wanted.fault is None or wanted.fault in faults)
    )


def world_of(emulator: Emulator) -> World:
    world: World = emulator._server.config.app.state.world  # type: ignore[union-attr]  # it is our own application
    return world


def test_a_page_says_whether_there_is_more(client: httpx.Client) -> None:
    for _ in range(5):
        client.get(JOBS)
    first = page(client, limit=3)
    second = page(client, limit=3, after=first["data"][-1]["id"])

    assert ([each["id"] for each in first["data"]], first["has_more"]) == ([1, 2, 3], True)
    assert ([each["id"] for each in second["data"]], second["has_more"]) == ([4, 5], False)
    assert page(client, limit=5)["has_more"] is False


def test_it_is_asked_for_by_operation_status_job_and_fault(client: httpx.Client) -> None:
    job = order(client).json()["id"]
    fault(client, "jobs.retrieve", "status=503", nth=1)
    for _ in range(2):
        client.get(f"{JOBS}/{job}")
    client.get(f"{JOBS}/{job}/events")
    client.get("/v1/nowhere")

    def ids(**filters: object) -> list[int]:
        return [each["id"] for each in entries(client, **filters)]

    assert ids() == [1, 2, 3, 4, 5, 6]
    assert ids(operation="jobs.*") == [2, 3, 4, 5]
    assert ids(operation="jobs.retrieve", status=200) == [4]
    assert ids(status="5xx") == ids(fault="rule-1") == ids(fault="status") == [3]
    assert client.get(JOURNAL, params={"fault": "stat"}).status_code == 422
    assert ids(job=job) == [2, 3, 4, 5]
    assert ids(job=job, status="2xx", after=2) == [4, 5]
    assert ids(status="none") == ids(fault="latency") == []


def test_it_is_asked_for_by_the_tenants_time(serve: Serve) -> None:
    with client_of(serve(clock="manual")) as client:
        for _ in range(3):
            client.get(JOBS)
            client.post("/_emulator/clock/advance", json={"seconds": 60})

        assert [each["id"] for each in entries(client, since="2026-01-01T00:01:00Z")] == [2, 3]
        assert [each["id"] for each in entries(client, until="2026-01-01T00:01:00Z")] == [1]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("stauts=500", "there is no filter 'stauts'; did you mean status?"),
        ("status=6xx", "status: a status is 100 to 599, a class such as 4xx, or none for no answer, got '6xx'"),
        ("operation=jobs.lst", "there is no operation 'jobs.lst'; did you mean jobs.list?"),
        ("operation=nothing.*", "there is no operation 'nothing.*'; takes one of chat.create, completions.create"),
        ("fault=latncy", "there is no fault 'latncy'; did you mean latency?"),
        ("since=yesterday", "since: Input should be a valid datetime"),
        ("limit=0", "limit: Input should be greater than or equal to 1, got 0"),
        ("limit=1001", "limit: Input should be less than or equal to 1000, got 1001"),
        ("after=x", "after: Input should be a valid integer"),
        ("format=hare", "format: Input should be 'json' or 'har', got hare"),
    ],
)
def test_a_filter_that_is_not_known_is_refused_with_what_is(client: httpx.Client, query: str, told: str) -> None:
    answer = client.get(f"{JOURNAL}?{query}")

    assert answer.status_code == 422
    assert told in answer.json()["error"]


def test_a_fault_that_is_no_more_is_still_asked_for_by_its_rule(client: httpx.Client) -> None:
    fault(client, "jobs.list", "status=503")
    client.get(JOBS)
    client.delete("/_emulator/faults")

    assert [each["status"] for each in entries(client, fault="rule-1")] == [503]
    client.delete(JOURNAL)
    assert client.get(JOURNAL, params={"fault": "rule-1"}).status_code == 422


def test_an_entry_that_is_not_there_is_missing(client: httpx.Client) -> None:
    client.get(JOBS)
    answer = client.get(f"{JOURNAL}/2")

    assert (answer.status_code, answer.json()) == (404, {"error": "there is no entry '2'"})


def test_a_journal_keeps_so_many_and_goes_on_counting(serve: Serve) -> None:
    with client_of(serve(journal=5)) as client:
        for _ in range(BATCH + 10):
            client.get(JOBS)

        assert [each["id"] for each in entries(client)] == [*range(BATCH + 6, BATCH + 11)]


def test_no_more_than_a_batch_or_so_waits_in_memory(serve: Serve) -> None:
    emulator = serve()
    waiting = world_of(emulator).unwritten
    most = 0
    with client_of(emulator) as client:
        for _ in range(3 * BATCH):
            client.get(JOBS)
            most = max(most, len(waiting))

        assert BATCH / 2 < most < 2 * BATCH  # the next request may end while a batch is being taken
        assert len(entries(client)) == 3 * BATCH


def test_clearing_it_leaves_nothing_and_the_next_goes_on_counting(client: httpx.Client) -> None:
    client.get(JOBS)
    client.get(JOBS)

    assert client.delete(JOURNAL).json() == {"removed": 2}
    assert entries(client) == []
    client.get(JOBS)
    assert [each["id"] for each in entries(client)] == [3]


def test_a_reset_begins_it_anew_and_leaves_the_others(serve: Serve) -> None:
    emulator = serve()
    with client_of(emulator, "one key") as one, client_of(emulator, "two") as two:
        for client in (one, two):
            upload(client)
        one.post("/_emulator/reset")

        assert entries(one) == []
        assert len(entries(two)) == 1
        one.get(JOBS)
        assert [each["id"] for each in entries(one)] == [1]


def test_it_outlives_a_server_that_is_stopped(tmp_path: Path) -> None:
    chosen = Settings(port=0, quiet=True, data_dir=tmp_path)
    with Emulator(chosen) as first, client_of(first) as client:
        client.get(JOBS)
        before = entries(client)
        client.get("/v1/files")
    with Emulator(chosen) as second, client_of(second) as client:
        after = entries(client)

    assert after[:1] == before
    assert [each["path"] for each in after] == [JOBS, "/v1/files"]


def test_without_a_journal_there_is_none_and_it_says_so(serve: Serve) -> None:
    emulator = serve(journal=0)
    with client_of(emulator) as client:
        client.get(JOBS)
        told = {"error": "there is no journal: the setting journal is 0; takes how many requests to keep"}
        asked = (
            client.get(JOURNAL),
            client.get(f"{JOURNAL}/1"),
            client.delete(JOURNAL),
            client.post(f"{JOURNAL}/verify", json={"expectations": [{"operation": "jobs.list"}]}),
        )

        assert [(each.status_code, each.json()) for each in asked] == [(409, told)] * 4
        assert not world_of(emulator).unwritten
