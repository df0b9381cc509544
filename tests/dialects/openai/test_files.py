"""Files over HTTP: what is uploaded and what jobs result in, in one list, until they expire or are deleted."""

import base64
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dialects.openai.api import FILES, JOBS, Api, chats, ids

PURPOSES = ["fine-tune", "assistants", "batch", "user_data", "vision", "evals"]
HOUR_S = 3600
KEPT = ["assistants", "user_data"]


@pytest.fixture
def filled(api: Api) -> tuple[Api, list[str]]:
    """A tenant with uploads and results among them, and their ids, the newest first."""
    oldest_first: list[str] = []
    for purpose in ("assistants", "batch"):
        oldest_first.append(api.upload(b"text", purpose=purpose))
        api.advance(1)
        training = api.upload()
        job = api.done(training_file=training)
        oldest_first += [training, *job["result_files"]]
        api.advance(1)
    oldest_first += [api.upload(b"1", purpose="vision"), api.upload(b"2", purpose="vision")]
    return api, oldest_first[::-1]


def test_uploads_and_results_are_one_list_the_newest_first(filled: tuple[Api, list[str]]) -> None:
    api, newest_first = filled
    told = api.get(FILES)

    assert ids(told) == newest_first
    assert (told["object"], told["has_more"]) == ("list", False)
    assert (told["first_id"], told["last_id"]) == (newest_first[0], newest_first[-1])
    assert [each["purpose"] for each in told["data"]].count("fine-tune-results") == 2
    times = [each["created_at"] for each in told["data"]]
    assert all(later >= earlier for later, earlier in pairwise(times))


def test_in_ascending_order_it_is_the_same_list_backwards(filled: tuple[Api, list[str]]) -> None:
    api, newest_first = filled

    assert ids(api.get(FILES, order="asc")) == newest_first[::-1]
    assert ids(api.get(FILES, order="desc")) == newest_first


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 10), order=st.sampled_from(["asc", "desc"]), start=st.integers(-1, 7))
def test_a_page_goes_on_after_any_file_of_it_upload_or_result(
    filled: tuple[Api, list[str]], limit: int, order: str, start: int
) -> None:
    api, newest_first = filled
    whole = newest_first if order == "desc" else newest_first[::-1]
    after = {"after": whole[start]} if start >= 0 else {}
    page = api.get(FILES, limit=limit, order=order, **after)

    assert ids(page) == whole[start + 1 : start + 1 + limit]
    assert page["has_more"] == (start + 1 + limit < len(whole))
    assert [each["id"] for each in api.pages(FILES, limit, order=order)] == whole


def test_a_page_goes_on_after_a_file_that_was_deleted_or_has_expired(filled: tuple[Api, list[str]]) -> None:
    api, newest_first = filled
    fleeting = api.upload(b"x", purpose="vision", **{"expires_after[anchor]": "created_at"} | seconds(HOUR_S))
    newest = api.upload(b"y", purpose="vision")
    result = api.get(FILES, purpose="fine-tune-results")["data"][0]["id"]
    place = newest_first.index(result)
    api.call("DELETE", f"{FILES}/{result}")
    api.advance(HOUR_S)

    assert ids(api.get(FILES, after=result)) == newest_first[place + 1 :]
    assert ids(api.get(FILES, after=fleeting)) == [each for each in newest_first if each != result]
    assert ids(api.get(FILES, after=fleeting, order="asc")) == [newest]


def seconds(number: int) -> dict[str, str]:
    return {"expires_after[seconds]": str(number)}


def test_after_a_file_that_there_never_was_comes_nothing(filled: tuple[Api, list[str]]) -> None:
    api, _ = filled
    for unknown in ("file-abc123", "string", ""):
        told = api.get(FILES, after=unknown)

        assert (told["data"], told["has_more"], told["first_id"], told["last_id"]) == ([], False, None, None)


def test_a_list_can_be_of_one_purpose(filled: tuple[Api, list[str]]) -> None:
    api, newest_first = filled
    found = {purpose: ids(api.get(FILES, purpose=purpose)) for purpose in [*PURPOSES, "fine-tune-results", "unheard"]}

    assert {purpose: len(each) for purpose, each in found.items()} == (
        {"fine-tune": 2, "assistants": 1, "batch": 1, "user_data": 0, "vision": 2, "evals": 0}
        | {"fine-tune-results": 2, "unheard": 0}
    )
    assert sorted(each for several in found.values() for each in several) == sorted(newest_first)
    assert [each["id"] for each in api.pages(FILES, 1, purpose="fine-tune-results")] == found["fine-tune-results"]


def test_a_result_is_listed_from_the_instant_at_which_its_job_has_succeeded(api: Api) -> None:
    job = api.order(hyperparameters={"n_epochs": 1})
    while api.job(job["id"])["status"] != "succeeded":
        assert len(ids(api.get(FILES))) == 1
        api.skip()

    assert ids(api.get(FILES))[0] == api.job(job["id"])["result_files"][0]


def test_jobs_that_failed_or_were_cancelled_result_in_nothing(api: Api) -> None:
    failed, cancelled = api.order(training_file=api.upload(chats(9))), api.order()
    api.post(f"{JOBS}/{cancelled['id']}/cancel")
    api.until(failed["id"], "failed")

    assert api.job(failed["id"])["result_files"] == api.job(cancelled["id"])["result_files"] == []
    assert ids(api.get(FILES, purpose="fine-tune-results")) == []


def test_a_result_is_read_and_deleted_like_any_file(api: Api) -> None:
    [result] = api.done()["result_files"]
    told = api.get(f"{FILES}/{result}")
    content = api.client.get(f"{FILES}/{result}/content").content

    assert (told["filename"], told["purpose"], told["bytes"]) == ("step_metrics.csv", "fine-tune-results", len(content))
    assert api.call("DELETE", f"{FILES}/{result}") == {"object": "file", "deleted": True, "id": result}
    for method, path in (("GET", ""), ("GET", "/content"), ("DELETE", "")):
        assert api.refused(method, f"{FILES}/{result}{path}", 404)["param"] == "id"
    assert result not in ids(api.get(FILES))


def test_a_result_is_plain_where_the_server_is_told_so(api_of: Callable[..., Api]) -> None:
    encoded, plain = (
        api.client.get(f"{FILES}/{api.done(seed=1)['result_files'][0]}/content").content
        for api in (api_of(), api_of(result_file="plain"))
    )

    assert plain.startswith(b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n")
    assert base64.b64decode(encoded) == plain


@pytest.mark.parametrize("lasts_s", [HOUR_S, 2_592_000])
def test_a_file_is_there_until_its_virtual_time_is_over(api: Api, lasts_s: int) -> None:
    file = api.upload(chats(1), **{"expires_after[anchor]": "created_at"} | seconds(lasts_s))
    told = api.get(f"{FILES}/{file}")

    assert told["expires_at"] == told["created_at"] + lasts_s
    api.advance(lasts_s - 1)
    assert ids(api.get(FILES)) == [file]
    api.advance(1)
    assert ids(api.get(FILES)) == []
    assert api.refused("GET", f"{FILES}/{file}", 404)["message"] == f"No such File object: {file}"
    assert api.refused("POST", JOBS, json=api.asking(training_file=file))["param"] == "training_file"


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"expires_after[seconds]": "3600"}, "expires_after.anchor"),
        ({"expires_after[anchor]": "created_at"}, "expires_after.seconds"),
        ({"expires_after[anchor]": "now", "expires_after[seconds]": "3600"}, "expires_after.anchor"),
        ({"expires_after[anchor]": "created_at", "expires_after[seconds]": "3599"}, "expires_after.seconds"),
        ({"expires_after[anchor]": "created_at", "expires_after[seconds]": "2592001"}, "expires_after.seconds"),
        ({"expires_after[anchor]": "created_at", "expires_after[seconds]": "soon"}, "expires_after.seconds"),
    ],
)
def test_an_expiry_that_is_none_is_refused_and_nothing_is_kept(api: Api, form: dict[str, str], param: str) -> None:
    sent: Any = {"files": {"file": ("a.jsonl", chats(1))}, "data": {"purpose": "fine-tune", **form}}

    assert api.refused("POST", FILES, **sent)["param"] == param
    assert ids(api.get(FILES)) == []


@pytest.mark.parametrize("purpose", KEPT)
def test_files_of_some_purposes_are_not_given_back(api: Api, purpose: str) -> None:
    answer = api.client.get(f"{FILES}/{api.upload(b'hi', purpose=purpose)}/content")

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == f"Not allowed to download files of purpose: {purpose}"


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_file_may_be_for_any_of_six_purposes(api: Api, purpose: str) -> None:
    file = api.upload(purpose=purpose)

    assert api.get(f"{FILES}/{file}")["purpose"] == purpose
    if purpose not in KEPT:
        assert api.client.get(f"{FILES}/{file}/content").content == chats(10)


@pytest.mark.parametrize("content", [b"hello", b"[1]\n", b'"text"\n', b"\xff\xfe\n", b"5\n{}\n"])
def test_what_is_no_jsonl_is_refused_for_training_and_taken_for_anything_else(api: Api, content: bytes) -> None:
    sent: Any = {"files": {"file": ("a.jsonl", content)}, "data": {"purpose": "fine-tune"}}
    told = api.refused("POST", FILES, **sent)

    assert told["message"].startswith("Expected file to have JSONL format, where every line is a valid JSON dictionary")
    assert ids(api.get(FILES)) == []
    assert api.client.get(f"{FILES}/{api.upload(content, purpose='vision')}/content").content == content


def test_a_download_says_what_it_is_and_gives_parts(api: Api) -> None:
    file = api.upload(b"0123456789", name="数.jsonl", purpose="vision")
    whole = api.client.get(f"{FILES}/{file}/content")
    part = api.client.get(f"{FILES}/{file}/content", headers={"range": "bytes=2-4"})
    head = api.client.head(f"{FILES}/{file}/content")

    assert whole.headers["content-type"] == "application/octet-stream"
    assert "filename*=utf-8''%E6%95%B0.jsonl" in whole.headers["content-disposition"].lower().replace(
        "%e6%95%b0", "%E6%95%B0"
    )
    assert (part.status_code, part.content) == (206, b"234")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")
