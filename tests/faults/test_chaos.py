"""Chaos that repeats: the same seed gives the same run to the byte, another seed another one."""

import hashlib
import json
from collections.abc import Generator, Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import Serve, client_of
from tests.faults.calls import FAULTS, used

BUCKET = "x-ratelimit-reset-requests"
NOTHING_KEPT = httpx.Limits(max_keepalive_connections=0)
"""Each request has a connection of its own: whether an old one is closed yet when it is used again is a race."""
ROUNDS = 30
Seen = tuple[Any, ...]


class Walk:
    """One client that goes through the same calls again and again, with the ids that it has learnt on the way."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._file, self._job = "file-none", "ftjob-none"

    def seen(self) -> Iterator[Seen]:
        """Give what the client saw of each request."""
        for number in range(ROUNDS):
            self._file = yield from self._made("/v1/files", self._file, **_form(number))
            yield from self._asked("GET", f"/v1/files/{self._file}")
            yield from self._asked("GET", f"/v1/files/{self._file}/content")
            body = {"model": "Qwen/Qwen3-4B", "training_file": self._file}
            self._job = yield from self._made("/v1/fine_tuning/jobs", self._job, json=body)
            self._client.post("/_emulator/clock/advance", json={"seconds": 1})
            for tail in ("", "/events", "/checkpoints"):
                yield from self._asked("GET", f"/v1/fine_tuning/jobs/{self._job}{tail}")
            yield from self._asked("GET", "/v1/fine_tuning/jobs")
            yield from self._asked("POST", f"/v1/fine_tuning/jobs/{self._job}/cancel")

    def _made(self, path: str, before: str, **sent: Any) -> Generator[Seen, None, str]:
        """Make a thing; return its id, or the one before where none was told."""
        seen = _outcome(self._client, "POST", path, **sent)
        yield seen
        try:
            return str(json.loads(seen[-1])["id"])
        except (ValueError, KeyError, TypeError):
            return before

    def _asked(self, method: str, path: str) -> Iterator[Seen]:
        yield _outcome(self._client, method, path)


def _form(number: int) -> dict[str, Any]:
    # A boundary of our own: httpx would draw one.
    lines = f'{{"text": "hello {number}"}}\n' * 20
    part = "--B\r\nContent-Disposition: form-data; name="
    body = f'{part}"purpose"\r\n\r\nfine-tune\r\n{part}"file"; filename="{number}.jsonl"\r\n\r\n{lines}\r\n--B--\r\n'
    return {"content": body, "headers": {"content-type": "multipart/form-data; boundary=B"}}


def _outcome(client: httpx.Client, method: str, path: str, **sent: Any) -> Seen:
    """Return what a client sees of one request: the answer, or what was raised."""
    try:
        answer = client.request(method, path, **sent)
    except httpx.NetworkError:
        # A reset that comes while a request is still being sent is met in the writing or in the reading.
        return ("NetworkError", "")
    except httpx.HTTPError as error:
        return (type(error).__name__, str(error), "")
    # These say something of host time, of which no seed knows: the date, and when a bucket has a token again.
    hidden = {"date", BUCKET, "retry-after"} if BUCKET in answer.headers else {"date"}
    headers = [(name, value) for name, value in answer.headers.items() if name not in hidden]
    return (answer.status_code, headers, answer.content)


def run(serve: Serve, faults: str, *, seed: str = "", server_seed: str = "0") -> list[Seen]:
    """Return all that a client sees of a server of its own under a preset."""
    emulator = serve(clock="manual", seed=server_seed)
    own = {"authorization": "Bearer chaos"}
    with httpx.Client(base_url=emulator.url, headers=own, timeout=30, limits=NOTHING_KEPT) as client:
        assert client.post(FAULTS, json={"preset": faults, "seed": seed}).status_code == 200
        return [*Walk(client).seen()]


def digest(seen: list[Seen]) -> str:
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def calm(seen: list[Seen]) -> int:
    """Return how many requests were answered with a success."""
    return sum(each[0] == 200 for each in seen)


@pytest.mark.parametrize("preset", [pytest.param("flaky", marks=pytest.mark.full), "hostile"])
def test_the_same_seed_gives_the_same_run_to_the_byte_and_another_another(serve: Serve, preset: str) -> None:
    first, second = (run(serve, preset, seed="7") for _ in range(2))
    other = run(serve, preset, seed="8")

    assert [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]] == []
    assert digest(first) == digest(second)
    assert digest(first) != digest(other)
    assert len({seen[0] for seen in first}) > 3, "chaos shows"


def test_the_servers_own_seed_makes_another_run_too(serve: Serve) -> None:
    one, other = (run(serve, "flaky", server_seed=seed) for seed in ("1", "2"))

    assert [seen[0] for seen in one] != [seen[0] for seen in other]


def test_hostile_is_worse_than_flaky_and_leaves_most_requests_alone(serve: Serve) -> None:
    flaky, hostile = (calm(run(serve, preset, seed="1")) for preset in ("flaky", "hostile"))

    assert ROUNDS * 9 > flaky > hostile > ROUNDS * 9 / 3


def test_nothing_breaks_but_what_is_meant_to(serve: Serve) -> None:
    """No rule of hostile answers a 500 in these words: they are what an error of our own would be answered with."""
    seen = [each for seed in ("7", "8") for each in run(serve, "hostile", seed=seed)]

    assert [each for each in seen if each[-1] == b'{"detail":"Internal Server Error"}'] == []


def test_after_delete_all_is_well_again(serve: Serve) -> None:
    emulator = serve(clock="manual")
    with client_of(emulator, "chaos") as client:
        client.post(FAULTS, json={"preset": "hostile", "seed": "7"})
        for _ in range(50):
            _outcome(client, "GET", "/v1/files")
        assert sum(hits for _, hits in used(client)) > 0
        client.delete(FAULTS)

        assert {_outcome(client, "GET", "/v1/files")[0] for _ in range(50)} == {200}
        assert used(client) == []


def test_a_server_may_start_with_a_preset_and_its_own_seed_counts(serve: Serve) -> None:
    runs = []
    for seed in ("1", "1", "2"):
        with client_of(serve(clock="manual", faults="flaky", seed=seed), "chaos") as client:
            runs.append([_outcome(client, "GET", "/v1/files")[0] for _ in range(150)])

    assert runs[0] == runs[1] != runs[2]
    assert 200 in runs[0]
