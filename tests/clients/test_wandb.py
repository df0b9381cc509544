"""W&B's ``WandbLogger.sync``, which takes the table of steps in base64 and, failing that, as it is."""

import csv
import io
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.clients.conftest import Serve, Walking
from tests.clients.installed import python_with
from tests.clients.walking import SCRIPTS

VERSION = "0.31.0"
KEY = "0" * 40
VIEWER = {"id": "a-user", "username": "a-user", "entity": "a-user", "email": "a@b.c", "flags": "{}", "teams": None}

pytestmark = pytest.mark.full


class Viewer(BaseHTTPRequestHandler):
    """So much of W&B as its client asks before it goes offline: who is there."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        told = json.dumps({"data": {"viewer": VIEWER}}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def wandb_url() -> Iterator[str]:
    """A stand-in for W&B: its sync logs in even where the run is offline."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Viewer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("result_file", ["base64", "plain"])
def test_it_waits_for_the_job_and_logs_every_step_of_it(
    serve: Serve, walking: Walking, wandb_url: str, result_file: str
) -> None:
    # On a real clock: the job is over after one wait of 10 s.
    emulator = serve(dialect="openai", result_file=result_file)
    walker = walking(emulator, WANDB_BASE_URL=wandb_url, WANDB_API_KEY=KEY, WANDB_ERROR_REPORTING="false")
    python = python_with(f"wandb=={VERSION}", "openai==3.54.0", "numpy", "pandas")
    seen = walker.seen(python, str(SCRIPTS / "wandb_logger.py"))

    table = seen["table"] if result_file == "plain" else b64decode(seen["table"]).decode()
    head, *_, last = csv.reader(io.StringIO(table))
    summary = dict(re.findall(r"^wandb: +(\w+) (\S+)$", seen["said"], re.MULTILINE))

    assert (seen["version"], summary["status"]) == (VERSION, "succeeded")
    assert summary["fine_tuned_model"].startswith("ft:gpt-4o-mini-2024-")
    assert {name: summary[name] for name in ("train_loss", "train_accuracy")} == dict(
        zip(head[1:3], last[1:3], strict=True)
    )
