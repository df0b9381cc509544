"""Several effects on one request, of one rule, of several, and of the request's own header."""

import json
import time

import httpx
import openai
import pytest

from emulator.server import Emulator
from tests.faults.calls import FAULTS, listed, set_fault, used
from tests.faults.sockets import got


def test_latency_a_429_and_a_truncated_body_all_happen_to_one_request(
    server: Emulator, client: httpx.Client, key: str
) -> None:
    set_fault(client, "latency=0.3; status=429,retry_after=7; truncate=10")
    begun = time.monotonic()  # noqa: TID251 -- what a client waits is host time
    answer = got(server.url, key, "/v1/files")

    assert time.monotonic() - begun >= 0.3  # noqa: TID251 -- as above
    assert answer.head.startswith(b"HTTP/1.1 429 ")
    assert b"retry-after: 7" in answer.head.split(b"\r\n")
    whole = b'{"detail":"Too Many Requests"}'
    assert (answer.length, answer.body, answer.closed) == (len(whole), whole[:-10], True)


def test_the_order_of_effects_of_different_kinds_makes_no_difference(
    server: Emulator, client: httpx.Client, key: str
) -> None:
    answers = []
    for effects in ("status=418; malformed_json=0.5; latency=0", "malformed_json=0.5; latency=0; status=418"):
        set_fault(client, effects)
        answers.append(got(server.url, key, "/v1/files").body)
        client.delete(FAULTS)

    assert answers[0] == answers[1] == b'{"detail":"I'


def test_the_first_of_several_answers_is_given(client: httpx.Client) -> None:
    set_fault(client, "status=418; status=500; html_error")
    set_fault(client, "status=503")

    assert client.get("/v1/files").status_code == 418
    assert used(client) == [(1, 1), (1, 1)]


def test_what_becomes_of_an_answer_happens_in_the_order_written(client: httpx.Client) -> None:
    body = b'{"data":[],"object":"list"}'
    lengths = []
    for effects in (
        "malformed_json=0.5; corrupt_download=short,at=0.5",
        "empty_body; malformed_json",
        "malformed_json=0.9",
    ):
        set_fault(client, effects, first=1)
        answer = client.get("/v1/files")
        assert body.startswith(answer.content)
        lengths.append(len(answer.content))
        assert int(answer.headers["content-length"]) == lengths[-1]

    assert lengths == [6, 0, 24]
    set_fault(client, "wrong_content_type=a/b; wrong_content_type=c/d")
    assert client.get("/v1/files").headers["content-type"] == "c/d"


def test_rules_of_different_parts_of_a_request_come_together(client: httpx.Client) -> None:
    set_fault(client, "wrong_content_type=text/plain", {"method": "GET"})
    set_fault(client, "malformed_json=0.5", "files.*")
    set_fault(client, "status=404", {"header": {"x-part": "*"}})
    plain, broken = client.get("/v1/models"), client.get("/v1/files")
    answered = client.get("/v1/files", headers={"x-part": "1"})

    assert plain.headers["content-type"] == broken.headers["content-type"] == "text/plain"
    assert plain.json()["data"]
    assert (broken.status_code, broken.text) == (200, '{"data":[],"o')
    assert (answered.status_code, answered.text) == (404, '{"detail":"')


def test_a_request_may_bring_its_own_fault_which_is_gone_with_it(client: httpx.Client, sdk: openai.OpenAI) -> None:
    own = {"x-emulator-fault": "status=503,retry_after_ms=1"}
    with pytest.raises(openai.InternalServerError):
        sdk.files.list(extra_headers=own)

    assert sdk.files.list().data == []
    assert used(client) == []


def test_rules_come_before_the_headers_faults_and_several_headers_are_one(client: httpx.Client) -> None:
    two = [("x-emulator-fault", "latency=0"), ("x-emulator-fault", "status=500")]

    assert client.get("/v1/files", headers=two).status_code == 500
    set_fault(client, "status=418")
    assert client.get("/v1/files", headers=two).status_code == 418


def test_a_header_that_is_refused_carries_nothing_out_and_spends_no_budget(client: httpx.Client) -> None:
    set_fault(client, "status=418", "files.create", first=1)
    form = {"data": {"purpose": "fine-tune"}, "files": {"file": ("a.jsonl", b"{}")}}
    refused = client.post("/v1/files", headers={"x-emulator-fault": "statu"}, **form)  # type: ignore[arg-type]

    assert refused.status_code == 400
    assert listed(client) == []
    assert used(client) == [(0, 0)]


def test_a_body_that_a_rule_has_looked_into_reaches_the_provider_whole(client: httpx.Client) -> None:
    set_fault(client, "status=418", {"operation": "jobs.create", "body": {"hyperparameters.n_epochs": 7}})
    hyper = {"training_file": "file-none", "model": "Qwen/Qwen3-4B", "hyperparameters": {"n_epochs": 7}}
    hit = client.post("/v1/fine_tuning/jobs", json=hyper)
    pieces = iter([json.dumps({**hyper, "hyperparameters": {"n_epochs": 8}}).encode()[:20], b""])
    cut = client.post("/v1/fine_tuning/jobs", content=pieces, headers={"content-type": "application/json"})
    passed = client.post("/v1/fine_tuning/jobs", json={**hyper, "hyperparameters": {"n_epochs": 8}})

    assert hit.status_code == 418
    assert cut.status_code == 422
    assert (passed.status_code, passed.json()) == (404, {"detail": "The file `file-none` does not exist."})
    assert used(client) == [(1, 1)]


def test_a_body_too_long_to_look_into_matches_nothing_and_reaches_the_provider_whole(client: httpx.Client) -> None:
    set_fault(client, "status=418", {"operation": "jobs.create", "body": {"suffix": "a"}})
    body = {"training_file": "file-none", "model": "Qwen/Qwen3-4B", "suffix": "a"}
    long = json.dumps(body) + " " * 2**20
    answer = client.post("/v1/fine_tuning/jobs", content=long, headers={"content-type": "application/json"})

    assert answer.status_code == 404
    assert used(client) == [(0, 0)]


def test_faults_come_after_authentication_and_before_everything_else(client: httpx.Client) -> None:
    set_fault(client, "status=418")

    assert client.get("/v1/files", headers={"authorization": ""}).status_code == 401
    assert client.get("/v1/nothing-there").status_code == 418
    assert client.get("/nebius/v1/files").status_code == 418
    assert client.get(FAULTS).status_code == 200
