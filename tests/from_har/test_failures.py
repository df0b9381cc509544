from typing import Any

import pytest

from tests.from_har.made import JOB, JOBS, effects, effects_of, entry, job, made_of

HTML = {"content-type": "text/html"}
PAGE = "<html><h1>502 Bad Gateway</h1></html>"


def says(text: str) -> dict[str, str]:
    return {"detail": text}


def refusal(code: Any) -> dict[str, Any]:
    return {"error": {"message": "No", "type": "invalid_request_error", "param": None, "code": code}}


@pytest.mark.parametrize(
    ("seen", "done"),
    [
        (entry("GET", JOBS, 503, says("Busy")), {"effect": "status", "code": 503, "message": "Busy"}),
        (entry("GET", JOBS, 500, says("Internal Server Error")), {"effect": "status", "code": 500}),
        (entry("GET", JOBS, 500, {"error": {"message": "Oh"}}), {"effect": "status", "code": 500, "message": "Oh"}),
        (entry("GET", JOBS, 500, {"error": "Oh"}), {"effect": "status", "code": 500, "message": "Oh"}),
        (entry("GET", JOBS, 500, {"message": "Oh"}), {"effect": "status", "code": 500, "message": "Oh"}),
        (entry("GET", JOBS, 500, "Oh"), {"effect": "status", "code": 500, "message": "Oh"}),
        (entry("GET", JOBS, 409, says("Twice")), {"effect": "status", "code": 409, "message": "Twice"}),
        (entry("GET", JOBS, 425), {"effect": "status", "code": 425}),
        (entry("GET", JOBS, 502, PAGE, headers=HTML), {"effect": "html_error", "code": 502}),
        (entry("GET", JOBS, 404, PAGE, headers=HTML), {"effect": "html_error", "code": 404}),
        (entry("GET", JOBS, 504, PAGE, headers={"content-type": ""}), {"effect": "html_error", "code": 504}),
        (entry("GET", JOBS, 0, error="net::ERR_CONNECTION_RESET"), {"effect": "reset"}),
        (entry("GET", JOBS, 0, error="net::ERR_EMPTY_RESPONSE"), {"effect": "reset"}),
        (entry("GET", JOBS, 0), {"effect": "reset"}),
        (entry("GET", JOBS, 0, took=0.9), {"effect": "reset"}),
        (entry("GET", JOBS, 0, took=1.5), {"effect": "timeout"}),
        (entry("GET", JOBS, 0, took=4.9, error="net::ERR_FAILED"), {"effect": "reset"}),
        (entry("GET", JOBS, 0, took=30.0), {"effect": "timeout"}),
        (entry("GET", JOBS, 0, took=1.0, error="ReadTimeout"), {"effect": "timeout"}),
        (entry("GET", JOBS, 0, took=1.0, error="net::ERR_TIMED_OUT"), {"effect": "timeout"}),
        (entry("GET", JOBS, 0, took=20.0, error="net::ERR_ABORTED"), {"effect": "timeout"}),
        (entry("GET", JOBS, 0, took=0, error="Client disconnected."), {"effect": "timeout"}),
        (entry("GET", JOBS, 0, took=20.4, error="Server closed the connection"), {"effect": "timeout", "seconds": 20}),
        (entry("GET", JOBS, 0, took=900.0, error="net::ERR_EMPTY_RESPONSE"), {"effect": "timeout", "seconds": 60.0}),
        (entry("GET", JOBS, 200, '{"data": [', announced=500), {"effect": "truncate", "bytes": 490}),
        (entry("GET", JOBS, 200, "", error="net::ERR_CONNECTION_RESET"), {"effect": "reset", "after": "headers"}),
        (entry("GET", JOBS, 200, '{"da', error="Connection reset"), {"effect": "reset", "after": 4}),
        (
            entry("GET", JOBS, 200, '{"da', error="net::ERR_INCOMPLETE_CHUNKED_ENCODING"),
            {"effect": "truncate", "bytes": 1},
        ),
        (entry("GET", JOBS, 200, '{"data": ['), {"effect": "malformed_json"}),
        (entry("GET", JOBS, 200, "", announced=0), {"effect": "empty_body"}),
        (
            entry("GET", JOBS, 200, {"data": []}, headers={"content-type": "text/plain"}),
            {"effect": "wrong_content_type", "type": "text/plain"},
        ),
    ],
    ids=lambda value: value["effect"] if "effect" in value else str(value["response"]["status"]),
)
def test_a_failure_becomes_the_effect_that_does_it_again(seen: dict[str, Any], done: dict[str, Any]) -> None:
    assert effects_of(seen) == [done]


def test_advice_on_retrying_is_given_again_with_the_limits_beside_it() -> None:
    headers = {
        "retry-after": "7",
        "retry-after-ms": "250",
        "x-should-retry": "false",
        "x-ratelimit-limit-requests": "60",
    }
    refused = entry("POST", JOBS, 429, says("Slow down"), headers={**headers, "x-request-id": "not-this"})

    assert effects_of(refused) == [
        {
            "effect": "status",
            "code": 429,
            "message": "Slow down",
            "retry_after": "7",
            "retry_after_ms": "250",
            "should_retry": False,
            "headers": {"x-ratelimit-limit-requests": "60"},
        }
    ]


def test_the_code_of_a_refusal_is_given_again_and_told() -> None:
    made = made_of(entry("POST", JOBS, 403, refusal("training_not_available")))

    assert effects(made) == [
        [{"effect": "status", "code": 403, "message": "No", "error_code": "training_not_available"}]
    ]
    assert made.rules[0].faults[0].seen == '403 Forbidden, training_not_available: "No"'


def test_refusals_that_differ_in_their_code_alone_are_two_rules() -> None:
    made = made_of(entry("GET", JOB, 429, refusal("insufficient_quota")), entry("GET", JOB, 429, refusal("slow_down")))

    assert [rule.rule["effects"][0]["error_code"] for rule in made.rules] == ["insufficient_quota", "slow_down"]


@pytest.mark.parametrize("code", [None, "", 7, ["a"], {"a": 1}, "two\nlines", "x" * 101, "sk-proj-not-to-be-told"])
def test_a_code_that_is_no_plain_text_is_left_out(code: Any) -> None:
    made = effects_of(entry("GET", JOBS, 503, refusal(code)))

    assert made == [{"effect": "status", "code": 503, "message": "No"}]


@pytest.mark.parametrize("answer", [{"error": "No"}, {"detail": "No", "error": None}, ["No"]])
def test_an_envelope_without_a_code_gives_none(answer: Any) -> None:
    assert "error_code" not in effects_of(entry("GET", JOBS, 503, answer))[0]


def test_silence_that_nothing_explains_is_told_so() -> None:
    made = made_of(entry("GET", JOBS, 0, took=1.5))

    assert made.rules[0].faults[0].seen == "no answer after 1.5 s, and no word on why"


def test_a_body_that_the_emulators_own_journal_could_not_read_was_malformed() -> None:
    unread = entry("GET", JOBS, 200, announced=22, size=22, transferred=22)
    unread["response"]["content"]["comment"] = "not kept: called JSON, which it is not"
    long = entry("GET", JOBS, 200, announced=22, size=22, transferred=22)
    long["response"]["content"]["comment"] = "not kept: longer than 65536 bytes"

    assert effects_of(unread) == [{"effect": "malformed_json"}]
    assert effects_of(long) == []


@pytest.mark.parametrize("date", [{"date": "Mon, 04 May 2026 12:00:00 GMT"}, {}])
def test_a_date_to_retry_after_becomes_seconds(date: dict[str, str]) -> None:
    headers = {"retry-after": "Mon, 04 May 2026 12:00:09 GMT", **date}

    assert effects_of(entry("GET", JOBS, 503, headers=headers))[0]["retry_after"] == "9"


def test_a_page_with_advice_keeps_the_advice_and_the_type() -> None:
    made = effects_of(entry("GET", JOBS, 503, PAGE, headers={**HTML, "retry-after": "3"}))

    assert [each["effect"] for each in made] == ["status", "wrong_content_type"]
    assert made[0]["retry_after"] == "3"


def test_an_error_without_a_body_has_none_again() -> None:
    assert effects_of(entry("GET", JOBS, 503, "", announced=0)) == [
        {"effect": "status", "code": 503},
        {"effect": "empty_body"},
    ]


@pytest.mark.parametrize(
    "seen",
    [
        entry("GET", JOBS, 200),
        entry("GET", JOBS, 200, "", size=0),
        entry("GET", JOBS, 200, '{"data": [', size=900),
        entry("GET", JOBS, 200, {"data": []}, announced=12),
        entry("GET", JOBS, 200, {"data": []}, announced=700, headers={"content-encoding": "gzip"}, transferred=700),
        entry("HEAD", "/v1/files/file-1/content", 200, "", announced=700),
        entry("GET", "/v1/files/file-1/content", 200, "no JSON at all", announced=14),
        entry("GET", JOBS, 304),
    ],
    ids=[
        "not recorded",
        "size unknown",
        "cut by the recorder",
        "sound",
        "compressed",
        "HEAD",
        "a file",
        "not modified",
    ],
)
def test_what_is_sound_or_not_known_makes_no_rule(seen: dict[str, Any]) -> None:
    seen["response"]["bodySize"] = seen["response"]["bodySize"] or -1

    assert effects_of(seen) == []


def test_a_refusal_that_is_cut_off_is_cut_off_again() -> None:
    cut = {"effect": "truncate", "bytes": 90}

    assert effects_of(entry("GET", JOBS, 503, '{"detail":', announced=100)) == [{"effect": "status", "code": 503}, cut]
    assert effects_of(entry("GET", JOB, 404, '{"detail":', announced=100)) == [cut]


def test_an_answer_to_head_has_no_body_and_lacks_none() -> None:
    assert effects_of(entry("HEAD", "/v1/files/file-1/content", 200, "", announced=700)) == []


@pytest.mark.parametrize("status", [400, 404, 405, 413, 422])
def test_what_the_client_brought_about_is_told_and_no_rule(status: int) -> None:
    made = made_of(entry("POST", JOBS, status, says("Wrong")))

    assert made.rules == []
    assert [own.seen.partition(" ")[0] for own in made.own] == [str(status)]


def test_a_request_that_the_client_gave_up_at_once_is_no_fault_of_the_provider() -> None:
    made = made_of(entry("GET", JOB, 0, took=0.2, error="net::ERR_ABORTED"), entry("GET", JOB, 200, job()))

    assert (made.rules, [own.why for own in made.own]) == ([], ["the client gave it up at once"])


def test_what_does_not_pass_by_asking_again_lasts_in_the_rule_too() -> None:
    made = made_of(entry("GET", JOB, 200, job()), entry("GET", JOB, 403), entry("GET", JOB, 403))

    assert [rule.rule["budget"] for rule in made.rules] == [{"after": 1}]


def test_a_page_for_people_under_a_success_is_no_answer() -> None:
    made = effects_of(entry("GET", JOBS, 200, "<html>Sign in</html>", headers=HTML))

    assert [each["effect"] for each in made] == ["status", "wrong_content_type"]
