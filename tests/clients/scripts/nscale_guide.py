# mypy: disable-error-code="import-untyped"
"""Nscale's guide, followed with the requests package: from two tables to the model's archive, and the tables back."""

import json
import os
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import requests

BASE = f"{os.environ['NSCALE_URL']}/api/v1/organizations/{os.environ['ORGANIZATION_ID']}"  # noqa: TID251 -- this client's own
TOKEN = os.environ["NSCALE_API_TOKEN"]  # noqa: TID251 -- likewise
MODEL = "Meta-Llama-3.1-8B-Instruct"
ENDS = {"completed", "failed", "cancelled"}
CHUNK_BYTES = 10_000
TIMEOUT_S = 60


def ask(method: str, path: str, **more: Any) -> Any:
    """Return a call's answer, which is a success."""
    answer = requests.request(method, f"{BASE}{path}", headers=headers(), timeout=TIMEOUT_S, **more)
    answer.raise_for_status()
    return answer.json()


def headers() -> dict[str, str]:
    """Return what each request of the guide has."""
    return {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}


def walk(folder: Path) -> dict[str, Any]:
    """Return what the guide's reader sees."""
    model = next(each for each in ask("GET", "/base-models")["data"] if each["name"] == MODEL)
    files = [uploaded(folder / name) for name in ("train.csv", "validation.csv")]
    made = {"name": "my data", "training_file_id": files[0]["id"], "validation_file_id": files[1]["id"]}
    dataset = ask("POST", "/datasets", json=made)
    wanted = order(model["id"], dataset["id"])
    dry = ask("POST", "/jobs", json={**wanted, "dry_run": True})
    jobs_before = ask("GET", "/jobs")["data"]
    created = ask("POST", "/jobs", json=wanted)
    job = created["job"]["id"]
    return {
        "version": version("requests"),
        "model": model["id"],
        "columns": [[column["name"], len(column["values"])] for column in files[0]["columns"]],
        "dataset": {name: dataset[name] == value for name, value in made.items()},
        "dry": [dry["dry_run"], dry["job"], jobs_before],
        "usage": [dry["estimated_usage"], created["estimated_usage"]],
        "created": created["job"]["status"],
        "echoed": {**created["job"]["hyperparameters"], **wanted["hyperparameters"]}
        == created["job"]["hyperparameters"],
        "early": refused(job),
        **watched(job),
        "export": pushed(job),
        "archives": [redirected(job, folder / "redirected"), linked(job, folder / "linked")],
        "same": (folder / "redirected.tar.gz").read_bytes() == (folder / "linked.tar.gz").read_bytes(),
        "originals": originals(dataset["id"], folder),
    }


def uploaded(path: Path) -> Any:
    """Return a file, as it is answered."""
    with path.open("rb") as opened:
        return ask("POST", "/files", files={"file": (path.name, opened, "text/csv")})


def order(model: str, dataset: str) -> dict[str, Any]:
    """Return the order of a job: hyperparameters of the guide's list."""
    return {
        "name": "my job",
        "base_model_id": model,
        "dataset": {"id": dataset, "prompt_column": "question", "answer_column": "answer"},
        "hyperparameters": {
            "n_epochs": 2,
            "n_evals": 3,
            "batch_size": 4,
            "learning_rate": 0.0001,
            "warmup_ratio": 0.1,
            "mask_prompt_labels": True,
        },
    }


def refused(job: str) -> list[Any]:
    """Return what is said of a model that is not made yet."""
    answer = requests.get(f"{BASE}/jobs/{job}/download", headers=headers(), timeout=TIMEOUT_S)
    return [answer.status_code, answer.json()["code"]]


def watched(job: str) -> dict[str, Any]:
    """Return what a job shows until it ends, and how many points its metrics had while it trained."""
    statuses: list[str] = []
    points: list[int] = []
    while not statuses or statuses[-1] not in ENDS:
        statuses.append(next(each for each in ask("GET", "/jobs")["data"] if each["id"] == job)["status"])
        if statuses[-1] not in {"queued", "starting"}:  # the guide measures during training
            points.append(len(ask("GET", f"/jobs/{job}/metrics")["data"] or []))
    ended, metrics = ask("GET", f"/jobs/{job}"), ask("GET", f"/jobs/{job}/metrics")
    filtered = {status: len(ask("GET", "/jobs", params={"status": status})["data"]) for status in ("queued", *ENDS)}
    return {
        "statuses": statuses,
        "points": points,
        "times": [ended[name] for name in ("created_at", "started_at", "completed_at")],
        "filtered": filtered,
        "last": metrics["data"][-1],
        "steps": metrics["training_steps"],
    }


def pushed(job: str) -> Any:
    """Return an export to Hugging Face."""
    asked = {"huggingface_user_id": "me", "huggingface_access_token": "hf_xxx", "huggingface_repository_id": "me/mine"}
    return ask("POST", f"/jobs/{job}/exports/hugging-face", json=asked)


def redirected(job: str, place: Path) -> list[str]:
    """Save a model's archive by way of the redirect; return what is in it."""
    sent = {"Authorization": f"Bearer {TOKEN}"}
    with requests.get(f"{BASE}/jobs/{job}/download", headers=sent, stream=True, timeout=TIMEOUT_S) as answer:
        assert [each.status_code for each in answer.history] == [302]
        return unpacked(answer, place)


def linked(job: str, place: Path) -> list[str]:
    """Save it by way of the link that the call gives; return what is in it."""
    with requests.get(ask("GET", f"/jobs/{job}/download")["download_url"], stream=True, timeout=TIMEOUT_S) as answer:
        return unpacked(answer, place)


def unpacked(answer: requests.Response, place: Path) -> list[str]:
    """Save an answer in pieces, unpack it, and return the names of what it held."""
    answer.raise_for_status()
    archive = place.with_suffix(".tar.gz")
    with archive.open("wb") as out:
        for chunk in answer.iter_content(CHUNK_BYTES):
            out.write(chunk)
    with tarfile.open(archive) as opened:
        opened.extractall(place, filter="data")
    return sorted(each.name for each in place.iterdir())


def originals(dataset: str, folder: Path) -> list[bool]:
    """Say of each file of a dataset whether what comes back is what was sent."""
    found = ask("GET", f"/datasets/{dataset}")
    links = [ask("GET", f"/files/{found[name]}") for name in ("training_file_id", "validation_file_id")]
    return [
        requests.get(link["download_url"], timeout=TIMEOUT_S).content == (folder / link["name"]).read_bytes()
        for link in links
    ]


if __name__ == "__main__":
    json.dump(walk(Path(sys.argv[1])), sys.stdout)
