"""What the emulator has for every provider works with AI Studio: scenarios, faults, clock, journal, state and so on."""

import json
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from emulator.cli import main
from emulator.client import Tenant
from emulator.dialects import NEBIUS, NEBIUS_STUDIO, likeliest
from emulator.server import Emulator
from tests.conftest import Serve
from tests.dialects.nebius_studio.conftest import NAME
from tests.dialects.nebius_studio.test_jobs import JOBS, METHOD, create
from tests.plugin.conftest import Project
from tests.test_sdk_walk import MODEL, ordered, polled

ROW = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n'


def everything(client: httpx.Client) -> list[bytes]:
    """Return the jobs, and of each the events and the checkpoints."""
    listed = client.get(JOBS)
    each = [client.get(f"{JOBS}/{job['id']}/{of}") for job in listed.json()["data"] for of in ("events", "checkpoints")]
    return [answer.content for answer in (listed, client.get("files"), *each)]


def test_a_scenario_lets_its_job_fail(tenant: Tenant, studio: openai.OpenAI) -> None:
    tenant.scenarios.next("fails_at_step=1")
    job = polled(studio, ordered(studio))[-1]

    assert job.status == "failed"
    assert job.error
    assert studio.fine_tuning.jobs.list_events(job.id, limit=100).data[-1].level == "error"


def test_a_fault_meets_its_calls_by_name_in_its_envelope(tenant: Tenant, studio: openai.OpenAI) -> None:
    tenant.faults.add("status=503", operation="jobs.create", first=1)
    with pytest.raises(openai.InternalServerError) as raised:
        ordered(studio)

    assert isinstance(raised.value.body, dict)
    assert raised.value.body.keys() == {"detail"}
    assert ordered(studio).status == "validating_files"


def test_the_journal_tells_its_calls_as_its_own(tenant: Tenant, studio: openai.OpenAI) -> None:
    job = ordered(studio)
    [entry] = tenant.journal.list(operation="jobs.create")

    assert (entry["provider"], entry["job"], entry["path"]) == (NAME, job.id, f"/{NAME}/v1/fine_tuning/jobs")


def test_a_clock_of_the_tenants_own_moves_its_jobs(tenant: Tenant, plain: httpx.Client) -> None:
    tenant.clock.set(mode="manual")
    job = create(plain)["id"]
    tenant.clock.advance(days=1)

    assert plain.get(f"{JOBS}/{job}").json()["status"] == "succeeded"


def test_its_state_goes_out_and_comes_in_elsewhere_unchanged(serve: Serve, plain: httpx.Client, tenant: Tenant) -> None:
    tenant.clock.set(mode="manual")
    create(plain, suffix="mine", hyperparameters={"n_epochs": 2, "unknown": [1]})
    tenant.clock.advance(days=1)
    other = serve(clock="manual", seed=7).tenant("another-key", dialect=NAME)
    other.state.load(tenant.state.export())
    with httpx.Client(base_url=other.base_url(), headers={"authorization": "Bearer another-key"}) as elsewhere:
        assert everything(elsewhere) == everything(plain)


def test_a_seed_file_gives_it_files_and_jobs(serve: Serve, tmp_path: Path) -> None:
    job = {"id": "ftjob-done", "model": MODEL, "training_file": "a.jsonl", "age_s": 3600}
    told: dict[str, Any] = {
        "keys": ["k"],
        "dialect": NAME,
        "files": [{"name": "a.jsonl", "content": ROW}],
        "jobs": [job],
    }
    path = tmp_path / "seed.json"
    path.write_text(json.dumps({"tenants": [told]}), encoding="utf-8")
    emulator = serve(clock="manual", seed_file=path)
    with openai.OpenAI(base_url=emulator.base_url(NAME), api_key="k", max_retries=0) as sdk:
        seeded = sdk.fine_tuning.jobs.retrieve("ftjob-done")

    assert seeded.status == "succeeded"
    assert "method" not in seeded.to_dict()


def test_lint_tells_of_a_method_that_it_does_not_know(
    server: Emulator, plain: httpx.Client, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    create(plain, method=METHOD, hyperparameters={"rank": 16})
    main(["lint", "--url", server.url, "--key", key, "--json"])
    findings = {each["name"]: each for each in json.loads(capsys.readouterr().out)["findings"]}

    assert "`method`" in findings["unknown_members"]["what"]
    assert "did you mean `lora_r`?" in findings["unknown_members"]["what"]


@pytest.mark.full
def test_the_plugins_marker_gives_a_test_a_client_of_it(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(
        test_of_a_user="""
@pytest.mark.ft_emulator(dialect="nebius-studio", clock="poll")
def test_it(ft_client, ft_emulator):
    assert ft_client.base_url.path == "/nebius-studio/v1/"
    assert start(ft_client).training_file[19] == "4"
"""
    )
    ran = project.run()

    assert ran.outcomes("PASSED") == ["test_it"], ran.out


def test_its_old_hosts_are_those_of_token_factory() -> None:
    assert likeliest("api.studio.nebius.com")[0] is NEBIUS
    assert NEBIUS_STUDIO.hosts == ()
