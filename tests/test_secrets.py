"""A secret goes in and never comes out: not in an answer, not on disk, not in what a server prints.

The secret inside a file that was uploaded is content, and comes back as such.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.dialects.nebius import catalogue

JOBS = "/v1/fine_tuning/jobs"
NAMES = (
    *("wandb_key", "hf_export", "hf_checkpoint", "mlflow_password", "certificate", "api_key", "unknown", "query"),
    *("login", "login_unknown"),
)
CANARY = {name: f"c4nary-{name.replace('_', '-')}-7d1f" for name in NAMES}
FILE = "the-training-file"

WANDB = {"wandb": {"project": "p", "api_key": CANARY["wandb_key"]}}
HF = {"type": "hf", "hf": {"output_repo_name": "a/b", "api_token": CANARY["hf_export"]}}
MLFLOW = {
    "type": "mlflow",
    "mlflow": {
        "tracking_uri": f"https://user:{CANARY['login']}@example.com/mlflow",
        "experiment_name": "e",
        "run_name": None,
        "username": "u",
        "password": CANARY["mlflow_password"],
        "certificate_file": CANARY["certificate"],
    },
}
CHECKPOINT = {"type": "hf", "repo": "a/b", "token": CANARY["hf_checkpoint"]}
HIDDEN = {
    "api_key": CANARY["unknown"],
    "apiKey": CANARY["unknown"],
    "WANDB_API_KEY": [CANARY["unknown"]],
    "nested": [{"hf_token": {"value": CANARY["unknown"]}}, {"deeper": {"Password": CANARY["unknown"]}}],
}
BODY: dict[str, Any] = {
    "model": catalogue.base_models()[0],
    "training_file": FILE,
    "integrations": [WANDB, MLFLOW, HF],
    "from_checkpoint": CHECKPOINT,
    "hyperparameters": {"n_epochs": 1, "mirror": f"https://{CANARY['login_unknown']}@example.com", **HIDDEN},
    "extra_body": HIDDEN,
    **HIDDEN,
}
METHOD = {"type": "supervised", "supervised": {"hyperparameters": HIDDEN}}
TAKEN: list[dict[str, Any]] = [BODY, {**BODY, "hyperparameters": None, "method": METHOD}]


def _without(name: str) -> dict[str, Any]:
    return {key: each for key, each in BODY.items() if key != name}


def _wandb(**more: object) -> dict[str, Any]:
    return {**BODY, "integrations": [{"wandb": {**WANDB["wandb"], **more}}]}


REFUSED: dict[str, Any] = {
    "without a model": _without("model"),
    "with an unknown model": {**BODY, "model": "no/such"},
    "with an unknown file": {**BODY, "training_file": "file-none"},
    "with a number out of bounds": {**BODY, "hyperparameters": {"batch_size": 65, **HIDDEN}},
    "with both places for hyperparameters": {**BODY, "method": METHOD},
    "with a bad method": {**BODY, "hyperparameters": None, "method": {**METHOD, "type": "no"}},
    "with a bad project": _wandb(project=5),
    "with a key that is a list": _wandb(api_key=[CANARY["wandb_key"]]),
    "with a key that is an object": _wandb(api_key={"value": CANARY["wandb_key"]}),
    "with integrations that are no list": {**BODY, "integrations": WANDB},
    "with integrations in a list of lists": {**BODY, "integrations": [[WANDB, MLFLOW, HF]]},
    "with a mlflow without a user": {**BODY, "integrations": [{"mlflow": {**MLFLOW["mlflow"], "username": None}}]},  # type: ignore[dict-item]
    "with a checkpoint of a wrong type": {**BODY, "from_checkpoint": {**CHECKPOINT, "type": 5}},
    "with a list for a checkpoint": {**BODY, "from_checkpoint": [CHECKPOINT]},
    "with secrets instead of hyperparameters": {**BODY, "hyperparameters": [HIDDEN]},
    "in a list": [BODY],
    "in a text": json.dumps(BODY),
    "in a text in a text": json.dumps(json.dumps(BODY)),
}


class Served:
    """A server in a process of its own, asked with a key that is a canary too."""

    def __init__(self, url: str) -> None:
        headers = {"authorization": f"Bearer {CANARY['api_key']}"}
        self.client = httpx.Client(base_url=url, headers=headers, timeout=30)
        form = {"file": ("a.jsonl", b'{"text": "a"}\n')}
        self.file_id = self.client.post("/v1/files", files=form, data={"purpose": "fine-tune"}).json()["id"]

    def create(self, content: str, kind: str = "application/json", query: str = "") -> httpx.Response:
        content = content.replace(FILE, self.file_id)
        return self.client.post(f"{JOBS}{query}", content=content.encode(), headers={"content-type": kind})

    def everything(self) -> Iterator[httpx.Response]:
        """Yield the answers of all GETs there are of the key's state."""
        paths = ["/v1/files", JOBS, "/v1/models", "/_emulator/clock", "/_emulator/health", "/openapi.json"]
        for job in self.client.get(JOBS, params={"limit": 1000}).json()["data"]:
            paths += [f"{JOBS}/{job['id']}{tail}" for tail in ("", "/events", "/checkpoints")]
        for path in paths:
            yield self.client.get(path)
        for checkpoint in self.client.get(paths[-1]).json()["data"]:
            for file_id in checkpoint["result_files"]:
                yield self.client.get(f"/v1/files/{file_id}")
                yield self.client.get(f"/v1/files/{file_id}/content")


def run(data_dir: Path, log: str, ask: Callable[[Served], None]) -> str:
    """Serve from a folder while ``ask`` asks; return all that the server printed."""
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--clock", "poll", "--log", log]
    errors = data_dir.with_name("stderr")
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [*command, "--data-dir", str(data_dir)], stdout=subprocess.PIPE, stderr=stderr, text=True
        )
        try:
            assert process.stdout
            ready = process.stdout.readline()
            served = Served(ready.split()[-1])
            with closing(served.client):
                ask(served)
        finally:
            process.terminate()
            rest, _ = process.communicate(timeout=30)
    return ready + rest + errors.read_text()


def leaks(*texts: str | bytes) -> list[str]:
    """Return the canaries that are in any of these."""
    joined = b"\n".join(text.encode() if isinstance(text, str) else text for text in texts).lower()
    return [name for name, canary in CANARY.items() if canary.encode() in joined]


def _answers(served: Served) -> Iterator[httpx.Response]:
    """Plant every canary at every place, and yield the answers."""
    for body in TAKEN:
        yield served.create(json.dumps(body))
    for body in REFUSED.values():
        yield served.create(json.dumps(body))
    whole, key = json.dumps(BODY), CANARY["query"]
    for cut in (10, len(whole) // 2, len(whole) - 1):
        yield served.create(whole[:cut])
    for kind in ("text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"):
        yield served.create(whole, kind)
    yield served.create(whole.replace('"', "'"))
    query = f"?api_key={key}&token={key}&signature={key}&limit=abc"
    yield served.create(json.dumps({**BODY, "seed": "x"}), query=query)
    for path in ("/v1/files", JOBS, f"{JOBS}/none/events", "/v1/models", "/none", "/v0/models", "/_emulator/clock"):
        yield served.client.get(path + query)
        yield served.client.put(path + query)
    yield served.client.put("/_emulator/clock", json={"api_key": key})
    for given in (CANARY["api_key"], f"Basic {CANARY['api_key']}", f"Token {CANARY['api_key']}"):
        yield served.client.get("/v1/files", headers={"authorization": given})


@pytest.mark.parametrize("log", ["text", "json"])
def test_no_answer_no_byte_on_disk_and_no_line_of_a_log_holds_a_secret(tmp_path: Path, log: str) -> None:
    seen: list[httpx.Response] = []
    data_dir = tmp_path / "data"
    live: list[bytes] = []

    def ask(served: Served) -> None:
        seen.extend(_answers(served))
        seen.extend(served.everything())
        live.extend(path.read_bytes() for path in data_dir.rglob("*") if path.is_file())

    printed = run(data_dir, log, ask)

    assert [each.status_code for each in seen[: len(TAKEN)]] == [200] * len(TAKEN)
    assert all(400 <= each.status_code < 500 for each in seen[len(TAKEN) : len(TAKEN) + len(REFUSED)])
    assert [(each.request.url.path, each.text) for each in seen if leaks(each.content, str(each.headers))] == []
    assert len(live) >= 3
    assert leaks(*live, *(path.read_bytes() for path in data_dir.rglob("*") if path.is_file())) == []
    assert printed.count(JOBS) > len(REFUSED)
    assert leaks(printed) == []


def test_a_started_server_with_secrets_in_its_settings_prints_none(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--api-key", CANARY["api_key"]]
    command += ["--control-token", CANARY["unknown"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().split()[-1]
        refused = [
            httpx.get(f"{url}{path}", headers={"authorization": "Bearer x"}) for path in (JOBS, "/_emulator/clock")
        ]
        process.terminate()
        printed = process.stdout.read()

    assert [each.status_code for each in refused] == [401, 401]
    assert leaks(url, printed, *(each.text for each in refused)) == []


def test_a_secret_in_a_file_is_content(tmp_path: Path) -> None:
    line = json.dumps({"text": CANARY["unknown"]}).encode()

    def ask(served: Served) -> None:
        form = {"file": ("b.jsonl", line)}
        file_id = served.client.post("/v1/files", files=form, data={"purpose": "fine-tune"}).json()["id"]
        body = {"model": BODY["model"], "training_file": file_id}
        assert served.create(json.dumps(body)).status_code == 200
        assert leaks(*(each.content for each in served.everything())) == []
        assert served.client.get(f"/v1/files/{file_id}/content").content == line

    assert leaks(run(tmp_path / "data", "text", ask)) == []
    others = [path for path in (tmp_path / "data").rglob("*") if path.is_file() and path.parent.name != "blobs"]
    assert leaks(*(path.read_bytes() for path in others)) == []
