# mypy: disable-error-code="import-not-found"
"""DSPy: ``LM.finetune`` of one model to its end, which looks every 20 s, and of another that is cancelled meanwhile."""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dspy
from dspy.clients.openai import OpenAIProvider
from dspy.clients.utils_finetune import TrainDataFormat


def started(data: Path) -> Any:
    """Return a job of DSPy's, which runs in a thread of its own."""
    rows = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    lm = dspy.LM("openai/gpt-4o-mini-2024-07-18")
    return lm.finetune(train_data=rows, train_data_format=TrainDataFormat.CHAT, train_kwargs={"n_epochs": 4})


def cancelled(data: Path) -> dict[str, Any]:
    """Return what is seen of a job that is cancelled as soon as the provider has it."""
    job = started(data)
    while job.provider_job_id is None:
        time.sleep(0.05)  # noqa: TID251 -- DSPy's thread is at work
    before, id_ = job.status().name, job.provider_job_id
    job.cancel()
    job.thread.join()  # it looks once more, and says so
    return {"cancelled": [before, OpenAIProvider.get_training_status(id_).name]}


def walk(data: Path) -> dict[str, Any]:
    """Return what is seen of both."""
    job = started(data)
    seen = cancelled(data)
    tuned = job.result()
    return {
        "version": version("dspy"),
        "tuned": tuned.model,
        "statuses": [job.status().name],
        "reply": tuned("What is 3?")[0],
        **seen,
    }


if __name__ == "__main__":
    print(json.dumps(walk(Path(sys.argv[1]))))  # noqa: T201 -- the last line is what was seen
