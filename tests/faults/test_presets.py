"""The presets of chaos, and files of rules: what they hold, what is refused, and their published JSON Schema."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from emulator import dialects
from emulator.core.faults import chance
from emulator.core.presets import RuleFile, preset, presets, read_rules, schema
from emulator.faults import EFFECTS
from emulator.settings import BadSetting
from emulator.shipped import shipped

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = shipped("faults") / "rules.schema.json"
OPERATIONS = [operation for each in dialects.ALL for operation in each.operations]


def written(name: str) -> Any:
    return yaml.safe_load(presets()[name].read_text(encoding="utf-8"))


def share_that_fails(seed: str, draws: int = 20_000) -> float:
    """Return how many requests out of so many a rule of flaky acts on."""
    rules = preset("flaky", seed=seed)
    hit = [
        any(
            rule.budget.allows(number, age_s=0, now=NOW, rng=chance(rule, number, seed="0", tenant="t"))
            for rule in rules
        )
        for number in range(1, draws + 1)
    ]
    return sum(hit) / draws


def test_the_published_schema_is_the_codes() -> None:
    text = json.dumps(schema(), indent=2) + "\n"

    assert SCHEMA.read_text(encoding="utf-8") == text, f"write the code's own: {SCHEMA.name} = json.dumps(schema())"


@pytest.mark.parametrize("name", presets())
def test_a_preset_says_what_it_is_for_and_fits_the_schema(name: str) -> None:
    text = presets()[name].read_text(encoding="utf-8")

    assert text.startswith("# yaml-language-server: $schema=rules.schema.json\n")
    assert written(name)["summary"].endswith(".")
    assert jsonschema_rs.validator_for(schema()).is_valid(written(name))


@pytest.mark.parametrize("name", presets())
def test_every_rule_of_a_preset_can_match_something(name: str) -> None:
    assert [rule.id for rule in preset(name) if rule.match.misses(OPERATIONS)] == []


@pytest.mark.parametrize(
    "rules",
    [
        [{"effects": "status"}, {"match": "jobs.*", "budget": {"first": 2}, "effects": ["latency=1", "reset"]}],
        [{"effects": [{"effect": "status", "code": 503, "retry_after": 2, "headers": {"x-a": "b"}}]}],
        [{"match": {"operation": ["jobs.list"], "status": "running", "body": {"n": 3}}, "effects": "timeout"}],
    ],
)
def test_what_the_schema_takes_the_code_takes(rules: list[Any]) -> None:
    assert jsonschema_rs.validator_for(schema()).is_valid({"rules": rules})
    assert len(RuleFile.model_validate({"rules": rules}).rules) == len(rules)


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [{}],
        [{"effects": [{"effect": "statuss"}]}],
        [{"effects": [{"effect": "status", "cod": 3}]}],
        [{"effects": [{"effect": "status", "code": 3}]}],
        [{"effects": "status", "budget": {"first": -1}}],
        [{"effects": "status", "match": {"opration": "jobs.list"}}],
    ],
)
def test_what_the_schema_refuses_the_code_refuses(rules: list[Any]) -> None:
    assert not jsonschema_rs.validator_for(schema()).is_valid({"rules": rules})
    with pytest.raises(ValueError, match="validation error"):
        RuleFile.model_validate({"rules": rules})


def test_hostile_has_every_effect() -> None:
    assert {effect.name for rule in preset("hostile") for effect in rule.effects} == {*EFFECTS}


@pytest.mark.parametrize("seed", ["", "7", "another"])
def test_flaky_fails_one_request_in_twenty(seed: str) -> None:
    # Four standard deviations of 20,000 draws.
    assert share_that_fails(seed) == pytest.approx(0.05, abs=0.0062)


def test_degraded_is_slow_for_everything() -> None:
    latency = next(rule for rule in preset("degraded") if rule.effects[0].name == "latency")

    assert latency.match == type(latency.match)()
    assert latency.budget == type(latency.budget)()


def test_a_seed_goes_to_every_rule_of_a_preset() -> None:
    assert {rule.budget.seed for rule in preset("flaky", seed="7")} == {"7"}
    assert {rule.budget.seed for rule in preset("flaky")} == {""}


def test_a_users_file_may_be_a_plain_list_and_its_rules_get_ids(tmp_path: Path) -> None:
    file = tmp_path / "my rules.yaml"
    file.write_text("- effects: latency=1\n- {id: own, effects: [status=503], budget: {until: 2026-01-01T00:00:00Z}}")

    assert [rule.id for rule in read_rules(str(file))] == ["my-rules-1", "own"]


REFUSED = {
    "": "a file of rules is an object, got 'None'",
    "3": "a file of rules is an object, got '3'",
    "[]": "rules: takes at least one",
    "rules: [{effects: statuss}]": "rules.0.effects: there is no effect 'statuss'; did you mean status?",
    "rule: []": "there is no member of a file of rules 'rule'; did you mean rules?",
    "[{effects: status, budget: {probability: .nan}}]": "rules.0.budget.probability: Input should be a finite number",
    "[{effects: status, budget: {until: 2026-01-01}}]": "rules.0.budget.until",
    "[{effects: status, budget: {until: 2026-99-99}}]": "is not YAML that can be read: month must be in 1..12",
    "[{id: a, effects: status}, {id: a, effects: status}]": "two of the rules have the same id",
    "{": "is not YAML that can be read",
    "[" * 5000: "is not YAML that can be read",
    "- !!python/object/apply:os.system [ls]": "is not YAML that can be read: could not determine a constructor",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_a_file_that_makes_no_sense_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text)

    with pytest.raises(BadSetting) as refused:
        read_rules(str(file))
    assert REFUSED[text] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["flakey", "", ".", "no/such/file"])
def test_what_is_neither_a_preset_nor_a_file_is_refused(name: str) -> None:
    with pytest.raises(BadSetting, match=r"there is no preset .*flaky.*; nor can a file be read there: "):
        read_rules(name)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(BadSetting, match="is not a text in UTF-8"):
        read_rules(str(file))
