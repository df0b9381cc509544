"""A secret that is sent to the dialect never comes out: not in an answer, not on disk, not in what a server prints."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.dialects.openai.api import FILES, JOBS, MODELS, UPLOADS, Json, chats
from tests.test_secrets import CANARY, Served, leaks, run

OPENAI = "/openai"
FILE = "the-training-file"
HIDDEN: Json = {
    "api_key": CANARY["unknown"],
    "apiKey": [CANARY["unknown"]],
    "nested": [{"hf_token": {"value": CANARY["unknown"]}}, {"deeper": {"Password": CANARY["unknown"]}}],
}
LOGIN = f"https://user:{CANARY['login']}@example.com/x"
WANDB: Json = {"type": "wandb", "wandb": {"project": "p", "api_key": CANARY["wandb_key"], **HIDDEN}}
BODY: Json = {"model": "gpt-4o-mini", "training_file": FILE, "integrations": [WANDB]}
GRADER: Json = {"type": "string_check", "name": "n", "input": "a", "reference": "b", "operation": "eq", **HIDDEN}
METHOD: Json = {"type": "reinforcement", "reinforcement": {"grader": GRADER, "hyperparameters": HIDDEN}}

SENT: dict[str, Any] = {
    "as a job takes it": BODY,
    "with unknown members": {**BODY, **HIDDEN},
    "with an unknown member that hides one": {**BODY, "extra_body": HIDDEN},
    "with an unknown member that is a login": {**BODY, "mirror": LOGIN},
    "with a hyperparameter that is a login": {**BODY, "hyperparameters": {"n_epochs": LOGIN}},
    "without a model": {name: each for name, each in BODY.items() if name != "model"},
    "with an unknown model": {**BODY, "model": "no-such"},
    "with an unknown file": {**BODY, "training_file": "file-none"},
    "with a project that is no text": {**BODY, "integrations": [{**WANDB, "wandb": {**WANDB["wandb"], "project": 5}}]},
    "with secrets for a project": {**BODY, "integrations": [{**WANDB, "wandb": {"project": HIDDEN}}]},
    "with another type": {**BODY, "integrations": [{**WANDB, "type": "mlflow"}]},
    "with integrations that are no list": {**BODY, "integrations": WANDB},
    "with a list of lists": {**BODY, "integrations": [[WANDB]]},
    "with secrets for hyperparameters": {**BODY, "hyperparameters": [HIDDEN]},
    "with secrets for metadata": {**BODY, "metadata": {"api_key": [CANARY["unknown"]]}},
    "with secrets for a suffix": {**BODY, "suffix": HIDDEN},
    "with secrets beside a grader": {**BODY, "method": METHOD},
    "with a grader of no kind": {**BODY, "method": {"type": "reinforcement", "reinforcement": {"grader": HIDDEN}}},
    "with secrets for a method": {**BODY, "method": HIDDEN},
    "in a list": [BODY],
    "in a text": json.dumps(BODY),
    "in a text in a text": json.dumps(json.dumps(BODY)),
}


def answers(served: Served) -> Iterator[httpx.Response]:
    """Plant the canaries wherever there is room, and yield the answers."""
    client, query = served.client, f"?api_key={CANARY['query']}&token={CANARY['query']}&limit=abc"
    form = {"file": ("a.jsonl", chats(10))}
    uploaded = client.post(OPENAI + FILES, files=form, data={"purpose": "fine-tune", "api_key": CANARY["unknown"]})
    yield uploaded
    file = uploaded.json()["id"]
    for sent in SENT.values():
        yield post(client, JOBS, json.dumps(sent).replace(FILE, file))
        yield post(client, f"{JOBS}{query}", json.dumps(sent))
    whole = json.dumps(BODY)
    for cut in (10, len(whole) // 2, len(whole) - 1):
        yield post(client, JOBS, whole[:cut])
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"):
        yield post(client, JOBS, whole, kind)
    for path in (UPLOADS, "/v1/fine_tuning/alpha/graders/run", "/v1/fine_tuning/alpha/graders/validate"):
        for told in (HIDDEN, {"filename": HIDDEN, "grader": HIDDEN}, {"grader": GRADER, "model_sample": HIDDEN}):
            yield post(client, path, json.dumps(told))
    for path in (FILES, JOBS, MODELS, f"{JOBS}/none/events", "/v1/nothing", "/v1/responses"):
        yield client.get(OPENAI + path + query)
        yield client.put(OPENAI + path + query)
    for given in (CANARY["api_key"], f"Basic {CANARY['api_key']}"):
        yield client.get(OPENAI + FILES, headers={"authorization": given})
    yield from everything(client)


def post(client: httpx.Client, path: str, content: str, kind: str = "application/json") -> httpx.Response:
    return client.post(OPENAI + path, content=content.encode(), headers={"content-type": kind})


def everything(client: httpx.Client) -> Iterator[httpx.Response]:
    """Yield the answers of all GETs there are of the key's state."""
    jobs = client.get(OPENAI + JOBS, params={"limit": 1000})
    yield jobs
    for job in jobs.json()["data"]:
        for tail in ("", "/events", "/checkpoints"):
            yield client.get(f"{OPENAI}{JOBS}/{job['id']}{tail}")
    for path in (FILES, MODELS):
        yield client.get(OPENAI + path)


def test_no_answer_no_byte_on_disk_and_no_line_of_a_log_holds_a_secret(tmp_path: Path) -> None:
    seen: list[httpx.Response] = []
    data_dir = tmp_path / "data"
    printed = run(data_dir, "text", lambda served: seen.extend(answers(served)))
    kept = [path.read_bytes() for path in data_dir.rglob("*") if path.is_file()]

    assert [each.status_code for each in seen[:2]] == [200, 200]
    assert all(each.status_code < 500 or each.status_code == 501 for each in seen)
    assert [(str(each.url.path), each.text) for each in seen if leaks(each.content, str(each.headers))] == []
    assert len(kept) >= 3
    assert leaks(*kept) == []
    assert printed.count(JOBS) > len(SENT)
    assert leaks(printed) == []
