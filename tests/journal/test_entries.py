"""What the journal says of a request, seen by real clients of a real server."""

import json
from datetime import UTC, datetime
from threading import Barrier, Thread

import httpx
import openai
import pytest

from emulator.dialects.nebius import catalogue
from emulator.server import Emulator
from tests.conftest import Serve, client_of
from tests.journal.looking import JOBS, JOURNAL, entries, entry, fault, order, upload

MODEL = catalogue.base_models()[0]


def test_a_request_is_noted_as_it_went(server: Emulator, client: httpx.Client) -> None:
    before = datetime.now(UTC)  # noqa: TID251 -- the test's own clock
    answer = order(client, suffix="mine")
    found = entry(client, operation="jobs.create")

    assert found["id"] == 2
    assert (found["method"], found["path"], found["url"]) == ("POST", JOBS, f"{server.url}{JOBS}")
    assert (found["provider"], found["http"], found["status"]) == ("nebius", "1.1", 200)
    assert (found["job"], found["errors"], found["faults"]) == (answer.json()["id"], [], [])
    assert found["request"]["body"] == json.loads(answer.request.content)
    assert found["response"]["body"] == answer.json()
    assert found["request"]["bytes"] == len(answer.request.content)
    assert found["response"]["bytes"] == len(answer.content)
    assert found["response"]["complete"] is True
    assert found["response"]["headers"]["content-type"] == "application/json"
    assert found["user_agent"] == answer.request.headers["user-agent"]
    assert before <= datetime.fromisoformat(found["started_at"]) <= datetime.now(UTC)  # noqa: TID251 -- as above
    assert 0 < found["wait_ms"] <= found["duration_ms"]
    assert client.get(f"{JOURNAL}/2").json() == found


def test_it_is_noted_when_a_request_ended_by_the_tenants_clock(serve: Serve) -> None:
    with client_of(serve(clock="manual")) as client:
        client.get(JOBS)
        client.post("/_emulator/clock/advance", json={"seconds": 90})
        client.get(JOBS)

        assert [each["at"] for each in entries(client)] == ["2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z"]


def test_each_attempt_of_the_official_client_is_an_entry_with_its_count(server: Emulator, client: httpx.Client) -> None:
    fault(client, "jobs.list", "status=500,retry_after_ms=1", first=2)
    with openai.OpenAI(base_url=server.base_url(), api_key=client.headers["authorization"].split(" ", 1)[1]) as sdk:
        sdk.fine_tuning.jobs.list()
    found = entries(client)

    assert [(each["retry"], each["status"]) for each in found] == [(0, 500), (1, 500), (2, 200)]
    met = [{"rule": "rule-1", "effect": "status,code=500,retry_after_ms=1"}]
    assert [each["faults"] for each in found] == [met, met, []]
    assert [each["errors"] for each in found] == [["Internal Server Error"], ["Internal Server Error"], []]
    assert {each["user_agent"] for each in found} == {f"OpenAI/Python {openai.__version__}"}


def test_jobs_that_were_made_though_the_client_was_told_otherwise_are_named(
    server: Emulator, client: httpx.Client
) -> None:
    file_id = upload(client)
    fault(client, "jobs.create", "apply_then_fail=500", first=2)
    with openai.OpenAI(base_url=server.base_url(), api_key=client.headers["authorization"].split(" ", 1)[1]) as sdk:
        told = sdk.fine_tuning.jobs.create(model=MODEL, training_file=file_id)
    found = entries(client, operation="jobs.create")

    assert [(each["retry"], each["status"]) for each in found] == [(0, 500), (1, 500), (2, 200)]
    assert found[2]["job"] == told.id
    listed = {job["id"] for job in client.get(JOBS).json()["data"]}
    assert {each["job"] for each in found} == listed
    assert len(listed) == 3


def test_what_a_refusal_says_is_noted_place_by_place(client: httpx.Client) -> None:
    client.post(JOBS, json={"training_file": "file-x", "hyperparameters": {"n_epochs": "many"}})
    client.get(f"{JOBS}/ftjob-none")
    refused, missing = entries(client)

    assert [error.partition(":")[0] for error in refused["errors"]] == ["body.model", "body.hyperparameters.n_epochs"]
    assert (missing["job"], missing["operation"]) == ("ftjob-none", "jobs.retrieve")
    assert missing["errors"] == ["The fine-tuning job `ftjob-none` does not exist."]


def test_a_path_that_the_provider_does_not_have_is_noted_without_an_operation(client: httpx.Client) -> None:
    client.get("/v1/nowhere", params={"a": ["1", "2"], "b": "x y"})
    client.post("/v1/embeddings")
    nowhere, unbuilt = entries(client)

    assert (nowhere["operation"], nowhere["status"], nowhere["query"]) == (None, 404, {"a": ["1", "2"], "b": "x y"})
    assert nowhere["url"].endswith("/v1/nowhere?a=1&a=2&b=x+y")
    assert (unbuilt["operation"], unbuilt["status"]) == (None, 501)


def test_a_fault_that_breaks_an_answer_is_noted_with_what_was_really_sent(client: httpx.Client) -> None:
    whole = len(client.get("/v1/models").content)
    headers = {"x-emulator-fault": "truncate=100"}
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/v1/models", headers=headers)
    found = entries(client)[-1]

    assert found["faults"] == [{"rule": "header", "effect": "truncate,bytes=100"}]
    assert (found["status"], found["response"]["complete"]) == (200, False)
    assert found["response"]["bytes"] == whole - 100
    assert found["response"]["headers"]["content-length"] == str(whole)


def test_a_latency_is_in_the_duration(client: httpx.Client) -> None:
    client.get(JOBS, headers={"x-emulator-fault": "latency=0.05"})

    assert entry(client)["wait_ms"] >= 50


@pytest.mark.parametrize("how", ["status=500", "reset", "timeout=0"])
def test_the_body_of_a_request_is_noted_even_if_a_fault_never_looked_at_it(client: httpx.Client, how: str) -> None:
    body = {"model": MODEL, "training_file": "file-x"}
    try:
        client.post(JOBS, json=body, headers={"x-emulator-fault": how})
    except httpx.TransportError:
        assert how != "status=500"

    assert entry(client)["request"]["body"] == body


def test_a_form_is_noted_by_the_names_of_its_parts_and_a_file_by_nothing_else(client: httpx.Client) -> None:
    content = b'{"text": "a text that is nobody else\'s business"}\n'
    upload(client, content)
    found = entry(client)

    assert found["request"]["parts"] == ["purpose", "file"]
    assert found["request"]["body"] is None
    assert found["request"]["left_out"] == "multipart/form-data: only JSON is kept"
    assert found["request"]["bytes"] > len(content)
    assert "business" not in json.dumps(found)


def test_a_download_is_noted_by_its_size(client: httpx.Client) -> None:
    file_id = upload(client, b'{"text": "a"}\n' * 1000)
    whole = client.get(f"/v1/files/{file_id}/content")
    client.get(f"/v1/files/{file_id}/content", headers={"range": "bytes=0-99"})
    found = entries(client, operation="files.content")

    assert [each["response"]["bytes"] for each in found] == [len(whole.content), 100]
    assert [each["status"] for each in found] == [200, 206]
    assert {each["response"]["body"] for each in found} == {None}


def test_an_answer_to_head_has_no_body_whatever_it_announces(client: httpx.Client) -> None:
    answer = client.head("/v1/models")
    found = entry(client)["response"]

    assert int(answer.headers["content-length"]) > 0
    assert (found["bytes"], found["body"], found["complete"]) == (0, None, True)


@pytest.mark.parametrize(
    ("content", "kind", "why"),
    [
        (b'{"model": "' + b"x" * 17_000 + b'"}', "application/json", "longer than 16384 bytes"),
        (b'{"model": ', "application/json", "called JSON, which it is not"),
        (b"[" * 10_000, "application/json", "called JSON, which it is not"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "application/json", "called JSON, which it is not"),
        (b'{"model": "a"}', "text/plain", "text/plain: only JSON is kept"),
        (b'{"model": "a"}', "", "without a type: only JSON is kept"),
    ],
)
def test_of_a_body_that_is_not_kept_it_is_said_why(client: httpx.Client, content: bytes, kind: str, why: str) -> None:
    client.post(JOBS, content=content, headers={"content-type": kind})
    found = entry(client)["request"]

    assert (found["body"], found["left_out"], found["bytes"]) == (None, why, len(content))


@pytest.mark.parametrize("value", [{"x": [None, True, 1.5, "ü", {"": []}]}, 10**400, "\ud800", {"\ud800": 1}])
def test_whatever_json_a_body_is_it_can_be_looked_at(client: httpx.Client, value: object) -> None:
    body = {"model": MODEL, "training_file": "file-x", "extra": value}
    client.post(JOBS, content=json.dumps(body).encode(), headers={"content-type": "application/json"})
    kept = entry(client)["request"]["body"]["extra"]

    assert kept == json.loads(json.dumps(value).replace("\\ud800", "\\\\ud800"))


def test_control_calls_wrong_keys_and_what_is_public_are_not_noted(serve: Serve) -> None:
    emulator = serve(api_key=("the-key",))
    with client_of(emulator, "the-key") as client, client_of(emulator, "another") as stranger:
        assert stranger.get(JOBS).status_code == 401
        client.get("/openapi.json")
        client.get("/_emulator/clock")
        client.post("/_emulator/reset")
        client.get(JOBS)

        assert [each["path"] for each in entries(client)] == [JOBS]


def test_all_that_was_answered_is_there_when_somebody_looks(server: Emulator, client: httpx.Client, key: str) -> None:
    count, start = 25, Barrier(8)

    def ask() -> None:
        with client_of(server, key) as own:
            start.wait()
            for done in range(1, count + 1):
                own.get(JOBS, headers={"x-who": "me"})
                seen.append(len(entries(own)) >= done)

    seen: list[bool] = []
    threads = [Thread(target=ask) for _ in range(start.parties)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert seen == [True] * count * start.parties
    assert [each["id"] for each in entries(client)] == [*range(1, count * start.parties + 1)]


def test_a_tenant_sees_its_own_journal_only(server: Emulator, client: httpx.Client, key: str) -> None:
    client.get(JOBS)
    with client_of(server, f"{key} of another") as other:
        assert entries(other) == []
        digest = entry(client)["tenant"]
        assert [each["path"] for each in entries(other, tenant=digest)] == [JOBS]
        assert other.get(f"{JOURNAL}/1").status_code == 404
