"""latency, as clients meet it; and how it is drawn, as laws."""

import math
import statistics
import time
from random import Random
from typing import Literal

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.faults.effect import Meeting
from emulator.faults.latency import LONGEST_S, Latency
from tests.faults.calls import set_fault, upload, used

Shape = Literal["constant", "uniform", "normal", "heavy_tail"]


def drawn(seed: int, *, seconds: float, spread: float = 0.5, shape: Shape) -> float:
    latency = Latency(seconds=seconds, spread=spread, shape=shape)
    return latency.met(Meeting(1, 0.0, 0.0, Random(seed), {})).seconds


def waited(client: httpx.Client, path: str = "/v1/files") -> float:
    """Return how long an answer took, in host seconds."""
    begun = time.monotonic()  # noqa: TID251 -- what a client waits is host time
    assert client.get(path).status_code == 200
    return time.monotonic() - begun  # noqa: TID251 -- as above


def test_the_client_waits_and_gets_the_truth(client: httpx.Client) -> None:
    file_id = upload(client)
    set_fault(client, "latency=0.3")

    assert waited(client) >= 0.3
    assert client.get(f"/v1/files/{file_id}").json()["id"] == file_id


def test_several_add_up(client: httpx.Client) -> None:
    set_fault(client, "latency=0.1; latency=0.2,shape=uniform,spread=0")

    assert waited(client) >= 0.3


def test_a_client_that_waits_for_less_times_out_retries_and_gives_up(client: httpx.Client, sdk: openai.OpenAI) -> None:
    set_fault(client, "latency=2", "files.list")

    with pytest.raises(openai.APITimeoutError):
        sdk.with_options(timeout=0.2, max_retries=1).files.list()
    assert used(client) == [(2, 2)]


def test_a_retry_that_is_let_through_is_answered(client: httpx.Client, sdk: openai.OpenAI) -> None:
    set_fault(client, "latency=2", "files.list", first=1)

    assert sdk.with_options(timeout=1, max_retries=1).files.list().data == []
    assert used(client) == [(2, 1)]


def test_a_poll_clock_goes_on_behind_it(client: httpx.Client) -> None:
    """What the client was shown, late, was true."""
    body = {"model": "Qwen/Qwen3-4B", "training_file": upload(client)}
    job = client.post("/v1/fine_tuning/jobs", json=body).json()["id"]
    set_fault(client, "latency=0", "jobs.retrieve")
    statuses = [client.get(f"/v1/fine_tuning/jobs/{job}").json()["status"] for _ in range(3)]

    assert len({*statuses}) == 3


@given(
    seed=st.integers(),
    seconds=st.floats(0, LONGEST_S),
    spread=st.floats(0, 1),
    shape=st.sampled_from(["constant", "uniform", "normal", "heavy_tail"]),
)
def test_any_drawn_latency_is_a_time_that_ends_and_is_drawn_alike_for_one_seed(
    seed: int, seconds: float, spread: float, shape: Shape
) -> None:
    got = drawn(seed, seconds=seconds, spread=spread, shape=shape)

    assert 0 <= got <= LONGEST_S
    assert got == drawn(seed, seconds=seconds, spread=spread, shape=shape)
    if shape == "constant":
        assert math.isclose(got, seconds, abs_tol=1e-6)
    if shape == "uniform":
        assert seconds * (1 - spread) - 1e-6 <= got <= seconds * (1 + spread) + 1e-6


def test_the_shapes_have_the_averages_and_the_tails_that_they_say() -> None:
    draws = {
        shape: [drawn(seed, seconds=3, spread=0.1, shape=shape) for seed in range(4000)]
        for shape in ("uniform", "normal", "heavy_tail")
    }

    assert statistics.mean(draws["uniform"]) == pytest.approx(3, abs=0.02)
    assert statistics.mean(draws["normal"]) == pytest.approx(3, abs=0.02)
    assert statistics.stdev(draws["normal"]) == pytest.approx(0.3, rel=0.1)
    assert statistics.mean(draws["heavy_tail"]) == pytest.approx(3, rel=0.2)
    assert statistics.median(draws["heavy_tail"]) == pytest.approx(2 ** (2 / 3), rel=0.05)
    assert max(draws["heavy_tail"]) > 50
