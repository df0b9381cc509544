"""The JSON files of a checkpoint: what PEFT and transformers read before they load weights, and the provider's meta."""

import json
import math
from collections.abc import Mapping

from emulator.timeline.artifacts.artifact import Source
from emulator.timeline.artifacts.tensors import PROJECTIONS, Dimensions
from emulator.timeline.artifacts.tokenizer import BOS, EOS, PAD, VOCABULARY_SIZE, token_id
from emulator.timeline.job import Lora

# What PEFT 0.19.1 saves of a LoraConfig beside what the job decides. That this version wrote the file, the four
# projections and init_lora_weights false were observed; the other values are PEFT's defaults (unverified).
PEFT_DEFAULTS: Mapping[str, object] = {
    "alora_invocation_tokens": None,
    "alpha_pattern": {},
    "arrow_config": None,
    "auto_mapping": None,
    "bias": "none",
    "corda_config": None,
    "ensure_weight_tying": False,
    "eva_config": None,
    "exclude_modules": None,
    "fan_in_fan_out": False,
    "inference_mode": True,
    "init_lora_weights": False,
    "layer_replication": None,
    "layers_pattern": None,
    "layers_to_transform": None,
    "loftq_config": {},
    "lora_bias": False,
    "lora_ga_config": None,
    "megatron_config": None,
    "megatron_core": "megatron.core",
    "modules_to_save": None,
    "peft_type": "LORA",
    "peft_version": "0.19.1",
    "qalora_group_size": 16,
    "rank_pattern": {},
    "revision": None,
    "target_parameters": None,
    "task_type": "CAUSAL_LM",
    "trainable_token_indices": None,
    "use_bdlora": None,
    "use_dora": False,
    "use_qalora": False,
    "use_rslora": False,
}


def checkpoint_meta(source: Source) -> bytes:
    """Return checkpoint.meta: the keys were observed, the text reproduces the one recorded length of 164 bytes.

    A loss that is no number is null: JSON has no word for it.
    """
    meta = {
        "id": source.checkpoint_id,
        "step_number": source.step,
        "created_at": source.created_at,
        "metrics": {"train_loss": _number(source.train_loss), "valid_loss": _number(source.valid_loss)},
    }
    return json.dumps(meta).encode()


def _number(loss: float | None) -> float | None:
    return None if loss is None or math.isnan(loss) else loss


def adapter_config(model: str, lora: Lora) -> bytes:
    """Return adapter_config.json as PEFT writes it: sorted, indented, no newline at the end."""
    config = {
        **PEFT_DEFAULTS,
        "base_model_name_or_path": model,
        "lora_alpha": lora.alpha,
        "lora_dropout": lora.dropout,
        "r": lora.r,
        "target_modules": lora.modules or PROJECTIONS,
    }
    return json.dumps(config, indent=2, sort_keys=True).encode()


def model_config(source: Source, of: Dimensions) -> bytes:
    """Return config.json of a Llama-like model of these widths, whatever the base model's own kind (unverified)."""
    # The largest power of two that divides the hidden size, which is a multiple of 8: an even width, as RoPE needs.
    head = min(128, of.hidden & -of.hidden)
    config = {
        "_name_or_path": source.model,
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        **_special_ids(),
        "head_dim": head,
        "hidden_act": "silu",
        "hidden_size": of.hidden,
        "initializer_range": 0.02,
        "intermediate_size": of.intermediate,
        "max_position_embeddings": source.context_length,
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": of.hidden // head,
        "num_hidden_layers": of.layers,
        "num_key_value_heads": of.hidden // head,
        "rms_norm_eps": 1e-05,
        "rope_theta": 500000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "use_cache": True,
        "vocab_size": VOCABULARY_SIZE,
    }
    return _pretty(config)


def generation_config() -> bytes:
    """Return generation_config.json: which tokens begin, end and pad a text."""
    return _pretty(_special_ids())


def _special_ids() -> dict[str, int]:
    return {"bos_token_id": token_id(BOS), "eos_token_id": token_id(EOS), "pad_token_id": token_id(PAD)}


def _pretty(config: Mapping[str, object]) -> bytes:
    """Return JSON as transformers writes it: sorted, indented, with a newline at the end."""
    return json.dumps(config, indent=2, sort_keys=True).encode() + b"\n"
