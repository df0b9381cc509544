"""``ftemu faults``."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.commands.faults import _effect
from emulator.core.presets import preset, presets
from emulator.faults import EFFECTS
from emulator.faults.match import Match
from emulator.faults.rule import Budget, Rule
from tests.commands.conftest import Command

NOWHERE = ("--url", "http://127.0.0.1:1")


def row(out: str, first: str) -> list[str]:
    """Return the cells of a table's line."""
    return next(line.split() for line in out.splitlines() if line.startswith(first))


def test_a_rule_that_is_added_acts_and_is_listed_with_its_use(ftemu: Command, client: httpx.Client) -> None:
    added = ftemu("faults", "add", "status=503,retry_after=1", "--match", "jobs.list", "--first", "1", "--id", "one")

    statuses = [client.get("/v1/fine_tuning/jobs").status_code for _ in range(3)]

    assert added.code == 0
    assert statuses == [503, 200, 200]
    listed = ftemu("faults").out
    assert row(listed, "ID") == ["ID", "MATCH", "BUDGET", "EFFECTS", "MATCHES", "HITS"]
    assert row(listed, "one") == ["one", "jobs.list", "first=1", "status=503,", "retry_after=1", "3", "1"]


def test_every_member_of_a_rule_has_an_option_that_reaches_it(ftemu: Command) -> None:
    options: dict[str, Any] = {
        "match": {
            "operation": ["jobs.create", "jobs.cancel"],
            "method": "POST",
            "path": "/v1/fine_tuning/*",
            "model": "Qwen/*",
            "status": ["running", "queued"],
            "header": {"user-agent": "Open*"},
            "body": {"hyperparameters.n_epochs": 3, "suffix": "a=b", "seed": "7"},
        },
        "budget": {
            "first": 9,
            "nth": 6,
            "every": 2,
            "after": 1,
            "probability": 0.5,
            "seed": "s",
            "seconds": 60.5,
            "until": "2031-01-01T00:00:00Z",
        },
    }
    words = ["--match", "jobs.create", "--match", "jobs.cancel", "--method", "POST", "--path", "/v1/fine_tuning/*"]
    words += ["--model", "Qwen/*", "--status", "running", "--status", "queued", "--header", "user-agent=Open*"]
    words += ["--body", "hyperparameters.n_epochs=3", "--body", "suffix=a=b", "--body", 'seed="7"']
    words += [word for name, value in options["budget"].items() for word in (f"--{name}", str(value))]

    (rule,) = ftemu("faults", "add", "status", *words, "--json").json["rules"]

    assert {part: rule[part] for part in options} == options
    assert set(options["match"]) == set(Match.model_fields) - {"tenant"}
    assert set(options["budget"]) == set(Budget.model_fields)


@pytest.mark.parametrize(
    "written",
    [
        "latency=2; status=503, retry_after=0.1",
        'status=429, message="slow down, please; later"',
        "latency=0.5, shape=heavy_tail; empty_body",
        "status=500, should_retry=true",
        "truncate; reset=5",
    ],
)
def test_effects_are_shown_as_they_may_be_written(written: str) -> None:
    effects = Rule.model_validate({"effects": written}).model_dump(mode="json", exclude_unset=True)["effects"]

    assert "; ".join(map(_effect, effects)) == written


def test_one_rule_is_shown_member_by_member(ftemu: Command) -> None:
    ftemu("faults", "add", "latency=2; status=503", "--match", "jobs.create", "--first", "2", "--id", "mine")

    shown = dict(line.split(maxsplit=1) for line in ftemu("faults", "show", "mine").out.splitlines())

    assert shown == {
        "id": "mine",
        "match.operation": '["jobs.create"]',
        "budget.first": "2",
        "effects.0": "latency=2",
        "effects.1": "status=503",
        "matches": "0",
        "hits": "0",
        "source": "tenant",
    }


def test_a_rule_is_taken_back_and_the_others_are_told(ftemu: Command) -> None:
    ftemu("faults", "add", "status=500", "--id", "one")
    ftemu("faults", "add", "status=501", "--id", "two")

    told = ftemu("faults", "remove", "one")

    assert told.out.startswith("Taken back. Left are:\n")
    assert [rule["id"] for rule in ftemu("faults", "--json").json["rules"]] == ["two"]
    assert ftemu("faults", "clear").out.startswith("No faults hold for the key in --key. This sets one: ftemu faults ")
    assert ftemu("faults", "--json").json == {"rules": []}


def test_a_rule_of_the_servers_own_is_marked(command: Command, serve: Any) -> None:
    emulator = serve(faults="flaky")

    listed = command("faults", "--url", emulator.url).out

    assert row(listed, "ID")[-1] == "SOURCE"
    assert row(listed, str(preset("flaky")[0].id))[-1] == "server"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "sttaus=500"), 1, "there is no effect 'sttaus'; did you mean status?"),
        (("add", "status=500", "--match", "job.create"), 1, "there is no operation 'job.create'; did you mean jobs."),
        (("add", "status=500", "--first", "few"), 1, "budget.first: Input should be a valid integer"),
        (("add", "status=500", "--body", "n_epochs"), 2, "argument --body: got 'n_epochs', takes NAME=VALUE"),
        (("add", "status=500", "--frist", "1"), 2, "unknown option --frist; did you mean --first?"),
        (("add",), 2, "the following arguments are required: EFFECTS"),
        (("show", "nobody"), 1, "there is no rule 'nobody'"),
        (("remove", "no body?"), 1, "there is no rule 'no body?'"),
        (("remove", ""), 2, "takes a value; an empty one may be a variable that is not set"),
        (("preset", "flacky"), 1, "there is no preset 'flacky'; did you mean flaky?"),
        (("load", "nowhere.yaml"), 2, "nor can a file be read there"),
        (("effects", "latncy"), 2, "there is no effect 'latncy'; did you mean latency?"),
    ],
)
def test_what_is_wrong_is_refused_with_what_is_near(
    ftemu: Command, words: tuple[str, ...], code: int, said: str
) -> None:
    ftemu("faults", "add", "status=500", "--id", "stays")

    told = ftemu("faults", *words)

    assert (told.code, told.out) == (code, "")
    assert said in told.err
    assert [rule["id"] for rule in ftemu("faults", "--json").json["rules"]] == ["stays"]


def test_a_file_of_rules_is_loaded_and_replaced_when_it_is_loaded_again(ftemu: Command, tmp_path: Path) -> None:
    file = tmp_path / "my rules.yaml"
    file.write_text("summary: mine\nrules:\n  - {match: jobs.create, budget: {first: 2}, effects: status=500}\n")
    assert ftemu("faults", "load", str(file)).code == 0
    file.write_text("- {effects: [{effect: status, code: 501}], budget: {until: 2031-01-01T00:00:00Z}}\n")

    (rule,) = ftemu("faults", "load", str(file), "--json").json["rules"]

    assert rule["id"] == "my-rules-1"
    assert rule["budget"] == {"until": "2031-01-01T00:00:00Z"}
    assert rule["effects"] == [{"effect": "status", "code": 501}]
    assert len(ftemu("faults", "--json").json["rules"]) == 1


def test_a_bad_file_of_rules_is_refused_by_its_place(ftemu: Command, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n  - effects: status=500\n  - effects: latncy=1\n")

    told = ftemu("faults", "load", str(file))

    assert told.code == 2
    assert "rules.1.effects: there is no effect 'latncy'; did you mean latency?" in told.err
    assert ftemu("faults", "--json").json == {"rules": []}


def test_presets_are_told_without_a_server_and_set_with_one(ftemu: Command, command: Command) -> None:
    told = command("faults", "preset", *NOWHERE, "--json").json["presets"]

    assert [each["name"] for each in told] == [*presets()]
    assert all(each["summary"] for each in told)
    set_now = ftemu("faults", "preset", "flaky", "--seed", "7", "--json").json["rules"]
    assert [rule["id"] for rule in set_now] == [rule.id for rule in preset("flaky")]
    assert {rule["budget"]["seed"] for rule in set_now} == {"7"}


def test_the_effects_are_told_without_a_server(command: Command) -> None:
    told = command("faults", "effects", *NOWHERE)

    assert told.code == 0
    first_words = {line.split()[0].partition("=")[0] for line in told.out.splitlines() if line.strip()}
    assert set(EFFECTS) <= first_words


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_is_told_with_every_parameter(command: Command, name: str) -> None:
    told = command("faults", "effects", name, *NOWHERE)
    (described,) = command("faults", "effects", name, "--json").json["effects"]

    assert told.out.startswith(name)
    assert [*described["parameters"]] == [*EFFECTS[name].model_fields]
    assert all(parameter in told.out for parameter in described["parameters"])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("true", True),
        ("null", None),
        ('"3"', "3"),
        ("NaN", "NaN"),
        ("[1", "[1"),
        ("a=b", "a=b"),
    ],
)
def test_a_members_value_is_json_where_it_can_be_and_a_text_otherwise(
    ftemu: Command, written: str, value: object
) -> None:
    (rule,) = ftemu("faults", "add", "status=500", "--body", f"suffix={written}", "--json").json["rules"]

    assert rule["match"]["body"] == {"suffix": value}
    assert type(rule["match"]["body"]["suffix"]) is type(value)


@pytest.mark.parametrize("written", ["{}", "[1]", "1e999", "\udcff", "[" * 100_000])
def test_a_members_value_that_no_rule_takes_is_refused_in_a_sentence(ftemu: Command, written: str) -> None:
    told = ftemu("faults", "add", "status=500", "--body", f"suffix={written}")

    assert told.code == 1
    assert told.err.startswith("ftemu: match.body.suffix: takes ")
