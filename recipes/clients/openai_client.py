# ruff: noqa: INP001, T201, TID251 -- a script for you to copy, no part of the package
"""A whole walk of OpenAI's own with its package, to a chat with the tuned model; for ``ftemu serve --dialect openai``.

OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=any-key python openai_client.py
"""

import json
import os
import sys
import time
from base64 import b64decode

from openai import APIConnectionError, APIStatusError, OpenAI, OpenAIError

POLL_S = os.environ.get("POLL_S") or "0.2"
"""Seconds between two looks: short for an emulator, too short for the real service."""
POLLS_MAX = 300
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
"""Fewer than ten examples are refused."""


def rows() -> bytes:
    """Return a small data set, as JSON Lines."""
    talks = ([{"role": "user", "content": f"Say {word}"}, {"role": "assistant", "content": word}] for word in WORDS)
    return "".join(json.dumps({"messages": talk}) + "\n" for talk in talks).encode()


def walk(client: OpenAI, poll_s: float) -> str:
    """Return what a job came to, in a line; delete the model and the data again."""
    file = client.files.create(file=("training.jsonl", rows()), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model="gpt-4o-mini",
        training_file=file.id,
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}},
    )
    for _ in range(POLLS_MAX):
        job = client.fine_tuning.jobs.retrieve(job.id)
        if job.status in {"succeeded", "failed", "cancelled"}:
            break
        time.sleep(poll_s)
    if job.status != "succeeded" or not job.fine_tuned_model:
        sys.exit(f"the job {job.id} is {job.status}: {job.error.message if job.error else 'no error'}")
    events = [*client.fine_tuning.jobs.list_events(job.id, limit=100)]  # all pages
    checkpoints = client.fine_tuning.jobs.checkpoints.list(job.id).data
    table = b64decode(client.files.content(job.result_files[0]).read())  # OpenAI's is in base64
    said = client.chat.completions.create(
        model=job.fine_tuned_model, messages=[{"role": "user", "content": f"Say {WORDS[1]}"}]
    )
    client.models.delete(job.fine_tuned_model)
    client.files.delete(file.id)
    made = f"{len(events)} events, {len(checkpoints)} checkpoints, {len(table.splitlines())} lines of metrics"
    return f"{job.status}: {made}; the model says {said.choices[0].message.content}"


def interval(text: str) -> float:
    """Return the seconds between two looks; end where they are none."""
    if not text.replace(".", "", 1).isdecimal():
        sys.exit(f"POLL_S: got {text}; it takes seconds, such as 15")
    return float(text)


def main() -> None:
    """Print what a job came to, or in a line why it came to nothing."""
    if not os.environ.get("OPENAI_BASE_URL"):  # without it the package would ask OpenAI
        sys.exit("OPENAI_BASE_URL takes a URL such as http://127.0.0.1:8080/v1")
    try:
        with OpenAI() as client:
            print(walk(client, interval(POLL_S)))
    except APIConnectionError as error:
        sys.exit(f"{error.request.url} does not answer: {error.__cause__ or error}")
    except APIStatusError as error:
        sys.exit(f"{error.request.url}: {error.status_code} {error.response.text}")
    except OpenAIError as error:  # no key is given
        sys.exit(str(error))


if __name__ == "__main__":
    main()
