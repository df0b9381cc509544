"""How a client repeats: what was refused, what it was told to wait for, what may have been done already."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import openai
import pytest

from emulator.core.lint import Lint
from emulator.core.lint.ignores_retry_after import retry_after_s
from emulator.dialects import NEBIUS
from emulator.server import Emulator
from emulator.storage.journal import Answer, Request
from tests.journal.made import EPOCH, made
from tests.lint.clients import DATA, FILES, JOBS, MODEL, bad, fault, finding, lint, names, official, order, upload


@pytest.mark.parametrize(("effect", "status"), [("status=402", 402), ("status=400", 400), ("status=422", 422)])
def test_a_creation_that_was_refused_and_comes_again_unchanged_is_told(
    plain: httpx.Client, effect: str, status: int
) -> None:
    file = upload(plain)
    fault(plain, "jobs.create", effect)
    plain.post(JOBS, json={"model": MODEL, "training_file": file})
    assert names(plain, poll_s=1) == ["leaves_files"]
    plain.post(JOBS, json={"model": MODEL, "training_file": file, "suffix": "changed"})
    assert "retries_refused" not in names(plain)

    plain.post(JOBS, json={"training_file": file, "model": MODEL})
    found = finding(plain, "retries_refused")
    assert (found["severity"], found["requests"]) == ("error", [4])
    assert f"the first is jobs.create, a {status}" in found["what"]


def test_a_refusal_that_something_was_done_about_may_come_again(plain: httpx.Client) -> None:
    fault(plain, "jobs.create", "status=400", first=3)
    body = {"model": MODEL, "training_file": upload(plain)}
    for number in range(2):
        assert plain.post(JOBS, json=body).status_code == 400
        upload(plain, f"{number}.jsonl")
    assert "retries_refused" not in names(plain)
    for status in (400, 200):
        assert plain.post(JOBS, json=body).status_code == status
    assert "retries_refused" not in names(plain)


def test_what_is_not_there_yet_may_be_asked_for_twice_and_not_for_ever(plain: httpx.Client) -> None:
    for _ in range(2):
        plain.get(f"{FILES}/file-nope")
    assert "retries_refused" not in names(plain)
    plain.get(f"{FILES}/file-nope")
    assert finding(plain, "retries_refused")["count"] == 2


def test_what_was_asked_for_ten_times_is_told_though_something_else_succeeded_later(plain: httpx.Client) -> None:
    for looks, told in ((9, False), (10, True)):
        for _ in range(looks):
            plain.get(f"{FILES}/file-nope-{looks}")
        upload(plain, f"{looks}.jsonl")
        assert ("retries_refused" in names(plain)) is told


def test_what_is_found_in_the_end_was_rightly_asked_for(plain: httpx.Client) -> None:
    file = upload(plain)
    fault(plain, "files.retrieve", "status=404", first=4)
    for _ in range(5):
        plain.get(f"{FILES}/{file}")
    assert "retries_refused" not in names(plain)


def test_the_sdk_obeys_a_header_that_asks_for_a_repetition_and_is_not_blamed(
    manual: Emulator, plain: httpx.Client, key: str
) -> None:
    fault(plain, "jobs.create", "status=400,should_retry=true", first=2)
    file = upload(plain)
    with official(manual, key) as sdk:
        sdk.fine_tuning.jobs.create(model=MODEL, training_file=file)
    assert "retries_refused" not in names(plain)


@pytest.mark.parametrize("what", ["jobs.retrieve", "files.create", "jobs.create"])
def test_a_request_that_comes_again_before_retry_after_is_told(plain: httpx.Client, what: str) -> None:
    job = order(plain)
    fault(plain, what, "status=429,retry_after=30", first=1)
    asks: dict[str, Any] = {
        "jobs.retrieve": lambda: plain.get(f"{JOBS}/{job['id']}"),
        "files.create": lambda: upload(plain),
        "jobs.create": lambda: plain.post(JOBS, json={"model": MODEL, "training_file": job["training_file"]}),
    }
    ask = asks[what]
    with contextlib.suppress(httpx.HTTPStatusError):
        ask()
    assert "ignores_retry_after" not in names(plain)
    ask()
    found = finding(plain, "ignores_retry_after")
    assert (found["severity"], found["requests"]) == ("error", [4])
    assert "told to wait 30 s (entry 3)" in found["what"]


def test_the_sdk_waits_as_it_is_told(manual: Emulator, plain: httpx.Client, key: str) -> None:
    fault(plain, "jobs.list", "status=429,retry_after=0.4", first=1)
    fault(plain, "files.list", "status=503,retry_after_ms=300", first=1)
    with official(manual, key) as sdk:
        sdk.fine_tuning.jobs.list()
        sdk.files.list()
    assert lint(plain)["entries"] == 4
    assert names(plain) == []


def test_another_request_meanwhile_is_no_repetition(plain: httpx.Client) -> None:
    fault(plain, "jobs.retrieve", "status=429,retry_after=30", first=1)
    one, other = order(plain)["id"], order(plain)["id"]
    plain.get(f"{JOBS}/{one}")
    plain.get(f"{JOBS}/{other}")
    assert "ignores_retry_after" not in names(plain)


def test_what_retry_after_says_is_read_as_http_and_the_sdks_write_it() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert retry_after_s({"retry-after": "7"}, at) == 7
    assert retry_after_s({"retry-after-ms": "1500", "retry-after": "7"}, at) == 1.5
    assert retry_after_s({"retry-after": "Thu, 01 Jan 2026 00:01:00 GMT"}, at) == 59
    for text in ("", "soon", "-1", "nan", "inf", "Thu, 01 Jan 2020 00:01:00 GMT", "99 99 99 99:99:99"):
        assert retry_after_s({"retry-after": text}, at) is None, text


def test_the_sdks_own_repetition_of_a_lost_creation_makes_two_jobs_and_is_told(
    manual: Emulator, plain: httpx.Client, key: str
) -> None:
    fault(plain, "jobs.create", "apply_then_fail=500", first=1)
    file = upload(plain)
    with official(manual, key) as sdk:
        told = sdk.fine_tuning.jobs.create(model=MODEL, training_file=file).id
    found = finding(plain, "creates_twice")
    assert (found["severity"], found["requests"]) == ("error", [2, 3])
    assert told in found["what"]
    assert {"creates_twice", "pays_twice"} <= {*names(plain)}


def test_a_client_that_lists_first_and_finds_its_job_is_not_told(
    manual: Emulator, plain: httpx.Client, key: str
) -> None:
    fault(plain, "jobs.create", "apply_then_fail=reset", first=1)
    file = upload(plain)
    with official(manual, key, max_retries=0) as sdk:
        with pytest.raises(openai.APIConnectionError):
            sdk.fine_tuning.jobs.create(model=MODEL, training_file=file, suffix="mine")
        [job] = [each for each in sdk.fine_tuning.jobs.list() if each.to_dict()["suffix"] == "mine"]
        sdk.fine_tuning.jobs.cancel(job.id)
    assert bad(plain) == []


def test_a_repetition_of_what_was_never_carried_out_is_no_duplicate(plain: httpx.Client) -> None:
    fault(plain, "jobs.create", "fail_before_apply=500", first=1)
    body = {"model": MODEL, "training_file": upload(plain)}
    for _ in range(2):
        plain.post(JOBS, json=body)
    assert not {"creates_twice", "pays_twice"} & {*names(plain)}


def test_a_duplicate_that_is_cancelled_after_a_list_is_not_told(plain: httpx.Client) -> None:
    fault(plain, "jobs.create", "apply_then_fail=502", first=1)
    body = {"model": MODEL, "training_file": upload(plain)}
    plain.post(JOBS, json=body)
    kept = plain.post(JOBS, json=body).json()["id"]
    assert {"creates_twice", "pays_twice"} <= {*names(plain)}
    for job in plain.get(JOBS).json()["data"]:
        if job["id"] != kept:
            assert "creates_twice" not in names(plain)
            assert "pays_twice" in names(plain)
            plain.post(f"{JOBS}/{job['id']}/cancel").raise_for_status()
    assert not {"creates_twice", "pays_twice"} & {*names(plain)}


def test_who_lists_and_orders_again_all_the_same_is_told_that_both_go_on(plain: httpx.Client) -> None:
    fault(plain, "jobs.create", "apply_then_fail=502", first=1)
    body = {"model": MODEL, "training_file": upload(plain)}
    plain.post(JOBS, json=body)
    plain.get(JOBS).raise_for_status()
    plain.post(JOBS, json=body).raise_for_status()
    assert "creates_twice" not in names(plain)
    assert finding(plain, "pays_twice")["requests"] == [2, 4]


def test_two_jobs_of_the_same_order_on_purpose_are_no_duplicate(plain: httpx.Client) -> None:
    body = {"model": MODEL, "training_file": upload(plain)}
    for _ in range(2):
        plain.post(JOBS, json=body).raise_for_status()
    assert not {"creates_twice", "pays_twice"} & {*names(plain)}


def test_a_long_row_of_repetitions_is_counted_one_by_one(plain: httpx.Client) -> None:
    body = {"model": MODEL, "training_file": "file-nope"}
    for _ in range(50):
        plain.post(JOBS, json=body)
    found = finding(plain, "retries_refused")
    assert (found["count"], found["requests"]) == (49, [*range(2, 22)])


def test_a_client_that_gives_up_twice_before_it_is_answered_is_advised(plain: httpx.Client) -> None:
    fault(plain, "jobs.list", "latency=1", first=2)
    for number in range(2):
        with pytest.raises(httpx.ReadTimeout):
            plain.get(JOBS, timeout=0.2)
        for _ in range(2000):
            if lint(plain)["entries"] > number:
                break
    found = finding(plain, "gives_up_early")
    assert (found["severity"], found["count"]) == ("advice", 2)
    assert "jobs.list" in found["what"]


def test_a_client_that_gives_up_what_is_never_answered_is_not_advised(plain: httpx.Client) -> None:
    fault(plain, "jobs.list", "timeout", first=2)
    for number in range(2):
        with pytest.raises(httpx.ReadTimeout):
            plain.get(JOBS, timeout=0.1)
        for _ in range(2000):
            if lint(plain)["entries"] > number:
                break
    assert names(plain) == []


def test_a_file_that_is_uploaded_three_times_is_advice_and_other_files_are_not(plain: httpx.Client) -> None:
    for number in range(3):
        upload(plain, f"{number}.jsonl")
    assert "uploads_again" not in names(plain)
    for _ in range(2):
        upload(plain, "0.jsonl")
    found = finding(plain, "uploads_again")
    assert f"a file of {len(DATA):,} bytes was uploaded 3 times" in found["what"]
    assert json.dumps(found).count("0.jsonl") == 0


def test_the_third_job_of_one_order_under_way_at_once_is_advised_against(plain: httpx.Client) -> None:
    body = {"model": MODEL, "training_file": upload(plain)}
    for _ in range(2):
        plain.post(JOBS, json=body)
    assert "orders_again" not in names(plain)
    jobs = [plain.post(JOBS, json=body).json()["id"] for _ in range(2)]
    found = finding(plain, "orders_again")
    assert (found["severity"], found["requests"]) == ("advice", [2, 3, 4, 5])
    assert found["what"].startswith("4 jobs of the same order at once: ")
    assert jobs[0] in found["what"]
    assert "pays_twice" not in names(plain)


@pytest.mark.parametrize("between", ["another seed", "its end", "its cancellation"])
def test_several_runs_that_are_told_apart_or_follow_one_another_are_in_order(plain: httpx.Client, between: str) -> None:
    body: dict[str, Any] = {"model": MODEL, "training_file": upload(plain)}
    for number in range(4):
        job = plain.post(JOBS, json={**body, "seed": number} if between == "another seed" else body).json()["id"]
        if between == "its end":
            plain.post("/_emulator/clock/advance", json={"seconds": 10**6})
            assert plain.get(f"{JOBS}/{job}").json()["status"] == "succeeded"
        elif between == "its cancellation":
            plain.post(f"{JOBS}/{job}/cancel").raise_for_status()
    assert "orders_again" not in names(plain)


@pytest.mark.parametrize(("minutes", "found"), [(4, True), (11, False)])
def test_orders_far_apart_are_each_their_own(minutes: int, found: bool) -> None:  # noqa: FBT001 -- a test's case
    judge = Lint({"nebius": NEBIUS.advice})
    asked = Request(bytes=9, headers={"content-type": "application/json"}, body={"model": MODEL, "training_file": "f"})
    for number in range(3):
        at = EPOCH + timedelta(minutes=minutes * number)
        job = {"id": f"ftjob-{number}", "status": "running"}
        answer = Answer(bytes=9, headers={}, complete=True, body=job)
        about = {"operation": "jobs.create", "method": "POST", "job": job["id"], "request": asked, "response": answer}
        judge.see([made(id=number + 1, at=at, started_at=at, **about)])

    assert ("orders_again" in {each.name for each in judge.report().findings}) is found
