"""The journal of Nscale's calls: whose they were, what they made, what was refused, and no secret."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from emulator.journal import complaints
from emulator.redaction import HIDDEN
from emulator.server import Emulator
from tests.dialects.nscale.api import NOBODY, ORGANIZATION, Api, asked, table
from tests.journal.looking import JOURNAL, entries, entry, fault, verify
from tests.journal.test_har import har

WALK = 8
"""Requests of the walk."""
HF_TOKEN = "hf_" + "c" * 34
OTHER = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def api(server: Emulator, key: str) -> Iterator[Api]:
    with closing(Api(server, key)) as client:
        yield client


def walked(api: Api) -> str:
    """Make a job, push its model and fetch it; return the job."""
    job = str(api.done()["id"])
    where = {"huggingface_user_id": "somebody", "huggingface_repository_id": "somebody/model"}
    api.post(f"/jobs/{job}/exports/hugging-face", {**where, "huggingface_access_token": HF_TOKEN})
    api.listed(f"/jobs/{job}/exports")
    api.client.get(f"/jobs/{job}/download", follow_redirects=True).raise_for_status()
    return job


def test_every_call_of_a_walk_is_told_by_its_operation_its_provider_and_its_job(api: Api) -> None:
    job = walked(api)
    for _ in range(500):  # a client may have the last byte of an archive before the server notes that it has
        if len(told := entries(api.control)) >= WALK:
            break

    assert [(each["operation"], each["status"], each["job"]) for each in told] == [
        ("files.create", 200, None),
        ("datasets.create", 200, None),
        ("jobs.create", 200, job),
        ("jobs.retrieve", 200, job),
        ("exports.create", 200, job),
        ("exports.list", 200, job),
        ("jobs.download", 302, job),
        ("jobs.content", 200, job),
    ]
    assert {each["provider"] for each in entries(api.control)} == {"nscale"}
    assert entries(api.control, job=job)[-1]["response"]["left_out"] == "application/gzip: only JSON is kept"


def test_a_dry_run_made_no_job(api: Api) -> None:
    api.post("/jobs", {**api.asking(), "dry_run": True})
    assert entry(api.control, operation="jobs.create")["job"] is None


def test_what_an_organization_of_the_same_token_does_is_in_the_same_journal(api: Api, key: str) -> None:
    with closing(Api(api.server, key, organization=OTHER)) as other:
        other.listed("/jobs")
        api.listed("/jobs")
    told = [each["path"].split("/")[5] for each in entries(api.control)]

    assert told == [OTHER, ORGANIZATION]


REFUSED: dict[str, tuple[str, str, Any, str]] = {
    "missing": ("GET", f"/jobs/{NOBODY}", None, f"the job '{NOBODY}' does not exist"),
    "no operation": ("GET", "/nothing", None, "is no operation"),
    "invalid": ("POST", "/jobs", {"name": ""}, "base_model_id: "),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_was_refused_is_told_in_the_providers_words(name: str, api: Api) -> None:
    method, path, body, words = REFUSED[name]
    answer = api.client.request(method, path, json=body)
    told = entry(api.control)

    assert told["errors"] == [answer.json()["message"]]
    assert words in told["errors"][0]


@pytest.mark.parametrize(
    ("effect", "errors"),
    [("status=500", ["internal"]), ("status=503,message=Later", ["Later"]), ("html_error=502", [])],
)
def test_an_error_without_a_message_is_told_by_its_code(effect: str, errors: list[str], api: Api) -> None:
    fault(api.control, "jobs.list", effect)
    api.client.get("/jobs")

    assert entry(api.control)["errors"] == errors


@pytest.mark.parametrize("body", [{}, {"code": 3, "message": None}, {"message": None}, {"code": "a"}, [], None, "a"])
def test_what_is_no_error_of_a_provider_says_nothing(body: object) -> None:
    assert complaints(body) == []


def test_a_repeated_creation_shows_two_jobs_of_which_one_answer_was_lost(api: Api) -> None:
    fault(api.control, "jobs.create", "apply_then_fail=504", first=1)
    order = api.asking()
    answers = [api.client.post("/jobs", json=order) for _ in range(2)]
    lost, kept = entries(api.control, operation="jobs.create")

    assert [each.status_code for each in answers] == [504, 200]
    assert (lost["errors"], kept["errors"]) == (["deadline_exceeded"], [])
    assert {lost["job"], kept["job"]} == {each["id"] for each in api.listed("/jobs")}


def test_no_secret_of_a_walk_is_in_the_journal_or_its_archive(api: Api) -> None:
    walked(api)
    link = api.get(f"/files/{api.upload()['id']}")["download_url"]
    signatures = [link.rpartition("=")[2]]
    httpx.get(link).raise_for_status()
    moved = api.client.get(f"/jobs/{entries(api.control, operation='jobs.download')[0]['job']}/download")
    signatures.append(moved.headers["location"].rpartition("=")[2])
    told = entries(api.control)
    texts = [json.dumps(told), api.control.get(JOURNAL, params={"format": "har"}).text]

    assert all(len(each) == 64 for each in signatures)
    assert [secret for secret in (api.key, HF_TOKEN, *signatures) for text in texts if secret in text] == []
    content = entries(api.control, operation="files.content")[0]
    assert (content["query"]["signature"], content["query"]["tenant"]) == (HIDDEN, content["tenant"])
    [create] = entries(api.control, operation="exports.create")
    assert create["request"]["body"]["huggingface_access_token"] == HIDDEN
    assert told[-1]["response"]["headers"]["location"].endswith(f"signature={HIDDEN}")


def test_an_archive_of_nscales_calls_is_a_har(api: Api) -> None:
    walked(api)
    api.client.get("/nothing")
    redirected = har(api.control)[6]

    assert redirected["response"]["redirectURL"].partition("?")[0].endswith("/fine_tuned_model.tar.gz")


def test_a_link_that_is_forged_is_nobodys_and_one_that_is_over_is_its_tenants(api: Api) -> None:
    link = str(api.get(f"/files/{api.upload()['id']}")["download_url"])
    forged = link[:-1] + ("0" if link[-1] != "0" else "1")
    before = len(entries(api.control))
    answers = [httpx.get(forged)]
    api.advance(3601)
    answers.append(httpx.get(link))
    told = entries(api.control)

    assert [each.json()["message"] for each in answers] == [
        "The link's signature is missing or does not match.",
        "The link has expired.",
    ]
    assert [each["errors"] for each in told[before:]] == [["The link has expired."]]
    assert told[-1]["operation"] == "files.content"


def test_expectations_look_into_nested_bodies(api: Api) -> None:
    job = api.order(name="mine", dataset=asked(api.dataset(table(9))["id"]))
    held = verify(
        api.control,
        {"operation": "jobs.create", "match": {"body.dataset.answer_column": "answer", "response.body.job": job}},
        {"operation": "datasets.create", "match": {"body.name": "data"}, "count": 1},
        {"match": {"provider": "nscale", "path": f"*/{ORGANIZATION}/*"}, "count": 3},
    )
    missed = verify(api.control, {"operation": "jobs.create", "match": {"body.base_model_id": "Llama"}})

    assert held["holds"], held
    assert "where body.base_model_id is" in missed["expectations"][0]["why"]
