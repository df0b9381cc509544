"""One seed, one history: the same calls are answered with the same bytes, ids and times and weights included."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from emulator.server import Emulator
from tests.conftest import Serve, client_of

JOBS, FILES = "/v1/fine_tuning/jobs", "/v1/files"
ROWS = b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n' * 200
HOST_TIME = {"date"}
"""Headers that tell of the host and not of the emulator."""

Answer = tuple[int, dict[str, str], bytes]


class Recorder:
    """A client that keeps all it is answered."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.answers: list[Answer] = []

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = self._client.request(method, path, **more)
        headers = {name: value for name, value in answer.headers.items() if name not in HOST_TIME}
        self.answers.append((answer.status_code, headers, answer.content))
        return answer

    def upload(self, content: bytes = ROWS) -> str:
        form: dict[str, Any] = {"files": {"file": ("d.jsonl", content)}, "data": {"purpose": "fine-tune"}}
        return str(self("POST", FILES, **form).json()["id"])

    def create(self, file: str, **more: Any) -> str:
        hyperparameters = {"n_epochs": 3, "batch_size": 1, "lora": True, "packing": False}
        order = {"model": "Qwen/Qwen3-4B", "training_file": file, "hyperparameters": hyperparameters, **more}
        return str(self("POST", JOBS, json=order).json()["id"])

    def losses(self, job: str) -> list[dict[str, Any]]:
        made = self("GET", f"{JOBS}/{job}/checkpoints").json()["data"]
        assert len(made) == 3
        return [checkpoint["metrics"] for checkpoint in made]


def walk(emulator: Emulator, key: str = "a-key") -> list[Answer]:
    """Do a bit of everything; return every answer, those with the bytes of checkpoints among them."""
    with client_of(emulator, key) as client:
        call = Recorder(client)
        file, doomed = call.upload(), call.upload(b"not json")
        jobs = [call.create(file, suffix="mine", validation_file=file), call.create(doomed), call.create(file)]
        call("POST", f"{JOBS}/{jobs[2]}/cancel")
        for _ in range(6):
            for job in jobs:
                call("GET", f"{JOBS}/{job}")
            call("POST", "/_emulator/clock/advance", json={"seconds": 1.25})
        for path in (JOBS, FILES, *(f"{JOBS}/{job}/{what}" for job in jobs for what in ("events", "checkpoints"))):
            call("GET", path)
        results = call("GET", f"{JOBS}/{jobs[0]}").json()["result_files"]
        assert len(results) == 6
        for result in results:
            call("GET", f"{FILES}/{result}")
            call("GET", f"{FILES}/{result}/content")
        call("DELETE", f"{FILES}/{file}")
        call("GET", f"{FILES}/{file}")
        call("GET", "/_emulator/clock")
        return call.answers


@pytest.mark.parametrize("clock", ["manual", "poll"])
def test_the_same_calls_on_two_servers_of_one_seed_get_the_same_bytes(serve: Serve, clock: str) -> None:
    one, other = serve(clock=clock, seed="7"), serve(clock=clock, seed="7")

    assert walk(one) == walk(other)


@pytest.mark.parametrize("clock", ["manual", "poll"])
def test_after_a_reset_the_same_calls_get_the_same_bytes_again(serve: Serve, clock: str) -> None:
    emulator = serve(clock=clock)
    first = walk(emulator)
    with client_of(emulator) as client:
        assert client.post("/_emulator/reset").status_code == 200

    assert walk(emulator) == first


def test_a_reset_by_one_tenant_leaves_the_answers_of_another(serve: Serve) -> None:
    emulator = serve(clock="manual")
    walk(emulator, "mine")
    with client_of(emulator, "mine") as client, client_of(emulator, "another") as other:
        before = [client.get(path).content for path in (JOBS, FILES, "/_emulator/clock")]
        other.post("/_emulator/reset")

        assert [client.get(path).content for path in (JOBS, FILES, "/_emulator/clock")] == before


@pytest.mark.parametrize("change", [{"seed": "8"}, {"key": "another-key"}])
def test_another_seed_or_key_gives_other_ids(serve: Serve, change: dict[str, str]) -> None:
    ids = []
    for seed, key in [("7", "a-key"), (change.get("seed", "7"), change.get("key", "a-key"))]:
        with client_of(serve(clock="manual", seed=seed), key) as client:
            call = Recorder(client)
            file = call.upload()
            job = call.create(file)
            event = call("GET", f"{JOBS}/{job}/events").json()["data"][0]["id"]
            ids.append({file, job, event})

    assert len(ids[0] | ids[1]) == 6


def test_another_tenant_doing_things_in_between_changes_no_answer(serve: Serve) -> None:
    alone, shared = serve(clock="manual"), serve(clock="manual")
    walk(shared, "another")

    assert walk(alone) == walk(shared)


def trained(emulator: Emulator, orders: list[dict[str, Any]], key: str = "a-key") -> list[list[dict[str, Any]]]:
    """Train one job for each order on the same data; return the metrics of their checkpoints."""
    with client_of(emulator, key) as client:
        call = Recorder(client)
        file = call.upload()
        jobs = [call.create(file, **order) for order in orders]
        call("POST", "/_emulator/clock/advance", json={"seconds": 10**6})
        return [call.losses(job) for job in jobs]


def test_jobs_of_one_user_seed_and_data_have_the_same_losses(serve: Serve) -> None:
    one, again = trained(serve(clock="manual"), [{"seed": 42}, {"seed": 42}])

    assert one == again


@pytest.mark.parametrize("orders", [[{}, {}], [{"seed": 1}, {"seed": 2}], [{"seed": 42}, {}]])
def test_jobs_without_a_common_user_seed_have_different_losses(serve: Serve, orders: list[dict[str, int]]) -> None:
    one, other = trained(serve(clock="manual"), orders)

    assert [each["step"] for each in one] == [each["step"] for each in other]
    assert not {each["train_loss"] for each in one} & {each["train_loss"] for each in other}


def test_a_user_seed_of_zero_is_a_seed(serve: Serve) -> None:
    one, again, unseeded = trained(serve(clock="manual"), [{"seed": 0}, {"seed": 0}, {}])

    assert one == again != unseeded


def moments(emulator: Emulator) -> list[tuple[timedelta, bytes]]:
    """Skip through a job; return when each moment came and what the job then was, its times left out."""
    with client_of(emulator) as client:
        call = Recorder(client)
        job = call.create(call.upload())
        begun, seen = clock(client), []
        while client.get(f"{JOBS}/{job}").json()["status"] != "succeeded":
            client.post("/_emulator/clock/skip")
            wire = client.get(f"{JOBS}/{job}").json()
            told = [event["message"] for event in client.get(f"{JOBS}/{job}/events").json()["data"]]
            numbers = [wire["status"], wire["trained_steps"], wire["trained_tokens"], told]
            seen.append((clock(client) - begun, repr(numbers).encode()))
        return seen


def clock(client: httpx.Client) -> datetime:
    return datetime.fromisoformat(client.get("/_emulator/clock").json()["now"])


def test_pace_scales_a_plan_and_changes_nothing_else_of_it(serve: Serve) -> None:
    slow, fast = moments(serve(clock="manual", pace=10.0)), moments(serve(clock="manual", pace=0.5))

    assert len(slow) == 6
    assert all(earlier < later for (earlier, _), (later, _) in pairwise(fast))
    assert [seen for _, seen in slow] == [seen for _, seen in fast]
    for (late, _), (soon, _) in zip(slow, fast, strict=True):
        # Each of a handful of phases is rounded to a microsecond on its own.
        assert abs(late - soon * 20) < timedelta(milliseconds=1)
