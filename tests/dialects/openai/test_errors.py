"""What the service says of requests that come to nothing, and the headers of whatever it says."""

import re

import httpx
import pytest

from emulator.server import Emulator
from tests.conftest import Serve
from tests.dialects.openai.api import FILES, JOBS, MODELS, UPLOADS, Api, Json, chats

ENVELOPE = ["message", "type", "param", "code"]
EVERYWHERE = ["openai-version", "openai-processing-ms", "x-request-id", "x-content-type-options", "content-type"]
OWN = ["openai-organization", "openai-project"]


def ask(api: Api, method: str, path: str) -> httpx.Response:
    return api.client.request(method, path, follow_redirects=False)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/files/"),
        ("GET", "/v1/nothing"),
        ("POST", "/v1/files/a/b/c"),
        ("GET", "/v2/files"),
        ("GET", "/"),
        ("GET", "/v1"),
        ("DELETE", "/v1/fine_tuning"),
        ("GET", "/V1/files"),
        ("GET", "//v1/files"),
    ],
)
def test_an_unknown_url_is_named_with_its_method(api: Api, method: str, path: str) -> None:
    answer = api.client.send(api.client.build_request(method, f"{api.client.base_url}".rstrip("/") + path))

    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "message": f"Invalid URL ({method} {path})",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", [FILES, JOBS, MODELS, UPLOADS])
def test_a_method_that_a_url_does_not_have_is_a_405_in_the_same_envelope(api: Api, method: str, path: str) -> None:
    answer = ask(api, method, path)

    assert (answer.status_code, [*answer.json()["error"]]) == (405, ENVELOPE)


def test_a_slash_at_the_end_of_the_jobs_is_a_redirect_that_keeps_the_query(api: Api) -> None:
    answer = ask(api, "GET", f"{JOBS}/?limit=3&after=x")

    assert answer.status_code == 307
    assert answer.headers["location"] == f"{api.client.base_url}".rstrip("/") + f"{JOBS}?limit=3&after=x"
    assert api.client.get(f"{JOBS}/", follow_redirects=True).json() == api.get(JOBS)


@pytest.mark.parametrize("tail", ["events", "checkpoints", "abc"])
def test_what_follows_an_empty_job_id_is_taken_for_it(api: Api, tail: str) -> None:
    told = api.refused("GET", f"{JOBS}//{tail}", 404)

    assert (told["message"], told["code"]) == (f"Could not find fine tune: {tail}", "fine_tune_not_found")


def test_what_the_emulator_does_not_have_is_a_501_by_name(api: Api) -> None:
    told = api.refused("POST", "/v1/responses", 501, json={})

    assert "POST /v1/responses" in told["message"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": ""}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer"}, {"authorization": "key"}],
)
@pytest.mark.parametrize("path", [MODELS, JOBS, FILES, "/v1/nothing"])
def test_without_a_key_nothing_is_answered(server: Emulator, headers: dict[str, str], path: str) -> None:
    answer = httpx.get(f"{server.url}/openai{path}", headers=headers)

    assert (answer.status_code, [*answer.json()["error"]]) == (401, ENVELOPE)
    assert answer.json()["error"]["message"].startswith("You didn't provide an API key.")


def test_a_key_that_is_not_among_those_that_are_listed_is_incorrect_and_never_repeated(
    serve: Serve,
) -> None:
    url = f"{serve(api_key=('right',)).url}/openai{MODELS}"
    answer = httpx.get(url, headers={"authorization": "Bearer sk-a-wrong-one"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert "wrong-one" not in answer.text
    assert httpx.get(url, headers={"authorization": "Bearer right"}).status_code == 200


DETAILED = [("GET", f"{FILES}/no"), ("DELETE", f"{FILES}/no"), ("GET", f"{FILES}/no/content")]
PLAIN = [("GET", f"{JOBS}/no"), ("GET", f"{MODELS}/no"), ("POST", f"{UPLOADS}/no/cancel"), ("GET", f"{JOBS}?limit=x")]


@pytest.mark.parametrize(("method", "path"), DETAILED + PLAIN)
def test_the_calls_of_files_tell_an_error_a_second_time(api: Api, method: str, path: str) -> None:
    body = ask(api, method, path).json()
    error = body.pop("error")

    assert [*error] == ENVELOPE
    detail = {"detail": {"message": error["message"], "code": error["code"]}}
    assert body == (detail if (method, path) in DETAILED else {})


def test_an_id_that_is_very_long_is_not_repeated_whole(api: Api) -> None:
    for path in (f"{FILES}/", f"{JOBS}/", f"{MODELS}/"):
        answer = ask(api, "GET", path + "x" * 5000)

        assert answer.status_code == 404
        assert len(answer.content) < 2000


def test_an_answer_is_indented_by_two_spaces(api: Api) -> None:
    for path in (JOBS, MODELS, f"{FILES}/no"):
        assert re.match(r'\{\n  "\w+": ', ask(api, "GET", path).text)


@pytest.mark.parametrize(
    ("method", "path", "further"),
    [
        ("GET", FILES, [*OWN, "access-control-allow-origin"]),
        ("POST", UPLOADS, [*OWN, "access-control-allow-origin"]),
        ("GET", JOBS, OWN),
        ("GET", f"{JOBS}/no", OWN),
        ("POST", JOBS, OWN),
        ("GET", MODELS, []),
        ("GET", f"{MODELS}/no", []),
        ("DELETE", f"{MODELS}/no", [*OWN, "access-control-allow-origin"]),
        ("GET", "/v1/nothing", OWN),
    ],
)
def test_each_answer_has_the_headers_that_were_recorded_of_its_call(
    api: Api, method: str, path: str, further: list[str]
) -> None:
    headers = ask(api, method, path).headers
    known = [*EVERYWHERE, *OWN, "access-control-allow-origin"]

    assert [name for name in known if name in headers] == [*EVERYWHERE, *further]
    assert headers["openai-version"] == "2020-10-01"
    assert re.fullmatch("req_[0-9a-f]{32}", headers["x-request-id"])
    assert re.fullmatch("[1-9][0-9]*", headers["openai-processing-ms"])
    assert headers["content-type"] == "application/json"
    assert not [name for name in headers if name.startswith("x-ratelimit") or name == "retry-after"]


def test_each_request_has_an_id_of_its_own_and_a_tenant_one_project(api: Api) -> None:
    answers = [ask(api, "GET", path) for path in (FILES, JOBS, f"{JOBS}/no", FILES)]

    assert len({answer.headers["x-request-id"] for answer in answers}) == 4
    assert len({answer.headers["openai-project"] for answer in answers}) == 1
    assert answers[0].headers["openai-organization"] == "personal"


@pytest.mark.parametrize("scenario", ["training_not_available", "insufficient_credit", "quota_exceeded"])
def test_an_account_that_may_not_train_is_told_so_and_gets_no_job(api: Api, scenario: str) -> None:
    answer = api.client.post(JOBS, json=api.asking(), headers={"x-emulator-scenario": scenario})
    expected: dict[str, tuple[int, str | None]] = {
        "training_not_available": (403, "training_not_available"),
        "insufficient_credit": (429, None),
        "quota_exceeded": (429, "rate_limit_exceeded"),
    }

    assert (answer.status_code, answer.json()["error"]["code"]) == expected[scenario]
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert api.get(JOBS)["data"] == []


FORMS: dict[str, tuple[Json, str]] = {
    "no file": ({"data": {"purpose": "fine-tune"}, "files": {"other": ("a", b"x")}}, "file"),
    "no purpose": ({"files": {"file": ("a", chats(1))}}, "purpose"),
    "JSON": ({"json": {"purpose": "fine-tune"}}, "file"),
}


@pytest.mark.parametrize("case", FORMS)
def test_a_form_that_lacks_something_says_what(api: Api, case: str) -> None:
    sent, param = FORMS[case]

    assert api.refused("POST", FILES, **sent)["param"] == param
