"""What providers call the same thing in their JSON: a recording does not always tell whose it is, its forms do.

Nebius and OpenAI have jobs with ``training_file``, ``trained_steps`` and times in seconds. Nscale has them below
``job`` when they are made, with a ``dataset``, a text as their ``error``, times in RFC 3339, and its metrics apart.
"""

from datetime import datetime
from typing import Any

DONE = frozenset({"succeeded", "completed"})
"""Statuses of jobs that have a result."""
ENDS = DONE | {"failed", "cancelled"}
LOADING = "starting"
STAGES = {"validating_files": "validation", "queued": "queue", LOADING: "loading"}
"""The stages that a status tells of by itself; where the same is shown of several, the last of them."""
CONTENTS = frozenset({"files.content", "jobs.content"})
"""Calls whose answers are bytes and no JSON."""
NAN = "NaN"


def job_in(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the job that an answer is, or has below ``job``."""
    within = answer.get("job")
    return within if isinstance(within, dict) else answer


def data_of(members: dict[str, Any]) -> Any:
    """Return what a job, or a request for one, names as its data: the id of a file or of a dataset."""
    data = members.get("dataset")
    return data.get("id") if isinstance(data, dict) else members.get("training_file")


def instant_s(value: Any) -> float | None:
    """Return a time in seconds since 1970, None where it is none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.timestamp() if at and at.tzinfo else None


def error_of(job: dict[str, Any]) -> dict[str, str]:
    """Return what a job says of its failure: a code, a message, a parameter, as far as there are any."""
    error = job.get("error")
    told = {"message": error} if isinstance(error, str) else error if isinstance(error, dict) else {}
    return {
        name: value
        for name, value in told.items()
        if name in {"code", "message", "param"} and isinstance(value, str) and value
    }


def is_no_number(loss: Any) -> bool:
    """Say whether a loss that was told is none."""
    return loss is None or loss == NAN or loss != loss  # noqa: PLR0124 -- NaN is the number that is not itself
