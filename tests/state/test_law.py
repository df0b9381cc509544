"""Whatever a tenant did, its state can be taken along: elsewhere, or back to it later, it gives the same answers."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import client_of
from tests.state.looks import (
    ALL,
    FILES,
    JOBS,
    MODEL,
    SNAPSHOTS,
    STATE,
    advance,
    answered,
    everything,
    exported,
    upload,
)

CONTENTS = [b'{"text": "one"}\n', b'{"text": "two"}\n' * 9, b"no rows", b""]
SCENARIOS = [
    "succeeds",
    "fails_at_step=1",
    "stuck_in_queue",
    "late_events",
    "duplicate_events",
    "missing_checkpoint_file",
]
Act = tuple[str, int]


@pytest.fixture(scope="module")
def still() -> Iterator[Emulator]:
    """A server whose clocks stand still, on which few jobs run at once."""
    with Emulator(Settings(port=0, quiet=True, clock="manual", max_running=2)) as emulator:
        yield emulator


def ids(client: httpx.Client, path: str) -> list[str]:
    return [each["id"] for each in answered(client.get(path, params=ALL))["data"]]


def chosen(client: httpx.Client, path: str, number: int) -> str | None:
    found = sorted(ids(client, path))
    return found[number % len(found)] if found else None


def _create(client: httpx.Client, number: int) -> None:
    if file := chosen(client, FILES, number):
        body = {"model": MODEL, "training_file": file, "hyperparameters": {"lora": number % 2 == 0, "n_epochs": 2}}
        client.post(JOBS, json=body, headers={"x-emulator-scenario": SCENARIOS[number % len(SCENARIOS)]})


def _delete(client: httpx.Client, number: int) -> None:
    if file := chosen(client, FILES, number):
        client.delete(f"{FILES}/{file}")


def _delete_result(client: httpx.Client, number: int) -> None:
    if job := chosen(client, JOBS, number):
        for file in answered(client.get(f"{JOBS}/{job}"))["result_files"][:1]:
            client.delete(f"{FILES}/{file}")


def _cancel(client: httpx.Client, number: int) -> None:
    if job := chosen(client, JOBS, number):
        client.post(f"{JOBS}/{job}/cancel")


ACTS: dict[str, Callable[[httpx.Client, int], Any]] = {
    "upload": lambda client, number: upload(client, CONTENTS[number % len(CONTENTS)]),
    "create": _create,
    "cancel": _cancel,
    "delete": _delete,
    "delete a result": _delete_result,
    "go on": lambda client, number: advance(client, number / 10),
    "next": lambda client, number: client.put(
        "/_emulator/scenarios/next", json={"scenario": SCENARIOS[number % len(SCENARIOS)], "count": 2}
    ),
}
DONE = st.lists(st.tuples(st.sampled_from([*ACTS]), st.integers(0, 30)), max_size=12)


def act(client: httpx.Client, done: list[Act]) -> None:
    for name, number in done:
        ACTS[name](client, number)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DONE, DONE)
def test_a_state_is_the_same_elsewhere_and_goes_on_as_it_would_have(
    still: Emulator, before: list[Act], after: list[Act]
) -> None:
    with client_of(still, "one") as one, client_of(still, "other") as other:
        answered(one.post("/_emulator/reset"))
        act(one, [("upload", 0), ("create", 0), *before])
        answered(other.put(STATE, content=one.get(STATE).content))
        assert exported(other) == exported(one)
        assert everything(other) == everything(one)

        # What is made anew has ids of its tenant's, so that only what is there already can be compared.
        for client in (one, other):
            act(client, [(name, number) for name, number in after if name not in {"upload", "create"}])
        assert everything(other) == everything(one)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DONE, DONE)
def test_a_snapshot_brings_everything_back_whatever_was_done_since_and_the_same_comes_of_it_again(
    still: Emulator, before: list[Act], after: list[Act]
) -> None:
    with client_of(still, "back") as client:
        answered(client.post("/_emulator/reset"))
        act(client, [("upload", 0), ("create", 0), *before])
        answered(client.put(f"{SNAPSHOTS}/here"))
        first = everything(client)
        act(client, after)
        later = everything(client)
        answered(client.post(f"{SNAPSHOTS}/here/load"))
        assert everything(client) == first

        act(client, after)
        assert everything(client) == later


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DONE, DONE)
def test_a_tenant_that_was_forgotten_has_never_been_and_the_same_comes_of_the_same_acts(
    still: Emulator, before: list[Act], after: list[Act]
) -> None:
    with client_of(still, "forgotten") as client:
        answered(client.delete(STATE))
        act(client, [("upload", 0), ("create", 0), *after])
        first = exported(client), everything(client)
        answered(client.put(f"{SNAPSHOTS}/one"))
        act(client, before)
        answered(client.delete(STATE))
        with client_of(still, "never seen") as never:
            assert exported(client) == exported(never)
            assert answered(client.get(SNAPSHOTS)) == answered(never.get(SNAPSHOTS))

        act(client, [("upload", 0), ("create", 0), *after])
        assert (exported(client), everything(client)) == first
