"""The provider's own tutorial runs against the emulator: its Python program, and its commands through the real curl.

The page belongs to the provider and is no part of this project, so it is read where it lies beside the checkout.
What is mended: the poll loop, whose condition is the wrong way round on the page and which need not wait here, and the
Weights & Biases block, which lacks the ``api_key`` that the published schema requires.
"""

import json
import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from safetensors import deserialize

from emulator.server import Emulator
from tests.conftest import LORA_FILES

PAGE = Path(__file__).parents[2] / "shared" / "docs" / "nebius-how-to-fine-tune.md"
POLLS_MAX = 20
"""More polls than the poll clock lets any job take: the page's loop has no end of its own."""
HOST = "https://api.tokenfactory.nebius.com"
FILES = {*LORA_FILES}

pytestmark = pytest.mark.skipif(
    not PAGE.is_file(), reason="the tutorial's page is not here: shared/docs is not beside the checkout"
)
WITH_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")


@dataclass(frozen=True)
class Block:
    """A fenced block of the page: its language and its text."""

    language: str
    text: str


def blocks(tab: str) -> list[Block]:
    """Return the blocks of one of the page's tabs, in order."""
    inside = PAGE.read_text(encoding="utf-8").split(f'<Tab title="{tab}">')[1].split("</Tab>")[0]
    fences = re.findall(r"^( *)```(\w+)[^\n]*\n(.*?)^\1```$", inside, flags=re.DOTALL | re.MULTILINE)
    return [Block(language, textwrap.dedent(text)) for _, language, text in fences]


def mended(text: str, *changes: tuple[str, str]) -> str:
    """Return a text with each change made once; a page that no longer has the place fails the test."""
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> Path:
    """The folder in which the tutorial is followed: two datasets, and a key in the environment."""
    for split, rows in (("training", 40), ("validation", 10)):
        turns = ({"role": "user", "content": f"What is {n}?"} for n in range(rows))
        lines = [{"messages": [turn, {"role": "assistant", "content": "A number."}]} for turn in turns]
        (tmp_path / f"{split}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEBIUS_API_KEY", key)
    return tmp_path


def program(server: Emulator) -> str:
    """Return the Python tab as one program that talks to the emulator."""
    return mended(
        "\n".join(block.text for block in blocks("Python") if block.language == "python"),
        (f"{HOST}/v1/", f"{server.base_url()}/"),
        ('"project": "my-finetunes",', '"project": "my-finetunes", "api_key": "<api-key>",'),
        ('ACTIVE_STATUSES = ["succeeded", "failed", "cancelled"]', 'ACTIVE_STATUSES = ["succeeded", "failed"]'),
        ("while job.status in ACTIVE_STATUSES", "while job.status not in ACTIVE_STATUSES"),
        ("time.sleep(POLL_INTERVAL_SECONDS)", "next(patience)"),
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the page leaves its files open
def test_the_python_program_of_the_tutorial_ends_with_every_file_on_disk(
    server: Emulator, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {"patience": iter(range(POLLS_MAX))}
    exec(compile(program(server), str(PAGE), "exec"), names)  # noqa: S102 -- the page's program is what is tested
    names["client"].close()
    out = capsys.readouterr().out
    assert names["job"].status == "succeeded"
    assert "Current status: queued" in out
    assert "Final status: succeeded" in out
    for message in ("Job is submitted", "Dataset 'training' processed", "Training completed successfully"):
        assert f"info - {message}" in out
    assert [path.name for path in folders(folder)] == sorted(each.id for each in names["checkpoints"])
    assert len(folders(folder)) == 3
    for checkpoint in folders(folder):
        check_files(checkpoint)


def folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir())


def check_files(checkpoint: Path) -> None:
    """Hold that a checkpoint's folder has its six files and that they load."""
    assert {path.name for path in checkpoint.iterdir()} == FILES
    for path in checkpoint.iterdir():
        if path.suffix in {".json", ".meta"}:
            assert json.loads(path.read_text(encoding="utf-8"))
    weights = (checkpoint / "adapter_model.safetensors").read_bytes()
    assert deserialize(weights)  # type: ignore[no-untyped-call]  # it has no types
    assert json.loads((checkpoint / "checkpoint.meta").read_text())["id"] == checkpoint.name


@dataclass
class Terminal:
    """A shell in which the cURL tab is typed: its host replaced, and what its placeholders stand for."""

    url: str
    folder: Path

    def type(self, command: str, **placeholders: str) -> bytes:
        """Run one command of the page; return what it printed."""
        typed = command.replace(HOST, self.url)
        for name, value in placeholders.items():
            assert f"<{name}>" in typed
            typed = typed.replace(f"<{name}>", value)
        bash = shutil.which("bash") or "bash"
        done = subprocess.run([bash, "-c", typed], cwd=self.folder, capture_output=True, check=True, timeout=60)
        return done.stdout


def steps() -> Iterator[tuple[str, Any]]:
    """Yield each command of the cURL tab with the answer that the page shows for it, None where it shows none."""
    told = blocks("cURL")
    for place, block in enumerate(told):
        if block.language == "bash":
            shown = told[place + 1] if place + 1 < len(told) else block
            yield block.text, json.loads(shown.text) if shown.language == "json" else None


def lacking(example: Any, answer: Any, path: str = "") -> list[str]:
    """Return the members that an example shows and an answer lacks, at any depth."""
    if isinstance(example, dict) and not isinstance(answer, dict):
        return [path]
    if isinstance(example, dict):
        missing = [f"{path}.{name}" for name in example if name not in answer]
        inner = [lacking(example[name], answer[name], f"{path}.{name}") for name in example if name in answer]
        return missing + [name for names in inner for name in names]
    if isinstance(example, list) and example and isinstance(example[0], dict):
        return [name for element in answer or [{}] for name in lacking(example[0], element, f"{path}[]")]
    return []


@WITH_CURL
def test_every_command_of_the_tutorial_is_answered_as_the_page_shows(server: Emulator, folder: Path) -> None:
    upload, create, retrieve, events, checkpoints, metadata, content = steps()
    shell = Terminal(server.url, folder)

    training = json.loads(shell.type(upload[0]))
    validation = json.loads(shell.type(upload[0].replace("training.jsonl", "validation.jsonl")))
    assert lacking(upload[1], training) == []
    assert (training["filename"], validation["filename"]) == ("training.jsonl", "validation.jsonl")

    order = mended(create[0], ('"project": "my-finetunes",', '"project": "my-finetunes", "api_key": "<api-key>",'))
    job = json.loads(shell.type(order, training_file_ID=training["id"], validation_file_ID=validation["id"]))
    for status in ("validating_files", "queued", "running", "succeeded"):
        job = json.loads(shell.type(retrieve[0], job_ID=job["id"]))
        assert job["status"] == status
        assert lacking(retrieve[1], job) == []

    told = json.loads(shell.type(events[0], job_ID=job["id"]))
    assert lacking(events[1], told) == []
    assert told["data"][-1]["message"] == "Training completed successfully"

    made = json.loads(shell.type(checkpoints[0], job_ID=job["id"]))
    assert lacking(checkpoints[1], made) == []
    for checkpoint in made["data"]:
        download(shell, checkpoint, metadata, content)
        check_files(folder / checkpoint["id"])


def download(shell: Terminal, checkpoint: dict[str, Any], metadata: tuple[str, Any], content: tuple[str, Any]) -> None:
    """Save a checkpoint's files under their names, as the page says."""
    (shell.folder / checkpoint["id"]).mkdir()
    for file_id in checkpoint["result_files"]:
        file = json.loads(shell.type(metadata[0], file_ID=file_id))
        assert lacking(metadata[1], file) == []
        (shell.folder / file["filename"]).write_bytes(shell.type(content[0], file_ID=file_id))


@WITH_CURL
def test_the_pages_own_order_lacks_a_key_and_is_told_so(server: Emulator, folder: Path) -> None:
    upload, create, *_ = steps()
    shell = Terminal(server.url, folder)
    file_id = json.loads(shell.type(upload[0]))["id"]
    refused = json.loads(shell.type(create[0], training_file_ID=file_id, validation_file_ID=file_id))
    where = ["body", "integrations", 0, "WandbIntegrationRequest", "wandb", "api_key"]
    assert where in [flaw["loc"] for flaw in refused["detail"]]
