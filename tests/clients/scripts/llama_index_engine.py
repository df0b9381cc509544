# mypy: disable-error-code="import-not-found"
"""LlamaIndex's fine-tuning engine: a model that it trains, asks for too early, and talks to.

``validate_json=False`` as that check downloads a tokenizer; nothing else is told to the engine but model and data.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llama_index.core.llms import ChatMessage
from llama_index.finetuning import OpenAIFinetuneEngine

ENDS = {"succeeded", "failed", "cancelled"}


def walk(model: str, data: Path) -> dict[str, Any]:
    """Return what its user sees."""
    engine = OpenAIFinetuneEngine(model, str(data), validate_json=False)
    engine.finetune()
    early = too_early(engine)
    statuses = [engine.get_current_job().status]
    while statuses[-1] not in ENDS:
        statuses.append(engine.get_current_job().status)
    llm = engine.get_finetuned_model(temperature=0.3)
    again = OpenAIFinetuneEngine("", "", start_job_id=engine.get_current_job().id)
    return {
        "version": version("llama-index-finetuning"),
        "early": early,
        "statuses": statuses,
        "tuned": llm.model,
        "context_window": llm.metadata.context_window,
        "reply": llm.chat([ChatMessage(role="user", content="What is 3?")]).message.content,
        "streamed": "".join(
            piece.delta or "" for piece in llm.stream_chat([ChatMessage(role="user", content="What is 4?")])
        ),
        "again": again.get_current_job().fine_tuned_model == llm.model,
    }


def too_early(engine: Any) -> str:
    """Return what the engine says of a model that is not there yet."""
    try:
        engine.get_finetuned_model()
    except ValueError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    print(json.dumps(walk(sys.argv[1], Path(sys.argv[2]))))  # noqa: T201 -- the last line is what was seen
