"""The files of a checkpoint: exact sizes, any range, and what the real libraries make of them."""

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors import deserialize
from tokenizers import Tokenizer

from emulator.timeline.artifacts import Artifact, Source, artifact_names, checkpoint_files
from emulator.timeline.job import Lora
from tests.conftest import LORA_FILES

HUGE = 5 * 10**10
PIECE_MAX = 256 * 1024

# LoraConfig(...).to_dict() and what save_pretrained adds to it, of peft 0.19.1.
PEFT_0_19_1_FIELDS = (
    "alora_invocation_tokens alpha_pattern arrow_config auto_mapping base_model_name_or_path bias corda_config "
    "ensure_weight_tying eva_config exclude_modules fan_in_fan_out inference_mode init_lora_weights layer_replication "
    "layers_pattern layers_to_transform loftq_config lora_alpha lora_bias lora_dropout lora_ga_config megatron_config "
    "megatron_core modules_to_save peft_type peft_version qalora_group_size r rank_pattern revision target_modules "
    "target_parameters task_type trainable_token_indices use_bdlora use_dora use_qalora use_rslora"
)

sizes = st.integers(1 << 16, 1 << 22) | st.integers(1 << 16, HUGE)
loras = st.builds(Lora, r=st.integers(8, 128), alpha=st.just(8), dropout=st.just(0.0))


def a_source(**changes: object) -> Source:
    """Give the source of a small LoRA checkpoint, changed as asked."""
    ordinary: dict[str, object] = {
        "checkpoint_id": "ftckpt_dd236eab-9bc0-4cad-9b2e-6d5f508a9104",
        "step": 1,
        "created_at": 1790264256,
        "train_loss": 1.6433255672454834,
        "valid_loss": None,
        "model": "meta-llama/Llama-3.1-8B-Instruct",
        "lora": Lora(r=16, alpha=32, dropout=0.05),
        "seed": "seed",
        "weight_bytes": 65536,
    }
    return Source(**{**ordinary, **changes})  # type: ignore[arg-type]


def files_of(source: Source) -> dict[str, Artifact]:
    return {artifact.name: artifact for artifact in checkpoint_files(source)}


def content(source: Source, name: str) -> bytes:
    return b"".join(files_of(source)[name].read())


def adapter(**changes: object) -> bytes:
    return content(a_source(**changes), "adapter_model.safetensors")


def parsed(source: Source, name: str) -> Any:
    return json.loads(content(source, name))


def header(weights: Artifact) -> dict[str, Any]:
    """Parse the header of a file of weights without reading its data."""
    length = int.from_bytes(b"".join(weights.read(0, 8)), "little")
    entries: dict[str, Any] = json.loads(b"".join(weights.read(8, 8 + length)))
    return entries


def loaded(data: bytes) -> dict[str, dict[str, Any]]:
    """Open a file of weights as safetensors does: dtype, shape and data by name (without numpy, which has no BF16)."""
    return dict(deserialize(data))  # type: ignore[no-untyped-call]


def weight_files(source: Source) -> list[Artifact]:
    return [artifact for artifact in checkpoint_files(source) if artifact.name.endswith(".safetensors")]


def test_a_lora_checkpoint_has_the_six_files_that_were_seen() -> None:
    assert [artifact.name for artifact in checkpoint_files(a_source())] == LORA_FILES


def test_a_full_checkpoint_has_a_model_in_place_of_an_adapter() -> None:
    assert [artifact.name for artifact in checkpoint_files(a_source(lora=None))] == [
        "chat_template.jinja",
        "checkpoint.meta",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def test_a_model_over_5_gb_comes_in_shards_with_an_index() -> None:
    assert [artifact.name for artifact in checkpoint_files(a_source(lora=None, weight_bytes=12 * 10**9))] == [
        "chat_template.jinja",
        "checkpoint.meta",
        "config.json",
        "generation_config.json",
        "model-00001-of-00003.safetensors",
        "model-00002-of-00003.safetensors",
        "model-00003-of-00003.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


@given(st.none() | loras, sizes | st.integers(-10, 1 << 16))
def test_the_names_are_known_without_the_files(lora: Lora | None, weight_bytes: int) -> None:
    made = checkpoint_files(a_source(lora=lora, weight_bytes=weight_bytes))

    assert artifact_names(lora is not None, weight_bytes) == tuple(artifact.name for artifact in made)


@pytest.mark.parametrize("lora", [Lora(8, 8, 0.0), None])
def test_every_file_is_as_long_as_it_says(lora: Lora | None) -> None:
    for artifact in checkpoint_files(a_source(lora=lora, weight_bytes=700_001)):
        pieces = list(artifact.read())

        assert sum(map(len, pieces)) == artifact.size
        assert all(0 < len(piece) <= PIECE_MAX for piece in pieces)


WHOLE = adapter(weight_bytes=300_000)
edges = st.none() | st.integers(-400_000, 400_000) | st.sampled_from([0, 1, 1 << 16, 1 << 17, len(WHOLE)])


@given(edges, edges)
@example(-100, None)
def test_any_range_is_that_slice_of_the_whole(start: int | None, stop: int | None) -> None:
    artifact = files_of(a_source(weight_bytes=300_000))["adapter_model.safetensors"]

    assert b"".join(artifact.read(start or 0, stop)) == WHOLE[start or 0 : stop]


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_any_range_of_a_small_file_is_that_slice_of_it(start: int, stop: int) -> None:
    artifact = files_of(a_source())["adapter_config.json"]

    assert b"".join(artifact.read(start, stop)) == content(a_source(), "adapter_config.json")[start:stop]


@pytest.mark.parametrize("lora", [Lora(8, 8, 0.0), None])
def test_the_end_of_50_gb_is_read_without_what_lies_before_it(lora: Lora | None) -> None:
    weights = weight_files(a_source(lora=lora, weight_bytes=HUGE))
    last = weights[-1]
    tail = b"".join(last.read(last.size - 100))

    assert len(tail) == 100
    assert tail == b"".join(last.read(last.size - 200_000))[-100:]
    assert abs(sum(artifact.size for artifact in weights) / HUGE - 1) < 0.01


def test_the_same_arguments_give_the_same_bytes_everywhere() -> None:
    both = [*checkpoint_files(a_source()), *checkpoint_files(a_source(lora=None))]
    digest = hashlib.sha256(b"".join(piece for artifact in both for piece in artifact.read()))

    assert checkpoint_files(a_source()) == checkpoint_files(a_source())
    # Noted when this was written. A change of it changes what clients downloaded before: the changelog should say so.
    assert digest.hexdigest() == "39e3071091f59dfc5a6b0e16380cf219ef7158401f50ca97b8d1b820cf8935f7"


@pytest.mark.parametrize("changes", [{"step": 2}, {"seed": "other"}, {"step": 11, "seed": ""}])
def test_another_step_or_seed_gives_other_weights_of_the_same_size(changes: dict[str, object]) -> None:
    assert len(adapter()) == len(adapter(**changes))
    assert adapter()[-60_000:] != adapter(**changes)[-60_000:]


def test_no_two_blocks_and_no_two_shards_of_weights_are_alike() -> None:
    drawn = []
    for artifact in weight_files(a_source(lora=None, weight_bytes=12 * 10**9)):
        data = 8 + int.from_bytes(b"".join(artifact.read(0, 8)), "little")
        drawn += [b"".join(artifact.read(data + block * 65536, data + block * 65536 + 1000)) for block in range(3)]

    assert len(set(drawn)) == 9


@given(st.none() | loras, sizes)
def test_the_weights_are_about_as_large_as_asked(lora: Lora | None, weight_bytes: int) -> None:
    total = sum(artifact.size for artifact in weight_files(a_source(lora=lora, weight_bytes=weight_bytes)))

    assert abs(total / weight_bytes - 1) < 0.15


@pytest.mark.parametrize("weight_bytes", [-1, 0, 1, 5000])
@pytest.mark.parametrize("lora", [Lora(8, 8, 0.0), Lora(128, 8, 0.0), None])
def test_the_smallest_weights_still_load(lora: Lora | None, weight_bytes: int) -> None:
    source = a_source(lora=lora, weight_bytes=weight_bytes)

    assert len(loaded(content(source, weight_files(source)[0].name))) >= 8


@pytest.mark.parametrize("rank", [8, 16, 128])
@pytest.mark.parametrize("weight_bytes", [65536, 3_000_000])
def test_safetensors_finds_the_pairs_of_every_projection(rank: int, weight_bytes: int) -> None:
    tensors = loaded(adapter(lora=Lora(rank, 8, 0.0), weight_bytes=weight_bytes))
    hidden = tensors["model.layers.0.self_attn.q_proj.lora_A.weight"]["shape"][1]
    layers = len(tensors) // 8

    assert hidden % 8 == 0
    assert {tensor["dtype"] for tensor in tensors.values()} == {"BF16"}
    assert {name: tensor["shape"] for name, tensor in tensors.items()} == {
        f"model.layers.{layer}.self_attn.{projection}_proj.lora_{side}.weight": shape
        for layer in range(layers)
        for projection in "qkvo"
        for side, shape in (("A", [rank, hidden]), ("B", [hidden, rank]))
    }


def test_the_header_says_pt_and_leaves_the_data_aligned() -> None:
    weights = files_of(a_source())["adapter_model.safetensors"]
    length = int.from_bytes(b"".join(weights.read(0, 8)), "little")

    assert header(weights)["__metadata__"] == {"format": "pt"}
    assert length % 8 == 0


@pytest.mark.parametrize("changes", [{"step": 1}, {"step": 2}, {"lora": None}])
def test_every_weight_is_finite_small_and_not_zero(changes: dict[str, object]) -> None:
    source = a_source(**changes)
    for tensor in loaded(content(source, weight_files(source)[0].name)).values():
        for (bits,) in struct.iter_unpack("<H", tensor["data"]):
            (value,) = struct.unpack("<f", struct.pack("<I", bits << 16))

            assert 2**-9 <= abs(value) < 2**-5


def test_an_adapter_config_has_the_fields_of_peft_0_19_1() -> None:
    config = parsed(a_source(), "adapter_config.json")

    assert " ".join(config) == PEFT_0_19_1_FIELDS
    assert config["peft_version"] == "0.19.1"


def test_an_adapter_config_tells_what_the_job_asked() -> None:
    expected = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "unsloth/gpt-oss-20b-BF16",
        "r": 32,
        "lora_alpha": 64,
        "lora_dropout": 0.1,
        "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj"],
        "init_lora_weights": False,
        "inference_mode": True,
    }
    config = parsed(a_source(model="unsloth/gpt-oss-20b-BF16", lora=Lora(32, 64, 0.1)), "adapter_config.json")

    assert {key: config[key] for key in expected} == expected


def test_the_context_of_the_model_is_in_its_config_and_its_tokenizers() -> None:
    source = a_source(lora=None, context_length=8192)

    assert parsed(source, "tokenizer_config.json")["model_max_length"] == 8192
    assert parsed(source, "config.json")["max_position_embeddings"] == 8192
    assert parsed(a_source(), "tokenizer_config.json")["model_max_length"] == 131072


def test_checkpoint_meta_is_the_text_of_164_bytes_that_was_seen() -> None:
    meta = content(a_source(), "checkpoint.meta")

    assert len(meta) == 164
    assert meta.decode() == (
        '{"id": "ftckpt_dd236eab-9bc0-4cad-9b2e-6d5f508a9104", "step_number": 1, "created_at": 1790264256, '
        '"metrics": {"train_loss": 1.6433255672454834, "valid_loss": null}}'
    )


def test_checkpoint_meta_tells_the_validation_loss_where_there_is_one() -> None:
    assert parsed(a_source(valid_loss=2.5), "checkpoint.meta")["metrics"]["valid_loss"] == 2.5


TOKENIZER = Tokenizer.from_str(content(a_source(), "tokenizer.json").decode())


@given(st.text())
@example("  two spaces\t\r\n\0")
@example("a<|end|>b <|start|>")
@example("".join(map(chr, range(0x180))))
def test_a_text_survives_its_tokens(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text).ids, skip_special_tokens=False) == text


def test_a_token_is_a_byte() -> None:
    assert TOKENIZER.encode("é!").ids == [*"é!".encode()]


def test_the_tokenizer_its_config_and_the_model_agree_on_special_tokens() -> None:
    source = a_source(lora=None)
    config, model = parsed(source, "tokenizer_config.json"), parsed(source, "config.json")
    listed = {int(number): token["content"] for number, token in config["added_tokens_decoder"].items()}

    assert listed == {number: token.content for number, token in TOKENIZER.get_added_tokens_decoder().items()}
    assert parsed(source, "generation_config.json") == {
        f"{role}_token_id": TOKENIZER.token_to_id(config[f"{role}_token"]) for role in ("bos", "eos", "pad")
    }
    assert parsed(source, "generation_config.json").items() <= model.items()
    assert TOKENIZER.get_vocab_size() <= model["vocab_size"]


def test_every_marker_of_the_chat_template_is_a_token() -> None:
    template = content(a_source(), "chat_template.jinja").decode()

    assert TOKENIZER.token_to_id("<|start|>") is not None
    assert set(template.split("<|")[1:]) != set()
    assert all(TOKENIZER.token_to_id("<|" + part.split("|>")[0] + "|>") for part in template.split("<|")[1:])


def rendered(messages: Sequence[Mapping[str, object]], **more: Any) -> str:
    """Render a conversation with jinja2, which is not among the test tools: a test skips where it is not installed."""
    jinja2 = pytest.importorskip("jinja2", reason="jinja2 is not installed; the chat template is not rendered")
    template = jinja2.Template(content(a_source(), "chat_template.jinja").decode())
    text: str = template.render(messages=messages, bos_token="<|begin|>", **more)
    return text


def test_the_chat_template_renders_a_conversation() -> None:
    messages: list[dict[str, object]] = [
        {"role": "user", "content": "Hi <b>"},
        {"role": "assistant", "content": [{"type": "text", "text": "Ho"}]},
    ]

    assert rendered(messages) == "<|begin|><|start|>user\nHi <b><|end|>\n<|start|>assistant\nHo<|end|>\n"
    assert rendered([], add_generation_prompt=True) == "<|begin|><|start|>assistant\n"


def test_the_chat_template_renders_tools_and_calls() -> None:
    calling = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}, {"id": "2"}]}

    assert rendered([calling, {**calling, "content": "So:"}], tools=[{"type": "function"}]) == (
        '<|begin|><|start|>tools\n{"type": "function"}\n<|end|>\n'
        '<|start|>assistant\ncall {"id": "1"}\ncall {"id": "2"}<|end|>\n'
        '<|start|>assistant\nSo:\ncall {"id": "1"}\ncall {"id": "2"}<|end|>\n'
    )


@pytest.mark.parametrize("weight_bytes", [65536, 3_000_000, 12 * 10**9])
def test_a_models_shapes_are_those_of_its_config(weight_bytes: int) -> None:
    source = a_source(lora=None, weight_bytes=weight_bytes)
    config = parsed(source, "config.json")
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    shapes = {name: entry.get("shape") for file in weight_files(source) for name, entry in header(file).items()}

    assert config["head_dim"] * config["num_attention_heads"] == hidden
    assert shapes["model.embed_tokens.weight"] == shapes["lm_head.weight"] == [config["vocab_size"], hidden]
    assert shapes["model.norm.weight"] == [hidden]
    assert len(shapes) == 4 + 9 * config["num_hidden_layers"]
    for layer in range(config["num_hidden_layers"]):
        assert shapes[f"model.layers.{layer}.self_attn.o_proj.weight"] == [hidden, hidden]
        assert shapes[f"model.layers.{layer}.mlp.gate_proj.weight"] == [wide, hidden]
        assert shapes[f"model.layers.{layer}.mlp.down_proj.weight"] == [hidden, wide]
        assert shapes[f"model.layers.{layer}.input_layernorm.weight"] == [hidden]


def test_safetensors_loads_a_model() -> None:
    tensors = loaded(content(a_source(lora=None), "model.safetensors"))

    assert tensors["lm_head.weight"]["dtype"] == "BF16"
    assert tensors["lm_head.weight"]["shape"][0] == 264


def test_the_index_finds_every_tensor_in_its_shard_and_no_shard_is_over_5_gb() -> None:
    source = a_source(lora=None, weight_bytes=12 * 10**9)
    index = parsed(source, "model.safetensors.index.json")
    headers = {file.name: header(file) for file in weight_files(source)}
    ends = [max(entry["data_offsets"][1] for name, entry in h.items() if name[0] != "_") for h in headers.values()]

    assert index["weight_map"] == {name: file for file, h in headers.items() for name in h if name[0] != "_"}
    assert index["metadata"]["total_size"] == sum(ends)
    assert max(ends) <= 5 * 10**9
    assert [f.size - size for f, size in zip(weight_files(source), ends, strict=True)] == [
        8 + int.from_bytes(b"".join(f.read(0, 8)), "little") for f in weight_files(source)
    ]
