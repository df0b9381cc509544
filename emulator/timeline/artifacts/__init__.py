"""The result files of a checkpoint, made when they are read: nothing is stored, and a 50 GB file costs nothing.

Name, size and any range of bytes are functions of a Source: the same on every machine, and they load in the real
libraries (safetensors, tokenizers, PEFT, transformers). The weights are noise: loading works, generating is babble.

A LoRA checkpoint has the six files that were seen of one, in the order in which they were listed (observed). The
files of full fine-tuning were never recorded: they are what transformers would save (unverified).

``artifact`` a file and how it is read · ``archive`` several of them in one ``.tar.gz`` · ``tensors`` shapes and the
safetensors header · ``configs`` the JSON files · ``tokenizer`` vocabulary and chat template.
"""

from emulator.timeline.artifacts.archive import Archive, archive
from emulator.timeline.artifacts.artifact import Artifact, Source
from emulator.timeline.artifacts.configs import adapter_config, checkpoint_meta, generation_config, model_config
from emulator.timeline.artifacts.tensors import (
    Layout,
    adapter_layout,
    dimensions,
    model_layouts,
    shard_index,
    shard_names,
)
from emulator.timeline.artifacts.tokenizer import CHAT_TEMPLATE, tokenizer_config, tokenizer_json
from emulator.timeline.job import Lora

__all__ = ["Archive", "Artifact", "Source", "archive", "artifact_names", "checkpoint_files"]

ADAPTER = "adapter_model.safetensors"
INDEX = "model.safetensors.index.json"
COMMON_NAMES = ("chat_template.jinja", "checkpoint.meta", "tokenizer.json", "tokenizer_config.json")


def checkpoint_files(source: Source) -> tuple[Artifact, ...]:
    """Return the files of a checkpoint, ordered by name (observed)."""
    own = _adapter_files(source, source.lora) if source.lora else _model_files(source)
    contents = (
        CHAT_TEMPLATE.encode(),
        checkpoint_meta(source),
        tokenizer_json(),
        tokenizer_config(source.context_length),
    )
    common = [_literal(name, content) for name, content in zip(COMMON_NAMES, contents, strict=True)]
    return tuple(sorted([*own, *common], key=lambda artifact: artifact.name))


def artifact_names(lora: bool, weight_bytes: int) -> tuple[str, ...]:  # noqa: FBT001 - LoRA or full, nothing else
    """Return the names that ``checkpoint_files`` gives, in its order, without making the files."""
    if lora:
        return tuple(sorted(("adapter_config.json", ADAPTER, *COMMON_NAMES)))
    weights = shard_names(len(model_layouts(weight_bytes)))
    index = (INDEX,) if len(weights) > 1 else ()
    return tuple(sorted(("config.json", "generation_config.json", *weights, *index, *COMMON_NAMES)))


def _adapter_files(source: Source, lora: Lora) -> list[Artifact]:
    """Return what only a LoRA checkpoint has."""
    return [
        _literal("adapter_config.json", adapter_config(source.model, lora)),
        _weights(source, ADAPTER, adapter_layout(lora, source.weight_bytes)),
    ]


def _model_files(source: Source) -> list[Artifact]:
    """Return what only a checkpoint of full fine-tuning has (unverified)."""
    layouts = model_layouts(source.weight_bytes)
    names = shard_names(len(layouts))
    index = [_literal(INDEX, shard_index(source.weight_bytes))] if len(layouts) > 1 else []
    return [
        _literal("config.json", model_config(source, dimensions(source.weight_bytes))),
        _literal("generation_config.json", generation_config()),
        *(_weights(source, name, layout) for name, layout in zip(names, layouts, strict=True)),
        *index,
    ]


def _literal(name: str, content: bytes) -> Artifact:
    return Artifact(name, len(content), content)


def _weights(source: Source, name: str, layout: Layout) -> Artifact:
    """Return a file of weights: a header, then noise that differs by step, file and seed."""
    size = len(layout.header) + layout.data_bytes
    return Artifact(name, size, layout.header, f"{source.step}/{name}/{source.seed}")
