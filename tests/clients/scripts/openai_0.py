"""The openai package 0.28, the last of its kind: the walk of a pipeline, as its module-level calls have it."""

import csv
import io
import json
import sys
from base64 import b64decode
from importlib import import_module
from pathlib import Path
from typing import Any

openai: Any = import_module("openai")  # of another major than the one that types are checked with
ENDS = {"succeeded", "failed", "cancelled"}


def uploaded(data: Path) -> Any:
    """Return a file that is ready."""
    with data.open("rb") as opened:
        file = openai.File.create(file=opened, purpose="fine-tune", user_provided_filename=data.name)
    openai.File.wait_for_processing(file.id)
    return openai.File.retrieve(file.id)


def walk(data: Path) -> dict[str, Any]:
    """Return what a pipeline sees from its upload to its cleaning up."""
    file = uploaded(data)
    job = openai.FineTuningJob.create(
        model="gpt-4o-mini", training_file=file.id, suffix="walk", hyperparameters={"n_epochs": 4}
    )
    statuses = [job.status]
    while statuses[-1] not in ENDS:
        job = openai.FineTuningJob.retrieve(job.id)
        statuses.append(job.status)
    tuned = job.fine_tuned_model
    chat = openai.ChatCompletion.create(
        model=tuned, messages=[{"role": "user", "content": "What is 3?"}], temperature=0
    )
    pieces = openai.ChatCompletion.create(
        model=tuned, messages=[{"role": "user", "content": "What is 4?"}], stream=True
    )
    return {
        "version": openai.version.VERSION,
        "file": [file.filename, file.status, openai.File.download(file.id) == data.read_bytes()],
        "statuses": statuses,
        "tuned": tuned,
        "trained_tokens": job.trained_tokens,
        "messages": events(job.id),
        "table": [*csv.reader(io.StringIO(b64decode(openai.File.download(job.result_files[0])).decode()))],
        "reply": chat.choices[0].message.content,
        "streamed": "".join(piece.choices[0].delta.get("content", "") for piece in pieces),
        "listed": tuned in [each.id for each in openai.Model.list().data],
        **cleaned(file.id, tuned),
    }


def events(job_id: str) -> list[str]:
    """Return the messages of all events, page after page."""
    page = openai.FineTuningJob.list_events(id=job_id, limit=7)
    said = [event.message for event in page.data]
    while page.has_more:
        page = openai.FineTuningJob.list_events(id=job_id, limit=7, after=page.data[-1].id)
        said += [event.message for event in page.data]
    return said


def cleaned(file_id: str, tuned: str) -> dict[str, Any]:
    """Return what is said of what is deleted; the model's name goes percent-encoded."""
    deleted = [openai.Model.delete(tuned).deleted, openai.File.delete(file_id).deleted]
    try:
        openai.Model.retrieve(tuned)
    except openai.error.InvalidRequestError as error:
        return {"deleted": deleted, "gone": [error.http_status, error.code]}
    return {"deleted": deleted, "gone": None}


def cancelled(data: Path) -> dict[str, Any]:
    """Return what is seen of a job that is cancelled."""
    file = uploaded(data)
    job = openai.FineTuningJob.cancel(openai.FineTuningJob.create(model="gpt-4o-mini", training_file=file.id).id)
    return {
        "cancelled": [job.status, job.fine_tuned_model],
        "jobs": [each.status for each in openai.FineTuningJob.auto_paging_iter(limit=1)],
        "files": [each.purpose for each in openai.File.list().data],
    }


if __name__ == "__main__":
    json.dump(walk(Path(sys.argv[1])) | cancelled(Path(sys.argv[1])), sys.stdout)
