from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.presets import RuleFile, read_rules
from emulator.dialects import NEBIUS
from emulator.faults.rule import Rule
from emulator.from_har.reproduction import Reproduction
from emulator.from_har.written import rule_file
from tests.from_har.made import JOB, JOBS, entry, job, made_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OUTCOMES: dict[str, dict[str, Any]] = {
    "sound": {"status": 200, "answer": job()},
    "busy": {"status": 503, "answer": {"detail": "Busy, \"very\"; 'so': # {x}"}},
    "slow down": {"status": 429, "headers": {"retry-after": "2"}},
    "broken": {"status": 0, "error": "reset"},
    "slow": {"status": 200, "answer": job(), "wait": 5.0},
    "forbidden": {"status": 403},
}


def recorded(outcomes: list[str]) -> Reproduction:
    return made_of(*(entry("GET", JOB, **OUTCOMES[each]) for each in outcomes))


def acting(made: Reproduction, number: int) -> list[str]:
    """Return the effects that the rules do to a request of that number, as their file is read."""
    rules = [Rule.model_validate(written.rule) for written in made.rules]
    allowed = [rule for rule in rules if rule.budget.allows(number, age_s=0.0, now=NOW, rng=Random(0))]
    return sorted(str(effect) for rule in allowed for effect in rule.effects)


@given(outcomes=st.lists(st.sampled_from([*OUTCOMES]), min_size=1, max_size=14))
def test_each_request_of_the_recording_meets_exactly_what_it_met_there(outcomes: list[str]) -> None:
    made = recorded(outcomes)

    for number, outcome in enumerate(outcomes, 1):
        alone = recorded([outcome])
        assert acting(made, number) == acting(alone, 1)


@given(step=st.integers(2, 5), times=st.integers(3, 6), rest=st.integers(0, 1))
def test_a_failure_at_a_regular_distance_is_one_rule(step: int, times: int, rest: int) -> None:
    outcomes = (["sound"] * (step - 1) + ["busy"]) * times + ["sound"] * rest

    assert [written.rule["budget"] for written in recorded(outcomes).rules] == [{"every": step}]


def test_neighbours_are_one_rule_and_each_other_number_one_of_its_own() -> None:
    made = recorded(["busy", "busy", "sound", "busy", "sound", "sound", "busy", "busy"])

    assert [written.rule["budget"] for written in made.rules] == [{"first": 2}, {"nth": 4}, {"after": 6, "first": 8}]


def test_rules_stand_in_the_order_in_which_each_first_acted() -> None:
    failed, sound = entry("GET", JOBS, 503), entry("GET", JOBS, 200)

    made = made_of(failed, entry("GET", JOB, 500), sound, failed)

    assert [written.rule["match"] for written in made.rules] == ["jobs.list", "jobs.retrieve", "jobs.list"]
    assert [written.rule["id"] for written in made.rules] == ["entry-1", "entry-2", "entry-4"]


@given(
    outcomes=st.lists(st.sampled_from([*OUTCOMES]), min_size=1, max_size=14).filter(lambda each: {*each} != {"sound"})
)
def test_the_file_of_rules_is_read_by_the_servers_own_reader_as_it_was_made(
    outcomes: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = recorded(outcomes)
    path = tmp_path_factory.mktemp("rules") / "seen.rules.yaml"
    path.write_text(rule_file(made), encoding="utf-8")

    assert [*read_rules(str(path))] == [*RuleFile.model_validate({"rules": [each.rule for each in made.rules]}).rules]
    assert all(rule.match.misses(NEBIUS.operations) is None for rule in read_rules(str(path)))
