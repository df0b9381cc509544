"""The official Node SDK, as published, walks every call of a job's life in a process of its own (``node_walk.mjs``)."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from emulator.server import Emulator
from tests.conftest import Serve
from tests.sdk_suites.fetching import fetch, kept

WALK = Path(__file__).parent / "node_walk.mjs"
VERSION = "7.57.0"
NODE_MIN = 20
"""The package asks for 22, and its calls need no more than this."""
WALKED_WITHIN_S = 60


def node() -> str:
    """Return the Node that is here; skip the test where there is none, or an old one."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        pytest.skip("there is no node here, or no npm")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True, timeout=10).stdout
    major = re.match(r"v(\d+)\.", said)
    if major is None or int(major[1]) < NODE_MIN:
        pytest.skip(f"this is node {said.strip()}, the SDK needs {NODE_MIN}")
    return found


def fetched() -> Path:
    """Return a folder in which the SDK is installed, and the walk beside it."""
    sdk = f"openai@{VERSION}"

    def make(folder: Path) -> None:
        (folder / "package.json").write_text('{"private": true}')
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", sdk]
        fetch(f"{sdk} for Node", command, folder)

    return kept(f"node-openai-{VERSION}", make)


def walked(emulator: Emulator, tmp_path: Path) -> dict[str, Any]:
    """Let the SDK walk; return what it saw."""
    # A module looks for its imports beside itself.
    (tmp_path / "node_modules").symlink_to(fetched() / "node_modules")
    walk = shutil.copy(WALK, tmp_path / "walk.mjs")
    command = [node(), walk, f"{emulator.url}/v1", "a-key"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WALKED_WITHIN_S)
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_the_node_sdk_walks_from_a_file_in_parts_to_a_deleted_model(serve: Serve, tmp_path: Path) -> None:
    node()
    seen = walked(serve(dialect="openai", clock="poll"), tmp_path)

    assert (seen["created"], seen["finished"]) == ("validating_files", "succeeded")
    assert {seen["paused"], seen["resumed"]} <= {"validating_files", "queued", "running"}  # no other is in its enum
    assert seen["steps"] == [40, 20]
    assert len(seen["messages"]) == len({*seen["messages"]})
    assert seen["messages"][0] == "The job has successfully completed"
    assert [message for message in seen["messages"] if "Step 40/40" in message]
    assert seen["table"][0] == "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy"
    assert len(seen["table"]) == 1 + 40
    assert re.fullmatch(r"ft:gpt-4o-mini-2024-07-18:[\w-]+:walk:\w{8}", seen["model"])
    assert seen["told"] == ["fine_tuning.job.succeeded", True]
