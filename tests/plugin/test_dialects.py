"""The plugin with providers that OpenAI's client does not speak, and with those that it does."""

import pytest

from emulator.pytest_plugin import NOT_SPOKEN
from tests.plugin.conftest import Project
from tests.state.test_nscale_seeds import EXAMPLE

NSCALE = """
import os

import httpx

pytestmark = pytest.mark.ft_emulator(dialect="nscale", clock="manual")
CSV = b"question,answer\\n" + b"what?,that.\\n" * 20
MODEL = "5b912da4-4a68-43eb-9224-38239535d934"

@pytest.fixture
def nscale(ft_emulator):
    url = f"{ft_emulator.base_url()}/organizations/{ft_emulator.organization}"
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {ft_emulator.api_key}"}) as client:
        yield client

def begin(client, **more):
    file = client.post("/files", files={"file": ("d.csv", CSV)}).raise_for_status().json()["id"]
    dataset = client.post("/datasets", json={"name": "d", "training_file_id": file}).raise_for_status().json()["id"]
    body = {"name": "j", "base_model_id": MODEL, "dataset": {"id": dataset, "answer_column": "answer"}, **more}
    return client.post("/jobs", json=body)

def status_of(client, emulator):
    job = begin(client).raise_for_status().json()["job"]["id"]
    emulator.clock.advance(days=1)
    return client.get(f"/jobs/{job}").json()["status"]

def test_a_job_completes(nscale, ft_emulator):
    assert ft_emulator.base_url() == f"{ft_emulator.url}/nscale/api/v1"
    assert status_of(nscale, ft_emulator) == "completed"
    ft_emulator.journal.verify(operation="datasets.create", count=1)
    ft_emulator.reset()
    assert nscale.get("/jobs").json() == {"data": []}

@pytest.mark.ft_emulator(scenario="fails_at_step=1", faults=[
    {"effects": "status=503", "match": "files.create", "first": 1}])
def test_what_goes_wrong(nscale, ft_emulator):
    answer = nscale.post("/files", files={"file": ("d.csv", CSV)})
    assert (answer.status_code, sorted(answer.json())) == (503, ["code", "message"])
    assert status_of(nscale, ft_emulator) == "failed"
    [rule] = ft_emulator.faults.list()
    assert rule["hits"] == 1

@pytest.mark.ft_emulator(clock="poll")
def test_every_status_is_seen_once(nscale):
    job = begin(nscale).json()["job"]["id"]
    seen = [nscale.get(f"/jobs/{job}").json()["status"] for _ in range(6)]
    assert list(dict.fromkeys(seen)) == ["queued", "starting", "running", "completed"]

@pytest.mark.ft_emulator(seed_file="nscale.yaml")
def test_a_seed(ft_emulator):
    assert ft_emulator.organization == "a7467a9d-90d4-4976-8a08-cc5bd358b56e"

@pytest.mark.ft_emulator(seed_file="nscale.yaml")
def test_a_client_of_a_seed(nscale, ft_emulator):
    for _ in range(2):
        jobs = nscale.get("/jobs").json()["data"]
        assert {job["status"] for job in jobs} == {"queued", "completed", "failed", "cancelled"}
        begin(nscale).raise_for_status()
        ft_emulator.reset()

def test_its_variables(ft_emulator):
    with ft_emulator.env:
        assert os.environ["NSCALE_API_TOKEN"] == os.environ["NSCALE_TOKEN"] == ft_emulator.api_key
        assert os.environ["ORGANIZATION_ID"] == ft_emulator.organization

@pytest.mark.parametrize("number", range(2))
def test_each_has_an_organization_of_its_own(ft_emulator, nscale, number):
    assert nscale.get("/files").json() == {"data": []}
    begin(nscale).raise_for_status()
    print("organization", ft_emulator.organization)

@pytest.mark.ft_emulator(dialect="openai")
def test_a_nearer_marker_has_another_dialect(ft_emulator, ft_client):
    assert ft_emulator.base_url() == f"{ft_emulator.url}/openai/v1"
    assert ft_client.files.list().data == []

def test_the_official_client_is_for_others(ft_client):
    pass

@pytest.mark.ft_emulator(dialect="nebius-studio")
def test_studio(ft_client, ft_emulator):
    job = start(ft_client)
    ft_emulator.clock.advance(days=1)
    job = ft_client.fine_tuning.jobs.retrieve(job.id)
    assert job.status == "succeeded"
    assert "method" not in job.model_fields_set
    assert str(ft_client.base_url) == f"{ft_emulator.url}/nebius-studio/v1/"
    ft_emulator.journal.verify(operation="jobs.create", count=1)
"""
ROOT = """
@pytest.fixture(scope="session")
def ft_emulator_settings():
    return {"dialect": "nscale"}

def test_the_official_client_is_for_others(ft_client):
    pass

def test_it_is_at_the_root(ft_emulator):
    assert ft_emulator.base_url() == f"{ft_emulator.url}/api/v1"

@pytest.mark.ft_emulator(dialect="nebius")
def test_others_are_there_too(ft_client):
    assert ft_client.files.list().data == []
"""


def test_the_plugin_serves_clients_of_every_dialect(project: Project) -> None:
    project.write(test_nscale=NSCALE)
    (project.folder / "nscale.yaml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    ran = project.run("-n", "0")

    assert ran.outcomes("FAILED") == [], ran.out
    assert len(ran.outcomes("PASSED")) == 10, ran.out
    assert ran.outcomes("ERROR") == ["test_the_official_client_is_for_others"]
    assert f"ft_emulator: {NOT_SPOKEN}" in ran.out
    organizations = [line for line in ran.out.splitlines() if line.startswith("organization ")]
    assert len({*organizations}) == 2


@pytest.mark.full
def test_what_is_at_the_root_is_what_is_meant_where_nothing_is_said(project: Project) -> None:
    project.write(test_root=ROOT)
    ran = project.run("-n", "0")

    assert (len(ran.outcomes("PASSED")), len(ran.outcomes("ERROR"))) == (2, 1), ran.out
    assert f"ft_emulator: {NOT_SPOKEN}" in ran.out
