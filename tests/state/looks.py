"""What a client of the dialect sees of a tenant: every answer to a GET, byte for byte; and ways to make a state."""

from typing import Any

import httpx

JOBS, FILES, STATE, SNAPSHOTS = "/v1/fine_tuning/jobs", "/v1/files", "/_emulator/state", "/_emulator/snapshots"
MODEL = "Qwen/Qwen3-4B"
ROWS = b'{"text": "a row"}\n' * 20
ALL = {"limit": 10_000}


def answered(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def upload(client: httpx.Client, content: bytes = ROWS, name: str = "d.jsonl", purpose: str = "fine-tune") -> str:
    form: dict[str, Any] = {"files": {"file": (name, content)}, "data": {"purpose": purpose}}
    return str(answered(client.post(FILES, **form))["id"])


def create(client: httpx.Client, file: str, **more: Any) -> str:
    body = {"model": MODEL, "training_file": file, "hyperparameters": {"lora": True, "n_epochs": 2}, **more}
    return str(answered(client.post(JOBS, json=body))["id"])


def advance(client: httpx.Client, seconds: float) -> None:
    answered(client.post("/_emulator/clock/advance", json={"seconds": seconds}))


def exported(client: httpx.Client) -> dict[str, Any]:
    """Return a tenant's state but for when it was exported."""
    document: dict[str, Any] = answered(client.get(STATE))
    del document["exported_at"]
    return document


def everything(client: httpx.Client) -> dict[str, tuple[int, bytes]]:
    """Return the answer to every GET that the dialect has for what is there, on a clock that stands still."""
    seen: dict[str, tuple[int, bytes]] = {}

    def look(path: str, **params: Any) -> Any:
        answer = client.get(path, params=params)
        seen[f"{path}?{params}"] = answer.status_code, answer.content
        return answer.json() if answer.headers["content-type"] == "application/json" else None

    look("/_emulator/clock")
    look("/_emulator/faults")
    look("/_emulator/scenarios")
    jobs = [job["id"] for job in look(JOBS, **ALL)["data"]]
    files = [file["id"] for file in look(FILES, **ALL)["data"]]
    for job in jobs:
        look(f"{JOBS}/{job}")
        look(f"{JOBS}/{job}/events", **ALL)
        for checkpoint in look(f"{JOBS}/{job}/checkpoints", **ALL)["data"]:
            look(f"{JOBS}/{job}/checkpoints/{checkpoint['id']}")
            files += checkpoint["result_files"]
    for file in files:
        look(f"{FILES}/{file}")
        look(f"{FILES}/{file}/content")
    return seen


def lived(client: httpx.Client) -> dict[str, str]:
    """Make a state with something of everything; return the ids by what they are."""
    first, second, gone = upload(client), upload(client, b'{"text": "other"}\n'), upload(client, b"{}", "gone.jsonl")
    batch = upload(client, b"\x00\xff" * 300_000, "ä.bin", "batch")
    done = create(client, first, validation_file=second, suffix="mine", seed=7)
    answered(client.delete(f"{FILES}/{gone}"))
    advance(client, 100)
    derived = answered(client.get(f"{JOBS}/{done}"))["result_files"]
    answered(client.delete(f"{FILES}/{derived[0]}"))
    cancelled, orphan, running = create(client, second), create(client, second), create(client, first)
    rule = {"id": "slow", "match": "jobs.cancel", "effects": "latency=0.001", "budget": {"first": 1}}
    answered(client.post("/_emulator/faults", json=rule))
    answered(client.post(f"{JOBS}/{cancelled}/cancel"))
    answered(client.delete(f"{FILES}/{second}"))
    advance(client, 1)
    answered(client.put("/_emulator/scenarios/next", json={"scenario": "fails_at_step=1", "count": 2}))
    ids = {"first": first, "second": second, "gone": gone, "batch": batch, "done": done, "derived": derived[0]}
    return {**ids, "result": derived[1], "cancelled": cancelled, "orphan": orphan, "running": running}
