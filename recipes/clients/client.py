# ruff: noqa: INP001, T201, TID251 -- a script for you to copy, no part of the package
"""A whole walk with the openai package: upload, create, poll to the end, events, checkpoints, download.

OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=any-key python client.py
"""

import json
import os
import sys
import time

from openai import APIConnectionError, APIStatusError, OpenAI, OpenAIError

POLL_S = os.environ.get("POLL_S") or "0.2"
"""Seconds between two looks: short for an emulator; the real service asks for 15."""
POLLS_MAX = 300
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")


def rows() -> bytes:
    """Return a small data set, as JSON Lines."""
    talks = ([{"role": "user", "content": f"Say {word}"}, {"role": "assistant", "content": word}] for word in WORDS)
    return "".join(json.dumps({"messages": talk}) + "\n" for talk in talks).encode()


def walk(client: OpenAI, poll_s: float) -> str:
    """Return what a job came to, in a line."""
    file = client.files.create(file=("training.jsonl", rows()), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model="Qwen/Qwen3-4B",
        training_file=file.id,
        hyperparameters={"lora": True},  # Nebius's own
    )
    for _ in range(POLLS_MAX):
        job = client.fine_tuning.jobs.retrieve(job.id)
        if job.status in {"succeeded", "failed", "cancelled"}:
            break
        time.sleep(poll_s)
    if job.status != "succeeded":
        sys.exit(f"the job {job.id} is {job.status}")
    events = client.fine_tuning.jobs.list_events(job.id, limit=100).data
    checkpoints = client.fine_tuning.jobs.checkpoints.list(job.id).data
    result = client.files.content(checkpoints[0].result_files[0]).read()  # Nebius's own
    return f"{job.status}: {len(events)} events, {len(checkpoints)} checkpoints, a first file of {len(result)} bytes"


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
