"""The files of a finished job's checkpoints: found, described, downloaded, and what a LoRA adapter has."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from contract_tests.harness.answers import Answer, Obj
from contract_tests.harness.facts import fact, spends
from contract_tests.harness.line import Line
from contract_tests.harness.schema import Schema
from contract_tests.harness.walk import Walk
from contract_tests.nebius.provider import FILES

pytestmark = spends
LORA = (
    "adapter_config.json",
    "adapter_model.safetensors",
    "chat_template.jinja",
    "checkpoint.meta",
    "tokenizer.json",
    "tokenizer_config.json",
)
BYTES_MAX = 100_000_000
"""A larger file is not downloaded."""


@dataclass
class Download:
    """A result file: the checkpoint that lists it, its description, and its bytes if it is not too large."""

    checkpoint: Obj
    file_id: str
    described: Answer
    content: Answer | None

    @property
    def name(self) -> str:
        """The file's name behind the checkpoint's."""
        return str(self.described.ok()["filename"]).rpartition("/")[2]


@pytest.fixture(scope="session")
def downloads(line: Line, walk: Walk) -> list[Download]:
    """The files of the first and of the last checkpoint."""
    made = walk.last.checkpoints.rows()
    assert made, "checkpoints were expected"
    ends = made if len(made) == 1 else [made[0], made[-1]]
    return [_download(line, checkpoint, file_id) for checkpoint in ends for file_id in checkpoint["result_files"]]


def _download(line: Line, checkpoint: Obj, file_id: str) -> Download:
    described = line.get(f"{FILES}/{file_id}")
    small = described.status == 200 and described.ok()["bytes"] <= BYTES_MAX
    return Download(checkpoint, file_id, described, line.get(f"{FILES}/{file_id}/content") if small else None)


def last(downloads: list[Download], name: str) -> bytes:
    """Return the bytes of the last checkpoint's file of that name."""
    found = [each.content for each in downloads if each.name == name]
    assert found, f"a file {name} was expected among {[each.name for each in downloads]}"
    assert found[-1], f"{name} is too large to be downloaded"
    assert found[-1].status == 200
    return found[-1].content


@fact("files.retrieve", "describes every result file in the published shape", known="observed")
def test_every_result_file_is_described(downloads: list[Download], schema: Schema) -> None:
    for each in downloads:
        schema.holds("OpenAIFile", each.described.ok())


@fact("files.retrieve", "calls a result file by its own id", known="documented")
def test_a_result_file_has_its_id(downloads: list[Download]) -> None:
    assert [each.described.ok()["id"] for each in downloads] == [each.file_id for each in downloads]


@fact("files.retrieve", "names a result file <checkpoint id>/<name>", known="observed")
def test_a_result_file_is_named_for_its_checkpoint(downloads: list[Download]) -> None:
    for each in downloads:
        assert str(each.described.ok()["filename"]).partition("/")[0] == each.checkpoint["id"]


@fact("files.retrieve", "gives a result file the purpose fine-tune", known="documented")
def test_a_result_file_is_for_fine_tuning(downloads: list[Download]) -> None:
    assert {each.described.ok()["purpose"] for each in downloads} == {"fine-tune"}


@fact("files.retrieve", "gives result files ids of the form file-<uuid7>", known="observed")
def test_a_result_files_id_is_a_uuid7(downloads: list[Download]) -> None:
    for each in downloads:
        assert each.file_id.startswith("file-")
        assert [len(part) for part in each.file_id.split("-")[1:]] == [8, 4, 4, 4, 12]
        assert each.file_id.split("-")[3][0] == "7"


@fact("files.retrieve", "dates a result file within the job's life", known="observed")
def test_a_result_file_lies_within_the_jobs_life(walk: Walk, downloads: list[Download]) -> None:
    job = walk.last.job

    for each in downloads:
        assert job["created_at"] <= each.described.ok()["created_at"] <= job["finished_at"] + 1


@fact("jobs.checkpoints", "have the six files of a LoRA adapter", known="observed")
def test_a_lora_checkpoint_has_six_files(downloads: list[Download], observe: Callable[..., None]) -> None:
    last_id = downloads[-1].checkpoint["id"]
    names = sorted(each.name for each in downloads if each.checkpoint["id"] == last_id)
    observe(names=names)

    assert names == [*LORA]


@fact("files.content", "answers as many bytes as the description says", known="observed")
def test_every_result_file_has_its_bytes(downloads: list[Download]) -> None:
    for each in downloads:
        if each.content:
            assert each.content.status == 200
            assert len(each.content.content) == each.described.ok()["bytes"] > 0


@fact("files.content", "tells of a result file the length that its description says", known="unverified")
def test_every_result_file_tells_its_length(downloads: list[Download]) -> None:
    for each in downloads:
        if each.content:
            assert each.content.headers.get("content-length") == str(each.described.ok()["bytes"])


@fact("files.content", "of a result file is not called JSON", known="unverified")
def test_no_result_file_is_called_json(downloads: list[Download]) -> None:
    assert {each.content.media_type for each in downloads if each.content} == {"application/octet-stream"}


@fact("files.content", "of a result file is the same when asked again", known="documented")
def test_a_result_file_stays(line: Line, downloads: list[Download]) -> None:
    for name in ("adapter_config.json", "checkpoint.meta"):
        each = next(each for each in reversed(downloads) if each.name == name)
        assert line.get(f"{FILES}/{each.file_id}/content").content == last(downloads, name)


@fact("files.content", "answers a range of a result file", known="unverified")
def test_a_result_file_has_ranges(line: Line, downloads: list[Download]) -> None:
    whole = last(downloads, "adapter_model.safetensors")
    each = next(each for each in reversed(downloads) if each.name == "adapter_model.safetensors")
    answer = line.send("GET", f"{FILES}/{each.file_id}/content", headers={"range": "bytes=8-31"})

    assert (answer.status, answer.content) == (206, whole[8:32])


@fact("files.content", "gives an adapter_config.json with the LoRA that was asked for", known="observed")
def test_the_adapters_configuration_is_the_orders(downloads: list[Download], order: Obj) -> None:
    config = json.loads(last(downloads, "adapter_config.json"))
    asked = order["hyperparameters"]

    assert config.get("peft_type") == "LORA"
    assert (config.get("r"), config.get("lora_alpha")) == (asked["lora_r"], asked["lora_alpha"])
    assert {"q_proj", "k_proj", "v_proj", "o_proj"} <= set(config.get("target_modules", ()))


@fact("files.content", "gives an adapter_config.json that names the base model", known="observed")
def test_the_adapters_configuration_names_its_base(downloads: list[Download], order: Obj) -> None:
    assert json.loads(last(downloads, "adapter_config.json")).get("base_model_name_or_path") == order["model"]


@fact("files.content", "gives a checkpoint.meta that says what the list says of the checkpoint", known="observed")
def test_the_checkpoints_own_file_agrees_with_the_list(walk: Walk, downloads: list[Download]) -> None:
    meta = json.loads(last(downloads, "checkpoint.meta"))
    made = walk.last.checkpoints.rows()[-1]

    assert (meta.get("id"), meta.get("step_number")) == (made["id"], made["step_number"])
    assert meta.get("created_at") == made["created_at"]
    for name in ("train_loss", "valid_loss"):
        assert {**meta, **meta.get("metrics", {})}.get(name) == made["metrics"][name]


@fact("files.content", "gives weights in the safetensors format, whose length agrees with its header", known="observed")
def test_the_weights_are_safetensors(downloads: list[Download]) -> None:
    weights = last(downloads, "adapter_model.safetensors")
    length = int.from_bytes(weights[:8], "little")
    assert length < len(weights)
    tensors = {name: tensor for name, tensor in json.loads(weights[8 : 8 + length]).items() if name != "__metadata__"}

    assert tensors
    assert 8 + length + max(tensor["data_offsets"][1] for tensor in tensors.values()) == len(weights)


@fact("files.content", "gives weights in bfloat16", known="observed")
def test_the_weights_are_bfloat16(downloads: list[Download]) -> None:
    weights = last(downloads, "adapter_model.safetensors")
    header = json.loads(weights[8 : 8 + int.from_bytes(weights[:8], "little")])

    assert {tensor["dtype"] for name, tensor in header.items() if name != "__metadata__"} == {"BF16"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=fact("files.content", f"gives a {name} that is JSON", known="observed"), id=name)
        for name in ("tokenizer.json", "tokenizer_config.json")
    ],
)
def test_a_tokenizers_file_is_json(downloads: list[Download], name: str) -> None:
    assert isinstance(json.loads(last(downloads, name)), dict)


@fact("files.content", "gives weights of their own to each checkpoint", known="documented")
def test_checkpoints_have_weights_of_their_own(downloads: list[Download]) -> None:
    weights = [each.content.content for each in downloads if each.content and each.name == "adapter_model.safetensors"]
    if len(weights) < 2:
        pytest.skip("the job has one checkpoint: --epochs 2")

    assert weights[0] != weights[1]


@fact("files.list", "has no result files", known="unverified")
def test_result_files_are_not_listed(line: Line, downloads: list[Download]) -> None:
    listed = {file["id"] for file in line.get(FILES, limit=100).rows()}

    assert not listed & {each.file_id for each in downloads}
