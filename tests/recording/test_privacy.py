"""What is written down: no secret, nobody's name, and the same placeholder for the same id."""

import json
from typing import Any

import httpx
import pytest

from emulator.recording.exchange import NOTHING
from emulator.recording.privacy import Privacy
from emulator.server import Emulator
from tests.recording.conftest import Record
from tests.recording.upstreams import says, upstream

BEGAN_S = 1_800_000_000.0
JOB = "ftjob-0123456789abcdef0123456789abcdef"
CANARY = {
    "key": "canary-api-key-0001",
    "wrong_key": "canary-wrong-key-0002",
    "query": "canary-query-0003",
    "wandb": "canary-wandb-0004",
    "hf": "canary-hf-0005",
    "organization": "org-Canary0006",
    "cookie": "canary-cookie-0007",
    "data": "sk-canary-data-0008",
    "row": "canary-row-0009",
    "agent": "canary-agent-0010",
    "project": "aiproject-canary-0011",
    "email": "canary@0012.example",
    "answer": "canary-answer-0013",
    "header": "canary-header-0014",
    "host": "canary-host-0015.internal",
    "text": "canary-text-0016",
    "form": "canary-form-0017",
    "person": "canary.person@0018.example",
    "filename": "canary-file-0019",
    "suffix": "canary-suffix-0020",
    "run": "canary run 0021",
    "repo": "canary-hf/repo-0022",
    "tag": "can23",
    "field": "canary-field-0024",
    "parameter": "canary-parameter-0025",
    "path": "canary-path-0026",
}
TEXT = CANARY["text"]


def asks(client: httpx.Client) -> None:
    """Plant every canary where a client would have it."""
    row = json.dumps({"text": f"{CANARY['data']} {CANARY['row']}"}).encode() + b"\n"
    form = {"purpose": "fine-tune", "token": CANARY["form"], "note": CANARY["field"]}
    made = client.post("/v1/files", files={"file": (f"/home/{TEXT}/{CANARY['filename']}.jsonl", row)}, data=form)
    file_id = made.json().get("id", "file-none")
    wandb: Any = {"type": "wandb", "wandb": {"project": "p", "name": CANARY["run"], "tags": [CANARY["tag"]]}}
    wandb["wandb"]["api_key"] = CANARY["wandb"]
    hf = {"type": "hf", "hf": {"output_repo_name": CANARY["repo"], "api_token": CANARY["hf"]}}
    body = {"model": "Qwen/Qwen3-4B", "training_file": file_id, "integrations": [wandb, hf], "user": CANARY["email"]}
    body["suffix"] = CANARY["suffix"]
    client.post("/v1/fine_tuning/jobs", json=body, params={"ai_project_id": CANARY["project"]})
    client.post("/v1/fine_tuning/jobs", content=json.dumps(body)[:-1], headers={"content-type": "application/json"})
    client.post("/v1/fine_tuning/jobs", content=json.dumps(json.dumps(body)))
    client.get("/v1/files", params={"api_key": CANARY["query"], "limit": "x"})
    client.get(f"/v1/files/{CANARY['query']}", params={"token": CANARY["query"]})
    client.get(f"/v1/files/{file_id}/content")
    client.get("/v1/files", headers={"authorization": f"Bearer {CANARY['wrong_key']}"})
    client.get("/v1/files", headers={"authorization": f"Basic {CANARY['wrong_key']}", "x-api-key": CANARY["header"]})
    client.get(f"/v1/{CANARY['key']}/{CANARY['organization']}")
    client.get(f"/v1/datasets/{CANARY['path']}/{CANARY['path']}", params={"owner_name": CANARY["parameter"]})


def headers() -> dict[str, str]:
    return {
        "authorization": f"Bearer {CANARY['key']}",
        "openai-organization": CANARY["organization"],
        "openai-project": CANARY["project"],
        "cookie": f"session={CANARY['cookie']}",
        "user-agent": CANARY["agent"],
    }


def leaks(everything: bytes) -> list[str]:
    return [name for name, value in CANARY.items() if value.lower().encode() in everything.lower()]


@pytest.mark.parametrize("options", [(), ("--keep-data",)], ids=["usual", "keeping data"])
def test_no_canary_is_in_any_file_or_line(options: tuple[str, ...], server: Emulator, record: Record) -> None:
    recording = record(server.url, *options)
    with httpx.Client(base_url=recording.url, headers=headers(), timeout=30) as client:
        asks(client)
    assert recording.stop() == 0

    kept = recording.exchanges()
    assert [each["operation"] for each in kept[:2]] == ["files.create", "jobs.create"]
    assert [each["response"]["status"] for each in kept[:2]] == [200, 200]
    assert leaks(recording.everything()) == (["row"] if options else [])


def test_no_canary_of_an_answer_is_in_any_file_or_line(record: Record) -> None:
    body = {
        "id": "file-1",
        "organization_id": CANARY["organization"],
        "owner": CANARY["email"],
        "api_key": CANARY["answer"],
        "error": f"key {CANARY['key']} of {CANARY['organization']} ({CANARY['email']}) at http://{CANARY['host']}/x?s=1",
        "detail": f"no {CANARY['wandb']} of {CANARY['person']}",
        "link": f"https://{CANARY['host']}/file?sig={CANARY['answer']}",
    }
    raw = json.dumps(body).encode()
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(raw)}\r\n"
        f"set-cookie: s={CANARY['cookie']}; Path=/\r\nlocation: https://{CANARY['host']}/f?token={CANARY['answer']}\r\n"
        f"openai-organization: {CANARY['organization']}\r\nx-request-id: {CANARY['header']}\r\n\r\n"
    )
    with upstream(says(head.encode() + raw)) as service:
        recording = record(service.url)
        with httpx.Client(base_url=recording.url, headers=headers(), timeout=30) as client:
            asks(client)
        recording.stop()
    assert leaks(recording.everything()) == []
    assert len(recording.exchanges()) == 11


def privacy(**members: Any) -> Any:
    return Privacy(BEGAN_S).value(members, "jobs.create")


def test_the_same_id_has_the_same_placeholder_wherever_it_stands() -> None:
    keeps = Privacy(BEGAN_S)
    job = {"id": JOB, "object": "fine_tuning.job", "training_file": "file-abcdefgh1", "result_files": ["weights-file"]}
    assert keeps.value(job, "jobs.create") == {
        "id": "{job:1}",
        "object": "fine_tuning.job",
        "training_file": "{file:1}",
        "result_files": ["{file:2}"],
    }
    assert keeps.target(f"/v1/fine_tuning/jobs/{JOB}/events".encode(), b"after=file-abcdefgh1&limit=2") == (
        "/v1/fine_tuning/jobs/{job:1}/events?after={file:1}&limit=2"
    )
    assert keeps.value({"detail": f"The job `{JOB}` has weights-file."}, None) == {
        "detail": "The job `{job:1}` has {file:2}."
    }
    assert keeps.target(b"/v1/files/weights-file/content", b"") == "/v1/files/{file:2}/content"


def test_what_a_public_model_is_called_stays_and_what_a_client_made_up_does_not() -> None:
    model = "nvidia/Llama-3_1-Nemotron-Ultra-253B-v1-long"
    assert privacy(model=model, training_file="none", suffix="my-model") == {
        "model": model,
        "training_file": "none",
        "suffix": "suffix-1",
    }
    assert privacy(suffix="my-own" * 11) == {"suffix": "x" * 66}
    assert privacy(suffix="x" * 65) == {"suffix": "x" * 65}
    assert privacy(suffix="", integrations=[]) == {"suffix": "", "integrations": []}
    listed = {"object": "list", "data": [{"id": model, "object": "model"}]}
    assert Privacy(BEGAN_S).value(listed, "models.list") == listed


def test_a_file_keeps_its_extension_and_has_the_same_name_wherever_it_stands() -> None:
    keeps = Privacy(BEGAN_S)
    assert keeps.filename("/home/me/acme training.jsonl") == "file-1.jsonl"
    assert keeps.filename("other.JSONL") == "file-2.jsonl"
    listed = {"data": [{"filename": "acme training.jsonl"}, {"filename": "x/adapter_config.json"}, {"filename": "a"}]}
    assert keeps.value(listed, "files.list") == {
        "data": [{"filename": "file-1.jsonl"}, {"filename": "adapter_config.json"}, {"filename": "file-3"}]
    }
    assert keeps.value({"detail": "acme training.jsonl is bad"}, None) == {"detail": "file-1.jsonl is bad"}
    assert keeps.value(keeps.value(listed, "files.list"), "files.list") == keeps.value(listed, "files.list")
    kept = keeps.answered([(b"content-disposition", b'attachment; filename="mine.jsonl"')])
    assert kept == {"content-disposition": 'attachment; filename="file-4.jsonl"'}


def test_what_integrations_and_metadata_say_is_the_users_however_short_it_is() -> None:
    wandb = {"name": "ada", "tags": ["ada", "succeeded"], "api_key": "k"}
    said = privacy(integrations=[{"type": "wandb", "wandb": wandb}], metadata={"team": "eve"}, status="succeeded")
    assert (said["metadata"], said["status"]) == ({"team": "{metadata_team:1}"}, "succeeded")
    assert {*said["integrations"][0]["wandb"]} == {"name", "tags", "api_key"}
    assert said["integrations"][0]["wandb"]["tags"] == ["{wandb_tags:1}", "{wandb_tags:2}"]
    assert said["integrations"][0]["wandb"]["name"] == "{wandb_name:1}"


def test_of_forms_and_queries_only_known_values_and_numbers_stay() -> None:
    keeps = Privacy(BEGAN_S)
    assert keeps.form({"purpose": "fine-tune", "note": "ada", "days": "30"}) == {
        "purpose": "fine-tune",
        "note": "{value:1}",
        "days": "30",
    }
    assert keeps.target(b"/v1/files", b"limit=2&order=asc&verbose=true&team=ada&n=5&x=") == (
        "/v1/files?limit=2&order=asc&verbose=true&team={value:1}&n=5&x="
    )


def test_the_path_of_an_unknown_call_keeps_its_first_words_and_those_of_known_calls() -> None:
    keeps, words = Privacy(BEGAN_S), frozenset({"v1", "fine_tuning", "jobs", "cancel"})
    for path, kept in (
        (b"/v1/datasets/ada/ada-data", "/v1/datasets/{path:1}/{path:2}"),
        (b"/v1/fine_tuning/jobs", "/v1/fine_tuning/jobs"),
        (b"/v1/fine_tuning/jobs/" + JOB.encode() + b"/cancel/ada", "/v1/fine_tuning/jobs/{job:1}/cancel/{path:1}"),
        (b"//v1/", "//v1/"),
    ):
        assert keeps.target(path, b"", words=words) == kept


def test_times_count_from_the_beginning_of_the_session_and_stay_what_they_are() -> None:
    assert privacy(created_at=1_800_000_010, finished_at=None, estimated_finish=1_799_999_990, learning_rate=1e-5) == {
        "created_at": 10,
        "finished_at": None,
        "estimated_finish": -10,
        "learning_rate": 1e-5,
    }
    assert privacy(created_at="2027-01-15T08:00:05+00:00") == {"created_at": "{time:+5}"}


def test_a_path_keeps_its_percent_signs_and_empty_segments() -> None:
    keeps = Privacy(BEGAN_S)
    assert keeps.target(b"//v1/models/Qwen%2FQwen3-4B", b"after=%20b&c") == "//v1/models/Qwen%2FQwen3-4B?after=%20b&c"


def test_an_etag_is_known_again() -> None:
    keeps = Privacy(BEGAN_S)
    assert keeps.answered([(b"ETag", b'"abc"'), (b"X-Other", b"1")]) == {"etag": "{etag:1}"}
    assert keeps.asked([(b"If-None-Match", b'"abc"')]) == {"if-none-match": "{etag:1}"}


def test_one_line_of_a_dataset_that_is_json_is_not_kept_when_it_is_downloaded(
    server: Emulator, record: Record, key: str
) -> None:
    recording = record(server.url)
    with httpx.Client(base_url=recording.url, headers={"authorization": f"Bearer {key}"}) as client:
        data = b'{"text": "mine alone"}'
        made = client.post("/v1/files", files={"file": ("a.jsonl", data)}, data={"purpose": "fine-tune"}).json()
        assert client.get(f"/v1/files/{made['id']}/content").content == data
    recording.stop()
    assert b"mine alone" not in recording.everything()
    assert recording.exchanges()[1]["response"]["bytes"] == len(data)
    assert recording.exchanges()[1]["response"].get("body", NOTHING) is NOTHING


def test_what_a_call_of_no_dialect_says_is_not_kept_but_for_its_errors(record: Record) -> None:
    ok = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n{"said": "a story"}'
    with upstream(says(ok.replace(b"18", b"19"))) as service, httpx.Client() as client:
        recording = record(service.url)
        client.post(f"{recording.url}/v1/chat/completions", json={"messages": [{"content": "my prompt"}]})
        recording.stop()
    assert b"story" not in recording.everything()
    assert b"prompt" not in recording.everything()
    [kept] = recording.exchanges()
    assert (kept["operation"], kept["response"]["bytes"]) == (None, 19)
