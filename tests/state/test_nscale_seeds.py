"""Seeds for Nscale: organizations, datasets, and jobs that are the provider's own create requests."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import Emulator, Tenant, service_token
from emulator.client import BadSeed, Unanswered
from emulator.client.seeds import told
from tests.conftest import Serve, client_of
from tests.state.looks import answered, exported
from tests.state.nscale import MODEL, everything, path_of, put_together, upload
from tests.state.test_refused_states import JUNK, places, put
from tests.state.test_seed_file import SEEDS

EXAMPLE = SEEDS / "nscale.yaml"
ORGANIZATION = "a7467a9d-90d4-4976-8a08-cc5bd358b56e"
FILE = {"name": "a.csv", "content": "q,a\none,two\nthree,four\n"}
DATASET = {"name": "d", "training_file": "a.csv"}
JOB: dict[str, Any] = {"name": "j", "base_model_id": MODEL, "dataset": {"id": "d", "answer_column": "a"}}
SEED: dict[str, Any] = {"dialect": "nscale", "files": [FILE], "datasets": [DATASET], "jobs": [JOB]}


@pytest.fixture(scope="module")
def still() -> Iterator[Emulator]:
    """A server whose clocks stand still, with another provider at its root."""
    with Emulator(clock="manual") as emulator:
        yield emulator


@pytest.fixture
def tenant(still: Emulator, key: str) -> Iterator[Tenant]:
    """A tenant of the test's own."""
    tenant = still.tenant(service_token(key), dialect="nscale")
    yield tenant
    tenant.forget()


@pytest.fixture
def client(tenant: Tenant) -> Iterator[httpx.Client]:
    """A client in the tenant's own organization."""
    url = f"{tenant.base_url()}/organizations/{tenant.organization}"
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {tenant.api_key}"}) as plain:
        yield plain


@pytest.fixture
def whole(tenant: Tenant) -> Iterator[httpx.Client]:
    """A client of the tenant's, wherever it asks."""
    with httpx.Client(base_url=tenant.url, headers={"authorization": f"Bearer {tenant.api_key}"}) as plain:
        yield plain


def named(client: httpx.Client, what: str) -> dict[str, Any]:
    """Return what a list has, by name."""
    return {each["name"]: each for each in answered(client.get(f"/{what}"))["data"]}


def test_the_example_gives_a_client_of_the_provider_what_it_says(serve: Serve) -> None:
    emulator = serve(dialect="nscale", clock="manual", seed_file=EXAMPLE)
    with client_of(emulator, service_token("team")) as client:
        client.base_url = httpx.URL(f"{emulator.base_url()}/organizations/{ORGANIZATION}")
        jobs, datasets = named(client, "jobs"), named(client, "datasets")
        metrics = answered(client.get(f"/jobs/{jobs['yesterday']['id']}/metrics"))
        archive = client.get(f"/jobs/{jobs['yesterday']['id']}/download", follow_redirects=True)

        assert {name: job["status"] for name, job in jobs.items()} == {
            "yesterday": "completed",
            "wrong data": "failed",
            "changed my mind": "cancelled",
            "waiting": "queued",
        }
        assert {each["dataset"]["id"] for each in jobs.values()} == {each["id"] for each in datasets.values()}
        assert jobs["yesterday"]["id"] == "44df5731-ee86-4898-8a8b-49f029792c96"
        assert datasets["trivia"]["validation_file"]["name"] == "validation.csv"
        assert (len(metrics["data"]), archive.content[:2]) == (2, b"\x1f\x8b")


def test_the_token_of_the_example_is_what_the_command_prints() -> None:
    [tenant] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["tenants"]

    assert tenant["keys"] == [service_token("team")]


def test_a_seed_that_names_no_dialect_is_of_the_tenants_own(tenant: Tenant, client: httpx.Client) -> None:
    document = tenant.state.export()
    tenant.seed({"files": [FILE]})
    assert [*named(client, "files")] == ["a.csv"]
    tenant.seed({"state": document})  # which has no dialect beside it
    assert [*named(client, "files")] == []
    with pytest.raises(Unanswered, match=r"files\[0\].purpose: there is no purpose 'assistants'; takes one of batch"):
        tenant.seed({"files": [{**FILE, "purpose": "assistants"}], "dialect": "nebius"})


def test_without_an_organization_it_is_the_keys_own(tenant: Tenant, client: httpx.Client) -> None:
    tenant.seed(SEED)

    assert [*named(client, "jobs")] == ["j"]
    assert {job["provider"] for job in tenant.state.export()["jobs"]} == {f"nscale/{tenant.organization}"}


def test_of_several_keys_the_organization_is_the_firsts(serve: Serve, tmp_path: Path) -> None:
    keys = [service_token("one"), service_token("two")]
    path = tmp_path / "seed.json"
    path.write_text(json.dumps({"tenants": [{"keys": keys, **SEED}]}))
    emulator = serve(clock="manual", seed_file=path)
    for key in keys:
        with client_of(emulator, key) as client:
            at = path_of(emulator.tenant(keys[0]).organization)

            assert len(answered(client.get(f"{at}/jobs"))["data"]) == 1


def test_an_organization_that_is_named_is_where_all_of_it_is(
    tenant: Tenant, client: httpx.Client, whole: httpx.Client
) -> None:
    tenant.seed({**SEED, "organization": "Ä ö"})

    assert [*named(client, "jobs")] == []
    assert len(answered(whole.get(f"{path_of('Ä ö')}/jobs"))["data"]) == 1


def test_a_reset_brings_datasets_and_jobs_back(tenant: Tenant, whole: httpx.Client) -> None:
    tenant.seed(SEED)
    at = path_of(tenant.organization)
    before = everything(whole, tenant.organization)
    put_together(whole, at, upload(whole, at))
    tenant.reset()

    assert everything(whole, tenant.organization) == before


def test_a_job_of_a_seed_is_one_like_any_other(tenant: Tenant, whole: httpx.Client) -> None:
    """Without an age it is what the same calls would have made."""
    tenant.seed({**SEED, "organization": ORGANIZATION})
    seeded = exported(whole)
    tenant.forget()
    at = path_of(ORGANIZATION)
    dataset = put_together(whole, at, upload(whole, at, str(FILE["content"]).encode(), "a.csv"))
    answered(whole.post(f"{at}/jobs", json={**JOB, "dataset": {"id": dataset, "answer_column": "a"}}))

    assert exported(whole) == seeded


def test_a_dataset_is_named_by_its_id_as_well_and_has_one_of_its_own(tenant: Tenant, client: httpx.Client) -> None:
    ids = {"id": "d-1", "age_s": 50}
    files = [{**FILE, "id": "f-1"}, {**FILE, "name": "b.csv", "id": "f-2"}]
    datasets = [{**DATASET, **ids, "training_file": "f-1", "validation_file": "b.csv"}]
    tenant.seed(
        {**SEED, "files": [{**each, "age_s": 60} for each in files], "datasets": datasets, "jobs": [job("d-1")]}
    )
    [dataset] = answered(client.get("/datasets"))["data"]

    assert (dataset["id"], dataset["training_file_id"], dataset["validation_file_id"]) == ("d-1", "f-1", "f-2")
    assert named(client, "jobs")["j"]["dataset"]["id"] == "d-1"


def job(dataset: str = "d", **more: Any) -> dict[str, Any]:
    return {**JOB, "dataset": {**JOB["dataset"], "id": dataset}, **more}


def without(name: str) -> dict[str, Any]:
    return {member: value for member, value in JOB.items() if member != name}


NEBIUS: dict[str, Any] = {"dialect": "nebius", "files": [{"name": "a.jsonl", "content": '{"text": "a"}\n'}]}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"jobs": [without("name")]}, "jobs[0].name: Field required"),
    "no base model": ({"jobs": [without("base_model_id")]}, "jobs[0].base_model_id: Field required"),
    "no dataset": ({"jobs": [without("dataset")]}, "jobs[0].dataset: Field required"),
    "a dataset that is a name": ({"jobs": [{**JOB, "dataset": "d"}]}, "jobs[0].dataset: "),
    "a dataset without an id": (
        {"jobs": [{**JOB, "dataset": {"answer_column": "a"}}]},
        "jobs[0].dataset.id: ",
    ),
    "an unknown dataset": (
        {"jobs": [job("dd")]},
        "jobs[0].dataset.id: there is no dataset of that age 'dd'; did you mean d?",
    ),
    "a dataset of later": (
        {"jobs": [job(age_s=5)], "datasets": [{**DATASET, "age_s": 1}]},
        "dataset.id: there is no",
    ),
    "two datasets of a name": (
        {"datasets": [DATASET, DATASET]},
        "jobs[0].dataset.id: 'd' is the name of 2 datasets; give each an id and take that",
    ),
    "the members of another provider": (
        {"jobs": [{"model": MODEL, "training_file": "a.csv"}]},
        "jobs[0]: there is no member of a job of nscale 'model'; takes one of name, base_model_id,",
    ),
    "a training file": ({"jobs": [{**JOB, "training_file": "a.csv"}]}, "no member of a job of nscale 'training_file'"),
    "a misspelled member": (
        {"jobs": [{**JOB, "hyperparameter": {}}]},
        "there is no member of a job of nscale 'hyperparameter'; did you mean hyperparameters?",
    ),
    "a misspelled base model": (
        {"jobs": [{**without("base_model_id"), "base_model": MODEL}]},
        "there is no member of a job of nscale 'base_model'; did you mean base_model_id?",
    ),
    "an unknown base model": ({"jobs": [job(base_model_id="x")]}, "jobs[0]: base_model_id: "),
    "an unknown column": (
        {"jobs": [{**JOB, "dataset": {"id": "d", "answer_column": "aa"}}]},
        "jobs[0]: dataset.answer_column: the training file has no column 'aa'",
    ),
    "a batch that is none": (
        {"jobs": [job(hyperparameters={"batch_size": 5})]},
        "jobs[0]: hyperparameters.batch_size: Meta-Llama",
    ),
    "an unknown training file": (
        {"datasets": [{**DATASET, "training_file": "a.cvs"}]},
        "datasets[0].training_file: there is no file of that age 'a.cvs'; did you mean a.csv?",
    ),
    "an unknown validation file": (
        {"datasets": [{**DATASET, "validation_file": "b"}]},
        "datasets[0].validation_file: there is no file of that age 'b'",
    ),
    "a dataset without files": ({"datasets": [{"name": "d"}]}, "datasets[0].training_file: Field required"),
    "a dataset's member misspelled": (
        {"datasets": [{**DATASET, "valdation_file": "a.csv"}]},
        "datasets[0]: there is no member of a dataset 'valdation_file'; did you mean validation_file?",
    ),
    "a dataset's id twice": (
        {"datasets": [{**DATASET, "id": "x"}, {**DATASET, "name": "e", "id": "x"}], "jobs": []},
        "datasets[1].id: 'x' is there twice",
    ),
    "a cancellation after its end": (
        {"jobs": [job(age_s=1000, cancelled_age_s=1)]},
        "jobs[0].cancelled_age_s: the job has succeeded by then",
    ),
    "an organization with a slash": ({"organization": "a/b"}, "organization: String should match pattern"),
    "no organization": ({"organization": ""}, "organization: String should match pattern"),
    "an organization elsewhere": (
        {**NEBIUS, "organization": "x", "datasets": [], "jobs": []},
        "organization: the paths of nebius name none",
    ),
    "an organization beside a state": (
        {"organization": "x", "state": {}, "files": [], "datasets": [], "jobs": [], "dialect": None},
        "a tenant with a state has no files, jobs, clock, dialect or organization beside it",
    ),
    "a dataset beside a state": (
        {"state": {}, "files": [], "jobs": [], "dialect": None},
        "a tenant with a state has no files, jobs, clock, dialect or organization beside it",
    ),
    "a dataset elsewhere": (
        {**NEBIUS, "datasets": [{"name": "d", "training_file": "a.jsonl"}], "jobs": []},
        "datasets[0]: nebius has no datasets",
    ),
    "a job of a dataset elsewhere": (
        {**NEBIUS, "datasets": [], "jobs": [{"model": "Qwen/Qwen3-4B", "dataset": {"id": "d"}}]},
        "jobs[0].training_file: Field required",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_bad_seed_is_refused_by_its_place_and_makes_nothing(tenant: Tenant, what: str) -> None:
    asked, said = WRONG[what]
    with pytest.raises(Unanswered) as refused:
        tenant.seed({**SEED, **asked})

    assert said in str(refused.value)
    assert refused.value.status == 422
    assert tenant.state.export()["files"] == []


PLACES = [*places(SEED)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.sampled_from(PLACES), junk=JUNK)
def test_junk_anywhere_in_a_seed_is_refused_or_can_be_shown(
    tenant: Tenant, whole: httpx.Client, where: tuple[str | int, ...], junk: Any
) -> None:
    wrong = copy.deepcopy(SEED)
    put(*where, value=junk)(wrong)
    answer = whole.put("/_emulator/seed", json=wrong)

    assert answer.status_code in {200, 422}, answer.text
    if answer.status_code == 200:
        assert {status for status, _ in everything(whole, tenant.organization).values()} <= {200, 400}


def test_the_example_is_sent_as_one_tenants_seed_too(tenant: Tenant, whole: httpx.Client) -> None:
    assert "keys" not in told(EXAMPLE)
    tenant.seed(EXAMPLE)

    assert len(answered(whole.get(f"{path_of(ORGANIZATION)}/datasets"))["data"]) == 2


def test_a_path_of_a_table_counts_from_the_seed_file(tenant: Tenant, client: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"q,a\n1,2\n")
    path = tmp_path / "seed.yaml"
    path.write_text("{dialect: nscale, files: [{path: rows.csv}]}")
    tenant.seed(path)
    with pytest.raises(BadSeed, match="cannot be read"):
        tenant.seed({"dialect": "nscale", "files": [{"path": str(tmp_path / "no.csv")}]})

    assert [column["name"] for column in named(client, "files")["rows.csv"]["columns"]] == ["q", "a"]
