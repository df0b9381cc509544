"""The openai package, 1.x to 3.x: the walk of a pipeline, once over and once asynchronous."""

import asyncio
import csv
import io
import json
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

from openai import VERSION, AsyncOpenAI, NotFoundError, OpenAI

ENDS = {"succeeded", "failed", "cancelled"}
TABLE_PURPOSE = "fine-tune-results"


def walk(client: OpenAI, data: Path) -> dict[str, Any]:
    """Return what a pipeline sees from its upload to its cleaning up."""
    file = client.files.create(file=data, purpose="fine-tune")
    ready = client.files.wait_for_processing(file.id, poll_interval=0.05, max_wait_seconds=20)
    job = client.fine_tuning.jobs.create(
        model="gpt-4o-mini", training_file=file.id, suffix="walk", hyperparameters={"n_epochs": 4}, seed=7
    )
    statuses = [job.status]
    while statuses[-1] not in ENDS:
        job = client.fine_tuning.jobs.retrieve(job.id)
        statuses.append(job.status)
    tuned = str(job.fine_tuned_model)
    table = b64decode(client.files.content(job.result_files[0]).read()).decode()
    chat = client.chat.completions.create(
        model=tuned, messages=[{"role": "user", "content": "What is 3?"}], temperature=0, max_tokens=20
    )
    pieces = client.chat.completions.create(
        model=tuned, messages=[{"role": "user", "content": "What is 4?"}], stream=True
    )
    return {
        "version": VERSION,
        "file": [ready.filename, ready.status, client.files.content(file.id).read() == data.read_bytes()],
        "statuses": statuses,
        "tuned": tuned,
        "trained_tokens": job.trained_tokens,
        "messages": [event.message for event in client.fine_tuning.jobs.list_events(job.id, limit=7)],
        "checkpoints": [
            [each.step_number, each.fine_tuned_model_checkpoint, each.metrics.train_loss]
            for each in client.fine_tuning.jobs.checkpoints.list(job.id)
        ],
        "table": [*csv.reader(io.StringIO(table))],
        "reply": chat.choices[0].message.content,
        "streamed": "".join(piece.choices[0].delta.content or "" for piece in pieces),
        "listed": tuned in [each.id for each in client.models.list()],
        **cleaned(client, file.id, tuned),
    }


def cleaned(client: OpenAI, file_id: str, tuned: str) -> dict[str, Any]:
    """Return what is said of what is deleted."""
    deleted = [client.models.delete(tuned).deleted, client.files.delete(file_id).deleted]
    try:
        client.models.retrieve(tuned)
    except NotFoundError as error:
        return {"deleted": deleted, "gone": [error.status_code, error.code]}
    return {"deleted": deleted, "gone": None}


def chunked(client: OpenAI, data: Path) -> dict[str, Any]:
    """Return what became of a file that was sent in parts."""
    upload = client.uploads.upload_file_chunked(
        file=data, mime_type="application/jsonl", purpose="fine-tune", part_size=500
    )
    if not upload.file:
        return {"chunked": upload.status}
    whole = client.files.content(upload.file.id).read() == data.read_bytes()
    return {"chunked": [upload.status, whole, client.files.delete(upload.file.id).deleted]}


async def walk_async(client: AsyncOpenAI, data: Path) -> dict[str, Any]:
    """Return what an asynchronous pipeline sees up to its job's cancellation."""
    file = await client.files.create(file=data, purpose="fine-tune")
    job = await client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    cancelled = await client.fine_tuning.jobs.cancel(job.id)
    return {
        "cancelled": [cancelled.status, cancelled.fine_tuned_model],
        "jobs": [each.status async for each in client.fine_tuning.jobs.list(limit=1)],
        "files": [each.purpose async for each in client.files.list(limit=1)],
    }


if __name__ == "__main__":
    training = Path(sys.argv[1])
    seen = walk(OpenAI(), training) | chunked(OpenAI(), training)
    json.dump(seen | asyncio.run(walk_async(AsyncOpenAI(), training)), sys.stdout)
