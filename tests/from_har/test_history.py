from typing import Any

import pytest

from tests.from_har.made import BEGINS_S, JOB, JOBS, effects, effects_of, entry, job, made_of

FILE = "/v1/files/file-1"
ASKED = {"model": "Qwen/Qwen3-4B", "training_file": "file-1"}


def create(status: int = 200, answer: Any = None, **more: Any) -> dict[str, Any]:
    return entry("POST", JOBS, status, answer, sent=ASKED, **more)


def listed(*jobs: dict[str, Any]) -> dict[str, Any]:
    return entry("GET", JOBS, 200, {"object": "list", "data": [*jobs], "has_more": False})


def uploaded() -> dict[str, Any]:
    return entry("POST", "/v1/files", 200, {"id": "file-1", "bytes": 10})


def found() -> dict[str, Any]:
    return entry("GET", FILE, 200, {"id": "file-1", "bytes": 10})


def missed(**more: Any) -> dict[str, Any]:
    return entry("GET", FILE, 404, {"detail": "no"}, **more)


@pytest.mark.parametrize(
    ("failed", "how"),
    [
        (create(500), 500),
        (create(503, {"detail": "x"}), 503),
        (create(0, error="net::ERR_CONNECTION_CLOSED"), "reset"),
        (create(0, took=30.0), "timeout"),
        (create(502, "<html>", headers={"content-type": "text/html"}), 502),
    ],
)
def test_a_job_that_was_made_although_its_creation_failed_is_made_again(failed: dict[str, Any], how: Any) -> None:
    again = create(200, job(id="ftjob-2", created_at=BEGINS_S + 1))

    made = made_of(failed, again, listed(job(id="ftjob-2", created_at=BEGINS_S + 1), job(id="ftjob-1")))

    assert effects(made) == [[{"effect": "apply_then_fail", "how": how}]]


@pytest.mark.parametrize(
    "other",
    [{"training_file": "file-9"}, {"created_at": BEGINS_S - 5000}, {"created_at": None}],
    ids=["another file", "long before", "no time"],
)
def test_a_job_that_the_failed_creation_cannot_have_made_shows_nothing(other: dict[str, Any]) -> None:
    told = job(id="ftjob-2", created_at=BEGINS_S + 1)

    made = made_of(create(500), create(200, told), listed(told, job(**other)))

    assert effects(made) == [[{"effect": "status", "code": 500}]]


def test_of_several_failed_creations_the_one_nearest_in_time_made_the_job() -> None:
    told = job(id="ftjob-3", created_at=BEGINS_S + 60)
    entries = (create(500, at=0.0), create(500, at=30.0), create(200, told, at=60.0))

    made = made_of(*entries, listed(told, job(id="ftjob-2", created_at=BEGINS_S + 30)))

    assert [(rule.rule["budget"], rule.rule["effects"][0]["effect"]) for rule in made.rules] == [
        ({"first": 1}, "status"),
        ({"nth": 2}, "apply_then_fail"),
    ]


def test_a_cancellation_that_failed_and_worked_is_told_again_so() -> None:
    made = effects_of(entry("POST", f"{JOB}/cancel", 500), entry("GET", JOB, 200, job("cancelled")))

    assert made == [{"effect": "apply_then_fail", "how": 500}]


def test_a_cancellation_that_another_one_made_good_had_failed() -> None:
    cancelled = job("cancelled")
    again = entry("POST", f"{JOB}/cancel", 200, cancelled)

    made = effects_of(entry("POST", f"{JOB}/cancel", 500), again, entry("GET", JOB, 200, cancelled))

    assert made == [{"effect": "status", "code": 500}]


def test_a_deletion_of_what_is_still_there_had_failed() -> None:
    assert effects_of(entry("DELETE", FILE, 502), found(), missed()) == [{"effect": "status", "code": 502}]


def test_a_job_is_matched_with_its_creation_although_the_clocks_are_hours_apart() -> None:
    told, untold = (job(id=id_, created_at=BEGINS_S + 36_000) for id_ in ("ftjob-2", "ftjob-1"))

    made = effects_of(create(500), create(200, told), listed(told, untold))

    assert made == [{"effect": "apply_then_fail", "how": 500}]


def test_a_deletion_that_failed_and_worked_is_told_again_so() -> None:
    made = made_of(found(), entry("DELETE", FILE, 502), entry("DELETE", FILE, 404, {"detail": "no"}))

    assert effects(made) == [[{"effect": "apply_then_fail", "how": 502}]]


def test_what_was_just_made_and_not_found_at_once_is_not_found_for_as_long() -> None:
    made = made_of(uploaded(), missed(at=1.05), missed(at=2.05), entry("GET", FILE, 200, {"id": "file-1"}, at=4.05))

    assert [rule.rule for rule in made.rules] == [
        {"id": "entry-2", "match": "files.retrieve", "effects": [{"effect": "not_found_for", "seconds": 3.0}]}
    ]


def test_a_checkpoints_file_that_is_not_found_at_once_is_not_found_for_as_long() -> None:
    done = entry("GET", JOB, 200, job("succeeded", result_files=["file-1"]), at=1.0, took=0.0)

    made = made_of(done, missed(at=2.0), entry("GET", f"{FILE}/content", 200, "x", at=4.0))

    assert effects(made) == [[{"effect": "not_found_for", "seconds": 2.0}]]


def test_what_was_found_before_and_after_was_not_found_by_that_number_alone() -> None:
    made = made_of(uploaded(), found(), missed(), found())

    assert [rule.rule["budget"] for rule in made.rules] == [{"nth": 2}]
    assert effects(made)[0][0]["code"] == 404


def test_a_training_file_that_is_taken_later_was_not_found_by_that_number_alone() -> None:
    made = made_of(uploaded(), create(404, {"detail": "no"}), create(200, job()))

    assert effects(made) == [[{"effect": "status", "code": 404, "message": "no"}]]


def test_what_is_never_found_makes_no_rule() -> None:
    assert made_of(found(), missed()).rules == []


def test_a_key_that_is_refused_to_the_end_was_revoked() -> None:
    made = made_of(uploaded(), create(200, job()), entry("GET", JOB, 401), entry("GET", JOBS, 401))

    assert [rule.rule for rule in made.rules] == [
        {
            "id": "entry-3",
            "match": {"operation": ["files.*", "jobs.*"]},
            "effects": [{"effect": "unauthorized_after", "requests": 2}],
        }
    ]


def test_a_key_that_is_refused_for_a_moment_is_refused_by_those_numbers() -> None:
    made = made_of(uploaded(), entry("GET", JOB, 401), entry("GET", JOB, 401), entry("GET", JOB, 200, job()))

    assert [(rule.rule["budget"], rule.rule["effects"][0]["code"]) for rule in made.rules] == [({"first": 2}, 401)]


def test_a_key_that_was_never_accepted_makes_no_rule() -> None:
    made = made_of(entry("GET", JOB, 401), entry("GET", JOBS, 401))

    assert (made.rules, len(made.own)) == ([], 2)


@pytest.mark.parametrize(("wait", "latency"), [(1.9, []), (2.0, [2.0]), (3.14159, [3.1]), (400.0, [30.0])])
def test_a_long_wait_is_waited_again_up_to_a_bound(wait: float, latency: list[float]) -> None:
    made = made_of(entry("GET", JOBS, 200, {"data": []}, wait=wait))

    assert [each["seconds"] for rule in effects(made) for each in rule] == latency
    assert all(("not 400" in rule.faults[0].note) is (wait == 400) for rule in made.rules)


def test_a_wait_far_beyond_the_usual_is_waited_again_even_if_it_is_short() -> None:
    usual = [entry("GET", JOBS, 200, {"data": []}, wait=0.05) for _ in range(6)]

    made = made_of(*usual, entry("GET", JOBS, 200, {"data": []}, wait=0.9))

    assert [rule.rule["budget"] for rule in made.rules] == [{"nth": 7}]


def test_an_upload_takes_its_time() -> None:
    assert effects_of(entry("POST", "/v1/files", 200, {"id": "f"}, wait=9.0, sent_bytes=5_000_000)) == []


def test_a_late_refusal_is_late_again() -> None:
    made = effects_of(entry("GET", JOBS, 504, "<html>", headers={"content-type": "text/html"}, wait=12.0))

    assert made == [{"effect": "latency", "seconds": 12.0}, {"effect": "html_error", "code": 504}]


def test_waits_that_are_alike_are_one_rule_of_their_median_and_others_are_not() -> None:
    waits = [3.0, 4.0, 3.5, 20.0]

    made = made_of(*(entry("GET", JOBS, 200, {"data": []}, wait=wait) for wait in waits))

    assert [(rule.rule["budget"], rule.rule["effects"][0]["seconds"]) for rule in made.rules] == [
        ({"first": 3}, 3.5),
        ({"nth": 4}, 20.0),
    ]


def test_a_body_that_trickles_in_does_so_again() -> None:
    assert effects_of(entry("GET", f"{FILE}/content", 200, b"x" * 900, receive=3.0)) == [
        {"effect": "slow_body", "bytes_per_second": 300}
    ]


def test_a_long_body_takes_its_time() -> None:
    assert effects_of(entry("GET", f"{FILE}/content", 200, size=10_000_000, receive=3.0)) == []


def test_a_download_shorter_than_its_file_is_short_again() -> None:
    made = made_of(uploaded(), entry("GET", f"{FILE}/content", 200, b"12345", announced=5))

    assert effects(made) == [[{"effect": "corrupt_download", "how": "short", "at": 0.5}]]


def test_a_download_that_a_later_one_contradicts_has_flipped_bits() -> None:
    made = made_of(
        uploaded(),
        entry("GET", f"{FILE}/content", 200, b"0123456789", announced=10),
        entry("GET", f"{FILE}/content", 200, b"0123456788", announced=10),
    )

    assert [(rule.rule["budget"], rule.rule["effects"]) for rule in made.rules] == [
        ({"first": 1}, [{"effect": "corrupt_download", "how": "flip"}])
    ]
