# mypy: disable-error-code="import-untyped"
"""The requests package, without a client of the provider's: the walk of a script that somebody wrote by hand."""

import base64
import csv
import io
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import requests

BASE = os.environ["OPENAI_BASE_URL"]  # noqa: TID251 -- this client's own
ENDS = {"succeeded", "failed", "cancelled"}


def walk(ask: requests.Session, data: Path) -> dict[str, Any]:
    """Return what the script sees from its upload to its cleaning up."""
    file = uploaded(ask, data)
    order = {"model": "gpt-4o-mini", "training_file": file["id"], "suffix": "walk", "hyperparameters": {"n_epochs": 4}}
    job = ask.post(f"{BASE}/fine_tuning/jobs", json=order).json()
    path = f"{BASE}/fine_tuning/jobs/{job['id']}"
    statuses = [job["status"]]
    while statuses[-1] not in ENDS:
        job = ask.get(path).json()
        statuses.append(job["status"])
    tuned = job["fine_tuned_model"]
    table = ask.get(f"{BASE}/files/{job['result_files'][0]}/content")
    return {
        "version": version("requests"),
        "file": [
            file["filename"],
            file["status"],
            ask.get(f"{BASE}/files/{file['id']}/content").content == data.read_bytes(),
        ],
        "statuses": statuses,
        "tuned": tuned,
        "trained_tokens": job["trained_tokens"],
        "messages": [each["message"] for each in paged(ask, f"{path}/events")],
        "checkpoints": [
            [each["step_number"], each["fine_tuned_model_checkpoint"], each["metrics"]["train_loss"]]
            for each in paged(ask, f"{path}/checkpoints")
        ],
        "table": [*csv.reader(io.StringIO(base64.b64decode(table.text).decode()))],
        "reply": said(ask, tuned, "What is 3?").json()["choices"][0]["message"]["content"],
        "streamed": streamed(said(ask, tuned, "What is 4?", stream=True)),
        "listed": tuned in [each["id"] for each in ask.get(f"{BASE}/models").json()["data"]],
        "deleted": [
            ask.delete(f"{BASE}/{each}").json()["deleted"] for each in (f"models/{tuned}", f"files/{file['id']}")
        ],
        **afterwards(ask, tuned, data),
    }


def uploaded(ask: requests.Session, data: Path) -> Any:
    """Return a file, as it is answered."""
    with data.open("rb") as opened:
        return ask.post(f"{BASE}/files", files={"file": opened}, data={"purpose": "fine-tune"}).json()


def paged(ask: requests.Session, url: str) -> list[Any]:
    """Return what a list has, page after page."""
    page = ask.get(url, params={"limit": 7}).json()
    items: list[Any] = page["data"]
    while page["has_more"]:
        page = ask.get(url, params={"limit": 7, "after": items[-1]["id"]}).json()
        items = items + page["data"]
    return items


def said(ask: requests.Session, model: str, question: str, *, stream: bool = False) -> requests.Response:
    """Return the answer of a model."""
    asked: Any = {"model": model, "messages": [{"role": "user", "content": question}], "stream": stream}
    return ask.post(f"{BASE}/chat/completions", json=asked, stream=stream)


def streamed(answer: requests.Response) -> str:
    """Return the reply that came in pieces."""
    lines = [str(line).removeprefix("data: ") for line in answer.iter_lines(decode_unicode=True) if line]
    pieces = [json.loads(line)["choices"][0]["delta"].get("content") for line in lines[:-1]]
    return "".join(piece or "" for piece in pieces) if lines[-1] == "[DONE]" else ""


def afterwards(ask: requests.Session, tuned: str, data: Path) -> dict[str, Any]:
    """Return what is said of what is gone, and of a second job that is cancelled."""
    gone = ask.get(f"{BASE}/models/{tuned}")
    order = {"model": "gpt-4o-mini", "training_file": uploaded(ask, data)["id"]}
    job = ask.post(f"{BASE}/fine_tuning/jobs", json=order).json()
    job = ask.post(f"{BASE}/fine_tuning/jobs/{job['id']}/cancel").json()
    return {
        "gone": [gone.status_code, gone.json()["error"]["code"]],
        "cancelled": [job["status"], job["fine_tuned_model"]],
        "jobs": [each["status"] for each in ask.get(f"{BASE}/fine_tuning/jobs").json()["data"]],
        "files": [each["purpose"] for each in ask.get(f"{BASE}/files").json()["data"]],
    }


if __name__ == "__main__":
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {os.environ['OPENAI_API_KEY']}"  # noqa: TID251 -- likewise
        json.dump(walk(session, Path(sys.argv[1])), sys.stdout)
