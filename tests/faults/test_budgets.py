"""Budgets on a real server: exact under many clients at once, readable, cleared, and kept over a restart."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.server import Emulator
from emulator.settings import Settings
from tests.conftest import Serve, client_of
from tests.faults.calls import FAULTS, set_fault, used

CLIENTS, REQUESTS = 50, 4


def many(emulator: Emulator, key: str) -> Counter[int]:
    """Let many clients of one tenant ask at once; return how often they got which status."""

    def one(_: int) -> list[int]:
        with client_of(emulator, key) as client:
            return [client.get("/v1/files").status_code for _ in range(REQUESTS)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        return Counter(status for statuses in pool.map(one, range(CLIENTS)) for status in statuses)


@pytest.mark.parametrize(
    ("budget", "expected"),
    [({"first": 7}, 7), ({"nth": 150}, 1), ({"every": 3}, 66), ({"after": 190}, 10), ({"first": 9, "every": 2}, 4)],
)
def test_a_budget_counts_exactly_whoever_asks_at_once(
    server: Emulator, client: httpx.Client, key: str, budget: dict[str, Any], expected: int
) -> None:
    set_fault(client, "status=418", "files.list", **budget)

    assert many(server, key) == {418: expected, 200: CLIENTS * REQUESTS - expected}
    assert used(client) == [(CLIENTS * REQUESTS, expected)]


def test_only_requests_that_match_are_counted(client: httpx.Client) -> None:
    set_fault(client, "status=418", "files.list", nth=2)
    answers = [client.get(path).status_code for path in ("/v1/files", "/v1/models", "/v1/files", "/v1/files")]

    assert answers == [200, 200, 418, 200]
    assert used(client) == [(3, 1)]


def test_every_rule_counts_for_itself_also_those_whose_answer_is_not_given(client: httpx.Client) -> None:
    set_fault(client, "status=418", "files.*", first=2)
    set_fault(client, "status=500", {"path": "/v1/files"}, every=2)
    answers = [client.get("/v1/files").status_code for _ in range(4)]

    assert answers == [418, 418, 200, 500]
    assert used(client) == [(4, 2), (4, 2)]


def test_a_replaced_rule_begins_anew(client: httpx.Client) -> None:
    for _ in range(2):
        client.post(FAULTS, json={"id": "mine", "effects": "status=418", "budget": {"first": 1}})
        assert [client.get("/v1/files").status_code for _ in range(2)] == [418, 200]

    assert used(client) == [(2, 1)]


def test_the_rules_of_one_tenant_do_not_touch_another(server: Emulator, client: httpx.Client, key: str) -> None:
    set_fault(client, "status=418")

    with client_of(server, f"{key}, another") as other:
        assert other.get("/v1/files").status_code == 200
        assert used(other) == []
    assert used(client) == [(0, 0)]


@pytest.mark.parametrize(("method", "path"), [("DELETE", FAULTS), ("POST", "/_emulator/reset")])
def test_faults_are_taken_back_all_at_once(client: httpx.Client, method: str, path: str) -> None:
    set_fault(client, "status=418")
    assert client.get("/v1/files").status_code == 418

    assert client.request(method, path).status_code == 200
    assert client.get("/v1/files").status_code == 200
    assert used(client) == []


def test_until_is_read_on_the_tenants_clock(serve: Serve) -> None:
    with client_of(serve(clock="manual")) as client:
        set_fault(client, "status=418", until="2026-01-01T01:00:00Z")
        before = client.get("/v1/files").status_code
        client.post("/_emulator/clock/advance", json={"seconds": 3600})

        assert (before, client.get("/v1/files").status_code) == (418, 200)


def test_rules_and_what_is_left_of_their_budgets_survive_a_restart(tmp_path: Path) -> None:
    settings = Settings(port=0, quiet=True, data_dir=tmp_path)
    with Emulator(settings) as emulator, client_of(emulator) as client:
        set_fault(client, "status=418", "files.list", first=3)
        assert [client.get("/v1/files").status_code for _ in range(2)] == [418, 418]
    with Emulator(settings) as emulator, client_of(emulator) as client:
        assert used(client) == [(2, 2)]
        assert [client.get("/v1/files").status_code for _ in range(2)] == [418, 200]
        assert used(client) == [(4, 3)]


def test_a_servers_own_rules_count_for_each_tenant(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("- {effects: status=418, budget: {first: 1}}")
    emulator = serve(faults=str(file))

    for key in ("one", "two"):
        with client_of(emulator, key) as client:
            assert [client.get("/v1/files").status_code for _ in range(2)] == [418, 200]
            assert used(client) == [(2, 1)]
