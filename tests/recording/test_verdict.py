"""Where an answer differs from a recorded one, and how much that matters."""

import json
from typing import Any

import pytest

from emulator.recording.session import Recorded
from emulator.recording.verdict import Answer, deviations

JSON = {"content-type": "application/json"}
JOB = {"id": "{job:1}", "object": "fine_tuning.job", "status": "running", "error": None, "n": 1, "loss": 0.5}


def told(body: Any, got: Any, status: int = 200, got_status: int = 200, **headers: Any) -> list[tuple[str, str, str]]:
    response = {"status": status, "headers": headers.get("then", JSON), "body": body}
    recorded = Recorded(file="f", number=1, operation="jobs.retrieve", request={"method": "GET"}, response=response)
    raw = got if isinstance(got, bytes) else json.dumps(got).encode()
    answer = Answer(status=got_status, headers=headers.get("now", JSON), content=raw)
    return [(each.rank, each.place, each.what) for each in deviations(recorded, answer)]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"id": "ftjob-7", "n": 9, "loss": 1}, []),
        ({"n": "1"}, [("shape", "n", "is '1', recorded 1")]),
        ({"more": 1}, [("shape", "more", "is answered, and was not in the recording")]),
        ({"object": "job"}, [("shape", "object", "is 'job', recorded 'fine_tuning.job'")]),
        ({"status": "queued"}, [("state", "status", "is 'queued', recorded 'running'")]),
        ({"error": {"code": "x"}}, [("state", "error", "is {'code': 'x'}, recorded None")]),
    ],
)
def test_members_and_types_are_shape_and_how_far_it_is_is_state(
    change: dict[str, Any], found: list[tuple[str, str, str]]
) -> None:
    assert told(JOB, {**JOB, **change}) == found


def test_a_member_that_is_missing_and_a_body_that_is_no_json_are_shape() -> None:
    assert told({"a": 1}, {}) == [("shape", "a", "is missing")]
    assert told({"a": 1}, b"<html>") == [("shape", "body", "is no JSON, as the recorded one is")]
    assert told([], {}) == [("shape", "body", "is {}, recorded []")]


@pytest.mark.parametrize(("then", "now"), [(4, None), (None, 4)])
def test_a_forecast_that_only_one_of_two_runs_tells_is_no_difference(then: int | None, now: int | None) -> None:
    one, other = {**JOB, "estimated_finish": then}, {**JOB, "estimated_finish": now}
    assert told(one, other) == []
    assert told({"data": [one]}, {"data": [other]}) == []
    assert told({**JOB, "estimated_finish": 4}, {**JOB, "estimated_finish": "soon"})[0][0] == "shape"
    assert told({**JOB, "finished_at": then}, {**JOB, "finished_at": now})[0][:2] == ("state", "finished_at")


def test_another_status_of_http_says_all_and_is_not_called_as_a_jobs() -> None:
    assert told({"a": 1}, {"b": 1}, got_status=404) == [("shape", "HTTP status", "is 404, recorded 200")]


def test_headers_that_clients_act_on_are_shape() -> None:
    recorded = {"content-type": "text/event-stream", "retry-after": "1", "etag": "{etag:1}"}
    assert told({}, {}, then=recorded, now=JSON) == [
        ("shape", "header retry-after", "is missing"),
        ("shape", "header content-type", "is application/json, recorded text/event-stream"),
    ]
    spelled = {"content-type": 'Application/JSON; charset="utf-8"'}
    assert told({}, {}, then=spelled, now={"content-type": "application/json;charset=utf-8"}) == []


def rows(*numbers: int, **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"created_at": number, **more} for number in numbers]}


def test_a_list_goes_the_way_it_went_and_may_be_of_another_length() -> None:
    assert told(rows(3, 2, 1), rows(9, 8, 7)) == []
    assert told(rows(3, 2, 1), rows(7, 8, 9)) == [("shape", "data[].created_at", "is rising, recorded falling")]
    assert told(rows(1, 1), rows(2, 1)) == []
    assert told(rows(3), rows(9, 8)) == [("state", "data", "has 2 elements, recorded 1")]
    assert told(rows(), rows(1)) == [("state", "data", "has 1 elements, recorded 0")]


def test_an_element_is_held_against_the_recorded_one_that_it_is_most_like() -> None:
    plain, adorned = rows(1)["data"][0], rows(1, data={"step": 1})["data"][0]
    recorded = {"object": "list", "data": [plain, adorned]}
    assert told(recorded, {"object": "list", "data": [adorned, plain]}) == []
    assert told(recorded, {"object": "list", "data": [plain, {**adorned, "odd": 1}]}) == [
        ("shape", "data[].odd", "is answered, and was not in the recording")
    ]


def test_what_an_error_says_is_words_and_ids_in_it_are_none() -> None:
    assert told({"detail": "No {file:1}."}, {"detail": "No file-77."}, 404, 404) == []
    assert told({"detail": "No."}, {"detail": "Never."}, 404, 404) == [
        ("words", "message", "is 'Never.', recorded 'No.'")
    ]


def test_a_hidden_secret_may_be_anything() -> None:
    assert told({"token": "**********", "a": "**********"}, {"token": None, "a": {"b": 1}}) == []
