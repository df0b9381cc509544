"""Plans that are kept: those that the first version drew read as they did, and those of tomorrow are refused."""

import json
from pathlib import Path

import pytest

from emulator.errors import StorageFailed
from emulator.storage.jobs import _plan, _text
from emulator.timeline.job import Dataset, Kind, Problem, Status
from emulator.timeline.plan import VERSION, Plan
from emulator.timeline.planning import make_plan
from emulator.timeline.scenario import Scenario
from tests.timeline.recipes import a_recipe

# Written by version 1, before there were scenarios.
OLD = json.loads((Path(__file__).parent / "plans_1.json").read_text(encoding="utf-8"))
TOLD = frozenset({Kind.SUBMITTED, Kind.VALIDATED, Kind.TRAINED, Kind.FAILED})
DATA = {"succeeded": a_recipe().training, "failed": Dataset(problem=Problem(3, "is broken"))}


def read(plan: object) -> Plan:
    return _plan(json.dumps(plan))


@pytest.mark.parametrize("name", OLD)
def test_a_plan_of_version_1_reads_as_it_did(name: str) -> None:
    old, today = read(OLD[name]), make_plan(a_recipe(training=DATA[name], told=TOLD), seed="x")
    # Since then a failure names its stage, and a plan has a version of its own.
    known = json.loads(_text(today) or "")
    known["version"] = 1
    for moment in known["closing"]:
        moment["subject"] = ""

    assert old == read(known)
    assert (old.version, old.outcome, old.reaches, old.stuck_at) == (1, Status(name), old.ends, None)


def test_a_plan_is_kept_whole() -> None:
    knobs = {"loss_diverges_at_step": 2, "events_late_s": 3.0, "events_twice_every": 2, "cancel_takes_s": 1.0}
    scenario = Scenario(**knobs, stuck_in="training", missing_file="*", checkpoints=False)  # type: ignore[arg-type]
    plan = make_plan(a_recipe(scenario=scenario), seed="x")

    assert _plan(_text(plan) or "") == plan


def test_a_plan_of_tomorrow_is_refused_by_its_version() -> None:
    with pytest.raises(StorageFailed, match=f"version {VERSION + 1}; this emulator reads versions 1 to {VERSION}"):
        read({**OLD["succeeded"], "version": VERSION + 1})
