"""What is expected of the journal, held against it: which hold, and what came near the others."""

import re
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.core.journal.verify import Expectation, differences, verdict, with_shortcuts
from emulator.storage import journal
from emulator.storage.journal import Entry, Wanted
from tests.journal import made
from tests.journal.looking import JOBS, JOURNAL, entries, fault, order, upload, verify

Json = dict[str, Any]


def document(entry: Entry) -> Json:
    return entry.model_dump(mode="json")


@given(listed=made.entries, wanted=made.wanted)
def test_as_many_are_counted_as_the_filter_finds(listed: list[Entry], wanted: Wanted) -> None:
    members = {
        **({"operation": wanted.operation} if wanted.operation else {}),
        **({"status": STATUS_WORDS[wanted.status]} if wanted.status else {}),
        **({"job": wanted.job} if wanted.job else {}),
        **({"fault": wanted.fault} if wanted.fault else {}),
    }
    asked = Wanted(wanted.operation, wanted.status, job=wanted.job, fault=wanted.fault)
    with made.kept([listed]) as db:
        found = journal.page(db, "t", asked, after=0, limit=1000)
        count = len(found)
        told = verdict(journal.documents(db, "t", after=0), [Expectation(members, count, count)], ordered=False)

    assert told.holds
    assert told.expectations[0].entries == [each.id for each in found]


STATUS_WORDS = {(0, 0): None, (200, 200): 200, (400, 499): "4xx", (500, 599): "5xx", (429, 429): "429"}

ANOTHER = {"expected": 200, "got": 422}

letters = st.sampled_from("ab")


@given(happened=st.lists(letters, max_size=9), expected=st.lists(st.tuples(letters, st.integers(0, 2)), max_size=4))
@example(happened=["a", "b", "a"], expected=[("a", 2), ("b", 1)])
@example(happened=["a", "b", "a"], expected=[("a", 1), ("b", 0), ("a", 1)])
def test_an_order_holds_where_the_expected_is_a_subsequence(
    happened: list[str], expected: list[tuple[str, int]]
) -> None:
    documents = [document(made.made(id=number, operation=each)) for number, each in enumerate(happened, 1)]
    expectations = [Expectation({"operation": name}, low) for name, low in expected]
    pattern = "".join(f".*{name}" * low for name, low in expected)

    told = verdict(documents, expectations, ordered=True)

    assert told.holds is (re.match(pattern, "".join(happened)) is not None)
    assert all(finding.holds is (finding.why is None) for finding in told.expectations)


@given(listed=made.entries, count=st.integers(0, 5), spread=st.none() | st.integers(0, 3))
def test_a_count_holds_within_its_range_and_nowhere_else(listed: list[Entry], count: int, spread: int | None) -> None:
    high = None if spread is None else count + spread
    there = sum(entry.operation == "jobs.list" for entry in listed)
    expected = Expectation({"operation": "jobs.list"}, count, high)

    told = verdict(map(document, listed), [expected], ordered=False)

    assert told.holds is (count <= there and (high is None or there <= high))
    assert told.entries == len(listed)


@pytest.mark.parametrize(
    ("path", "expected", "fits"),
    [
        ("operation", "jobs.*", True),
        ("operation", None, False),
        ("status", 503, True),
        ("status", "503", True),
        ("status", "5xx", True),
        ("status", "4xx", False),
        ("status", None, False),
        ("response.status", "5xx", True),
        ("job", None, True),
        ("retry", 0, True),
        ("retry", False, False),
        ("retry", "0", False),
        ("body.model", "Qwen/*", True),
        ("body.model", "Qwen/Qwen3-?B", False),
        ("request.body.tags.1", "two [2]", True),
        ("body.tags", ["one", "two*"], True),
        ("body.tags", ["one"], False),
        ("body.tags.2", "three", False),
        ("body", {"model": "Qwen/Qwen3-4B"}, True),
        ("body", {"tags": ["one"]}, False),
        ("body.hyper", {"n": 3.0}, True),
        ("body.hyper.n", True, False),
        ("body.flag", True, True),
        ("body.flag", 1, False),
        ("body.none", None, True),
        ("body.absent", None, False),
        ("headers.User-Agent", "me/*", True),
        ("request.headers.USER-AGENT", "me/1", True),
        ("body.Model", "Qwen/Qwen3-4B", False),
        ("fault", "slow", True),
        ("fault", "lat*", True),
        ("fault", "status", False),
        ("faults.0.rule", "slow", True),
        ("response.body", None, True),
    ],
)
def test_a_member_fits_or_differs(path: str, expected: object, fits: bool) -> None:  # noqa: FBT001 -- an example
    body = {
        "model": "Qwen/Qwen3-4B",
        "tags": ["one", "two [2]"],
        "hyper": {"n": 3, "m": 4},
        "flag": True,
        "none": None,
    }
    faults = [journal.Fault(rule="slow", effect="latency,seconds=1")]
    entry = with_shortcuts(document(made.made(status=503, body=body, faults=faults)))

    assert (differences(entry, {path: expected}) == {}) is fits


def test_a_pattern_is_no_trap(client: httpx.Client) -> None:
    client.post(JOBS, json={"model": "a" * 5000})
    told = verify(client, {"match": {"body.model": "*a" * 500 + "b"}})

    assert told["holds"] is False


def test_what_the_client_did_is_held_against_what_was_expected(client: httpx.Client) -> None:
    job = order(client, suffix="mine").json()["id"]
    fault(client, "jobs.retrieve", "status=503", first=2)
    for retry in range(3):
        client.get(f"{JOBS}/{job}", headers={"x-stainless-retry-count": str(retry)})
    told = verify(
        client,
        {"operation": "files.create", "count": 1},
        {"operation": "jobs.create", "status": "2xx", "match": {"body.suffix": "mine", "job": job}},
        {"operation": "jobs.retrieve", "status": 503, "fault": "rule-1", "count": 2},
        {"operation": "jobs.retrieve", "status": 200, "match": {"retry": 2}, "at_most": 1, "at_least": 1},
        {"operation": "jobs.cancel", "count": 0},
        ordered=True,
    )

    assert told["holds"] is True
    assert told["entries"] == 5
    assert [each["count"] for each in told["expectations"]] == [1, 1, 2, 1, 0]
    assert [each["entries"] for each in told["expectations"]] == [[1], [2], [3, 4], [5], []]


def test_a_near_miss_says_what_differs_the_nearest_first(client: httpx.Client) -> None:
    client.get(JOBS)
    client.post(JOBS, json={"model": 5, "training_file": "f"})
    client.get("/v1/nowhere", headers={"x-stainless-retry-count": "1"})
    client.post(JOBS, json={"model": "Qwen/Qwen3-4B", "training_file": "f"})
    client.post(JOBS, json={"model": 6, "training_file": "f"})
    told = verify(client, {"operation": "jobs.create", "status": 200, "match": {"body.model": "Qwen/*", "retry": None}})
    [finding] = told["expectations"]

    assert (told["holds"], finding["count"]) == (False, 0)
    assert finding["near_misses"] == [
        {"entry": 4, "differs": {"status": {"expected": 200, "got": 404}}},
        {"entry": 5, "differs": {"status": ANOTHER, "body.model": {"expected": "Qwen/*", "got": 6}}},
        {"entry": 2, "differs": {"status": ANOTHER, "body.model": {"expected": "Qwen/*", "got": 5}}},
    ]
    assert finding["why"] == (
        'expected at least 1 of jobs.create with status 200 and body.model "Qwen/*" and retry null, '
        "saw 0 among 5 entries; the nearest is entry 4, where status is 404"
    )


def test_what_is_not_there_is_told_as_absent_and_what_fits_nothing_is_no_near_miss(client: httpx.Client) -> None:
    client.get(JOBS)
    client.get("/v1/nowhere")
    [finding] = verify(client, {"operation": "jobs.list", "match": {"body.model": "Qwen/*"}})["expectations"]

    assert finding["near_misses"] == [{"entry": 1, "differs": {"body.model": {"expected": "Qwen/*"}}}]
    assert finding["why"].endswith("the nearest is entry 1, where body.model is absent")


def test_too_many_are_named(client: httpx.Client) -> None:
    for _ in range(7):
        client.get(JOBS)
    told = verify(client, {"operation": "jobs.list", "at_most": 3}, {"operation": "jobs.list", "count": 0})

    assert [each["why"] for each in told["expectations"]] == [
        "expected at most 3 of jobs.list, saw 7: entries 1, 2, 3, 4, 5, …",
        "expected exactly 0 of jobs.list, saw 7: entries 1, 2, 3, 4, 5, …",
    ]


def test_what_came_in_another_order_is_told_where(client: httpx.Client) -> None:
    client.get(JOBS)
    upload(client)
    first, second = {"operation": "files.create"}, {"operation": "jobs.list"}

    assert verify(client, first, second)["holds"] is True
    told = verify(client, first, second, ordered=True)
    assert [each["holds"] for each in told["expectations"]] == [True, False]
    assert told["expectations"][1]["why"] == (
        "expected 1 of jobs.list after entry 2, with which the expectation before was met; saw 0 there, "
        "and 1 in all: entry 1"
    )


def test_only_what_came_after_an_entry_counts_if_so_asked(client: httpx.Client) -> None:
    client.get(JOBS)
    [mark] = entries(client)
    client.get("/v1/models")

    assert verify(client, {"operation": "jobs.list", "count": 0}, {"operation": "models.list"}, after=mark["id"])[
        "holds"
    ]


def test_a_secret_that_is_expected_is_not_echoed(client: httpx.Client) -> None:
    client.post(JOBS, json={"model": "m", "training_file": "f", "api_key": "c4nary-one"})
    told = client.post(
        f"{JOURNAL}/verify",
        json={
            "expectations": [
                {"match": {"body.api_key": "c4nary-one", "retry": 1}},
                {"match": {"body": {"api_key": "c4nary-one"}, "operation": "jobs.create"}},
            ]
        },
    )

    assert told.json()["holds"] is False
    assert len(told.json()["expectations"][1]["near_misses"]) == 1
    assert "c4nary" not in told.text
    assert verify(client, {"match": {"body.api_key": "**********"}})["holds"] is True


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "expectations: Field required"),
        ({"expectations": []}, "expectations: List should have at least 1 item"),
        ({"expectation": []}, "there is no member 'expectation'; did you mean expectations?"),
        (
            {"expectations": [{"oparation": "x"}]},
            "expectations.0: there is no member 'oparation'; did you mean operation?",
        ),
        (
            {"expectations": [{"operation": "jobs.crate"}]},
            "there is no operation 'jobs.crate'; did you mean jobs.create?",
        ),
        ({"expectations": [{"status": "2x"}]}, "expectations.0.status: a status is 100 to 599, a class such as 4xx"),
        ({"expectations": [{"match": {"bdy.model": 1}}]}, "there is no member 'bdy'; did you mean body?"),
        ({"expectations": [{"match": {"request.bdy": 1}}]}, "there is no member of request 'bdy'; did you mean body?"),
        ({"expectations": [{"match": {"response.status": [1]}}]}, "a status is a number or a text, got [1]"),
        ({"expectations": [{"match": {"": 1}}]}, "there is no member ''"),
        ({"expectations": [{"count": -1}]}, "expectations.0.count: Input should be greater than or equal to 0, got -1"),
        ({"expectations": [{"count": 1, "at_most": 2}]}, "count is exact: it takes neither at_least nor at_most"),
        ({"expectations": [{"at_least": 3, "at_most": 2}]}, "at_least 3 is more than at_most 2"),
        ({"expectations": [{"operation": 5}]}, "expectations.0.operation: Input should be a valid string, got 5"),
    ],
)
def test_an_expectation_that_cannot_be_read_is_refused_with_what_is_taken(
    client: httpx.Client, body: Json, told: str
) -> None:
    answer = client.post(f"{JOURNAL}/verify", json=body)

    assert answer.status_code == 422
    assert told in answer.json()["error"]
