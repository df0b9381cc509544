"""The catalogue of scenarios: what ships, a user's own, and how a text asks for one."""

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.catalogue import SUCCEEDS, Catalogue, schema
from emulator.settings import BadSetting
from emulator.shipped import shipped
from emulator.shorthand import Unreadable
from emulator.timeline.scenario import KNOBS, Scenario, turned

FOLDER = shipped("scenarios")
PUBLISHED = FOLDER / "scenario.schema.json"
FILES = sorted(FOLDER.glob("*.yaml"))
CATALOGUE = Catalogue()
PROMISED = """
succeeds instant slow invalid_training_file fails_at_step fails_at_validation out_of_memory loss_diverges quota_exceeded
insufficient_credit training_not_available stuck_in_validation stuck_in_queue stuck_running
internal_error_then_fine_on_retry
cancel_races_with_success no_checkpoints missing_checkpoint_file late_events duplicate_events success_before_last_event
"""


def own(folder: Path, text: str, name: str = "mine.yaml") -> Catalogue:
    """Give a catalogue with a scenario of a user's own."""
    (folder / name).write_text(text, encoding="utf-8")
    return Catalogue(folder=folder)


def test_the_scenarios_that_ship_are_those_that_are_promised() -> None:
    assert set(CATALOGUE.entries) == set(PROMISED.split())


def test_the_published_schema_is_the_codes_own() -> None:
    # To write it anew: json.dumps(schema(), indent=2) and a newline.
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == schema()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_file_names_its_schema_and_sets_nothing_that_is_so_anyway(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    scenario = CATALOGUE.entries[path.stem].told.knobs

    assert text.startswith("# yaml-language-server: $schema=scenario.schema.json\n")
    assert turned(scenario) == yaml.safe_load(text).get("knobs", {})
    assert (path.stem == SUCCEEDS) == (scenario == Scenario())


@pytest.mark.parametrize(
    ("text", "scenario"),
    [
        ("succeeds", Scenario()),
        ("fails_at_step=40", Scenario(fails_at_step=40, error_code="training_failed")),
        ("slow=3.5", Scenario(pace=3.5)),
        ("slow,pace=2", Scenario(pace=2)),
        ("instant,checkpoints=false", Scenario(pace=0, checkpoints=False)),
        ("stuck_running=4,stuck_in=none", Scenario(stuck_at_step=4)),
        ('invalid_training_file="a, b; c",error_param=none', None),
    ],
)
def test_a_text_asks_for_a_scenario_with_its_main_knob_and_others(text: str, scenario: Scenario | None) -> None:
    chosen = CATALOGUE.written(text)

    assert chosen.name == re.split("[,=]", text)[0]
    if scenario:
        assert chosen.scenario == scenario
    else:
        assert (chosen.scenario.error_message, chosen.scenario.error_param) == ("a, b; c", None)


def test_parameters_beat_the_text() -> None:
    assert CATALOGUE.written("slow=3,events_late_s=1", {"pace": 4}).scenario == Scenario(pace=4, events_late_s=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fails_at_stp=3", r"there is no scenario 'fails_at_stp'; did you mean fails_at_step\?"),
        ("slow,pase=3", r"the scenario slow: there is no knob 'pase'; did you mean pace\?"),
        ("succeeds=3", "the scenario succeeds takes no value, got '3'"),
        ("slow; instant", "takes one scenario"),
        ("slow=fast", "the scenario slow: pace: .*valid number.*, got 'fast'"),
        ("slow=-1", "the scenario slow: pace: got -1.0, takes 0 to 1000"),
        ("slow=nan", "the scenario slow: pace: got nan, takes 0 to 1000"),
        ("slow=none", "the scenario slow: pace: .*valid number.*, got None"),
        ("fails_at_step,fails_at=sawing", "fails_at: Input should be 'validation', 'queue'.*, got 'sawing'"),
        ("quota_exceeded,times=1", "times: it counts jobs"),
        ("", "got nothing, takes NAME"),
    ],
)
def test_what_there_is_not_is_refused_with_what_is_taken(text: str, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        CATALOGUE.written(text)


@given(
    st.sampled_from(KNOBS), st.text() | st.integers() | st.floats() | st.none() | st.booleans() | st.lists(st.none())
)
def test_every_value_of_every_knob_is_taken_or_refused(knob: str, value: object) -> None:
    said, scenario = "", Scenario()
    try:
        scenario = CATALOGUE.written("succeeds", {knob: value}).scenario
    except Unreadable as error:
        said = str(error)

    assert set(turned(scenario)) <= {knob}
    assert knob in (said or knob)


def test_a_users_own_scenario_joins_those_that_ship_and_replaces_the_one_of_its_name(tmp_path: Path) -> None:
    own(tmp_path, "{summary: Mine., evidence: unverified, parameter: pace, knobs: {fails_at: queue}}")
    catalogue = own(tmp_path, "{summary: Mine too., evidence: unverified, knobs: {pace: 7}}", "slow.yml")

    assert catalogue.written("mine=2").scenario == Scenario(pace=2, fails_at="queue")
    assert catalogue.written("slow").scenario == Scenario(pace=7)
    assert catalogue.written("instant") == CATALOGUE.written("instant")
    assert Catalogue("mine=3", tmp_path).default.scenario == Scenario(pace=3, fails_at="queue")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "summary: x\nevidence: observed\nknobs:\n  pace: 1\n  fails_at_stp: 3\n",
            r"mine.yaml, line 5: there is no knob 'fails_at_stp'; did you mean fails_at_step\?",
        ),
        (
            "summery: x\nevidense: observed\n",
            r"line 1: summary: Field required.*line 2: there is no member 'evidense'",
        ),
        ("summary: x\nevidence: a guess\n", r"line 2: evidence: String should match .*, got 'a guess'"),
        (
            "summary: x\nevidence: unverified\nparameter: pase\n",
            r"line 3: there is no knob 'pase'; did you mean pace\?",
        ),
        ("summary: x\nevidence: unverified\nknobs:\n  pace: -1\n", "line 3: pace: got -1.0, takes 0 to 1000"),
        ("summary: x\nevidence: unverified\nknobs:\n  pace: fast\n", "line 4: pace: .*valid number.*, got 'fast'"),
        ("- a\n", "mine.yaml, line 1: .*valid dictionary"),
        ("", "mine.yaml, line 1: .*valid dictionary"),
        ("summary: [", "mine.yaml is not YAML: .*line 1"),
    ],
)
def test_a_bad_file_is_refused_by_name_line_and_nearest_knob(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadSetting, match=message):
        own(tmp_path, text)


def test_a_name_that_nobody_could_write_and_a_folder_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="the name of a scenario takes letters"):
        own(tmp_path, "{summary: x, evidence: observed}", "a b.yaml")
    with pytest.raises(BadSetting, match=r"scenarios: there is no folder .*nowhere"):
        Catalogue(folder=tmp_path / "nowhere")
    (tmp_path / "a b.yaml").unlink()
    (tmp_path / "x.yaml").write_bytes(b"\xff")
    with pytest.raises(BadSetting, match=r"x\.yaml is not a text in UTF-8"):
        Catalogue(folder=tmp_path)


def test_a_default_that_there_is_not_is_refused_by_name() -> None:
    with pytest.raises(BadSetting, match=r"scenario: there is no scenario 'slwo'; did you mean slow\?"):
        Catalogue("slwo")
