"""The recipe for OpenAI's dialect: it walks a server to its end, and says in a line where it cannot."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.server import Emulator
from tests.clients.conftest import Serve
from tests.conftest import client_of

RECIPE = Path(__file__).parents[2] / "recipes" / "clients" / "openai_client.py"


def walked(url: str, **more: str) -> subprocess.CompletedProcess[str]:
    told = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "a-key", **more}
    return subprocess.run(
        [sys.executable, str(RECIPE)], env=told, capture_output=True, text=True, check=False, timeout=120
    )


def test_it_walks_to_a_chat_with_the_model_and_deletes_that_and_what_it_uploaded(emulator: Emulator) -> None:
    done = walked(emulator.base_url())
    with client_of(emulator) as client:
        left = [client.get(f"/v1/{each}").json()["data"] for each in ("files", "fine_tuning/jobs", "models")]

    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(
        r"succeeded: 38 events, 3 checkpoints, 31 lines of metrics; the model says two\n", done.stdout
    ), done.stdout
    assert [file["purpose"] for file in left[0]] == ["fine-tune-results"]
    assert [job["status"] for job in left[1]] == ["succeeded"]
    # The models of the checkpoints before the last are models of their own.
    tuned = [model["id"].rpartition(":")[2] for model in left[2] if model["id"].startswith("ft:")]
    assert sorted(tuned) == ["ckpt-step-10", "ckpt-step-20"]


def test_it_says_in_a_line_why_a_job_failed(serve: Serve) -> None:
    emulator = serve(dialect="openai", clock="poll")
    with client_of(emulator) as client:
        client.put("/_emulator/scenarios/next", json={"scenario": "fails_at_step=4"}).raise_for_status()
    done = walked(emulator.base_url())

    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"the job ftjob-\w+ is failed: \S.*\n", done.stderr)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"OPENAI_BASE_URL": ""}, "OPENAI_BASE_URL takes a URL such as http://127.0.0.1:8080/v1"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, "http://127.0.0.1:9/v1/files does not answer: .*refused"),
        ({"POLL_S": "often"}, "POLL_S: got often; it takes seconds, such as 15"),
    ],
)
def test_it_says_in_a_line_what_it_was_told_wrong(more: dict[str, str], said: str) -> None:
    done = walked("http://127.0.0.1:9/v1", **more)

    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(said, done.stderr)


def test_it_ends_where_it_is_refused(serve: Any) -> None:
    emulator = serve(dialect="openai", api_key=("another-key",))
    done = walked(emulator.base_url())

    assert done.returncode == 1
    assert "401" in done.stderr
    assert httpx.get(f"{emulator.url}/_emulator/health").status_code == 200
