"""The document of AI Studio, held against the one page of it that is kept, and against that of Token Factory."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from emulator.cli import main
from emulator.dialects import NEBIUS, NEBIUS_STUDIO

PAGE = Path(__file__).parents[3].parent / "shared" / "docs" / "nebius-studio-get-job.md"
JOBS, JOB = "/v1/fine_tuning/jobs", "/v1/fine_tuning/jobs/{job_id}"


@pytest.fixture
def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The document that the command prints."""
    main(["openapi", "nebius-studio"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


@pytest.fixture
def page() -> str:
    """The page of retrieving a job."""
    if not PAGE.exists():
        pytest.skip(f"the provider's page is not at {PAGE}")
    return PAGE.read_text(encoding="utf-8")


def properties(document: dict[str, Any], name: str) -> list[str]:
    return [*document["components"]["schemas"][name]["properties"]]


def test_a_job_has_the_members_of_the_pages_example_in_their_order(document: dict[str, Any], page: str) -> None:
    example = json.loads(page[page.index("{\n  ") : page.index("\n}\n") + 2])

    assert properties(document, "FineTuningJob") == [*example]
    assert properties(document, "HParameters") == [*example["hyperparameters"]]
    assert properties(document, "WandbIntegrationResponse") == [*example["integrations"][0]]
    assert properties(document, "WandbConfigResponse") == [*example["integrations"][0]["wandb"]]
    assert properties(document, "Error") == [*example["error"]]


def test_a_jobs_members_are_required_and_null_where_the_page_says_so(document: dict[str, Any], page: str) -> None:
    schema = document["components"]["schemas"]["FineTuningJob"]
    fields = page.partition("Successful Response\n")[2]
    required = set(re.findall(r"(\w+)\n[\w<>]+\nrequired", fields))
    nullable = set(re.findall(r"(\w+)\n\w+ \| null", fields))

    assert set(schema["required"]) == required
    assert {
        name for name in schema["properties"] if {"type": "null"} in schema["properties"][name].get("anyOf", ())
    } == (
        nullable | {"integrations"}  # of which the page tells no more than that they are a list
    )


def test_an_order_has_neither_method_nor_start(document: dict[str, Any]) -> None:
    theirs = NEBIUS.face(None).openapi()

    assert set(properties(theirs, "FineTuningRequest")) - set(properties(document, "FineTuningRequest")) == {
        "method",
        "from_checkpoint",
    }


def test_the_list_of_jobs_takes_a_project_and_nothing_else(document: dict[str, Any]) -> None:
    assert [each["name"] for each in document["paths"][JOBS]["get"]["parameters"]] == ["ai_project_id"]


def test_everything_but_orders_jobs_and_their_list_is_token_factorys(document: dict[str, Any]) -> None:
    theirs = json.loads(json.dumps(NEBIUS.face(None).openapi()))
    paths, schemas = theirs["paths"], theirs["components"]["schemas"]
    own = {name for name, schema in document["components"]["schemas"].items() if schema != schemas.get(name)}

    assert document["paths"].keys() == paths.keys()
    assert {path for path in paths if document["paths"][path] != paths[path]} == {JOBS}
    assert own == {"FineTuningRequest", "FineTuningJob", "FineTuningJobListResponse", "HParameters"}


def test_hyperparameters_have_the_bounds_and_defaults_of_today(document: dict[str, Any]) -> None:
    schemas = NEBIUS.face(None).openapi()["components"]["schemas"]
    theirs, ours = schemas["SupervisedHParameters"], document["components"]["schemas"]["HParameters"]

    assert ours["properties"] == json.loads(json.dumps(theirs["properties"]))


def test_no_call_is_both_unbuilt_and_built(document: dict[str, Any]) -> None:
    built = {(method.upper(), path) for path, calls in document["paths"].items() for method in calls}

    assert built.isdisjoint(NEBIUS_STUDIO.unbuilt)
    assert set(NEBIUS_STUDIO.unbuilt) - set(NEBIUS.unbuilt) == {("GET", "/v1/batches/{batch_id}")}
