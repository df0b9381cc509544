"""How a client watches its jobs: too often, too short, too long; and what it makes of results and of failures."""

from typing import Any

import httpx

from emulator.server import Emulator
from tests.conftest import Serve, client_of
from tests.lint.clients import (
    FILES,
    JOBS,
    MODEL,
    advance,
    bad,
    fault,
    fetch,
    finding,
    lint,
    look,
    names,
    official,
    order,
    raw,
    upload,
    walked,
    watch,
)


def test_looks_every_5_seconds_are_too_fast_and_every_15_are_not(plain: httpx.Client) -> None:
    watch(plain, order(plain)["id"], every_s=5)
    found = finding(plain, "polls_too_fast")
    assert found["severity"] == "warning"
    assert "came sooner than 15 s after the look before, the soonest after 5 s" in found["what"]
    assert found["count"] == len([each for each in raw(plain) if each["operation"] == "jobs.retrieve"]) - 1 > 20
    assert len(found["requests"]) == 20
    assert found["source"].startswith("documented")
    assert found["requests"] == sorted(found["requests"])

    plain.delete("/_emulator/journal")
    watch(plain, order(plain)["id"], every_s=15)
    assert "polls_too_fast" not in names(plain)


def test_another_interval_can_be_asked_for(plain: httpx.Client) -> None:
    watch(plain, order(plain)["id"], every_s=5)
    assert "polls_too_fast" not in names(plain, poll_s=5)
    assert "polls_too_fast" in names(plain, poll_s=6)
    assert finding(plain, "polls_too_fast", poll_s=6)["source"] == "as asked for"


def test_host_time_counts_where_the_clock_is_the_hosts(serve: Serve) -> None:
    with client_of(serve(scenario="stuck_in_queue")) as client:
        job = order(client)["id"]
        for _ in range(4):
            look(client, job)
        assert "polls_too_fast" in names(client)
        assert "polls_too_fast" not in names(client, poll_s=0)


def test_slow_answers_are_no_gap_between_looks(serve: Serve) -> None:
    with client_of(serve(scenario="stuck_in_queue")) as client:
        job = order(client)["id"]
        fault(client, "jobs.retrieve", "latency=0.4")
        for _ in range(3):
            look(client, job)
        assert "polls_too_fast" in names(client, poll_s=0.3)


def test_several_kinds_of_looks_in_one_round_are_one_poll(plain: httpx.Client) -> None:
    job = order(plain)["id"]
    for _ in range(5):
        advance(plain, 15)
        for path in (f"{JOBS}/{job}", f"{JOBS}/{job}/events", f"{JOBS}/{job}/checkpoints", JOBS):
            plain.get(path).raise_for_status()
    assert "polls_too_fast" not in names(plain)


def test_one_look_right_after_another_is_no_loop_and_three_are(plain: httpx.Client) -> None:
    job = order(plain)["id"]
    look(plain, job)
    look(plain, job)
    assert "polls_too_fast" not in names(plain)
    look(plain, job)
    assert finding(plain, "polls_too_fast")["count"] == 2


def test_a_loop_over_the_list_of_jobs_is_judged_too(plain: httpx.Client) -> None:
    order(plain)
    for _ in range(4):
        advance(plain, 2)
        plain.get(JOBS).raise_for_status()
    assert "at the list of jobs" in finding(plain, "polls_too_fast")["what"]


def test_what_the_sdk_repeats_after_a_fault_is_no_poll(manual: Emulator, plain: httpx.Client, key: str) -> None:
    job = order(plain)["id"]
    fault(plain, "jobs.retrieve", "status=503,retry_after_ms=1", every=2)
    with official(manual, key) as sdk:
        for _ in range(4):
            advance(plain, 15)
            sdk.fine_tuning.jobs.retrieve(job)
    assert "polls_too_fast" not in names(plain)


def test_a_job_that_is_left_running_is_told_and_one_that_is_cancelled_is_not(plain: httpx.Client) -> None:
    job = order(plain)["id"]
    advance(plain, 15)
    look(plain, job)
    found = finding(plain, "stops_watching")
    assert (found["severity"], found["requests"]) == ("warning", [3])
    assert f"{job} was last seen validating_files (entry 3), after 1 look" in found["what"]
    assert found["do"].endswith("Ends: cancelled, failed, succeeded.")

    plain.post(f"{JOBS}/{job}/cancel").raise_for_status()
    assert "stops_watching" not in names(plain)


def test_an_end_that_is_seen_in_a_list_or_told_by_an_event_is_seen(plain: httpx.Client) -> None:
    listed, told = order(plain)["id"], order(plain)["id"]
    advance(plain, 3600)
    assert "stops_watching" in names(plain)
    plain.get(f"{JOBS}/{told}/events").raise_for_status()
    assert f"{listed} was last seen" in finding(plain, "stops_watching")["what"]
    plain.get(JOBS).raise_for_status()
    assert "stops_watching" not in names(plain)


def test_a_client_whose_last_look_failed_has_not_stopped_by_itself(plain: httpx.Client) -> None:
    job = order(plain)["id"]
    fault(plain, "jobs.retrieve", "status=500", first=1)
    plain.get(f"{JOBS}/{job}")
    assert bad(plain) == []
    [unjudged] = plain.get("/_emulator/journal/lint").json()["not_judged"]
    assert unjudged == {
        "name": "stops_watching",
        "why": f"the last look at 1 job failed, or its answer is not kept ({job}, entry 3)",
    }
    look(plain, job)
    assert bad(plain) == ["stops_watching"]


def test_a_list_that_is_too_long_to_be_kept_leaves_the_end_open(plain: httpx.Client) -> None:
    for number in range(20):
        order(plain, suffix=f"{number}")
    advance(plain, 3600)
    plain.get(JOBS).raise_for_status()
    found = plain.get("/_emulator/journal/lint").json()
    assert "stops_watching" not in [each["name"] for each in found["findings"]]
    assert [each["name"] for each in found["not_judged"]] == ["stops_watching"]


def test_three_looks_after_the_end_are_a_loop_without_end_and_two_are_not(plain: httpx.Client) -> None:
    job = order(plain)["id"]
    plain.post(f"{JOBS}/{job}/cancel").raise_for_status()
    for _ in range(2):
        advance(plain, 15)
        look(plain, job)
    assert "polls_after_the_end" not in names(plain)
    advance(plain, 15)
    look(plain, job)
    found = finding(plain, "polls_after_the_end")
    assert (found["count"], found["severity"]) == (3, "warning")
    assert f"{job} was cancelled by then" in found["what"]


def test_a_loop_over_several_jobs_may_look_at_those_that_have_ended(plain: httpx.Client) -> None:
    ended, going = order(plain)["id"], order(plain, suffix="emu:stuck_running")["id"]
    plain.post(f"{JOBS}/{ended}/cancel").raise_for_status()
    for _ in range(5):
        advance(plain, 15)
        look(plain, ended)
        look(plain, going)
    assert bad(plain) == ["stops_watching"]


def test_looks_at_an_ended_job_between_downloads_are_no_loop(plain: httpx.Client) -> None:
    job = order(plain)["id"]
    watch(plain, job)
    for _ in range(4):
        look(plain, job)
        fetch(plain, job)
    assert "polls_after_the_end" not in names(plain)


def test_results_that_are_looked_for_too_early_and_not_again_are_told(plain: httpx.Client) -> None:
    job = order(plain)["id"]
    plain.get(f"{JOBS}/{job}/checkpoints").raise_for_status()
    watch(plain, job)
    found = finding(plain, "reads_results_too_early")
    assert (found["requests"], found["severity"]) == ([3], "warning")

    plain.get(f"{JOBS}/{job}/checkpoints").raise_for_status()
    assert "reads_results_too_early" not in names(plain)


def test_checkpoints_of_a_running_job_may_be_read(plain: httpx.Client) -> None:
    job = order(plain)["id"]
    while not plain.get(f"{JOBS}/{job}/checkpoints").json()["data"]:
        advance(plain, 15)
    assert look(plain, job) == "running"
    fetch(plain, job)
    watch(plain, job)
    assert bad(plain) == []


def test_results_that_nobody_fetches_and_files_that_nobody_deletes_are_advice(plain: httpx.Client) -> None:
    job = order(plain)
    watch(plain, job["id"])
    left = finding(plain, "leaves_files")
    never = finding(plain, "never_downloads")
    assert (left["severity"], left["requests"]) == ("advice", [1])
    assert never["severity"] == "advice"
    assert bad(plain) == []

    fetch(plain, job["id"])
    plain.delete(f"{FILES}/{job['training_file']}").raise_for_status()
    assert names(plain) == []


def ordered_of_openai(client: httpx.Client) -> Any:
    """Order a job as OpenAI takes it; return it."""
    body = {"model": "gpt-4o-mini-2024-07-18", "training_file": upload(client)}
    return client.post(JOBS, json=body).raise_for_status().json()


def test_what_is_said_of_results_and_of_deleted_files_is_the_providers_own(serve: Serve, plain: httpx.Client) -> None:
    with client_of(serve(clock="manual", pace=1, dialect="openai")) as client:
        watch(client, ordered_of_openai(client)["id"])
        early = ordered_of_openai(client)
        client.delete(f"{FILES}/{early['training_file']}").raise_for_status()
        openai_s = [finding(client, name) for name in ("never_downloads", "deletes_file_in_use")]
    watch(plain, order(plain)["id"])
    plain.delete(f"{FILES}/{order(plain)['training_file']}").raise_for_status()
    nebius_s = [finding(plain, name) for name in ("never_downloads", "deletes_file_in_use")]

    assert "checkpoints" not in openai_s[0]["do"]
    assert openai_s[0]["do"].startswith("Ask the tuned model, or fetch the table of steps")
    assert openai_s[1]["source"] == "observed: the provider lets the job fail"
    assert nebius_s[0]["do"].startswith("Fetch the files that the checkpoints list")
    assert "is not known" in nebius_s[1]["source"]


def test_a_job_whose_model_is_asked_need_not_be_downloaded(serve: Serve) -> None:
    with client_of(serve(clock="manual", pace=1, dialect="openai")) as client:
        asked, other = ordered_of_openai(client)["id"], ordered_of_openai(client)["id"]
        for job in (asked, other):
            watch(client, job)
        words = {"messages": [{"role": "user", "content": "a"}]}
        for model in (client.get(f"{JOBS}/{asked}").json()["fine_tuned_model"], "gpt-4o-mini-2024-07-18"):
            client.post("/v1/chat/completions", json={"model": model, **words}).raise_for_status()
        assert finding(client, "never_downloads")["what"].startswith(f"1 job of 2 that succeeded; {other} did")


def test_a_file_whose_job_goes_on_is_not_left(plain: httpx.Client) -> None:
    order(plain)
    assert "leaves_files" not in names(plain)


def test_a_job_that_exports_itself_need_not_be_downloaded(plain: httpx.Client) -> None:
    hub = {"type": "hf", "hf": {"output_repo_name": "me/mine", "api_token": "canary"}}
    watch(plain, order(plain, integrations=[hub])["id"])
    assert "never_downloads" not in names(plain)


def test_a_third_job_of_an_order_that_failed_twice_is_told(plain: httpx.Client) -> None:
    body = {"model": MODEL, "training_file": upload(plain), "suffix": "emu:out_of_memory"}
    for number in range(3):
        assert ("repeats_failed_jobs" in names(plain)) is False, number
        watch(plain, plain.post(JOBS, json=body).raise_for_status().json()["id"])
    assert "after 2 jobs of the same order in a row had failed" in finding(plain, "repeats_failed_jobs")["what"]


def test_a_file_that_is_deleted_while_it_is_validated_is_told_and_later_it_is_not(plain: httpx.Client) -> None:
    early, late = order(plain), order(plain)
    plain.delete(f"{FILES}/{early['training_file']}").raise_for_status()
    watch(plain, late["id"])
    plain.delete(f"{FILES}/{late['training_file']}").raise_for_status()
    found = finding(plain, "deletes_file_in_use")
    assert found["count"] == 1
    assert f"{early['id']} was last seen validating_files" in found["what"]


def test_a_cancellation_after_the_end_was_seen_is_advice_and_a_race_is_none(plain: httpx.Client) -> None:
    raced = order(plain)["id"]
    advance(plain, 3600)
    assert plain.post(f"{JOBS}/{raced}/cancel").status_code == 400
    assert bad(plain) == []
    assert lint(plain)["not_judged"] == []
    assert "cancels_after_the_end" not in names(plain)
    seen = walked(plain)
    plain.post(f"{JOBS}/{seen}/cancel")
    assert finding(plain, "cancels_after_the_end")["severity"] == "advice"
