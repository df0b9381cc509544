from typing import Any

import pytest

from emulator.from_har.reproduction import Thresholds, in_order
from emulator.timeline.scenario import Scenario
from tests.from_har.made import BEGINS_S, JOB, JOBS, effects, entry, job, made_of

ASKED = {"model": "Qwen/Qwen3-4B", "training_file": "file-1"}
ERROR = {"code": "oom", "message": "Out of memory", "param": None}
WORDS = {"error_code": "oom", "error_message": "Out of memory"}


def told(status: str, **members: Any) -> dict[str, Any]:
    at = members.pop("at", None)
    return entry("GET", JOB, 200, job(status, **members), at=at)


def events(*messages: str, at: float | None = None, made_at: int = BEGINS_S) -> dict[str, Any]:
    data = [
        {"id": f"e{place}", "message": text, "created_at": made_at, "level": "info"}
        for place, text in enumerate(messages)
    ]
    return entry("GET", f"{JOB}/events", 200, {"data": data, "has_more": False}, at=at)


def checkpoints(*losses: float | None, files: list[str] | None = None) -> dict[str, Any]:
    data = [
        {"id": f"c{step}", "step_number": step, "metrics": {"train_loss": loss}, "result_files": files or []}
        for step, loss in enumerate(losses, 1)
    ]
    return entry("GET", f"{JOB}/checkpoints", 200, {"data": data, "has_more": False})


def knobs(*entries: dict[str, Any], stuck_s: float = 1800.0) -> dict[str, Any]:
    made = made_of(*entries, at=Thresholds(stuck_s=stuck_s))
    assert made.rules == []
    assert len(made.outcomes) <= 1
    found = made.outcomes[0].knobs if made.outcomes else {}
    Scenario(**found)  # each is a knob, within its bounds
    return found


@pytest.mark.parametrize(
    ("before", "failed", "place"),
    [
        ([told("validating_files")], {}, {"fails_at": "validation"}),
        ([told("validating_files"), told("queued")], {}, {"fails_at": "queue"}),
        ([told("running")], {}, {"fails_at": "loading"}),
        ([told("running", trained_steps=3)], {}, {"fails_at_step": 3}),
        ([told("running", trained_steps=3)], {"trained_steps": 7}, {"fails_at_step": 7}),
        ([told("running"), events("Training: step 12 of 40")], {}, {"fails_at_step": 12}),
        ([events("Training completed successfully")], {"trained_steps": 7}, {"fails_at": "saving"}),
    ],
)
def test_a_job_fails_where_it_was_when_it_failed(
    before: list[dict[str, Any]], failed: dict[str, Any], place: dict[str, Any]
) -> None:
    assert knobs(*before, told("failed", error=ERROR, **failed)) == {**place, **WORDS}


def test_a_job_whose_states_tell_nothing_fails_where_its_error_says() -> None:
    error = {"code": "invalid_training_file", "message": "line 3: no role"}
    failed = told("failed", error=error)

    assert knobs(told("running"), failed)["fails_at"] == "validation"
    assert knobs(told("running"), events("Dataset 'training' processed successfully"), failed)["fails_at"] == "loading"


def test_a_job_that_stood_still_to_the_end_was_stuck_if_it_was_watched_long_enough() -> None:
    looks = [told("running", trained_steps=4, at=at) for at in (0.0, 900.0, 1800.0)]

    assert knobs(*looks) == {"stuck_in": "training", "stuck_at_step": 4}
    assert knobs(looks[0], looks[2]) == {}
    assert knobs(*looks, stuck_s=1801) == {}
    assert knobs(*looks, told("running", trained_steps=5, at=1900.0)) == {}


@pytest.mark.parametrize(
    ("status", "stage"), [("validating_files", "validation"), ("queued", "queue"), ("running", "loading")]
)
def test_a_job_is_stuck_in_the_stage_that_its_status_tells(status: str, stage: str) -> None:
    assert knobs(*(told(status, at=at) for at in (0.0, 1000.0, 2000.0))) == {"stuck_in": stage}


def test_a_job_whose_cancellation_was_asked_for_was_not_left_standing() -> None:
    looks = [told("running", at=at) for at in (0.0, 1000.0, 2000.0)]

    assert knobs(entry("POST", f"{JOB}/cancel", 200, job("running"), at=1.0), *looks) == {}


def test_a_job_that_stood_still_after_its_last_step_is_stuck_in_saving() -> None:
    looks = [told("running", trained_steps=4, at=at) for at in (0.0, 1000.0, 2000.0)]

    assert knobs(*looks, events("Training completed successfully")) == {"stuck_in": "saving"}


def test_a_cancellation_that_was_taken_and_lost_is_lost_again() -> None:
    taken = entry("POST", f"{JOB}/cancel", 200, job("running"))

    assert knobs(told("running"), taken, told("succeeded")) == {"cancel_takes_s": 3600.0}
    assert knobs(told("running"), taken, told("cancelled")) == {}


def test_a_success_without_checkpoints_has_none_again() -> None:
    assert knobs(told("succeeded"), checkpoints()) == {"checkpoints": False}
    assert knobs(checkpoints(), told("succeeded")) == {}
    assert knobs(told("succeeded"), checkpoints(1.0)) == {}


def test_losses_that_are_no_number_are_none_from_that_step_on() -> None:
    assert knobs(told("succeeded"), checkpoints(1.5, None, None)) == {"loss_diverges_at_step": 2}
    assert knobs(told("succeeded"), checkpoints(1.5, float("nan"))) == {"loss_diverges_at_step": 2}
    assert knobs(told("succeeded"), checkpoints(1.5, 1.2)) == {}


def test_a_checkpoint_that_tells_no_loss_tells_of_no_divergence() -> None:
    bare = {"data": [{"id": "c1", "step_number": 1, "metrics": {"valid_loss": None}}], "has_more": False}

    assert knobs(told("succeeded"), entry("GET", f"{JOB}/checkpoints", 200, bare)) == {}


def test_a_listed_file_that_is_never_found_is_missing_by_the_name_that_its_place_has() -> None:
    files = [f"file-{place}" for place in "abcdef"]
    missed = entry("GET", "/v1/files/file-b", 404, {"detail": "no"})
    lora = told("succeeded", hyperparameters={"lora": True})

    assert knobs(lora, checkpoints(1.0, files=files), missed) == {"missing_file": "adapter_model.safetensors"}
    whole = told("succeeded", hyperparameters={"lora": False})
    assert knobs(whole, checkpoints(1.0, files=files), missed) == {"missing_file": "checkpoint.meta"}


def test_a_missing_file_is_the_scenarios_and_one_that_is_found_later_is_not_missing() -> None:
    listing = checkpoints(1.0, files=["file-a", "file-b"])
    missed, found = (entry("GET", "/v1/files/file-b", status, {}) for status in (404, 200))

    missing, late = made_of(listing, missed, told("succeeded")), made_of(listing, missed, found, told("succeeded"))

    assert [("missing_file" in each.knobs) for each in missing.outcomes] == [True]
    assert (missing.rules, missing.own) == ([], [])
    assert (late.outcomes, [each["effect"] for each in effects(late)[0]]) == ([], ["not_found_for"])


def test_an_event_after_the_end_is_as_late_again() -> None:
    before, after = events("a", at=10.0), events("a", "b", at=25.0)

    assert knobs(told("succeeded", at=5.0), before, after) == {"last_event_late_s": 20.0}
    assert knobs(told("succeeded", at=5.0), after) == {}
    assert knobs(before, told("succeeded", at=15.0), after) == {}


def test_events_that_come_after_their_own_time_are_as_late_again() -> None:
    made = entry("POST", JOBS, 200, job(), sent=ASKED, at=0.0, took=0.0)
    late = events("a", "b", at=60.0, made_at=BEGINS_S + 10)

    assert knobs(made, events("a", at=30.0, made_at=BEGINS_S + 10), late, told("running", at=61.0)) == {
        "events_late_s": 20.0
    }
    assert knobs(made, events("a", at=9.0), events("a", "b", at=60.0, made_at=BEGINS_S + 10)) == {}


def test_a_providers_clock_that_is_ahead_makes_no_event_late_nor_does_a_second() -> None:
    made = entry("POST", JOBS, 200, job(created_at=BEGINS_S + 100), sent=ASKED, at=0.0, took=0.0)
    seen = (events("a", at=30.0), events("a", "b", at=60.0, made_at=BEGINS_S + 129))

    assert knobs(made, *seen, told("running", created_at=BEGINS_S + 100)) == {}
    assert knobs(made, events("a", at=31.0), seen[1], told("running", created_at=BEGINS_S + 100)) == {
        "events_late_s": 2.0
    }


def test_a_page_that_is_not_the_last_or_not_the_first_tells_of_no_lateness() -> None:
    page = events("b", at=60.0)
    page["request"]["url"] += "?after=e0"
    half = entry("GET", f"{JOB}/events", 200, {"data": [], "has_more": True}, at=40.0)

    assert knobs(told("succeeded", at=5.0), events(at=10.0), page) == {}
    assert knobs(told("succeeded", at=5.0), half, events("a", at=60.0)) == {}


def test_times_of_a_clock_that_is_not_the_recorders_tell_of_no_lateness() -> None:
    old = BEGINS_S - 10_000
    made = entry("POST", JOBS, 200, job(created_at=old), sent=ASKED, at=0.0)

    assert (
        knobs(
            made,
            events("a", at=30.0, made_at=old),
            events("a", "b", at=60.0, made_at=old),
            told("running", created_at=old),
        )
        == {}
    )


@pytest.mark.parametrize(
    ("told_twice", "every"), [(["a", "a", "b", "b"], 1), (["a", "b", "b", "c", "d", "d"], 2), (["a", "b"], None)]
)
def test_events_that_came_twice_come_twice_again(told_twice: list[str], every: int | None) -> None:
    assert knobs(told("running"), events(*told_twice)) == ({"events_twice_every": every} if every else {})


def test_a_sound_job_makes_no_scenario() -> None:
    sound = (told("running"), told("succeeded"), events("a", "b"), checkpoints(1.0, 0.9))

    assert made_of(*sound).outcomes == []


def other(number: int, status: str, **members: Any) -> dict[str, Any]:
    told_as = job(status, id=f"ftjob-{number}", created_at=BEGINS_S + number, **members)
    return entry("GET", f"{JOBS}/ftjob-{number}", 200, told_as)


def test_jobs_that_failed_before_others_were_sound_fail_so_many_times() -> None:
    made = made_of(other(2, "failed", error=ERROR), other(1, "failed", error=ERROR), other(3, "succeeded"))

    assert [(each.name, each.knobs["times"], each.jobs) for each in made.outcomes] == [("seen", 2, [1, 2])]
    assert made.ways == ["seen", "seen", "succeeds"]
    assert in_order(made.ways)


def test_jobs_that_all_went_one_way_all_do_again() -> None:
    made = made_of(other(1, "failed", error=ERROR), other(2, "failed", error=ERROR))

    assert "times" not in made.outcomes[0].knobs
    assert in_order(made.ways)


def test_jobs_that_went_in_several_ways_are_several_scenarios_in_their_order() -> None:
    made = made_of(other(1, "succeeded"), other(2, "failed", error=ERROR), other(3, "failed", trained_steps=3))

    assert made.ways == ["succeeds", "seen_1", "seen_2"]
    assert [each.knobs for each in made.outcomes] == [{"fails_at": "loading", **WORDS}, {"fails_at_step": 3}]
    assert not in_order(made.ways)


def test_a_job_whose_end_nobody_saw_is_not_said_to_be_sound() -> None:
    made = made_of(other(1, "running"), other(2, "failed", error=ERROR), other(3, "succeeded"))

    assert (made.ways, made.outcomes[0].knobs["times"]) == ([None, "seen", "succeeds"], 2)


def test_of_two_jobs_of_one_second_the_first_is_the_one_whose_creation_was() -> None:
    twin = job("failed", id="ftjob-2", error=ERROR)
    lost = entry("POST", JOBS, 500, sent=ASKED, at=0.1)
    made = entry("POST", JOBS, 200, job(), sent=ASKED, at=0.2)

    seen = made_of(lost, made, entry("GET", JOBS, 200, {"data": [twin, job("succeeded")]}))

    assert seen.ways == ["seen", "succeeds"]


def test_jobs_that_only_stand_in_a_list_are_none_of_the_recordings() -> None:
    old = entry("GET", JOBS, 200, {"data": [job("failed", id="ftjob-9", training_file="file-9", error=ERROR)]})

    assert made_of(old).outcomes == []
