"""The walk to a tuned model, over HTTP: upload, job, and waiting on a poll clock."""

from typing import Any

import httpx
from hypothesis import strategies as st

from tests.inference.data import line

LORA: dict[str, Any] = {"hyperparameters": {"lora": True, "n_epochs": 2}}


def upload(client: httpx.Client, rows: list[Any], base: str = "") -> str:
    """Upload rows; return the file's id."""
    files = {"file": ("training.jsonl", b"".join(map(line, rows)))}
    answer = client.post(f"{base}/v1/files", files=files, data={"purpose": "fine-tune"})
    return str(answer.raise_for_status().json()["id"])


def order(client: httpx.Client, rows: list[Any], model: str, *, base: str = "", **further: Any) -> dict[str, Any]:
    """Upload rows and order a job on them; return the job as it is answered."""
    body = {"model": model, "training_file": upload(client, rows, base), **further}
    job: dict[str, Any] = client.post(f"{base}/v1/fine_tuning/jobs", json=body).raise_for_status().json()
    return job


def waited(client: httpx.Client, job: dict[str, Any], base: str = "") -> dict[str, Any]:
    """Look at a job until it has ended; return it."""
    while job["status"] not in {"succeeded", "failed", "cancelled"}:
        job = client.get(f"{base}/v1/fine_tuning/jobs/{job['id']}").raise_for_status().json()
    return job


def checkpoints(client: httpx.Client, job: dict[str, Any], base: str = "") -> list[dict[str, Any]]:
    """Return a job's checkpoints as they are listed."""
    answer = client.get(f"{base}/v1/fine_tuning/jobs/{job['id']}/checkpoints").raise_for_status()
    return list(answer.json()["data"])


texts = st.text(max_size=8) | st.just("\ud800")
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
messages = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool", "king"])},
    optional={
        "content": scalars | st.lists(st.fixed_dictionaries({"type": scalars, "text": scalars}), max_size=2),
        "tool_calls": scalars | st.lists(st.fixed_dictionaries({"id": scalars, "function": scalars}), max_size=2),
    },
)
odd_bodies = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("n", "stream", "stream_options", "max_tokens", "tools"), scalars),
        "response_format": scalars | st.fixed_dictionaries({"type": scalars | st.lists(scalars, max_size=1)}),
        "stop": scalars | st.lists(scalars, max_size=5),
        "prompt": scalars | st.lists(scalars | st.lists(scalars, max_size=2), max_size=3),
        "messages": scalars | st.lists(messages | scalars, max_size=3),
        "colour": st.recursive(scalars, st.lists, max_leaves=5),
    },
)
"""Bodies of which nothing needs to be right, but for the model, which tests add."""


def asking(model: str, *said: str, **further: Any) -> dict[str, Any]:
    """Return the body that asks a model, the user and the assistant speaking in turn."""
    roles = ("user", "assistant")
    messages = [{"role": roles[place % 2], "content": text} for place, text in enumerate(said)]
    return {"model": model, "messages": messages, **further}
