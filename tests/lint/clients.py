"""Clients to be judged: they talk to a real server over a socket, and what is found of them is asked of its journal."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import openai

from emulator.dialects.nebius import catalogue
from emulator.server import Emulator

Json = dict[str, Any]
MODEL = catalogue.base_models()[0]
JOBS, FILES = "/v1/fine_tuning/jobs", "/v1/files"
TERMINAL = {"succeeded", "failed", "cancelled"}
ROUNDS_MAX = 100
"""More looks than any job here needs at the pace at which tests move its clock."""
DATA = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n' * 20


def lint(client: httpx.Client, **query: Any) -> Json:
    """Return what the server says of a client."""
    answer = client.get("/_emulator/journal/lint", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def names(client: httpx.Client, **query: Any) -> list[str]:
    """Return the names of what is found."""
    return [each["name"] for each in lint(client, **query)["findings"]]


def bad(client: httpx.Client, **query: Any) -> list[str]:
    """Return the names of what is found, advice apart."""
    return [each["name"] for each in lint(client, **query)["findings"] if each["severity"] != "advice"]


def finding(client: httpx.Client, name: str, **query: Any) -> Json:
    """Return the one finding of a name."""
    [found] = [each for each in lint(client, **query)["findings"] if each["name"] == name]
    return dict(found)


def advance(client: httpx.Client, seconds: float) -> None:
    """Let time pass on a manual clock: nobody waits."""
    assert client.post("/_emulator/clock/advance", json={"seconds": seconds}).status_code == 200


def fault(client: httpx.Client, match: str, effects: str, **budget: object) -> None:
    body = {"match": match, "effects": effects, **({"budget": budget} if budget else {})}
    assert client.post("/_emulator/faults", json=body).status_code == 200


def upload(client: httpx.Client, name: str = "training.jsonl") -> str:
    form = {"files": {"file": (name, DATA)}, "data": {"purpose": "fine-tune"}}
    return str(client.post(FILES, **form).raise_for_status().json()["id"])  # type: ignore[arg-type]  # a dict of dicts


def order(client: httpx.Client, **members: Any) -> Json:
    """Upload a file and create a job of it; return the job."""
    body = {"model": MODEL, "training_file": upload(client), **members}
    found: Json = client.post(JOBS, json=body).raise_for_status().json()
    return found


def look(client: httpx.Client, job: str) -> str:
    """Return a job's status."""
    return str(client.get(f"{JOBS}/{job}").raise_for_status().json()["status"])


def watch(client: httpx.Client, job: str, *, every_s: float = 15) -> str:
    """Look at a job until it ends, on a manual clock."""
    for _ in range(ROUNDS_MAX):
        advance(client, every_s)
        if (status := look(client, job)) in TERMINAL:
            return status
    raise AssertionError(f"{job} has no end")


def fetch(client: httpx.Client, job: str) -> None:
    """Download every file of every checkpoint."""
    for checkpoint in client.get(f"{JOBS}/{job}/checkpoints").json()["data"]:
        for file in checkpoint["result_files"]:
            client.get(f"{FILES}/{file}/content").raise_for_status()


def walked(client: httpx.Client, **members: Any) -> str:
    """Walk as an honest client does; return the job."""
    job = order(client, **members)
    assert watch(client, job["id"]) == "succeeded"
    fetch(client, job["id"])
    client.delete(f"{FILES}/{job['training_file']}").raise_for_status()
    return str(job["id"])


@contextmanager
def official(emulator: Emulator, key: str, **named: Any) -> Iterator[openai.OpenAI]:
    """Give the official SDK with its defaults."""
    with openai.OpenAI(base_url=emulator.base_url(), api_key=key, **named) as sdk:
        yield sdk


def raw(client: httpx.Client) -> list[Json]:
    """Return the journal."""
    found: list[Json] = client.get("/_emulator/journal", params={"limit": 1000}).json()["data"]
    return found


def rows(number: int) -> bytes:
    """Return a data set of so many rows."""
    return b"".join(json.dumps({"text": f"row {n}"}).encode() + b"\n" for n in range(number))
