"""Nscale as its clients meet it: an organization, tables to train on, and where its calls lie."""

import csv
import io
from typing import Any

from emulator.server import Emulator

ORGANIZATION = "a7467a9d-90d4-4976-8a08-cc5bd358b56e"
MODEL = "5b912da4-4a68-43eb-9224-38239535d934"
"""Meta-Llama-3.1-8B-Instruct, by the guide's table (documented)."""
FACES = {"at the root": "", "beside the others": "/nscale"}
"""What precedes the provider's paths."""
ROWS, VALIDATION_ROWS, EPOCHS, BATCH = 24, 4, 2, 4
STEPS = ROWS // BATCH * EPOCHS
MOVES = ["queued", "starting", "running", "completed"]
"""The walk (documented)."""
ARCHIVED = [
    "adapter_config.json",
    "adapter_model.safetensors",
    "chat_template.jinja",
    "tokenizer.json",
    "tokenizer_config.json",
]
"""The files of a model."""


def table(rows: int = ROWS) -> str:
    """Return a table of questions and answers, with all that a cell of CSV may hold."""
    lines = ((f"What is {n}?", f'It is "{n}", a number,\nas 二 is.') for n in range(rows))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("question", "answer"), *lines])
    return text.getvalue()


def base(emulator: Emulator, face: str = "") -> str:
    """Return where the calls of the organization lie."""
    return f"{emulator.url}{face}/api/v1/organizations/{ORGANIZATION}"


def order(dataset: str, **more: Any) -> dict[str, Any]:
    """Return a small job's order."""
    columns = {"id": dataset, "prompt_column": "question", "answer_column": "answer"}
    return {"name": "walk", "base_model_id": MODEL, "dataset": columns, **more}
