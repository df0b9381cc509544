"""What the tests send to Nebius Token Factory: small data sets, jobs, and ids that nothing has."""

import json
from typing import Any

NO_FILE = "file-00000000-0000-7000-8000-000000000000"
NO_JOB = "ftjob-00000000000000000000000000000000"
NO_CHECKPOINT = "ftckpt_00000000-0000-4000-8000-000000000000"
NO_MODEL = "contract-tests/no-such-model"
WANDB_SECRET = "contract-canary-wandb-4f1c9b7e2a"  # noqa: S105 -- a canary, which must not come back
MLFLOW_SECRET = "contract-canary-mlflow-6b2d9c4e8f"  # noqa: S105 -- a canary, which must not come back
REPO_SECRET = "contract-canary-repo-1a7f3e5c9d"  # noqa: S105 -- a canary, which must not come back
HF_SECRET = "contract-canary-hf-8d3e6a1f5c"  # noqa: S105 -- a canary, which must not come back
SECRETS = (WANDB_SECRET, MLFLOW_SECRET, HF_SECRET, REPO_SECRET)

CAPITALS = ("Peru", "Lima"), ("Kenya", "Nairobi"), ("Norway", "Oslo"), ("Chile", "Santiago"), ("Ghana", "Accra")


def _line(country: str, capital: str) -> str:
    asked = {"role": "user", "content": f"What is the capital of {country}?"}
    return json.dumps({"messages": [asked, {"role": "assistant", "content": f"{capital}."}]})


TRAINING = "".join(f"{_line(*pair)}\n" for pair in CAPITALS * 2).encode()
"""Ten conversations, about 1.3 KB."""
VALIDATION = "".join(f"{_line(*pair)}\n" for pair in CAPITALS[:2]).encode()
BROKEN = (
    b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\nno JSON at all\n'
)
"""A data set whose second line cannot be read, so that no training comes of it."""


def walked(*, model: str, training_file: str, validation_file: str, suffix: str, epochs: int) -> dict[str, Any]:
    """Return the order of the job that is walked to its end: small, LoRA, with a hyperparameter that nobody knows."""
    return {
        "model": model,
        "training_file": training_file,
        "validation_file": validation_file,
        "suffix": suffix,
        "seed": 7,
        "hyperparameters": {
            "n_epochs": epochs,
            "batch_size": 4,
            "learning_rate": 2e-05,
            "lora": True,
            "lora_r": 16,
            "lora_alpha": 32,
            "learning_rate_multiplier": 0.5,
        },
    }


MLFLOW = {
    "tracking_uri": "https://mlflow.invalid",
    "experiment_name": "an-experiment",
    "run_name": "a-run",
    "certificate_file": "contract-certificate",
}


def adorned(*, model: str, training_file: str, suffix: str) -> dict[str, Any]:
    """Return an order in the other form, with secrets in it and members that the schema does not list."""
    hyperparameters = {"n_epochs": 1, "batch_size": 8, "lora": True}
    return {
        "model": model,
        "training_file": training_file,
        "suffix": suffix,
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
        "from_checkpoint": {"type": "hf", "repo": "contract/start", "revision": "main", "token": REPO_SECRET},
        "integrations": [
            {"type": "wandb", "wandb": {"project": "contract", "name": "a-run", "api_key": WANDB_SECRET}},
            {"type": "mlflow", "mlflow": MLFLOW | {"username": "contract", "password": MLFLOW_SECRET}},
            {"type": "hf", "hf": {"output_repo_name": "contract/tuned", "api_token": HF_SECRET}},
        ],
        "tags": ["contract"],
        "contract_tests_unknown_member": "unheard-of",
    }


def refusable(**changes: Any) -> dict[str, Any]:
    """Return an order that cannot become a job, because its training file is none; with further flaws to be told."""
    return {"model": "Qwen/Qwen3-4B", "training_file": NO_FILE, **changes}
