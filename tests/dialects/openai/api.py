"""A tenant of the provider's on a clock that the test moves, and the data that it brings."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import httpx

from emulator.server import Emulator
from tests.conftest import client_of

Json = dict[str, Any]

FILES, UPLOADS, JOBS, MODELS = "/v1/files", "/v1/uploads", "/v1/fine_tuning/jobs", "/v1/models"
MOMENTS = 500
"""More than any job of a test has."""


class Api:
    """What a client does with the service, on a clock that stands still between its calls."""

    def __init__(self, server: Emulator, key: str, *, clock: str = "manual") -> None:
        headers = {"authorization": f"Bearer {key}"}
        self.client = httpx.Client(base_url=f"{server.url}/openai", headers=headers, timeout=30)
        self.control = client_of(server, key)
        self.control.put("/_emulator/clock", json={"mode": clock}).raise_for_status()

    def close(self) -> None:
        """Hang up."""
        self.client.close()
        self.control.close()

    def call(self, method: str, path: str, status: int = 200, **sent: Any) -> Json:
        """Return the body of an answer, which has to have that status."""
        answer = self.client.request(method, path, **sent)
        assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
        body: Json = answer.json()
        return body

    def get(self, path: str, **query: Any) -> Json:
        """Look at something."""
        return self.call("GET", path, params=query)

    def post(self, path: str, body: Json | None = None) -> Json:
        """Send something."""
        return self.call("POST", path, json=body)

    def refused(self, method: str, path: str, status: int = 400, **sent: Any) -> Json:
        """Return the error that an answer of that status tells."""
        error: Json = self.call(method, path, status, **sent)["error"]
        assert [*error] == ["message", "type", "param", "code"]
        return error

    def upload(self, content: bytes | None = None, *, name: str = "a.jsonl", **form: str) -> str:
        """Bring a file; return its id."""
        form = {"purpose": "fine-tune", **form}
        sent = {"file": (name, chats(10) if content is None else content)}
        return str(self.call("POST", FILES, files=sent, data=form)["id"])

    def order(self, **body: Any) -> Json:
        """Make a job."""
        return self.post(JOBS, self.asking(**body))

    def asking(self, **body: Any) -> Json:
        """Return the body of a job's order; a file is brought where none is named."""
        training = {} if "training_file" in body else {"training_file": self.upload()}
        return {"model": "gpt-4o-mini", **training, **body}

    def job(self, job_id: str) -> Json:
        """Look at a job."""
        return self.get(f"{JOBS}/{job_id}")

    def until(self, job_id: str, status: str) -> Json:
        """Let a job come into a status."""
        for _ in range(MOMENTS):
            if (job := self.job(job_id))["status"] == status:
                return job
            self.skip()
        raise AssertionError(f"the job never is {status}")

    def done(self, **body: Any) -> Json:
        """Make a job and let it be over; its last moment comes at once."""
        job_id = self.order(**body)["id"]
        self.advance(10**7)
        return self.job(job_id)

    def pages(self, path: str, limit: int, **query: Any) -> Iterator[Json]:
        """Yield all of a list as a client pages through it."""
        after: Json = {}
        while True:
            page = self.get(path, limit=limit, **query, **after)
            yield from page["data"]
            assert len(page["data"]) == limit or not page["has_more"]
            if not page["has_more"]:
                return
            after = {"after": page["data"][-1]["id"]}

    def advance(self, seconds: float) -> None:
        """Let time go on."""
        self.control.post("/_emulator/clock/advance", json={"seconds": seconds}).raise_for_status()

    def skip(self) -> None:
        """Let time go on until something happens."""
        self.control.post("/_emulator/clock/skip").raise_for_status()


def ids(listed: Json) -> list[str]:
    """Return the ids of a page."""
    return [each["id"] for each in listed["data"]]


def lines(rows: Iterable[Json]) -> bytes:
    """Return rows as JSON line by line."""
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def chats(number: int) -> bytes:
    """Return so many conversations."""
    return lines({"messages": turns(n)} for n in range(number))


def preferences(number: int) -> bytes:
    """Return so many pairs of answers."""
    return lines(
        {
            "input": {"messages": turns(n)[:1]},
            "preferred_output": turns(n)[1:],
            "non_preferred_output": [{"role": "assistant", "content": "Who knows?"}],
        }
        for n in range(number)
    )


def questions(number: int) -> bytes:
    """Return so many prompts for reinforcement."""
    return lines({"messages": turns(n)[:1], "answer": "a number"} for n in range(number))


def turns(n: int) -> list[Json]:
    """Return a question and its answer."""
    return [{"role": "user", "content": f"What is {n}?"}, {"role": "assistant", "content": "A number."}]
