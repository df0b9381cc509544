"""What clients do, to be recorded."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import openai
from openai.types.fine_tuning import FineTuningJob

if TYPE_CHECKING:
    from collections.abc import Callable

ROW = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
MODEL = "Qwen/Qwen3-4B"
JOBS = "/v1/fine_tuning/jobs"


def sdk_of(url: str, key: str) -> openai.OpenAI:
    """Return the official SDK, which does not retry."""
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


def whole_job(sdk: openai.OpenAI, data: bytes = ROW * 20, **members: Any) -> FineTuningJob:
    """Upload, train, watch until the end, read events and checkpoints, download what came of it."""
    file = sdk.files.create(file=("training.jsonl", data), purpose="fine-tune")
    body: dict[str, Any] = {"hyperparameters": {"n_epochs": 2}, "extra_body": {"hyperparameters": {"lora": True}}}
    job = sdk.fine_tuning.jobs.create(model=MODEL, training_file=file.id, **{**body, **members})
    looks = 0
    while job.status not in {"succeeded", "failed", "cancelled"}:
        job = sdk.fine_tuning.jobs.retrieve(job.id)
        looks += 1
        assert looks < 1000
    sdk.fine_tuning.jobs.list_events(job.id, limit=100)
    for checkpoint in sdk.fine_tuning.jobs.checkpoints.list(job.id):
        for file_id in getattr(checkpoint, "result_files", []):
            sdk.files.retrieve(file_id)
            sdk.files.content(file_id).read()
    sdk.fine_tuning.jobs.list(limit=5)
    sdk.files.list()
    return job


def mistakes(sdk: openai.OpenAI) -> None:
    """Ask for what is refused: 401, 404, 405, 422."""
    asks: list[Callable[[], object]] = [
        lambda: sdk.files.retrieve("file-none"),
        lambda: sdk.fine_tuning.jobs.retrieve("ftjob-0123456789abcdef0123456789abcdef"),
        lambda: sdk.fine_tuning.jobs.create(model="no/such", training_file="file-none"),
        lambda: sdk.fine_tuning.jobs.create(model=MODEL, training_file="file-none"),
        lambda: sdk.models.retrieve("none"),
        lambda: sdk.files.create(file=ROW, purpose="assistants"),
        sdk.with_options(api_key="another-key").models.list,
        lambda: sdk.put("/files", cast_to=object),
        lambda: sdk.get("/nowhere", cast_to=object),
        lambda: sdk.post("/fine_tuning/jobs", cast_to=object, body={"training_file": 5}),
        lambda: sdk.get("/datasets", cast_to=object),
    ]
    for ask in asks:
        with suppress(openai.APIStatusError):
            ask()


def odds_and_ends(client: httpx.Client) -> None:
    """Ask as no SDK does: parts of a file, a form without its file, JSON that is none, an unchanged file."""
    form = {"purpose": "fine-tune"}
    made = client.post("/v1/files", files={"file": ("a.jsonl", ROW * 3)}, data=form).json()
    at = f"/v1/files/{made['id']}/content"
    client.head(at)
    client.get(at, headers={"range": "bytes=5-9"})
    whole = client.get(at)
    client.get(at, headers={"if-none-match": whole.headers["etag"]})
    client.post("/v1/files", files={"purpose": (None, "fine-tune")})
    client.post("/v1/files", content=b"x", headers={"content-type": "text/plain"})
    client.post(JOBS, content=b'{"model": ', headers={"content-type": "application/json"})
    client.get("/v1/files", headers={"authorization": ""})
    client.delete(f"/v1/files/{made['id']}")
    client.get(at)
