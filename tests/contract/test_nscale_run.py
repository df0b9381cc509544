"""A run as Nscale: what it costs, what it leaves, and what becomes of a dry run that makes a job."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.harness.run import tenant
from contract_tests.nscale.provider import PROVIDER
from emulator.dialects.nscale.entrance import is_jwt
from emulator.server import Emulator
from emulator.settings import Settings
from tests.contract.conftest import KEY, SECOND_KEY, Played
from tests.contract.sabotages.changes import asks
from tests.contract.sabotages.wrapping import Ask, Sabotage, sabotaged
from tests.contract.suite import FAST, Result, file, run

SETTINGS: dict[str, Any] = {"pace": PROVIDER.manner.pace, "api_key": (KEY, SECOND_KEY)}


@pytest.fixture
def played_nscale() -> Iterator[Played]:
    """A server that takes two keys, asked as Nscale."""
    with Emulator(Settings(port=0, quiet=True, **SETTINGS)) as emulator:
        target = Played(emulator, "nscale", PROVIDER.manner.path)
        yield target
        target.close()


def foreign(folder: Path, url: str, *args: str) -> Result:
    """Run against a server on this machine as if it were the service."""
    rules = ("--foreign", "--api-key-env", "CONTRACT_KEY", *FAST)
    return run(folder, "--target", url, *rules, *args, variables={"CONTRACT_KEY": KEY})


def left(played: Played) -> dict[str, list[str]]:
    """Return the files, the datasets, and the statuses of jobs that there are."""
    shown = {"files": "name", "datasets": "name", "jobs": "status"}
    return {
        thing: [each[member] for each in played.get(f"/{thing}?limit=100")["data"]] for thing, member in shown.items()
    }


def test_a_run_that_spends_nothing_leaves_nothing(tmp_path: Path, played_nscale: Played) -> None:
    tests = [file(name, "nscale") for name in ("test_datasets", "test_dry_run")]
    asked = foreign(tmp_path, played_nscale.url, *tests)
    costly = [fact for fact in asked.evidence["facts"] if fact["marks"] == ["spends"]]

    assert asked.code == 0, asked.out
    assert left(played_nscale) == {"files": [], "datasets": [], "jobs": []}
    assert asked.ledgers == []
    assert {fact["outcome"] for fact in costly} == {"not_tried"}


def test_a_job_costs_the_minimum_and_is_undone(tmp_path: Path, played_nscale: Played) -> None:
    tests = [file(name, "nscale") for name in ("test_job_cancelled", "test_job_failing")]
    asked = foreign(tmp_path, played_nscale.url, *tests, "--allow-spending", "5.99")
    why = {fact["why"] for fact in asked.evidence["facts"] if fact["outcome"] == "not_tried"}

    assert asked.code == 0, asked.out
    assert left(played_nscale) == {"files": [], "datasets": [], "jobs": ["cancelled", "cancelled"]}
    assert why == {"a job may cost $2.0000; with $4.0000 before it that is more than --allow-spending 5.99"}
    assert "jobs ordered: at most $4.0000" in asked.out
    assert asked.ledgers == []


def _wet(ask: Ask) -> Ask:
    body = ask.json()
    return ask.with_json({**body, "dry_run": False}) if isinstance(body, dict) and body.get("dry_run") is True else ask


def test_a_dry_run_that_makes_a_job_is_a_surprise_and_undone(tmp_path: Path) -> None:
    wet = Sabotage("wet", "A dry run makes a job.", asks("jobs.create", _wet), dialect="nscale")
    named = (file("test_dry_run", "nscale"), "-k", "calls_itself_one")
    with sabotaged(wet, **SETTINGS) as (server, _):
        asked = foreign(tmp_path, f"{server.url}{PROVIDER.manner.path}", "--dialect", "nscale", *named)
        played = Played(server, "nscale", PROVIDER.manner.path)
        statuses = left(played)["jobs"]
        played.close()

    assert asked.code == 1
    assert "cleaned up: 1 jobs cancelled" in asked.out
    assert statuses == ["cancelled"]


def test_the_key_of_a_server_of_ones_own_is_a_token_that_nscale_takes() -> None:
    keys = [tenant(name).reveal() for name in ("a", "b")]

    assert [is_jwt(key) for key in keys] == [True, True]
    assert keys[0] != keys[1]
    assert tenant("a").reveal() == keys[0]
