"""``ftemu scenarios``."""

from pathlib import Path

import httpx
import pytest

from emulator.core.catalogue import Catalogue
from emulator.timeline.scenario import KNOBS
from tests.commands.conftest import Command, start_job
from tests.conftest import Serve

SHIPPED = [*Catalogue().entries]
NOWHERE = "http://127.0.0.1:1"


def end(client: httpx.Client, job: str) -> str:
    """Poll a job to its end; return its status."""
    status = ""
    while status not in {"succeeded", "failed", "cancelled"}:
        status = client.get(f"/v1/fine_tuning/jobs/{job}").json()["status"]
    return status


def test_the_scenarios_are_listed_with_what_is_up_next(ftemu: Command) -> None:
    listed = ftemu("scenarios").out

    assert [line.split()[0] for line in listed.splitlines() if line[:1].islower()] == SHIPPED
    assert listed.endswith(
        "The next job of the key in --key goes as its suffix, its request's header or the server says.\n"
    )


def test_the_next_jobs_go_as_was_said_and_then_as_before(ftemu: Command, client: httpx.Client) -> None:
    told = ftemu("scenarios", "next", "fails_at_step=1,error_code=mine", "--count", "2")

    assert told.out == (
        "How the next 2 jobs of the key in --key will go: fails_at_step (fails_at_step=1 error_code=mine)\n"
    )
    assert [end(client, start_job(client)) for _ in range(3)] == ["failed", "failed", "succeeded"]


def test_what_was_said_of_the_next_jobs_is_taken_back(ftemu: Command, client: httpx.Client) -> None:
    ftemu("scenarios", "next", "out_of_memory")
    assert "How the next job of the key in --key will go: out_of_memory (" in ftemu("scenarios").out

    assert ftemu("scenarios", "clear", "--json").json == {"next": None}
    assert end(client, start_job(client)) == "succeeded"


def test_what_is_said_of_all_jobs_is_told_as_that(ftemu: Command, client: httpx.Client) -> None:
    ftemu("scenarios", "next", "slow", "--count", "all")

    assert "How the jobs of the key in --key will go: slow (" in ftemu("scenarios", "clear").out
    assert "goes as its suffix" in ftemu("scenarios", "clear", "--all").out
    assert client.get("/_emulator/scenarios").json()["next"] is None
    assert "takes a number of jobs, or all; got 'many'" in ftemu("scenarios", "next", "slow", "--count", "many").err


def test_the_shipped_scenarios_are_told_where_no_server_is_named_and_none_answers(
    command: Command, monkeypatch: pytest.MonkeyPatch, ftemu: Command
) -> None:
    monkeypatch.setenv("FTEMU_PORT", "1")

    told = command("scenarios")

    assert told.code == 0
    assert told.out.endswith("No server answers: these are the scenarios that ship with the emulator.\n")
    assert command("scenarios", "--json").json["scenarios"] == ftemu("scenarios", "--json").json["scenarios"]
    refused = command("scenarios", "--url", NOWHERE)
    assert (refused.code, refused.out) == (1, "")


def test_a_scenario_of_the_servers_own_is_listed_and_shown(command: Command, serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "our_incident.yaml").write_text(
        "summary: As on that day.\nevidence: observed by us\nparameter: fails_at_step\nknobs: {fails_at_step: 3}\n"
    )
    emulator = serve(scenarios=tmp_path)

    shown = command("scenarios", "show", "our_incident", "--url", emulator.url).out

    assert [line.split(maxsplit=1) for line in shown.splitlines()] == [
        ["name", "our_incident"],
        ["summary", "As on that day."],
        ["evidence", "observed by us"],
        ["parameter", "fails_at_step"],
        ["knobs.fails_at_step", "3"],
    ]


def test_every_knob_is_told_without_a_server(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    told = command("scenarios", "knobs", "--url", NOWHERE)

    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in told.out.splitlines() if line[:1].islower()}
    assert told.code == 0
    assert [*rows] == [*KNOBS]
    assert " ".join(rows["times"].split()).startswith("integer from 1 to 1000000000 - How many of a tenant's jobs")
    assert rows["pace"].startswith("number from 0 to 1000 ")
    assert rows["refused"].startswith("quota, credit, access ")
    assert rows["checkpoints"].split()[:3] == ["boolean", "true", "Whether"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("next", "fail_at_step=1"), 1, "there is no scenario 'fail_at_step'; did you mean fails_at_step?"),
        (("next", "slow,pase=1"), 1, "there is no knob 'pase'; did you mean pace?"),
        (("next", "slow", "--count", "0"), 1, "count: "),
        (("next", "slow", "--count", "two"), 2, "argument --count: takes a number of jobs, or all; got 'two'"),
        (("next",), 2, "the following arguments are required: SCENARIO"),
        (("show", "slo"), 2, "there is no scenario 'slo'; did you mean slow?"),
        (("form-har", "x"), 2, "there is no command 'form-har'; did you mean from-har?"),
    ],
)
def test_what_is_no_scenario_is_refused_with_the_nearest(
    ftemu: Command, words: tuple[str, ...], code: int, said: str
) -> None:
    told = ftemu("scenarios", *words)

    assert (told.code, told.out) == (code, "")
    assert said in told.err
    assert ftemu("scenarios", "--json").json["next"] is None
