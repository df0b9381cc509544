"""Clients of Nscale: of the careful nothing is found, of the careless what another provider's client is told too."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from emulator.core.lint import CHECKS, Lint
from emulator.dialects import NSCALE
from emulator.server import Emulator
from emulator.storage.journal import Entry
from tests.commands.conftest import Command
from tests.commands.conftest import command as command  # noqa: PLC0414 -- a fixture
from tests.dialects.nscale.api import LLAMA, ORGANIZATION, Api, asked, table
from tests.lint.clients import bad, fault, finding, lint, names, raw

POLL_S = 30
TERMINAL = {"completed", "failed", "cancelled"}
LOOKS_MAX = 100
RETRIED = {429, 502, 503, 504}


@pytest.fixture
def api(manual: Emulator, key: str) -> Iterator[Api]:
    """A client in an organization of its own, on a clock that it moves."""
    with closing(Api(manual, key)) as client:
        yield client


def watched(api: Api, job_id: str, *, every_s: float = POLL_S) -> str:
    """Look at a job until it has ended; return its last status."""
    for _ in range(LOOKS_MAX):
        if (status := api.job(job_id)["status"]) in TERMINAL:
            return str(status)
        api.advance(every_s)
    raise AssertionError(f"{job_id} has no end")


def fetched(api: Api, job_id: str) -> bytes:
    """Follow the redirect to a job's model, as the guide's curl does."""
    answer = api.client.get(f"/jobs/{job_id}/download", follow_redirects=True)
    assert (answer.status_code, answer.content[:2]) == (200, b"\x1f\x8b")
    return answer.content


def guided(api: Api, **body: Any) -> str:
    """Walk as the guide says; return the job."""
    training, validation = api.upload(), api.upload(table(5), name="validation.csv")
    files = {"training_file_id": training["id"], "validation_file_id": validation["id"]}
    data = api.post("/datasets", {"name": "data", **files})
    order = api.asking(dataset=asked(data["id"]), **body)
    assert api.post("/jobs", {**order, "dry_run": True})["job"] is None
    job_id = str(api.post("/jobs", order)["job"]["id"])
    assert watched(api, job_id) == "completed"
    api.metrics(job_id)
    fetched(api, job_id)
    for file in (training, validation):
        api.call("DELETE", f"/files/{file['id']}", 204)
    return job_id


def test_the_guides_walk_has_no_finding(api: Api) -> None:
    guided(api)
    entries = len(api.control.get("/_emulator/journal", params={"limit": 1000}).json()["data"])

    assert lint(api.control) == {"findings": [], "not_judged": [], "entries": entries, "calls": entries}


def test_a_client_that_pushes_its_model_instead_of_fetching_it_has_no_finding(api: Api) -> None:
    file = api.upload()
    data = api.post("/datasets", {"name": "data", "training_file_id": file["id"]})
    job = api.post("/jobs", api.asking(dataset=asked(data["id"])))["job"]["id"]
    watched(api, job)
    where = {"huggingface_user_id": "somebody", "huggingface_repository_id": "somebody/model"}
    api.post(f"/jobs/{job}/exports/hugging-face", {**where, "huggingface_access_token": "hf_" + "a" * 34})
    api.listed(f"/jobs/{job}/exports")
    api.call("DELETE", f"/files/{file['id']}", 204)

    assert names(api.control) == []


def test_a_client_that_meets_faults_and_retries_with_care_has_no_finding(api: Api) -> None:
    fault(api.control, "files.create", "status=503,retry_after_ms=20", first=1)
    fault(api.control, "jobs.retrieve", "status=503,retry_after_ms=20", every=3)
    fault(api.control, "jobs.create", "apply_then_fail=504", first=1)
    fault(api.control, "jobs.content", "truncate", first=1)
    form = {"file": ("train.csv", table(9), "text/csv")}
    file = retried(lambda: api.client.post("/files", files=form))["id"]
    data = retried(lambda: api.client.post("/datasets", json={"name": "d", "training_file_id": file}))["id"]
    order = api.asking(dataset=asked(data))
    assert api.client.post("/jobs", json=order).status_code == 504
    [job] = api.listed("/jobs")  # it looks before it orders again
    status = job["status"]
    while status not in TERMINAL:
        api.advance(POLL_S)
        status = retried(lambda: api.client.get(f"/jobs/{job['id']}"))["status"]
    with pytest.raises(httpx.RemoteProtocolError):
        fetched(api, job["id"])
    fetched(api, job["id"])
    api.call("DELETE", f"/files/{file}", 204)

    assert names(api.control) == []


def retried(ask: Callable[[], httpx.Response]) -> dict[str, Any]:
    """Ask until it is answered; what is told to wait here is less than a recorder can tell."""
    while (answer := ask()).status_code in RETRIED:
        pass
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def test_every_finding_that_applies_is_found_of_a_careless_client(api: Api) -> None:
    """Lists have no has_more, full pages are too long to be kept, and giving up is a matter of sockets."""
    for careless in CARELESS:
        careless(api)
    found = lint(api.control)["findings"]

    left = {each.name for each in CHECKS} - {each["name"] for each in found}
    assert left == {"ignores_has_more", "reads_one_page", "gives_up_early"}
    assert all(each["requests"] for each in found)


def asks_for_none(api: Api) -> None:
    api.client.get("/jobs/None")
    api.client.post("/datasets", json={"name": "d", "training_file_id": "undefined"})


def repeats_an_order_blindly(api: Api) -> None:
    fault(api.control, "jobs.create", "apply_then_fail=503,", first=1)
    order = api.asking(name="twice")
    assert [api.client.post("/jobs", json=order).status_code for _ in range(2)] == [503, 200]


def puts_a_secret_into_the_name_of_a_file(api: Api) -> None:
    api.upload(name="hf_" + "b" * 34 + ".csv")
    api.client.get("/jobs", params={"access_token": "s3cret-s3cret-s3cret"})


def comes_again_at_once(api: Api) -> None:
    fault(api.control, "datasets.list", "status=503,retry_after=9", first=1)
    api.client.get("/datasets")
    api.client.get("/datasets")


def repeats_what_was_refused(api: Api) -> None:
    for _ in range(2):
        api.refused("POST", "/jobs", json=api.asking(dataset={"id": "x"}))


def forgets_the_organization(api: Api) -> None:
    api.client.get(f"{api.server.url}/nscale/api/v1/jobs", headers={"authorization": f"Bearer {api.key}"})


def calls_json_a_form(api: Api) -> None:
    body, kind = json.dumps(api.asking()), "application/x-www-form-urlencoded"
    assert api.client.post("/jobs", content=body, headers={"content-type": kind}).status_code == 400


def looks_every_second(api: Api) -> None:
    job = api.order(name="eager")["id"]
    for _ in range(5):
        api.job(job)
        api.advance(1)


def watches_after_the_end(api: Api) -> None:
    job = api.done(name="ended")["id"]
    for _ in range(5):
        api.job(job)
    api.refused("POST", f"/jobs/{job}/cancel")


def asks_for_a_model_that_is_not_there_yet(api: Api) -> None:
    job = api.order(name="early")["id"]
    api.job(job)
    api.refused("GET", f"/jobs/{job}/download")
    assert watched(api, job) == "completed"


def spells_as_others_do(api: Api) -> None:
    api.order(model="x", hyperparameters={"epochs": 3, "lora_rank": 8})


def deletes_what_is_read(api: Api) -> None:
    data = api.dataset()
    job = api.order(dataset=asked(data["id"]))["id"]
    api.job(job)
    api.call("DELETE", f"/files/{data['training_file_id']}", 204)


def orders_what_failed_again(api: Api) -> None:
    data = api.dataset()["id"]
    for _ in range(3):
        job = api.order(name="EMU:fails_at_step", dataset=asked(data))["id"]
        assert watched(api, job) == "failed"


def orders_thrice(api: Api) -> None:
    data = api.dataset()["id"]
    for _ in range(3):
        api.order(name="thrice", dataset=asked(data))


CARELESS = (
    asks_for_none,
    puts_a_secret_into_the_name_of_a_file,
    repeats_an_order_blindly,
    comes_again_at_once,
    repeats_what_was_refused,
    forgets_the_organization,
    calls_json_a_form,
    looks_every_second,
    watches_after_the_end,
    asks_for_a_model_that_is_not_there_yet,
    spells_as_others_do,
    deletes_what_is_read,
    orders_what_failed_again,
    orders_thrice,
)


OTHERS = (
    "`model` (taken, without effect; did you mean `base_model_id`?), "
    "`hyperparameters.epochs` (taken, without effect; did you mean `n_epochs`?), "
    "`hyperparameters.lora_rank` (taken, without effect; did you mean `hyperparameters.lora.r`?)"
)
TOLD = [
    (asks_for_none, "asks_for_nothing", "jobs.retrieve with 'None' as its job_id"),
    (repeats_an_order_blindly, "creates_twice", "1 job made twice"),
    (puts_a_secret_into_the_name_of_a_file, "exposes_secrets", "files.create: the file's name"),
    (comes_again_at_once, "ignores_retry_after", "told to wait 9 s"),
    (repeats_what_was_refused, "retries_refused", "the first is jobs.create, a 400"),
    (forgets_the_organization, "wrong_base_url", "{organization_id}/jobs was meant"),
    (calls_json_a_form, "wrong_content_type", "sent as application/x-www-form-urlencoded"),
    (looks_every_second, "polls_too_fast", "sooner than 30 s after the look before"),
    (watches_after_the_end, "polls_after_the_end", "was completed by then"),
    (watches_after_the_end, "cancels_after_the_end", "was completed by then"),
    (asks_for_a_model_that_is_not_there_yet, "reads_results_too_early", "the model of"),
    (spells_as_others_do, "unknown_members", OTHERS),
    (deletes_what_is_read, "deletes_file_in_use", "was last seen queued"),
    (orders_what_failed_again, "repeats_failed_jobs", "after 2 jobs of the same order in a row had failed"),
    (orders_thrice, "orders_again", "3 jobs of the same order at once"),
]


@pytest.mark.parametrize(("careless", "name", "what"), TOLD)
def test_a_careless_client_is_told_what_its_mistake_is(
    careless: Callable[[Api], None], name: str, what: str, api: Api
) -> None:
    careless(api)

    assert what in finding(api.control, name)["what"]


def test_what_it_is_told_to_do_is_what_the_provider_has(api: Api) -> None:
    asks_for_none(api)
    orders_thrice(api)
    found = [finding(api.control, name) for name in ("asks_for_nothing", "orders_again")]

    assert [each["source"] for each in found] == ["our own", "our own"]
    assert "a name or suffix that tells them apart" in found[1]["do"]
    assert not [each for each in found for word in ("fine_tuned_model", "Nebius") if word in each["do"]]


def test_a_job_that_nobody_watched_is_still_queued_and_its_model_may_be_there(api: Api) -> None:
    api.order()
    assert "was last seen queued" in finding(api.control, "stops_watching")["what"]
    assert "Ends: cancelled, completed, failed." in finding(api.control, "stops_watching")["do"]


def test_a_completed_job_whose_model_nobody_fetches_is_told_with_what_to_do(api: Api) -> None:
    job = api.done()["id"]
    told = finding(api.control, "never_downloads")
    fetched(api, job)

    assert f"{job} did by entry" in told["what"]
    assert told["do"] == "Download the model's archive, or push it to Hugging Face; a later program may do it."
    assert "never_downloads" not in names(api.control)


@pytest.mark.parametrize("headers", [{}, {"accept": "application/json"}])
def test_a_client_that_asked_where_its_model_lies_has_fetched_it_as_far_as_is_known(
    api: Api, headers: dict[str, str]
) -> None:
    job = api.done()["id"]
    api.client.get(f"/jobs/{job}/download", headers=headers)

    assert "never_downloads" not in names(api.control)


def test_a_file_that_was_fetched_by_its_link_is_no_model(api: Api) -> None:
    file = api.upload()["id"]
    api.done(dataset=asked(api.post("/datasets", {"name": "d", "training_file_id": file})["id"]))
    httpx.get(api.get(f"/files/{file}")["download_url"]).raise_for_status()

    assert "never_downloads" in names(api.control)


def test_files_are_left_when_the_jobs_of_their_datasets_have_ended_and_not_before(api: Api) -> None:
    data = api.dataset(validation=table(5))
    job = api.order(dataset=asked(data["id"]))["id"]
    before = names(api.control)
    watched(api, job)

    assert "leaves_files" not in before
    told = finding(api.control, "leaves_files")
    assert "DELETE /api/v1/organizations/{organization_id}/files/{file_id};" in told["do"]
    assert told["what"].startswith("2 uploads of ")


def test_a_file_is_in_use_by_the_dataset_as_it_was_when_the_job_was_made(api: Api) -> None:
    data, other = api.dataset(), api.upload()["id"]
    first = data["training_file_id"]
    api.order(dataset=asked(data["id"]))
    api.call("PATCH", f"/datasets/{data['id']}", json={"training_file_id": other, "unset": {}})
    api.call("DELETE", f"/files/{other}", 204)
    in_between = names(api.control)
    api.call("DELETE", f"/files/{first}", 204)

    assert "deletes_file_in_use" not in in_between
    assert "deletes_file_in_use" in names(api.control)


def test_a_full_page_of_a_list_is_told_with_the_parameter_that_there_is(api: Api) -> None:
    file = api.upload()["id"]
    for name in ("first", "second"):
        api.post("/datasets", {"name": name, "training_file_id": file})
    api.listed("/datasets")
    entry = raw(api.control)[-1]
    entry["response"]["body"]["data"] *= 50
    lint_, limited = Lint({NSCALE.provider: NSCALE.advice}), Lint({NSCALE.provider: NSCALE.advice})
    lint_.see([Entry.model_validate(entry)])
    limited.see([Entry.model_validate({**entry, "query": query}) for query in ({}, {"limit": "1000"})])
    [found] = lint_.report().findings

    assert (found.name, found.source[:10]) == ("reads_one_page", "unverified")
    assert found.what.endswith("`limit` was never sent")
    assert found.do == "Ask with a higher `limit=`: the lists are not known to have a next page."
    assert limited.report().findings == []


def test_a_list_that_is_too_long_to_be_kept_is_not_judged_and_that_is_said(api: Api) -> None:
    file = api.upload()["id"]
    for number in range(60):
        api.post("/datasets", {"name": str(number), "training_file_id": file})
    api.listed("/datasets")
    [unjudged] = lint(api.control)["not_judged"]

    assert unjudged["name"] == "reads_one_page"
    assert "1 list whose answer is not kept" in unjudged["why"]


def test_the_same_file_over_and_over_is_told(api: Api) -> None:
    for _ in range(3):
        api.upload()
    assert "3 times under the same name" in finding(api.control, "uploads_again")["what"]


WRONG = {
    "/nscale/v1/organizations/{org}/jobs": "/api/v1/organizations/{org}/jobs",
    "/nscale/api/v1/organizations/{org}files": "/api/v1/organizations/{org}/files",
    "/nscale/api/v1/api/v1/organizations/{org}/base-models": "/api/v1/organizations/{org}/base-models",
    "/nscale//api/v1/organizations/{org}//jobs": "/api/v1/organizations/{org}/jobs",
    "/nscale/organizations/{org}/datasets": "/api/v1/organizations/{org}/datasets",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_base_url_that_is_put_together_wrongly_is_found_with_what_was_meant(api: Api, wrong: str) -> None:
    url = api.server.url + wrong.replace("{org}", ORGANIZATION)
    assert httpx.get(url, headers={"authorization": f"Bearer {api.key}"}).status_code == 404
    found = finding(api.control, "wrong_base_url")

    assert found["what"].endswith(f"where {WRONG[wrong].replace('{org}', ORGANIZATION)} was meant")
    assert "up to and with /api/v1/organizations/{organization_id};" in found["do"]


@pytest.mark.parametrize("path", ["/jobs/x/events", "/jobz", "/my-jobs", "/jobs/x/y/z"])
def test_a_path_that_is_no_call_whatever_its_base_is_no_wrong_base_url(api: Api, path: str) -> None:
    api.refused("GET", path, 404)
    assert names(api.control) == []


def test_a_signature_in_a_link_is_no_secret_that_the_client_exposed(api: Api) -> None:
    httpx.get(api.get(f"/files/{api.upload()['id']}")["download_url"]).raise_for_status()
    assert bad(api.control) == []


def test_a_har_of_the_journal_is_judged_as_the_journal_is(api: Api, command: Command, tmp_path: Any) -> None:
    looks_every_second(api)
    spells_as_others_do(api)
    asks_for_a_model_that_is_not_there_yet(api)
    path, text = tmp_path / "run.har", api.control.get("/_emulator/journal", params={"format": "har"}).text
    path.write_text(text, encoding="utf-8")
    assert [each["name"] for each in command("lint", str(path), "--json").json["findings"]] == names(api.control)
    assert LLAMA in text
