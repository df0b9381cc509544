"""What was sent to Nebius AI Studio otherwise than to Token Factory."""

from typing import Any

from contract_tests.nebius.orders import REPO_SECRET, WANDB_SECRET

NAMES = (
    *("id", "created_at", "error", "finished_at", "hyperparameters", "integrations", "model", "object"),
    *("organization_id", "result_files", "seed", "suffix", "status", "trained_tokens", "training_file"),
    *("validation_file", "estimated_finish", "trained_steps", "total_steps"),
)
"""The members of a job, as its page had them, in their order (documented)."""
HYPERPARAMETERS = (
    *("batch_size", "learning_rate", "n_epochs", "warmup_ratio", "weight_decay", "lora", "lora_r", "lora_alpha"),
    *("lora_dropout", "packing", "max_grad_norm", "context_length"),
)
"""The hyperparameters in the order of their time (documented; those that the SDK prints as they came are observed)."""


def adorned(*, model: str, training_file: str, suffix: str) -> dict[str, Any]:
    """Return an order with all that one could have, and with members that came later."""
    start = {"type": "hf", "repo": "contract/start", "token": REPO_SECRET}
    return {
        "model": model,
        "training_file": training_file,
        "suffix": suffix,
        "hyperparameters": {"n_epochs": 1, "batch_size": 8, "lora": True},
        "integrations": [{"type": "wandb", "wandb": {"project": "contract", "name": "a-run", "api_key": WANDB_SECRET}}],
        "tags": ["contract"],
        "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}},
        "from_checkpoint": start,
        "contract_tests_unknown_member": "unheard-of",
    }
