"""The tensors in a checkpoint's weights: their names, their shapes for a wanted size, and the safetensors header.

The shapes are chosen for the size alone, with a model's proportions (128 hidden units a layer, as in the Llama
models); they are not those of the base model, whose weights may be a million times as large.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isqrt, prod

from emulator.timeline.artifacts.tokenizer import VOCABULARY_SIZE
from emulator.timeline.job import Lora

BF16_BYTES = 2
GRAIN = 8  # every width is a multiple of this
HIDDEN_PER_LAYER = 128
LAYERS_MAX = 128
SHARD_BYTES = 5 * 10**9  # transformers' customary "5GB"
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj")
SQUARE = (1, 1)
FEED_FORWARD: Mapping[str, tuple[int, int]] = {"gate_proj": (1, 4), "up_proj": (1, 4), "down_proj": (4, 1)}
"""How many hidden sizes wide what comes in and what goes out is; of every other module both are one."""
PEFT_PREFIX = "base_model.model."
"""What PEFT puts before each name when it saves an adapter, and looks for when it loads one (documented)."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One bfloat16 tensor: its key in the file and its shape."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """The bytes it takes."""
        return BF16_BYTES * prod(self.shape)


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The widths of a Llama-like model: number of layers, hidden size, size of the feed-forward layer."""

    layers: int
    hidden: int
    intermediate: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A safetensors file but for its data: the header, and how many bytes of data follow it."""

    header: bytes
    data_bytes: int


@lru_cache(maxsize=32)
def adapter_layout(lora: Lora, weight_bytes: int) -> Layout:
    """Return the layout of an adapter's only file of weights."""
    return lay_out(adapter_tensors(lora, weight_bytes))


@lru_cache(maxsize=32)
def model_layouts(weight_bytes: int) -> tuple[Layout, ...]:
    """Return the layouts of a model's files of weights."""
    return tuple(lay_out(shard) for shard in shards(dimensions(weight_bytes)))


def lay_out(tensors: Sequence[Tensor]) -> Layout:
    """Return the layout of tensors that lie one after another, in the order given.

    A header is its length (8 bytes, little-endian) and JSON, padded with spaces to a multiple of 8.
    """
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for tensor in tensors:
        end = offset + tensor.size
        entries[tensor.name] = {"dtype": "BF16", "shape": tensor.shape, "data_offsets": (offset, end)}
        offset = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return Layout(len(text).to_bytes(8, "little") + text, offset)


def adapter_tensors(lora: Lora, weight_bytes: int) -> tuple[Tensor, ...]:
    """Return the pairs A [rank, in] and B [out, rank] of each module, ordered by name as safetensors does.

    Without the prefix that PEFT looks for (observed of one provider) PEFT loads nothing, and says no more than a
    warning. The smallest unit, 8 hidden units of a layer, has 16 * rank bytes for each hidden size that a module is
    wide: so much the size can be off by, halved and times the layers.
    """
    modules = lora.modules or PROJECTIONS
    wide = sum(sum(FEED_FORWARD.get(module, SQUARE)) for module in modules)
    square = wide * BF16_BYTES * lora.r * HIDDEN_PER_LAYER  # bytes of layers**2, where hidden is 128 * layers
    layers = min(LAYERS_MAX, max(1, isqrt(max(0, weight_bytes) // square)))
    unit = wide * BF16_BYTES * lora.r * layers * GRAIN
    hidden = GRAIN * max(1, (weight_bytes + unit // 2) // unit)
    prefix = PEFT_PREFIX if lora.prefixed else ""
    pairs = (
        _pair(f"{prefix}model.layers.{layer}", module, lora.r, hidden) for layer in range(layers) for module in modules
    )
    return tuple(sorted((tensor for pair in pairs for tensor in pair), key=_name))


def _pair(layer: str, module: str, rank: int, hidden: int) -> tuple[Tensor, Tensor]:
    """Return what adapts a module of a layer."""
    taken, given = FEED_FORWARD.get(module, SQUARE)
    name = f"{layer}.{'mlp' if module in FEED_FORWARD else 'self_attn'}.{module}"
    return (
        Tensor(f"{name}.lora_A.weight", (rank, taken * hidden)),
        Tensor(f"{name}.lora_B.weight", (given * hidden, rank)),
    )


def dimensions(weight_bytes: int) -> Dimensions:
    """Return the widths of a model whose weights take about ``weight_bytes``.

    Layers and hidden size follow from a model of usual proportions (feed-forward four times as wide as hidden); the
    feed-forward size then makes up for what the rounding left over.
    """
    wanted = max(0, weight_bytes) // BF16_BYTES
    cube = 16 * HIDDEN_PER_LAYER**2  # parameters of layers**3, where hidden is 128 * layers and nothing else counts
    layers = max(count for count in range(1, LAYERS_MAX + 1) if count == 1 or cube * count**3 <= wanted)
    # wanted = 16 * layers * hidden**2 + slope * hidden, solved for hidden
    slope = 2 * VOCABULARY_SIZE + 1 + 2 * layers
    hidden = GRAIN * max(1, (isqrt(slope**2 + 64 * layers * wanted) - slope) // (32 * layers * GRAIN))
    rest = wanted - slope * hidden - 4 * layers * hidden**2
    unit = 3 * layers * hidden * GRAIN
    return Dimensions(layers, hidden, GRAIN * max(1, (rest + unit // 2) // unit))


def shards(of: Dimensions) -> tuple[tuple[Tensor, ...], ...]:
    """Return a model's tensors, file by file: as many in one as fit into 5 GB, in a file ordered by name."""
    parts: list[list[Tensor]] = [[]]
    filled = 0
    for tensor in _model_tensors(of):
        if parts[-1] and filled + tensor.size > SHARD_BYTES:
            parts.append([])
            filled = 0
        parts[-1].append(tensor)
        filled += tensor.size
    return tuple(tuple(sorted(part, key=_name)) for part in parts)


def shard_names(count: int) -> tuple[str, ...]:
    """Return the names of a model's ``count`` files of weights, as transformers gives them."""
    if count == 1:
        return ("model.safetensors",)
    return tuple(f"model-{number:05}-of-{count:05}.safetensors" for number in range(1, count + 1))


@lru_cache(maxsize=32)
def shard_index(weight_bytes: int) -> bytes:
    """Return model.safetensors.index.json: which file has which tensor, and the bytes of all."""
    parts = shards(dimensions(weight_bytes))
    names = shard_names(len(parts))
    index = {
        "metadata": {"total_size": sum(tensor.size for part in parts for tensor in part)},
        "weight_map": {tensor.name: name for name, part in zip(names, parts, strict=True) for tensor in part},
    }
    return json.dumps(index, indent=2, sort_keys=True).encode() + b"\n"


def _name(tensor: Tensor) -> str:
    return tensor.name


def _model_tensors(of: Dimensions) -> Iterator[Tensor]:
    """Yield a Llama-like model's tensors in the order of its layers."""
    yield Tensor("model.embed_tokens.weight", (VOCABULARY_SIZE, of.hidden))
    for layer in range(of.layers):
        yield from _layer_tensors(f"model.layers.{layer}", of)
    yield Tensor("model.norm.weight", (of.hidden,))
    yield Tensor("lm_head.weight", (VOCABULARY_SIZE, of.hidden))


def _layer_tensors(prefix: str, of: Dimensions) -> Iterator[Tensor]:
    for projection in PROJECTIONS:
        yield Tensor(f"{prefix}.self_attn.{projection}.weight", (of.hidden, of.hidden))
    yield Tensor(f"{prefix}.mlp.gate_proj.weight", (of.intermediate, of.hidden))
    yield Tensor(f"{prefix}.mlp.up_proj.weight", (of.intermediate, of.hidden))
    yield Tensor(f"{prefix}.mlp.down_proj.weight", (of.hidden, of.intermediate))
    yield Tensor(f"{prefix}.input_layernorm.weight", (of.hidden,))
    yield Tensor(f"{prefix}.post_attention_layernorm.weight", (of.hidden,))
