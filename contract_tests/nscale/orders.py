"""What the tests send to Nscale: small tables, jobs, and ids that nothing has."""

from typing import Any

NO_FILE = "00000000-0000-4000-8000-000000000000"
NO_DATASET = "00000000-0000-4000-8000-000000000001"
NO_JOB = "00000000-0000-4000-8000-000000000002"
NO_EXPORT = "00000000-0000-4000-8000-000000000003"
NO_MODEL = "00000000-0000-4000-8000-000000000004"
HF_SECRET = "hf_contractcanary5e2d8a"  # noqa: S105 -- a canary, which must not come back
CAPITALS = ("Peru", "Lima"), ("Kenya", "Nairobi"), ("Norway", "Oslo"), ("Chile", "Santiago"), ("Ghana", "Accra")
HEADER = "question,answer\n"


def _line(country: str, capital: str) -> str:
    return f'"What is the capital of {country}, please?",It is {capital}.\n'


TRAINING = "".join([HEADER, *(_line(*pair) for pair in CAPITALS * 4)]).encode()
"""Twenty rows of two columns, one of them quoted."""
VALIDATION = "".join([HEADER, *(_line(*pair) for pair in CAPITALS[:3])]).encode()
BROKEN = (HEADER + _line(*CAPITALS[0]) + "a row of one field\n").encode()
"""A table whose third line has too few fields, so that no training comes of it."""
COLUMNS = {"prompt_column": "question", "answer_column": "answer"}
LORA = {"enabled": True, "r": 16, "alpha": 32, "dropout": 0.05, "trainable_modules": ["q_proj", "v_proj"]}


def walked(*, model: str, dataset: str, name: str, epochs: int) -> dict[str, Any]:
    """Return the order of the job that is walked to its end: with all of the guide's names, none at its default."""
    return {
        "name": name,
        "base_model_id": model,
        "dataset": {"id": dataset, **COLUMNS},
        "hyperparameters": {
            "n_epochs": epochs,
            "n_evals": 3,
            "batch_size": 8,
            "learning_rate": 2e-05,
            "warmup_ratio": 0.1,
            "weight_decay": 0.01,
            "best_checkpoints": True,
            "mask_prompt_labels": True,
            "lora": LORA,
        },
    }


def older(*, model: str, dataset: str, name: str) -> dict[str, Any]:
    """Return an order as the guide's own example has it: older names, and whole numbers where fractions may be."""
    return {
        "name": name,
        "base_model_id": model,
        "dataset": {"id": dataset, "answer_column": "answer"},
        "hyperparameters": {
            "n_epochs": 1,
            "evaluation_epochs": 1,
            "warmup_epochs": 0,
            "weight_decay": 0,
            "lora": {"dropout": 0, "trainable_modules": []},
        },
        "contract_tests_unknown_member": "unheard-of",
    }


def refusable(**changes: Any) -> dict[str, Any]:
    """Return an order that cannot become a job, because its dataset is none; with further flaws to be told."""
    dataset = {"id": NO_DATASET, **COLUMNS}
    return {
        "name": "contract-tests",
        "base_model_id": "b1432ae3-b4ce-4e12-be53-ab0555d00f93",
        "dataset": dataset,
    } | changes


def pushed(**changes: Any) -> dict[str, Any]:
    """Return an order to push a model to a repository that there is not."""
    whole = {
        "huggingface_user_id": "contract-tests",
        "huggingface_access_token": HF_SECRET,
        "huggingface_repository_id": "contract-tests/tuned",
    }
    return whole | changes
