"""How tests set faults, and what they read of them: through the control API, as a user does."""

from typing import Any

import httpx

FAULTS = "/_emulator/faults"


def set_fault(client: httpx.Client, effects: Any, match: Any = None, **budget: Any) -> None:
    """Set one rule for a client's tenant."""
    rule = {"effects": effects, "match": match or {}, "budget": budget}
    answer = client.post(FAULTS, json=rule)
    assert answer.status_code == 200, answer.text


def used(client: httpx.Client) -> list[tuple[int, int]]:
    """Return of each rule how many requests it met, and on how many it acted."""
    return [(rule["matches"], rule["hits"]) for rule in client.get(FAULTS).json()["rules"]]


def upload(client: httpx.Client, content: bytes = b'{"text": "hello"}\n') -> str:
    """Upload a data set; return its id."""
    answer = client.post("/v1/files", data={"purpose": "fine-tune"}, files={"file": ("a.jsonl", content)})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def listed(client: httpx.Client) -> list[str]:
    """Return the ids of the files that are there."""
    return [file["id"] for file in client.get("/v1/files").json()["data"]]


def order(client: httpx.Client) -> httpx.Response:
    """Upload a data set and ask for a job on it; return the answer."""
    ask = {"model": "Qwen/Qwen3-4B", "training_file": upload(client), "hyperparameters": {"lora": True, "n_epochs": 1}}
    return client.post("/v1/fine_tuning/jobs", json=ask)


def jobs(client: httpx.Client) -> list[str]:
    """Return the ids of the jobs that are there."""
    return [job["id"] for job in client.get("/v1/fine_tuning/jobs", params={"limit": 100}).json()["data"]]
