"""Every effect, as clients of Nscale meet it: in its envelope, on its calls, on what its links lead to."""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.core.presets import presets
from emulator.dialects import NSCALE
from emulator.faults import EFFECTS
from emulator.server import Emulator
from tests.conftest import Serve
from tests.dialects.nscale.api import LLAMA, Api, asked, ids
from tests.faults.calls import FAULTS, set_fault, used
from tests.faults.sockets import got

NAME = "Meta-Llama-3.1-8B-Instruct"
LONG_S = 3600
OPERATIONS = {operation.name for operation in NSCALE.operations}


@pytest.fixture
def api(server: Emulator, key: str) -> Iterator[Api]:
    with closing(Api(server, key)) as client:
        yield client


def met(api: Api, effect: str) -> httpx.Response:
    """Ask for the list of jobs, to which an effect is done."""
    return api.client.get("/jobs", headers={"x-emulator-fault": effect})


CODES = {
    400: "invalid_argument",
    401: "unauthenticated",
    402: "failed_precondition",
    403: "permission_denied",
    404: "not_found",
    409: "already_exists",
    418: "unknown",
    429: "resource_exhausted",
    500: "internal",
    503: "unavailable",
    504: "deadline_exceeded",
    599: "internal",
}


@pytest.mark.parametrize(("status", "code"), CODES.items())
def test_any_status_is_in_the_providers_envelope_without_a_message_as_was_seen(
    api: Api, status: int, code: str
) -> None:
    answer = met(api, f"status={status}")
    assert (answer.status_code, answer.json()) == (status, {"code": code, "message": None})


def test_the_error_that_was_seen_is_had_to_the_byte(api: Api) -> None:
    set_fault(api.control, "status=500", "jobs.create")
    answer = api.client.post("/jobs", json={**api.asking(), "dry_run": True})

    assert answer.content == b'{"code":"internal","message":null}'


def test_a_message_and_a_code_of_the_users_own_are_told(api: Api) -> None:
    answer = met(api, "status=503,message=Come later,error_code=resource_exhausted,retry_after=7")

    assert answer.json() == {"code": "resource_exhausted", "message": "Come later"}
    assert answer.headers["retry-after"] == "7"


def test_whoever_asks_too_often_is_told_when_to_come_again(api: Api) -> None:
    set_fault(api.control, "rate_limit=2,per_seconds=3600")
    answers = [api.client.get("/jobs") for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[-1].json()["code"] == "resource_exhausted"
    assert int(answers[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize("effect", ["apply_then_fail", "apply_then_fail=504", "apply_then_fail=reset"])
def test_a_client_that_repeats_an_order_has_duplicate_jobs(api: Api, effect: str) -> None:
    set_fault(api.control, effect, "jobs.create", first=2)
    order = api.asking()
    for _ in range(2):
        try:
            assert [*api.client.post("/jobs", json=order).json().values()][-1] is None
        except httpx.TransportError:
            assert "reset" in effect
    made = api.post("/jobs", order)["job"]["id"]
    there = ids(api.listed("/jobs"))

    assert (len(there), there[0], used(api.control)) == (3, made, [(3, 2)])


def test_an_order_that_fails_first_makes_no_job_and_one_that_comes_twice_makes_two(api: Api) -> None:
    order = api.asking()
    failed = api.client.post("/jobs", json=order, headers={"x-emulator-fault": "fail_before_apply=503"})
    before = api.listed("/jobs")
    twice = api.client.post("/jobs", json=order, headers={"x-emulator-fault": "duplicate_delivery"})

    assert (failed.json(), before) == ({"code": "unavailable", "message": None}, [])
    assert ids(api.listed("/jobs"))[0] == twice.json()["job"]["id"]
    assert len(api.listed("/jobs")) == 2


@pytest.mark.parametrize("call", ["/files", "/datasets", "/jobs"])
def test_a_disk_that_is_full_takes_nothing(api: Api, call: str) -> None:
    bodies: dict[str, Any] = {
        "/files": {"files": {"file": ("a.csv", b"a,b\n1,2\n")}},
        "/datasets": {"json": {"name": "d", "training_file_id": api.upload()["id"]}},
        "/jobs": {"json": api.asking()},
    }
    before = len(api.listed(call))
    set_fault(api.control, "storage_full", [f"{call[1:]}.create"])
    refused = api.client.post(call, **bodies[call])

    assert (refused.status_code, refused.json()["code"]) == (507, "resource_exhausted")
    assert "No space left on device" in refused.json()["message"]
    assert len(api.listed(call)) == before


@pytest.fixture
def model(api: Api) -> str:
    """The link to the archive of a completed job's model."""
    return api.link(str(api.done()["id"]))


def test_a_truncated_archive_is_shorter_than_its_head_says(api: Api, model: str) -> None:
    whole = httpx.get(model).content
    set_fault(api.control, "truncate=20", "jobs.content")
    raw = got(api.server.url, "", model.removeprefix(api.server.url))

    assert (raw.length, raw.body) == (len(whole), whole[:-20])


def test_a_corrupt_archive_is_as_long_as_the_good_one_and_a_short_one_does_not_unpack(api: Api, model: str) -> None:
    whole = httpx.get(model).content
    set_fault(api.control, "corrupt_download=flip,at=0.5", "jobs.content", first=1)
    set_fault(api.control, "corrupt_download=short,at=0.5", "jobs.content", after=1)
    flipped, short = httpx.get(model), httpx.get(model)

    assert len(flipped.content) == len(whole)
    assert flipped.content != whole
    assert short.headers["content-length"] == str(len(short.content))
    with pytest.raises((tarfile.TarError, EOFError)), tarfile.open(fileobj=io.BytesIO(short.content)) as archive:
        archive.getmembers()


def test_an_archive_that_comes_slowly_comes_whole(api: Api, model: str) -> None:
    whole = httpx.get(model).content
    slow = httpx.get(model, headers={"x-emulator-fault": "slow_body=50000000", "authorization": f"Bearer {api.key}"})

    assert slow.content == whole


@pytest.mark.parametrize("effect", ["reset", "reset=nothing", "reset=100", "timeout=0.05"])
def test_an_archive_whose_line_breaks_is_no_answer(api: Api, model: str, effect: str) -> None:
    set_fault(api.control, effect, "jobs.content")
    with pytest.raises(httpx.TransportError):
        httpx.get(model)


def test_a_link_meets_the_faults_of_the_tenant_that_signed_it_and_of_no_other(api: Api, key: str, model: str) -> None:
    csv = str(api.get(f"/files/{api.upload()['id']}")["download_url"])
    set_fault(api.control, "status=503", ["jobs.content", "files.content"])
    with closing(Api(api.server, f"{key} another")) as other:
        others = str(other.get(f"/files/{other.upload()['id']}")["download_url"])
        statuses = [httpx.get(each).status_code for each in (model, csv, others)]

    assert statuses == [503, 503, 200]
    assert used(api.control) == [(2, 2)]


def test_what_was_just_made_is_not_found_and_in_no_list(api: Api) -> None:
    job = api.done()
    data = job["dataset"]["id"]
    set_fault(api.control, f"not_found_for={LONG_S}")

    for path in (f"/jobs/{job['id']}", f"/jobs/{job['id']}/download", f"/jobs/{job['id']}/metrics"):
        assert api.refused("GET", path, 404) == f"the job '{job['id']}' does not exist"
    assert api.refused("GET", f"/datasets/{data}", 404) == f"the dataset '{data}' does not exist"
    assert [api.listed(path) for path in ("/jobs", "/datasets", "/files")] == [[], [], []]
    again = api.refused("POST", "/jobs", 404, json=api_order(data))
    assert again == f"dataset.id: the dataset '{data}' does not exist"


def api_order(data: str) -> dict[str, Any]:
    return {"name": "again", "base_model_id": LLAMA, "dataset": asked(data)}


def test_a_copy_that_lags_shows_a_job_before_it_was_cancelled(api: Api) -> None:
    job = api.order()["id"]
    api.post(f"/jobs/{job}/cancel")
    set_fault(api.control, f"stale_read={LONG_S}", "jobs.retrieve", first=1)
    set_fault(api.control, f"stale_read={LONG_S}", ["jobs.list", "datasets.list"])

    api.refused("GET", f"/jobs/{job}", 404)
    assert api.job(job)["status"] == "cancelled"
    assert [api.listed("/jobs"), api.listed("/datasets")] == [[], []]


def test_a_token_that_is_withdrawn_is_withdrawn_for_all_calls_and_links(api: Api, model: str) -> None:
    set_fault(api.control, "unauthorized_after=1")
    answers = [api.client.get("/jobs"), api.client.get("/jobs"), httpx.get(model)]

    assert [each.status_code for each in answers] == [200, 401, 401]
    assert answers[1].json()["code"] == "unauthenticated"


UNREADABLE: dict[str, Callable[[httpx.Response], bool]] = {
    "malformed_json": lambda answer: answer.headers["content-type"] == "application/json",
    "empty_body": lambda answer: answer.content == b"",
    "html_error=502": lambda answer: answer.status_code == 502 and answer.text.startswith("<"),
    "truncate=1": lambda _: False,
}


@pytest.mark.parametrize("effect", UNREADABLE)
def test_an_answer_that_is_no_json_can_be_had_of_any_call(api: Api, effect: str) -> None:
    try:
        answer = met(api, effect)
    except httpx.RemoteProtocolError:
        assert effect == "truncate=1"
        return
    assert UNREADABLE[effect](answer)
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_json_may_be_called_something_else(api: Api) -> None:
    answer = met(api, "wrong_content_type=text/plain")
    assert (answer.headers["content-type"], answer.json()) == ("text/plain", {"data": []})


MATCHES: dict[str, tuple[Any, list[int]]] = {
    "an operation": ("jobs.list", [418, 200, 200, 200]),
    "all of a noun": ("datasets.*", [200, 418, 200, 200]),
    "a method": ({"method": "POST"}, [200, 200, 418, 200]),
    "a path": ({"path": "/api/v1/organizations/*/jobs"}, [418, 200, 418, 200]),
    "a model by its id in an order": ({"model": LLAMA}, [200, 200, 418, 200]),
    "a model by its name in a job": ({"model": NAME}, [200, 200, 200, 418]),
    "a status": ({"status": "queued"}, [200, 200, 200, 418]),
    "a status that it never shows": ({"status": "validating_files"}, [200, 200, 200, 200]),
    "a member": ({"body": {"dataset.answer_column": "answer"}}, [200, 200, 418, 200]),
    "a header": ({"header": {"content-type": "application/json"}}, [200, 200, 418, 200]),
}


@pytest.mark.parametrize("name", MATCHES)
def test_a_rule_is_about_the_calls_that_it_says(api: Api, name: str) -> None:
    match, statuses = MATCHES[name]
    order = api.asking()
    job = api.post("/jobs", order)["job"]["id"]
    set_fault(api.control, "status=418", match if isinstance(match, dict) else {"operation": match})
    asks = [api.client.get("/jobs"), api.client.get("/datasets"), api.client.post("/jobs", json=order)]

    assert [each.status_code for each in [*asks, api.client.get(f"/jobs/{job}")]] == statuses


def test_a_rule_may_be_about_what_a_dataset_is_changed_to(api: Api) -> None:
    data = api.dataset()["id"]
    set_fault(api.control, "status=418", {"operation": "datasets.update", "body": {"name": "bad"}})
    change: dict[str, Any] = {"unset": {}}

    assert api.client.patch(f"/datasets/{data}", json={**change, "name": "bad"}).status_code == 418
    assert api.client.patch(f"/datasets/{data}", json={**change, "name": "good"}).status_code == 200


@pytest.mark.parametrize(
    ("match", "hint"),
    [
        ("jobs.downlod", "did you mean jobs.download?"),
        ("dataset.create", "did you mean datasets.create?"),
        ({"operation": "exports.*", "method": "DELETE"}, "no such operation has the method 'DELETE'"),
        ({"path": "/api/v1/organization/*/jobs"}, "did you mean /api/v1/organizations/{organization_id}/"),
        ({"operation": "exports.list", "body": {"a": 1}}, "no such operation has a body"),
        ({"status": "completed"}, "match.status"),
    ],
)
def test_a_rule_that_can_match_nothing_is_refused_with_what_is_near(api: Api, match: Any, hint: str) -> None:
    answer = api.control.post(FAULTS, json={"effects": "status", "match": match})

    assert answer.status_code == 422
    assert hint in answer.json()["error"]


DOWNLOADS = {"degraded-downloads", "hostile-corrupt", "hostile-short"}


@pytest.mark.parametrize("name", presets())
def test_what_a_preset_does_to_downloads_it_does_to_archives(serve: Serve, key: str, name: str) -> None:
    """And each rule is about some call of this provider's."""
    with closing(Api(serve(faults=name), key)) as client:
        rules = client.control.get(FAULTS).json()["rules"]
    named = {rule["id"]: rule["match"].get("operation") or [*OPERATIONS] for rule in rules}

    assert all({*each} & OPERATIONS for each in named.values())
    assert {rule for rule in named if rule in DOWNLOADS and "jobs.content" in named[rule]} == DOWNLOADS & {*named}


def test_a_client_that_asks_again_comes_through_a_flaky_day(serve: Serve, key: str) -> None:
    with closing(Api(serve(faults="flaky", seed="3"), key)) as client:
        statuses = [_status(client) for _ in range(100)]

    assert {*statuses} > {200}
    assert sum(status == 200 for status in statuses) > 80


def _status(client: Api) -> int:
    try:
        return client.client.get("/jobs").status_code
    except httpx.TransportError:
        return 0


def test_an_answer_may_be_late(api: Api) -> None:
    assert met(api, "latency=0.05").elapsed.total_seconds() >= 0.05


def test_every_effect_is_met_here_by_name() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in EFFECTS if f'"{name}' not in text] == []
