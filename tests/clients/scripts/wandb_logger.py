# mypy: disable-error-code="import-not-found"
"""W&B's ``WandbLogger.sync``, offline: the job that it waits for, and the run that it writes of it."""

import io
import json
import sys
from contextlib import redirect_stderr
from importlib.metadata import version
from pathlib import Path
from typing import Any

from openai import OpenAI
from wandb.integration.openai.fine_tuning import WandbLogger


def walk(data: Path) -> dict[str, Any]:
    """Return what it says of the run; without the data, as offline it takes no artifact for an input."""
    client = OpenAI()
    with data.open("rb") as opened:
        file = client.files.create(file=opened, purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id, hyperparameters={"n_epochs": 4})
    with redirect_stderr(io.StringIO()) as said:
        WandbLogger.sync(fine_tune_job_id=job.id, log_datasets=False, mode="offline", dir=data.parent)
    table = client.fine_tuning.jobs.retrieve(job.id).result_files[0]
    return {"version": version("wandb"), "said": said.getvalue(), "table": client.files.content(table).text}


if __name__ == "__main__":
    print(json.dumps(walk(Path(sys.argv[1]))))  # noqa: T201 -- the last line is what was seen
