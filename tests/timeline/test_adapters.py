"""Adapters of modules that a job names: their tensors, as PEFT names them, and what their configuration says."""

import itertools
from collections.abc import Mapping
from math import prod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.timeline.job import Lora
from tests.timeline.test_artifacts import HUGE, PEFT_0_19_1_FIELDS, a_source, adapter, files_of, header, loaded, parsed

SEVEN = ("k_proj", "up_proj", "o_proj", "q_proj", "down_proj", "v_proj", "gate_proj")
SIDES = {"gate_proj": (1, 4), "up_proj": (1, 4), "down_proj": (4, 1)}
"""How wide the modules of the feed-forward layer are, in hidden sizes: what comes in, what goes out."""


def hidden_of(tensors: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the hidden size that a pair of an adapter's has."""
    name = min(tensors)
    taken = SIDES.get(name.split(".")[-3], (1, 1))[0]
    return int(tensors[name]["shape"][1]) // taken


@pytest.mark.parametrize("weight_bytes", [65536, 3_000_000])
@pytest.mark.parametrize("modules", [SEVEN, ("q_proj",), ("down_proj", "v_proj"), ("gate_proj", "up_proj")])
def test_an_adapter_of_other_modules_has_pairs_for_exactly_these_as_peft_names_them(
    modules: tuple[str, ...], weight_bytes: int
) -> None:
    tensors = loaded(adapter(lora=Lora(8, 8, 0.0, modules, prefixed=True), weight_bytes=weight_bytes))
    hidden, layers = hidden_of(tensors), len(tensors) // (2 * len(modules))
    expected = {}
    for layer, module in itertools.product(range(layers), modules):
        taken, given_ = SIDES.get(module, (1, 1))
        parent = "mlp" if module in SIDES else "self_attn"
        name = f"base_model.model.model.layers.{layer}.{parent}.{module}"
        expected[f"{name}.lora_A.weight"] = [8, taken * hidden]
        expected[f"{name}.lora_B.weight"] = [given_ * hidden, 8]

    assert {name: tensor["shape"] for name, tensor in tensors.items()} == expected
    assert {tensor["dtype"] for tensor in tensors.values()} == {"BF16"}


def test_the_prefix_is_before_every_name_or_before_none() -> None:
    bare, prefixed = (loaded(adapter(lora=Lora(8, 8, 0.0, SEVEN, prefixed=prefixed))) for prefixed in (False, True))

    assert [f"base_model.model.{name}" for name in sorted(bare)] == sorted(prefixed)


modules = st.lists(st.sampled_from(SEVEN), unique=True, min_size=1).map(tuple)


@given(modules, st.integers(1, 64), st.integers(1 << 18, 1 << 22) | st.integers(1 << 18, HUGE))
def test_an_adapter_of_any_modules_is_about_as_large_as_asked_and_its_header_has_no_gaps(
    chosen: tuple[str, ...], rank: int, weight_bytes: int
) -> None:
    source = a_source(lora=Lora(rank, 8, 0.0, chosen, prefixed=True), weight_bytes=weight_bytes)
    weights = files_of(source)["adapter_model.safetensors"]
    entries = header(weights)
    del entries["__metadata__"]
    ends = [entry["data_offsets"] for entry in entries.values()]

    assert [start for start, _ in ends] == [0, *(stop for _, stop in ends[:-1])]
    assert all(
        2 * prod(entry["shape"]) == stop - start for entry, (start, stop) in zip(entries.values(), ends, strict=True)
    )
    assert weights.size == 8 + int.from_bytes(b"".join(weights.read(0, 8)), "little") + ends[-1][1]
    assert {name.split(".")[-3] for name in entries} == {*chosen}
    assert abs(ends[-1][1] / weight_bytes - 1) < 0.15


def test_an_adapter_config_names_the_modules_that_were_asked() -> None:
    config = parsed(a_source(lora=Lora(8, 8, 0.0, ("v_proj", "down_proj"), prefixed=True)), "adapter_config.json")

    assert config["target_modules"] == ["v_proj", "down_proj"]
    assert " ".join(config) == PEFT_0_19_1_FIELDS
