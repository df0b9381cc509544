# mypy: disable-error-code="import-not-found"
"""LiteLLM: its calls for files and fine-tuning jobs, and a completion by the tuned model's name alone."""

import csv
import io
import json
import sys
from base64 import b64decode
from importlib.metadata import version
from pathlib import Path
from typing import Any

import litellm

ENDS = {"succeeded", "failed", "cancelled"}
TO: dict[str, Any] = {"custom_llm_provider": "openai"}


def said(model: str, question: str, **more: Any) -> Any:
    """Return the answer of a model to a question."""
    return litellm.completion(model=model, messages=[{"role": "user", "content": question}], **more)


def walk(data: Path) -> dict[str, Any]:
    """Return what a pipeline sees from its upload to its cleaning up."""
    with data.open("rb") as opened:
        file = litellm.create_file(file=opened, purpose="fine-tune", **TO)
    ready = litellm.file_retrieve(file.id, **TO)
    job = litellm.create_fine_tuning_job(
        model="gpt-4o-mini", training_file=file.id, suffix="walk", seed=7, hyperparameters={"n_epochs": 4}, **TO
    )
    statuses = [job.status]
    while statuses[-1] not in ENDS:
        job = litellm.retrieve_fine_tuning_job(fine_tuning_job_id=job.id, **TO)
        statuses.append(job.status)
    table = b64decode(litellm.file_content(job.result_files[0], **TO).content).decode()
    pieces = said(job.fine_tuned_model, "What is 4?", stream=True)
    return {
        "version": version("litellm"),
        "file": [ready.filename, ready.status, litellm.file_content(file.id, **TO).content == data.read_bytes()],
        "statuses": statuses,
        "tuned": job.fine_tuned_model,
        "trained_tokens": job.trained_tokens,
        "table": [*csv.reader(io.StringIO(table))],
        "reply": said(job.fine_tuned_model, "What is 3?", temperature=0).choices[0].message.content,
        "streamed": "".join(piece.choices[0].delta.content or "" for piece in pieces),
        "provider": litellm.get_llm_provider(job.fine_tuned_model)[1],
        **cancelled(file.id),
        "deleted": [litellm.file_delete(file.id, **TO).deleted],
    }


def cancelled(file_id: str) -> dict[str, Any]:
    """Return what is seen of a job that is cancelled."""
    job = litellm.create_fine_tuning_job(model="gpt-4o-mini", training_file=file_id, **TO)
    gone = litellm.cancel_fine_tuning_job(fine_tuning_job_id=job.id, **TO)
    return {
        "cancelled": [gone.status, gone.fine_tuned_model],
        "jobs": [each.status for each in litellm.list_fine_tuning_jobs(limit=2, **TO)],
        "files": [each.purpose for each in litellm.file_list(**TO)],
    }


if __name__ == "__main__":
    json.dump(walk(Path(sys.argv[1])), sys.stdout)
