"""A target that takes what it should refuse: each job that comes of it is cancelled before there is another."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.contract.suite import FAST, file, run


class Credulous(BaseHTTPRequestHandler):
    """Makes a job of whatever is posted, and tells what was asked, in order."""

    asked: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        below = self.path.partition("?")[0].removeprefix("/v1")
        self.asked.append(f"{self.command} {below}")
        rows = below.endswith("/checkpoints")
        body: dict[str, object] = {"data": []} if rows else {"id": f"ftjob-{len(self.asked)}", "status": "running"}
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""


@pytest.fixture
def credulous() -> Iterator[tuple[str, list[str]]]:
    """A server that refuses nothing, and what it is asked."""
    asked: list[str] = []
    handler = type("Handler", (Credulous,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
        server.shutdown()
        thread.join()


def test_a_job_that_should_have_been_refused_is_cancelled_at_once(
    tmp_path: Path, credulous: tuple[str, list[str]]
) -> None:
    url, asked = credulous
    refused = run(
        tmp_path,
        *(file("test_jobs_refused"), "-k", "unknown_training_file or unknown_model", "--target", url),
        *("--foreign", "--api-key-env", "CONTRACT_KEY", *FAST),
        variables={"CONTRACT_KEY": "contract-canary-key"},
    )
    deeds = [line for line in asked if line.startswith("POST")]

    assert refused.code == 1
    assert [line.partition("ftjob")[0] for line in deeds] == ["POST /fine_tuning/jobs", "POST /fine_tuning/jobs/"] * 2
    assert all(line.endswith("/cancel") for line in deeds[1::2])
    assert "cleaned up: 1 jobs cancelled" in refused.out
    assert refused.ledgers == []
