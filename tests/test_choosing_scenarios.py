"""Which scenario a job goes by, nearest first: its suffix, what is up next, the request's header, the server's own.

And where there is no room for it: how many jobs of a tenant run at once.
"""

import json
from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from emulator.cli import main
from emulator.server import Emulator
from emulator.settings import BadSetting, Settings
from tests.conftest import Serve, client_of
from tests.test_scenarios import JOBS, NEXT, advance, create, listed, order, retrieve, skip, upload, walk

FURTHER = (
    '{"summary": "Mine.", "evidence": "unverified", "parameter": "fails_at_step", "knobs": {"error_code": "mine"}}'
)
names = count()


@pytest.fixture(scope="module")
def failing() -> Iterator[Emulator]:
    """A server all of whose jobs fail unless somebody wants it otherwise."""
    settings = Settings(port=0, quiet=True, clock="manual", pace=1.0, scenario="fails_at_step=1,error_code=servers")
    with Emulator(settings) as emulator:
        yield emulator


@pytest.fixture
def client(failing: Emulator) -> Iterator[httpx.Client]:
    with client_of(failing, f"choosing-{next(names)}") as plain:
        yield plain


def code(client: httpx.Client, job_id: str) -> str | None:
    error = walk(client, job_id).last["error"]
    return error and str(error["code"])


def put(client: httpx.Client, **body: Any) -> httpx.Response:
    return client.put(NEXT, content=json.dumps(body))  # not json=, which cannot spell a lone surrogate


SUFFIX, HEADER, UP_NEXT = (f"fails_at_step=1,error_code={name}" for name in ("suffix", "header", "next"))


@pytest.mark.parametrize("suffix", [None, f"emu:{SUFFIX}"])
@pytest.mark.parametrize("up_next", [None, UP_NEXT])
@pytest.mark.parametrize("header", [None, HEADER])
def test_the_nearest_scenario_wins(
    client: httpx.Client, suffix: str | None, up_next: str | None, header: str | None
) -> None:
    if up_next:
        put(client, scenario=up_next)
    job_id = create(client, suffix, header=header)
    ways = (("suffix", suffix), ("next", up_next), ("header", header), ("servers", "always"))

    assert code(client, job_id) == next(name for name, asked in ways if asked)


def test_what_is_up_next_is_counted_off_where_it_decides_and_nowhere_else(client: httpx.Client) -> None:
    put(client, scenario=UP_NEXT, count=2)
    first = create(client)
    create(client, "emu:succeeds")
    missing = order(client, training_file="file-nobody")
    left = client.get("/_emulator/scenarios").json()["next"]
    second, third = create(client), create(client)

    assert missing.status_code == 404
    assert left == {"scenario": "fails_at_step", "knobs": {"fails_at_step": 1, "error_code": "next"}, "count": 1}
    assert [code(client, job_id) for job_id in (first, second, third)] == ["next", "next", "servers"]
    assert client.get("/_emulator/scenarios").json()["next"] is None


def test_a_job_that_is_not_taken_is_counted_off_too(client: httpx.Client) -> None:
    put(client, scenario="quota_exceeded", count=2)

    assert [order(client).status_code for _ in range(3)] == [429, 429, 200]


def test_what_is_up_next_is_one_tenants_and_goes_with_a_reset(failing: Emulator, client: httpx.Client) -> None:
    put(client, scenario=UP_NEXT)
    with client_of(failing, f"choosing-{next(names)}") as other:
        assert code(other, create(other)) == "servers"
    client.post("/_emulator/reset")

    assert code(client, create(client)) == "servers"


@pytest.mark.parametrize("take_back", ["null", "delete"])
def test_what_is_up_next_can_be_taken_back(client: httpx.Client, take_back: str) -> None:
    put(client, scenario=UP_NEXT)
    answer = client.put(NEXT, content="null") if take_back == "null" else client.delete(NEXT)

    assert (answer.status_code, answer.json()) == (200, {"next": None})
    assert code(client, create(client)) == "servers"


def test_parameters_are_knobs_by_name(client: httpx.Client) -> None:
    asked = put(client, scenario="fails_at_step=3", parameters={"error_code": "mine", "fails_at_step": 2}, count=5)
    last = walk(client, create(client)).last

    assert asked.json()["next"] == {
        "scenario": "fails_at_step",
        "knobs": {"fails_at_step": 2, "error_code": "mine"},
        "count": 5,
    }
    assert (last["trained_steps"], last["error"]["code"]) == (2, "mine")


def test_what_is_up_next_survives_a_restart(serve: Serve, tmp_path: Path) -> None:
    settings = Settings(port=0, quiet=True, clock="manual", data_dir=tmp_path)
    with Emulator(settings) as before, client_of(before) as client:
        put(client, scenario=UP_NEXT, count=2)
        create(client)
    with client_of(serve(clock="manual", data_dir=tmp_path)) as client:
        assert code(client, create(client)) == "next"
        assert client.get("/_emulator/scenarios").json()["next"] is None


def test_the_catalogue_is_shown_with_what_each_scenario_does(client: httpx.Client) -> None:
    shown = {each["name"]: each for each in client.get("/_emulator/scenarios").json()["scenarios"]}

    assert len(shown) == 21
    assert shown["stuck_running"] == {
        "name": "stuck_running",
        "summary": "The job runs for ever after half of its steps, or those of a value; it can be cancelled.",
        "evidence": "unverified",
        "parameter": "stuck_at_step",
        "knobs": {"stuck_in": "training"},
    }


UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]  # at a second a run, shrinking would take minutes
NEAR = "there is no scenario 'fails_at_stp'; did you mean fails_at_step?"


@pytest.mark.parametrize(
    ("place", "asked", "message"),
    [
        ("suffix", "emu:fails_at_stp", NEAR),
        ("suffix", "emu:", "got nothing, takes NAME, NAME=VALUE or NAME=VALUE,PARAMETER=VALUE"),
        ("suffix", "emu:slow,pase=3", "the scenario slow: there is no knob 'pase'; did you mean pace?"),
        ("suffix", "EMU:fails_at_stp", NEAR),
        ("x-emulator-scenario", "fails_at_stp", NEAR),
        ("x-emulator-scenario", "", "got nothing, takes NAME, NAME=VALUE or NAME=VALUE,PARAMETER=VALUE"),
    ],
)
def test_a_scenario_that_there_is_not_is_refused_where_it_stands(
    client: httpx.Client, place: str, asked: str, message: str
) -> None:
    put(client, scenario=UP_NEXT)
    refused = order(client, asked) if place == "suffix" else order(client, header=asked)
    where = ["body", "suffix"] if place == "suffix" else ["header", place]

    assert refused.status_code == 422
    assert refused.json()["detail"] == [
        {"type": "value_error", "loc": where, "msg": f"Value error, {message}", "input": asked, "ctx": {"error": {}}}
    ]
    assert client.get(JOBS).json()["data"] == []
    assert client.get("/_emulator/scenarios").json()["next"]["count"] == 1


def test_a_knob_that_is_taken_for_a_scenario_is_told_where_it_belongs(client: httpx.Client) -> None:
    refused = order(client, header="pace=2").json()["detail"][0]["msg"]

    assert refused.endswith("; pace is a knob, which follows a scenario: succeeds,pace=2")


def test_a_header_that_is_nearly_one_of_ours_is_refused_and_nothing_is_done(client: httpx.Client) -> None:
    refused = client.get(JOBS, headers={"x-emulator-scenarios": "slow"})

    assert refused.status_code == 400
    said = "there is no header 'x-emulator-scenarios'; did you mean x-emulator-scenario?"
    assert refused.json() == {"detail": said}


def test_a_suffix_that_only_looks_like_one_is_a_suffix(client: httpx.Client) -> None:
    assert code(client, create(client, "emulator")) == "servers"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"scenario": "fails_at_stp"}, f"scenario: {NEAR}"),
        ({"scenario": "slow", "parameters": {"pase": 3}}, "scenario: the scenario slow: there is no knob 'pase'"),
        ({"scenario": "slow; instant"}, "scenario: got 'slow; instant', takes one scenario"),
        ({"scenario": "slow", "count": 0}, "count: Input should be greater than or equal to 1"),
        ({"scenario": "slow", "cuont": 1}, "there is no member 'cuont'; did you mean count?"),
        ({"scenario": "slow", "parameters": {"error_message": "\ud800"}}, "error_message: "),
        ({"scenario": "slow", "parameters": {"\ud800": 1}}, "there is no knob '\\ud800'"),
        ({}, "scenario: Field required"),
    ],
)
def test_a_wrong_control_call_is_refused_in_a_sentence(
    client: httpx.Client, body: dict[str, Any], message: str
) -> None:
    refused = put(client, **body)

    assert (refused.status_code, message in refused.json()["error"]) == (422, True), refused.text


def test_a_users_own_scenarios_are_served(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(FURTHER, encoding="utf-8")
    with client_of(serve(clock="manual", scenarios=tmp_path, scenario="mine=3")) as client:
        last = walk(client, create(client)).last

        assert (last["trained_steps"], last["error"]["code"]) == (3, "mine")
        assert "mine" in {each["name"] for each in client.get("/_emulator/scenarios").json()["scenarios"]}


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--scenario=fails_at_stp", f"scenario: {NEAR}"),
        ("--scenarios=/nowhere/at/all", "scenarios: there is no folder"),
    ],
)
def test_a_bad_setting_is_refused_before_the_server_is_ready(
    option: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--port", "0", option]) == 2
    said = capsys.readouterr()
    assert (said.out, message in said.err) == ("", True)


def test_a_server_in_a_thread_refuses_it_too() -> None:
    with pytest.raises(BadSetting, match="there is no scenario 'x'"), Emulator(Settings(port=0, scenario="x")):
        pass


# How many run at once.

WAITING = ["instant", "succeeds", "fails_at_step=1", "out_of_memory", "fails_at_validation", "stuck_in_queue", "slow"]
queues = st.lists(st.tuples(st.sampled_from([0, 1, 45, 200, 999]), st.sampled_from(WAITING), st.booleans()), max_size=9)


@pytest.fixture(scope="module", params=[("documented", 1), ("documented", 2), ("observed", 1), ("observed", 3)])
def crowded(request: pytest.FixtureRequest) -> Iterator[tuple[Emulator, int]]:
    """A server on which only so many jobs run at once."""
    lifecycle, most = request.param
    settings = Settings(port=0, quiet=True, clock="manual", pace=1.0, lifecycle=lifecycle, max_running=most)
    with Emulator(settings) as emulator:
        yield emulator, most


def running(client: httpx.Client) -> int:
    jobs = client.get(JOBS, params={"limit": 100}).json()["data"]
    return sum(job["status"] == "running" for job in jobs)


@settings(max_examples=15, phases=UNSHRUNK)
@given(queue=queues)
def test_no_more_jobs_run_at_once_than_may_whenever_they_are_made(
    crowded: tuple[Emulator, int], queue: list[tuple[int, str, bool]]
) -> None:
    emulator, most = crowded
    with client_of(emulator, f"crowded-{next(names)}") as client:
        file_id, ids = upload(client), []
        for seconds, scenario, cancels in queue:
            ids.append(create(client, f"emu:{scenario}", training_file=file_id))
            if cancels and len(ids) > 1:
                client.post(f"{JOBS}/{ids[-2]}/cancel")
            advance(client, seconds)
            assert running(client) <= most
        while skip(client):
            assert running(client) <= most

        assert {retrieve(client, job_id)["status"] for job_id in ids} <= {"succeeded", "failed", "cancelled", "queued"}


def test_jobs_that_wait_run_one_after_the_other_without_a_pause(serve: Serve) -> None:
    with client_of(serve(clock="manual", pace=1.0, max_running=1)) as client:
        ids = [create(client) for _ in range(3)]
        while skip(client):
            pass
        ended = [retrieve(client, job_id)["finished_at"] for job_id in ids]

        # A run is 30 s of loading, 120 of training and 45 of saving, give or take a tenth of each.
        assert all(170 <= later - sooner <= 220 for sooner, later in pairwise(ended))


def test_a_job_behind_one_that_is_stuck_waits_for_ever_and_one_made_after_its_end_does_not(serve: Serve) -> None:
    with client_of(serve(clock="manual", max_running=1)) as client:
        stuck, behind = create(client, "emu:stuck_running"), create(client)
        while skip(client):
            pass
        advance(client, 10**8)
        before = [retrieve(client, job_id)["status"] for job_id in (stuck, behind)]
        client.post(f"{JOBS}/{stuck}/cancel")
        later = create(client)

        assert before == ["running", "queued"]
        assert walk(client, later).path[-1] == "succeeded"
        assert [event["message"] for event in listed(client, behind, "events")][-1].endswith("processed successfully")


def test_a_job_that_is_cancelled_holds_its_place_until_the_cancellation_takes_effect(serve: Serve) -> None:
    with client_of(serve(clock="manual", pace=1.0, max_running=1)) as client:
        leaving = create(client, "emu:cancel_races_with_success=99")
        client.post(f"{JOBS}/{leaving}/cancel")
        waiting = create(client)
        advance(client, 98)
        before = retrieve(client, waiting)["status"]
        advance(client, 2)

        assert (before, retrieve(client, waiting)["status"]) == ("queued", "running")


def test_without_a_limit_all_run_at_once(serve: Serve) -> None:
    with client_of(serve(clock="manual", pace=1.0)) as client:
        for _ in range(5):
            create(client)
        advance(client, 100)

        assert running(client) == 5
