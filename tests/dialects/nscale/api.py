"""A tenant of the provider's in an organization of its own, on a clock that the test moves; and the data it brings."""

import csv
import io
import ssl
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import httpx

from emulator.server import Emulator
from tests.dialects.nscale.tokens import token

Json = dict[str, Any]

ORGANIZATION = "a7467a9d-90d4-4976-8a08-cc5bd358b56e"
LLAMA = "5b912da4-4a68-43eb-9224-38239535d934"
"""Meta-Llama-3.1-8B-Instruct, a context of 8192 tokens, batches of 4 and multiples."""
NOBODY = "00000000-0000-0000-0000-000000000000"
FOREVER_S = 10**7
"""Longer than any job of a test."""
LINK_S = 3600
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""To read the machine's certificates takes 30 ms a client, and the servers here speak plain HTTP."""


def a_client(base_url: str, key: str | None = None) -> httpx.Client:
    """Return a client of a server, with that key as its token or with none."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=base_url, headers=headers, timeout=30, verify=NO_TLS)


def follow(url: str, method: str = "GET", **headers: str) -> httpx.Response:
    """Ask for what lies at a link as somebody without a token."""
    with a_client("") as anybody:
        return anybody.request(method, url, headers=headers)


class Api:
    """What a client does with the service, on a clock that stands still between its calls."""

    def __init__(
        self,
        server: Emulator,
        name: str,
        *,
        organization: str = ORGANIZATION,
        clock: str = "manual",
        mount: str = "/nscale",
    ) -> None:
        self.key = token(name)
        self.server = server
        self.client = a_client(f"{server.url}{mount}/api/v1/organizations/{organization}", self.key)
        self.control = a_client(server.url, self.key)
        self.control.put("/_emulator/clock", json={"mode": clock}).raise_for_status()

    def close(self) -> None:
        """Hang up."""
        self.client.close()
        self.control.close()

    def call(self, method: str, path: str, status: int = 200, **sent: Any) -> Any:
        """Return the body of an answer, which has to have that status; None where it has none."""
        answer = self.client.request(method, path, **sent)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
        return answer.json() if answer.content else None

    def get(self, path: str, **query: Any) -> Json:
        """Look at something."""
        body: Json = self.call("GET", path, params=query) if query else self.call("GET", path)
        return body

    def post(self, path: str, body: Json | None = None) -> Json:
        """Send something."""
        answered: Json = self.call("POST", path, json=body) if body is not None else self.call("POST", path)
        return answered

    def listed(self, path: str, **query: Any) -> list[Json]:
        """Return the entries of a list."""
        body = self.get(path, **query)
        assert [*body] == ["data"]
        entries: list[Json] = body["data"]
        return entries

    def refused(self, method: str, path: str, status: int = 400, **sent: Any) -> str:
        """Return what an error of that status says; its code fits."""
        error = self.call(method, path, status, **sent)
        assert [*error] == ["code", "message"]
        assert error["code"] in CODES[status]
        return str(error["message"])

    def upload(self, content: bytes | None = None, *, name: str = "train.csv") -> Json:
        """Bring a file."""
        sent = {"file": (name, table(50) if content is None else content, "text/csv")}
        file: Json = self.call("POST", "/files", files=sent)
        return file

    def dataset(self, training: bytes | None = None, validation: bytes | None = None, *, name: str = "data") -> Json:
        """Bring files and put them together."""
        more = {"validation_file_id": self.upload(validation)["id"]} if validation is not None else {}
        return self.post("/datasets", {"name": name, "training_file_id": self.upload(training)["id"], **more})

    def asking(self, **body: Any) -> Json:
        """Return the body of a job's order; a dataset is made where none is named."""
        data = {} if "dataset" in body else {"dataset": asked(self.dataset()["id"])}
        return {"name": "a job", "base_model_id": LLAMA, **data, **body}

    def order(self, **body: Any) -> Json:
        """Make a job; return it."""
        job: Json = self.post("/jobs", self.asking(**body))["job"]
        return job

    def job(self, job_id: str) -> Json:
        """Look at a job."""
        return self.get(f"/jobs/{job_id}")

    def done(self, **body: Any) -> Json:
        """Make a job and let it be over."""
        job_id = self.order(**body)["id"]
        self.advance(FOREVER_S)
        return self.job(job_id)

    def until(self, job_id: str, status: str) -> Json:
        """Let a job come into a status."""
        for _ in range(500):
            if (job := self.job(job_id))["status"] == status:
                return job
            self.skip()
        raise AssertionError(f"the job never is {status}")

    def metrics(self, job_id: str) -> Json:
        """Look at what a job has measured."""
        return self.get(f"/jobs/{job_id}/metrics")

    def link(self, job_id: str) -> str:
        """Return the link to a job's model."""
        headers = {"accept": "application/json"}
        return str(self.call("GET", f"/jobs/{job_id}/download", headers=headers)["download_url"])

    def advance(self, seconds: float) -> None:
        """Let time go on."""
        self.control.post("/_emulator/clock/advance", json={"seconds": seconds}).raise_for_status()

    def skip(self) -> None:
        """Let time go on until something happens."""
        self.control.post("/_emulator/clock/skip").raise_for_status()

    def tick(self, mode: str) -> None:
        """Let the clock go on when somebody polls, or only by hand."""
        self.control.put("/_emulator/clock", json={"mode": mode}).raise_for_status()

    def now(self) -> str:
        """Return what time it is, as the provider writes it."""
        at = datetime.fromisoformat(self.control.get("/_emulator/clock").json()["now"])
        return at.isoformat(timespec="microseconds").replace("+00:00", "Z")

    def scenario(self, name: str, **knobs: Any) -> None:
        """Say how the next job goes."""
        told = {"scenario": name, "parameters": knobs}
        self.control.put("/_emulator/scenarios/next", json=told).raise_for_status()


CODES = {
    400: {"invalid_argument", "failed_precondition"},
    401: {"unauthenticated"},
    402: {"failed_precondition"},
    403: {"permission_denied"},
    404: {"not_found"},
    405: {"unimplemented"},
    413: {"invalid_argument"},
    429: {"resource_exhausted"},
}


def ids(entries: Iterable[Json]) -> list[str]:
    """Return the ids of entries."""
    return [each["id"] for each in entries]


def asked(dataset_id: str, **columns: str | None) -> Json:
    """Return what a job's order says of its data."""
    return {"id": dataset_id, "prompt_column": "question", "answer_column": "answer", **columns}


def written(rows: Iterable[Iterable[str]]) -> bytes:
    """Return rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def table(number: int, *, answer: str = "It is a number, and a small one.") -> bytes:
    """Return so many questions and answers below their header."""
    return written([["question", "answer"], *([f"What is {n}?", answer] for n in range(number))])
