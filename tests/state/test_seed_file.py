"""The seed file: what tenants start with and are reset to."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from emulator.core import jobs, tenants
from emulator.core.world import Caller, opened
from emulator.dialects import NEBIUS
from emulator.seeding import schema
from emulator.seeding import seed as begin
from emulator.server import Emulator
from emulator.settings import BadSetting, Settings
from emulator.storage.accounts import Account
from tests.conftest import Serve, client_of
from tests.state.looks import FILES, JOBS, MODEL, STATE, answered, create, everything, lived, upload

SEEDS = Path(__file__).parent.parent.parent / "fixtures" / "seeds"
EXAMPLE = SEEDS / "example.yaml"
SDK = SEEDS / "openai-sdk.yaml"
HOUR = 3600
FILE = {"name": "a.jsonl", "content": '{"text": "a row"}\n'}
JOB = {"model": MODEL, "training_file": "a.jsonl"}
NAME = "ft:gpt-4o-mini-2024-07-18:acme:weather:B7R9VjQd"
TUNED: dict[str, Any] = {"name": NAME, "base_model": "gpt-4o-mini-2024-07-18"}
PARTED: dict[str, Any] = {"name": "b.txt", "purpose": "batch", "parts": [{"content": "first "}, {"base64": "c2Vjb25k"}]}
Clients = Callable[..., httpx.Client]
Seed = Callable[..., Path]


@pytest.fixture
def clients() -> Iterator[Clients]:
    """Give clients of servers."""
    with ExitStack() as stack:
        yield lambda emulator, key="test-key": stack.enter_context(client_of(emulator, key))


@pytest.fixture
def seed(tmp_path: Path) -> Seed:
    """Write a seed file of one tenant, or of these."""

    def write(*tenants: dict[str, Any], **one: Any) -> Path:
        path = tmp_path / "seed.json"
        path.write_text(json.dumps({"tenants": [*tenants, *([{"keys": ["test-key"], **one}] if one else [])]}))
        return path

    return write


def statuses(client: httpx.Client) -> dict[str, str]:
    return {job["id"]: job["status"] for job in answered(client.get(JOBS))["data"]}


EXPECTED = {
    "ftjob-done": "succeeded",
    "ftjob-failed": "failed",
    "ftjob-cancelled": "cancelled",
    "ftjob-running": "validating_files",
}


def test_the_example_gives_the_official_sdk_what_it_says(serve: Serve) -> None:
    emulator = serve(clock="manual", seed_file=EXAMPLE)
    with openai.OpenAI(base_url=emulator.base_url(), api_key="team-key", max_retries=0) as sdk:
        seen = {job.id: job.status for job in sdk.fine_tuning.jobs.list()}
        done, failed = sdk.fine_tuning.jobs.retrieve("ftjob-done"), sdk.fine_tuning.jobs.retrieve("ftjob-failed")
        assert failed.error

        assert seen == EXPECTED
        assert len([*sdk.fine_tuning.jobs.checkpoints.list("ftjob-done")]) == 2
        assert sdk.files.content(done.result_files[0]).read()
        assert failed.error.message.startswith("Dataset 'training' is invalid: line 2")
        assert sdk.files.retrieve("file-of-the-team").filename == "training.jsonl"
        assert done.created_at == failed.created_at - HOUR / 2


def test_the_example_is_the_same_whatever_is_at_the_root(serve: Serve, clients: Clients) -> None:
    emulator = serve(clock="manual", seed_file=EXAMPLE, dialect="openai")
    team = clients(emulator, "team-key")
    seen = answered(team.get(f"{emulator.url}/nebius{JOBS}"))["data"]

    assert {job["id"]: job["status"] for job in seen} == EXPECTED


def test_a_seed_is_the_same_whatever_the_servers_own_scenario_is(serve: Serve, clients: Clients) -> None:
    refusing = clients(serve(clock="manual", seed_file=EXAMPLE, scenario="quota_exceeded"), "team-key")

    assert statuses(refusing) == EXPECTED


def test_a_job_of_a_seed_file_is_one_like_any_other(serve: Serve, clients: Clients, seed: Seed) -> None:
    """Ages aside, it is what the same calls would have made."""
    asked = {"suffix": "s", "seed": 5, "hyperparameters": {"lora": True, "n_epochs": 2}}
    path = seed(files=[FILE], jobs=[{**JOB, **asked, "age_s": 0}])
    seeded, called = clients(serve(clock="manual", seed_file=path)), clients(serve(clock="manual"))
    file = upload(called, str(FILE["content"]).encode(), "a.jsonl")
    create(called, file, **asked)

    assert everything(seeded) == everything(called)


def test_keys_of_one_entry_share_a_state_and_others_have_their_own(serve: Serve, clients: Clients) -> None:
    emulator = serve(clock="manual", seed_file=EXAMPLE)
    team, ci, still, stranger = (clients(emulator, key) for key in ("team-key", "ci-key", "still-key", "stranger"))
    file = upload(team)

    assert everything(ci) == everything(team)
    assert answered(ci.get(f"{FILES}/{file}"))["id"] == file
    assert [file["id"] for file in answered(still.get(FILES))["data"]] == ["file-still"]
    assert answered(still.get("/_emulator/clock"))["now"] == "2026-06-01T12:00:00Z"
    assert answered(stranger.get(FILES))["data"] == []


def test_a_shared_state_is_asked_for_by_any_of_its_digests(serve: Serve, clients: Clients) -> None:
    emulator = serve(clock="poll", seed_file=EXAMPLE)
    tenants = {answered(clients(emulator, key).post("/_emulator/reset"))["tenant"] for key in ("team-key", "ci-key")}
    lonely = answered(clients(serve(), "ci-key").post("/_emulator/reset"))["tenant"]

    assert len(tenants) == 1
    assert lonely not in tenants
    url = f"{emulator.url}/_emulator/reset?tenant={lonely}"
    assert {answered(httpx.post(url))["tenant"]} == tenants


def test_a_poll_clock_goes_on_whichever_key_looks(serve: Serve, clients: Clients) -> None:
    emulator = serve(clock="poll", seed_file=EXAMPLE)
    team, ci = clients(emulator, "team-key"), clients(emulator, "ci-key")
    seen = [answered(client.get(f"{JOBS}/ftjob-running"))["status"] for client in (team, ci, team, ci)]

    assert seen == ["validating_files", "queued", "running", "succeeded"]


@pytest.mark.parametrize("clock", ["manual", "poll"])
def test_a_reset_goes_back_to_the_seed_file_byte_for_byte(serve: Serve, clients: Clients, clock: str) -> None:
    client = clients(serve(clock=clock, seed_file=EXAMPLE), "team-key")
    state = client.get(STATE).json()
    for file in answered(client.get(FILES))["data"]:
        answered(client.delete(f"{FILES}/{file['id']}"))
    lived(client)
    answered(client.put("/_emulator/clock", json={"mode": "real", "rate": 7}))
    answered(client.post("/_emulator/reset"))
    again = client.get(STATE).json()

    assert {**again, "exported_at": ""} == {**state, "exported_at": ""}


def test_ids_are_the_same_on_each_server_and_those_that_are_given_are_taken(serve: Serve, clients: Clients) -> None:
    one, other = (clients(serve(clock="manual", seed_file=EXAMPLE), "team-key") for _ in range(2))

    assert everything(one) == everything(other)
    assert set(statuses(one)) == {*EXPECTED}


def test_ages_count_from_the_reset_on_a_real_clock(serve: Serve, clients: Clients, seed: Seed) -> None:
    client = clients(serve(seed_file=seed(files=[FILE], jobs=[{**JOB, "id": "j", "age_s": HOUR}])))
    begun = answered(client.get(f"{JOBS}/j"))["created_at"]
    answered(client.post("/_emulator/clock/advance", json={"seconds": 10**6}))
    answered(client.post("/_emulator/reset"))
    now = datetime.fromisoformat(answered(client.get("/_emulator/clock"))["now"]).timestamp()
    again = answered(client.get(f"{JOBS}/j"))["created_at"]

    assert begun <= again <= now - HOUR
    assert again < begun + HOUR


def test_what_is_an_hour_old_when_loaded_is_an_hour_old_again_after_a_reset_much_later(seed: Seed) -> None:
    host_s = 1e9
    settings = Settings(quiet=True, seed_file=seed(files=[FILE], jobs=[{**JOB, "id": "j", "age_s": HOUR}]))
    with opened(settings, lambda: host_s) as world:
        begin(world)
        tenant = world.tenant_of("test-key")
        caller = Caller(world, Account(tenant, NEBIUS.provider), NEBIUS.shapes)
        first = jobs.get(caller, "j").stored.created_at
        host_s += 10**6
        asyncio.run(tenants.reset(world, tenant))

        assert caller.now() - jobs.get(caller, "j").stored.created_at == timedelta(seconds=HOUR)
        assert jobs.get(caller, "j").stored.created_at - first == timedelta(seconds=10**6)


def test_what_a_data_directory_knows_is_kept_and_the_rest_is_loaded(
    tmp_path: Path, clients: Clients, seed: Seed
) -> None:
    tenants = [{"keys": [key], "files": [FILE]} for key in ("one", "two")]
    settings: dict[str, Any] = {"port": 0, "quiet": True, "clock": "manual", "data_dir": tmp_path / "data"}
    with Emulator(Settings(**settings, seed_file=seed(tenants[0]))) as emulator, client_of(emulator, "one") as client:
        answered(client.delete(f"{FILES}/{answered(client.get(FILES))['data'][0]['id']}"))
    with Emulator(Settings(**settings, seed_file=seed(*tenants))) as emulator:
        one, two = clients(emulator, "one"), clients(emulator, "two")
        assert answered(one.get(FILES))["data"] == []
        assert len(answered(two.get(FILES))["data"]) == 1
        answered(one.post("/_emulator/reset"))
        [file] = answered(one.get(FILES))["data"]

        assert one.get(f"{FILES}/{file['id']}/content").text == FILE["content"]


def test_a_seed_file_that_changes_later_changes_nothing(serve: Serve, clients: Clients, tmp_path: Path) -> None:
    path, data = tmp_path / "seed.yaml", tmp_path / "data.jsonl"
    path.write_text("tenants: [{keys: [test-key], files: [{path: data.jsonl, id: f}]}]")
    data.write_text('{"text": "first"}\n')
    client = clients(serve(seed_file=path))
    path.write_text("tenants: []")
    data.unlink()
    answered(client.delete(f"{FILES}/f"))
    answered(client.post("/_emulator/reset"))

    assert client.get(f"{FILES}/f/content").text == '{"text": "first"}\n'


@pytest.mark.parametrize("how", ["inline", "by its path"])
def test_an_exported_state_is_a_seed_too(serve: Serve, clients: Clients, seed: Seed, tmp_path: Path, how: str) -> None:
    source = clients(serve(clock="manual", seed="another"), "elsewhere")
    lived(source)
    document = answered(source.get(STATE))
    (tmp_path / "state.json").write_text(json.dumps(document))
    client = clients(serve(clock="real", seed_file=seed(state=document if how == "inline" else "state.json")))
    assert everything(client) == everything(source)
    upload(client)
    answered(client.post("/_emulator/reset"))

    assert everything(client) == everything(source)


def test_the_published_schema_is_that_of_the_code() -> None:
    assert json.loads((SEEDS / "seed.schema.json").read_text(encoding="utf-8")) == schema()


def test_no_key_of_a_seed_file_is_kept_or_logged(tmp_path: Path, seed: Seed, capfd: pytest.CaptureFixture[str]) -> None:
    keys = ["sk-c4nary-one", "sk-c4nary-two"]
    path = seed({"keys": keys, "files": [FILE], "jobs": [JOB]})
    settings = Settings(port=0, seed_file=path, data_dir=tmp_path / "data")
    with Emulator(settings) as emulator, client_of(emulator, keys[1]) as client:
        told = client.get(STATE).content + client.get("/_emulator/journal").content
        kept = b"".join(each.read_bytes() for each in (tmp_path / "data").rglob("*") if each.is_file())
    out, err = capfd.readouterr()

    assert b"c4nary" not in told + kept
    assert "c4nary" not in out + err


def test_what_openai_s_sdk_tests_ask_for_is_there_for_both_of_their_keys(serve: Serve, clients: Clients) -> None:
    emulator = serve(dialect="openai", clock="manual", seed_file=SDK)
    for key in ("My API Key", "My Admin API Key"):
        client = clients(emulator, key)
        permissions = "/v1/fine_tuning/checkpoints/ft:gpt-4o-mini-2024-07-18:org:weather:B7R9VjQd/permissions"
        [permission] = answered(client.get(permissions))["data"]

        assert permission["id"] == "cp_zc4Q7MP6XxulcVzj4MZdwsAB"
        assert statuses(client) == {"ft-AF1WoRqd3aJAHsqc9NY7iL8F": "running"}
        assert {file["id"] for file in answered(client.get(FILES))["data"]} == {"file_id", "string", "file-abc123"}
        assert answered(client.get("/v1/models/gpt-6-astra"))["id"] == "gpt-6-astra"


def test_a_job_that_never_ends_runs_on_after_a_year(serve: Serve, clients: Clients) -> None:
    client = clients(serve(dialect="openai", clock="manual", seed_file=SDK), "My API Key")
    answered(client.post("/_emulator/clock/advance", json={"seconds": 365 * 24 * HOUR}))

    assert {*statuses(client).values()} == {"running"}


def test_an_upload_of_a_seed_file_is_completed_with_the_parts_that_have_come(
    serve: Serve, clients: Clients, seed: Seed
) -> None:
    parts = [{**part, "id": name} for part, name in zip(PARTED["parts"], ("one", "two"), strict=True)]
    path = seed(dialect="openai", uploads=[{**PARTED, "parts": parts, "id": "upload_mine"}])
    client = clients(serve(dialect="openai", clock="manual", seed_file=path))
    done = answered(client.post("/v1/uploads/upload_mine/complete", json={"part_ids": ["two", "one"]}))

    assert (done["status"], done["bytes"]) == ("completed", len("secondfirst "))
    assert client.get(f"{FILES}/{done['file']['id']}/content").text == "secondfirst "


def test_an_upload_of_a_seed_file_may_have_more_to_come(serve: Serve, clients: Clients, seed: Seed) -> None:
    part = {"id": "one", "content": "first "}
    whole = {**PARTED, "parts": [part], "bytes": len("first second"), "id": "upload_mine"}
    path = seed(dialect="openai", uploads=[whole])
    client = clients(serve(dialect="openai", clock="manual", seed_file=path))
    too_early = client.post("/v1/uploads/upload_mine/complete", json={"part_ids": ["one"]})
    two = answered(client.post("/v1/uploads/upload_mine/parts", files={"data": b"second"}))["id"]

    assert too_early.status_code == httpx.codes.BAD_REQUEST
    assert answered(client.post("/v1/uploads/upload_mine/complete", json={"part_ids": ["one", two]}))["file"]


def test_an_upload_of_a_seed_file_is_as_old_after_each_reset(serve: Serve, clients: Clients, seed: Seed) -> None:
    path = seed(dialect="openai", uploads=[{**PARTED, "id": "upload_mine", "age_s": HOUR - 60}])
    client = clients(serve(dialect="openai", seed_file=path))
    for _ in range(2):
        assert answered(client.post("/v1/uploads/upload_mine/cancel"))["status"] == "cancelled"
        answered(client.post("/_emulator/clock/advance", json={"seconds": 10**6}))
        answered(client.post("/_emulator/reset"))
    answered(client.post("/_emulator/clock/advance", json={"seconds": 61}))

    assert client.post("/v1/uploads/upload_mine/cancel").status_code == 400


def test_a_path_of_a_part_counts_from_the_seed_file(serve: Serve, clients: Clients, seed: Seed, tmp_path: Path) -> None:
    (tmp_path / "part.bin").write_bytes(b"\xff\x00")
    path = seed(
        dialect="openai", uploads=[{"name": "b", "purpose": "batch", "id": "u", "parts": [{"path": "part.bin"}]}]
    )
    client = clients(serve(dialect="openai", clock="manual", seed_file=path))
    [part] = answered(client.get(STATE))["parts"]
    done = answered(client.post("/v1/uploads/u/complete", json={"part_ids": [part["id"]]}))

    assert client.get(f"{FILES}/{done['file']['id']}/content").content == b"\xff\x00"


def test_a_model_of_a_seed_file_is_there_from_its_age_on_and_may_be_shared_and_deleted(
    serve: Serve, clients: Clients, seed: Seed
) -> None:
    permission = {"model": NAME, "project_id": "proj_a", "id": "cp_mine", "age_s": 60}
    path = seed(dialect="openai", models=[{**TUNED, "age_s": HOUR}], permissions=[permission])
    client = clients(serve(dialect="openai", clock="manual", seed_file=path))
    shown = answered(client.get(f"/v1/models/{NAME}"))
    [given] = answered(client.get(f"/v1/fine_tuning/checkpoints/{NAME}/permissions"))["data"]

    assert shown["id"] in {model["id"] for model in answered(client.get("/v1/models"))["data"]}
    assert (given["id"], given["project_id"]) == ("cp_mine", "proj_a")
    assert given["created_at"] == shown["created"] + HOUR - 60
    assert answered(client.delete(f"/v1/models/{NAME}"))["deleted"]
    assert client.get(f"/v1/models/{NAME}").status_code == 404


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"dialect": "nebius", "uploads": [PARTED]}, "tenants[0].uploads[0]: nebius has no uploads in parts"),
        (
            {"dialect": "nebius", "models": [TUNED], "permissions": [{"model": NAME, "project_id": "p"}]},
            "tenants[0].permissions[0]: nebius has no permissions",
        ),
        ({"permissions": [{"model": NAME, "project_id": "p"}]}, "model: there is no model of that age"),
        (
            {"models": [{**TUNED, "age_s": 1}], "permissions": [{"model": NAME, "project_id": "p", "age_s": 2}]},
            "tenants[0].permissions[0].model: there is no model of that age with the name 'ft:gpt-4o-mini-",
        ),
        ({"models": [TUNED, TUNED]}, f"tenants[0].models[1].name: {NAME!r} is there twice"),
        ({"models": [{"name": NAME}]}, "tenants[0].models[0].base_model: Field required"),
        (
            {"uploads": [{**PARTED, "purpose": "batches"}]},
            "tenants[0].uploads[0].purpose: there is no purpose 'batches'",
        ),
        ({"uploads": [{**PARTED, "id": "u"}] * 2}, "tenants[0].uploads[1].id: 'u' is there twice"),
        (
            {"uploads": [{"name": "b", "parts": [{"id": "p", "content": ""}] * 2}]},
            "tenants[0].uploads[0].id: 'p' is there twice",
        ),
        ({"uploads": [{"name": "b", "parts": [{}]}]}, "parts[0]: a part has either content, base64 or path"),
        ({"uploads": [{"name": "b", "parts": [{"path": "no"}]}]}, "tenants[0].uploads[0]: "),
        ({"uploads": [{**PARTED, "bytes": -1}]}, "tenants[0].uploads[0].bytes: "),
        ({"upload": []}, "there is no member of a tenant 'upload'; did you mean uploads?"),
        ({"state": {}, "models": [TUNED]}, "a tenant with a state has no files"),
        (
            {"files": [FILE], "jobs": [{"model": "gpt-5", "training_file": "a.jsonl"}]},
            "tenants[0].jobs[0]: model: 'gpt-5' is none that can be trained",
        ),
    ],
)
def test_what_a_provider_has_not_or_that_is_wrong_is_refused(seed: Seed, members: dict[str, Any], said: str) -> None:
    settings = Settings(port=0, quiet=True, dialect="openai", seed_file=seed(**members))
    with pytest.raises(BadSetting) as refusal, Emulator(settings):
        pass

    assert said in str(refusal.value)


def test_a_seed_that_is_sent_names_no_path_in_a_part(serve: Serve, clients: Clients) -> None:
    client = clients(serve(dialect="openai", clock="manual"))
    answer = client.put("/_emulator/seed", json={"uploads": [{"name": "b", "parts": [{"path": "/etc/hostname"}]}]})

    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "uploads[0].parts[0].path: no path is read here" in answer.text
