"""The image, run: what only a container shows.

These tests run where the variable CONTAINER_RUN names a command that runs the image, on the host's network, such as
``docker run --rm --network host fine-tuning-emulator``. The words of ``ftemu`` are put after it.
"""

import os
import shlex
import signal
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import openai
import pytest

from tests.conftest import LORA_FILES

ROOT = Path(__file__).parents[2]
RUN = shlex.split(os.environ.get("CONTAINER_RUN", ""))  # noqa: TID251 -- of the tests, not of the emulator
PATIENCE_S = 60

pytestmark = pytest.mark.skipif(not RUN, reason="CONTAINER_RUN names no command that runs the image")


def ran(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the image to its end."""
    return subprocess.run([*RUN, *words], capture_output=True, text=True, check=False, timeout=PATIENCE_S)


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server in a container; give the process in front of it, and where it answers."""
    process = subprocess.Popen(
        [*RUN, "serve", "--host", "127.0.0.1", "--port", "0", "--quiet", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stdout
        ready = process.stdout.readline()
        assert ready.startswith("ftemu ready "), process.communicate(timeout=PATIENCE_S)
        try:
            yield process, ready.removeprefix("ftemu ready ").strip()
        finally:
            if process.poll() is None:
                stopped(process)


def stopped(process: subprocess.Popen[str]) -> str:
    """Stop the container by the signal that engines hand on; return what it said."""
    os.killpg(process.pid, signal.SIGTERM)
    _, told = process.communicate(timeout=PATIENCE_S)
    return told


def test_it_serves_the_whole_walk() -> None:
    with serving("--clock", "poll") as (_, url), openai.OpenAI(base_url=f"{url}/v1", api_key="a-key") as sdk:
        with (ROOT / "fixtures/shipped/sample/training.jsonl").open("rb") as data:
            file = sdk.files.create(file=data, purpose="fine-tune")
        job = sdk.fine_tuning.jobs.create(
            model="Qwen/Qwen3-4B",
            training_file=file.id,
            hyperparameters={"lora": True},  # type: ignore[arg-type]  # Nebius's own
        )
        statuses = [sdk.fine_tuning.jobs.retrieve(job.id).status for _ in range(4)]
        events = [event.message for event in sdk.fine_tuning.jobs.list_events(job.id)]
        checkpoints = list(sdk.fine_tuning.jobs.checkpoints.list(job.id))
        files = [checkpoint.result_files for checkpoint in checkpoints]  # type: ignore[attr-defined]  # Nebius's own
        names = [sdk.files.retrieve(each).filename.rpartition("/")[2] for each in files[0]]
        weights = sdk.files.content(files[0][names.index("adapter_model.safetensors")]).read()

    assert statuses == ["validating_files", "queued", "running", "succeeded"]
    assert events[-1] == "Training completed successfully"
    assert sorted(names) == sorted(LORA_FILES)
    assert len(weights) > 1000


def test_its_health_is_0_while_it_serves_and_1_afterwards() -> None:
    with serving() as (process, url):
        well = ran("health", "--url", url)
        told = stopped(process)
        ill = ran("health", "--url", url)

    assert (well.returncode, ill.returncode) == (0, 1)
    assert "Traceback" not in told


def test_a_stop_amid_a_request_that_hangs_ends_it() -> None:
    with serving() as (process, url), httpx.Client(base_url=url, headers={"authorization": "Bearer a-key"}) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get("/v1/models", headers={"X-Emulator-Fault": "latency=3600"}, timeout=0.5)
        told = stopped(process)
        with pytest.raises(httpx.ConnectError):
            client.get("/_emulator/health")

    assert "Traceback" not in told


def test_the_demo_runs_in_it() -> None:
    walked = ran("demo", "--pace", "0.001")

    assert walked.returncode == 0, walked.stderr
    assert "succeeded" in walked.stdout


def test_it_may_not_write_where_it_is_installed() -> None:
    refused = ran("serve", "--data-dir", "/opt/ftemu/state")

    assert refused.returncode == 1
    assert "the data directory /opt/ftemu/state cannot be" in refused.stderr


def test_a_misspelled_option_is_refused_with_the_nearest() -> None:
    refused = ran("serve", "--clok", "poll")

    assert refused.returncode == 2
    assert "did you mean --clock?" in refused.stderr


def test_it_has_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert ran("--version").stdout.strip() == f"ftemu {project['version']}"
