"""What the tests send to OpenAI: small data sets, jobs, graders, and ids that nothing has."""

import json
from typing import Any

from contract_tests.openai.provider import MODEL

NO_FILE = "file-111111111111111111111A"
NO_JOB = "ftjob-000000000000000000000000"
NO_UPLOAD = "upload_00000000000000000000000000000000"
NO_MODEL = "contract-tests-no-such-model"
NO_TUNED = "ft:gpt-4o-mini-2024-07-18:contract-tests::00000000"
NO_PERMISSION = "cp_000000000000000000000000"

COLOURS = ("grass", "green"), ("snow", "white"), ("coal", "black"), ("a lemon", "yellow"), ("the sea", "blue")
EXAMPLES = 10
"""The fewest that the service trains on (observed)."""


def _asked(thing: str) -> dict[str, str]:
    return {"role": "user", "content": f"Which colour has {thing}?"}


def _answer(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _lines(*rows: object) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


CHATS = [{"messages": [_asked(thing), _answer(f"It is {colour}.")]} for thing, colour in COLOURS * 2]
TRAINING = _lines(*CHATS)
"""Ten conversations, about 1.3 KB."""
VALIDATION = _lines(*CHATS[:2])
FEW = _lines(*CHATS[:7])
"""Seven, which are too few (observed)."""
PREFERENCES = _lines(
    *(
        {
            "input": {"messages": [_asked(thing)]},
            "preferred_output": [_answer(f"It is {colour}.")],
            "non_preferred_output": [_answer("I do not know.")],
        }
        for thing, colour in COLOURS * 2
    )
)
QUESTIONS = _lines(*({"messages": [_asked(thing)], "colour": colour} for thing, colour in COLOURS * 2))
TEXT = b'{"text": "one line"}\n'

GRADER = {
    "type": "string_check",
    "name": "contract",
    "operation": "eq",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.colour }}",
}
METADATA = {"contract": "tests", "kind": "walked"}
WANDB = {"type": "wandb", "wandb": {"project": "contract-tests", "tags": ["contract"]}}
HYPERPARAMETERS = {"batch_size": 2, "learning_rate_multiplier": 0.5}
SEED = 7


def walked(*, model: str, training_file: str, validation_file: str, suffix: str, epochs: int) -> dict[str, Any]:
    """Return the order of the job that is walked to its end: small, with everything told that can be."""
    hyperparameters = {**HYPERPARAMETERS, "n_epochs": epochs}
    return {
        "model": model,
        "training_file": training_file,
        "validation_file": validation_file,
        "suffix": suffix,
        "seed": SEED,
        "metadata": METADATA,
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
    }


def refusable(**changes: Any) -> dict[str, Any]:
    """Return an order that cannot become a job, because its training file is none; with further flaws to be told."""
    return {"model": MODEL, "training_file": NO_FILE, **changes}
