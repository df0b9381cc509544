"""Schemathesis, told nothing but the dialect's OpenAPI document, finds nothing that the document does not say."""

import copy
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from emulator import dialects
from emulator.server import Emulator
from emulator.settings import Settings
from tests.dialects.openai.api import FILES, JOBS, UPLOADS, Api, Json

KEY = "schemathesis of openai"
HEADERS = {"Authorization": f"Bearer {KEY}"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
NULLS = {
    # Answered as null (observed), or taken as null and answered as it was taken, though the document says otherwise.
    "OpenAIFile": ["expires_at", "status_details"],
    "ListFilesResponse": ["first_id", "last_id"],
    "EvalItemInputImage": ["detail"],
    "InputTextContent": ["prompt_cache_breakpoint"],
    "GraderPython": ["image_tag"],
    "GraderScoreModel": ["range", "sampling_params"],
}


def described() -> Json:
    """Return the dialect's document, with what it does not tell of: nulls, a purpose, and that any text is a URL."""
    document: Json = copy.deepcopy(dialects.OPENAI.face(None).openapi())
    schemas = document["components"]["schemas"]
    schemas["OpenAIFile"]["properties"]["purpose"]["enum"].append("evals")
    del schemas["EvalItemInputImage"]["properties"]["image_url"]["format"]
    for name, members in NULLS.items():
        properties = schemas[name]["properties"]
        for member in members:
            properties[member] = {"anyOf": [properties[member], {"type": "null"}]}
    return document


DOCUMENT = described()

GRADED = ["runGrader", "validateGrader", "createFineTuningJob"]
"""The calls that take graders: to try out each form of each would take a minute."""


def schema_of(*, systematic: bool) -> Any:
    """Return the schema whose calls are tried; ``systematic``: with each form of each value once, besides by chance."""
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.config.phases.coverage.enabled = systematic
    schema.config.phases.coverage.unexpected_methods = {"patch", "put", "trace"}
    return schema


schema = schema_of(systematic=True)
PLAIN, THOROUGH = schema.exclude(operation_id=GRADED), schema.include(operation_id=GRADED)
BY_CHANCE = schema_of(systematic=False).include(operation_id=GRADED)
SOME = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="session")
def rooted() -> Iterator[Emulator]:
    """A server that has the dialect at its root."""
    with Emulator(Settings(port=0, quiet=True, clock="poll", dialect="openai")) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def known(rooted: Emulator) -> dict[str, str]:
    """Ids that there are, by the names that the document has for them."""
    with closing(Api(rooted, KEY)) as api:
        job = api.done()
        api.order(training_file=job["training_file"])
        upload = api.post(UPLOADS, {"filename": "a", "purpose": "batch", "bytes": 1, "mime_type": "text/jsonl"})["id"]
        path = f"/v1/fine_tuning/checkpoints/{job['fine_tuned_model']}/permissions"
        permission = api.post(path, {"project_ids": ["proj_a"]})["data"][0]["id"]
    return {
        "training_file": job["training_file"],
        "file_id": job["training_file"],
        "fine_tuning_job_id": job["id"],
        "fine_tuned_model_checkpoint": job["fine_tuned_model"],
        "permission_id": permission,
        "upload_id": upload,
        "model": "gpt-4o-mini",
    }


def ask(rooted: Emulator, known: dict[str, str], case: "schemathesis.Case[Any]") -> None:
    """Send a case, and again about things that there are."""
    url = f"{rooted.url}/v1"
    case.call_and_validate(base_url=url, headers=HEADERS, checks=CHECKS)
    if case.method == "DELETE":
        return
    for name in known.keys() & case.path_parameters.keys():
        case.path_parameters[name] = known[name]
    if isinstance(case.body, dict):
        case.body.update({name: known[name] for name in known.keys() & case.body.keys()})
    case.call_and_validate(base_url=url, headers=HEADERS, checks=CHECKS)


@PLAIN.parametrize()  # type: ignore[untyped-decorator]  # of a library that tells no types
@SOME
def test_every_answer_is_one_that_the_document_describes(
    rooted: Emulator, known: dict[str, str], case: "schemathesis.Case[Any]"
) -> None:
    ask(rooted, known, case)


@BY_CHANCE.parametrize()  # type: ignore[untyped-decorator]  # of a library that tells no types
@SOME
def test_every_answer_about_graders_is_one_that_the_document_describes(
    rooted: Emulator, known: dict[str, str], case: "schemathesis.Case[Any]"
) -> None:
    ask(rooted, known, case)


@pytest.mark.full
@THOROUGH.parametrize()  # type: ignore[untyped-decorator]  # of a library that tells no types
@SOME
def test_every_form_of_a_grader_is_answered_as_the_document_describes(
    rooted: Emulator, known: dict[str, str], case: "schemathesis.Case[Any]"
) -> None:
    ask(rooted, known, case)


def test_all_operations_are_tried() -> None:
    described = {(method, path) for path, operations in DOCUMENT["paths"].items() for method in operations}

    assert schema.statistic.operations.total == len(described) == 25
    assert PLAIN.statistic.operations.selected == 25 - len(GRADED)
    assert BY_CHANCE.statistic.operations.selected == THOROUGH.statistic.operations.selected == len(GRADED)


def test_what_is_tried_is_there(rooted: Emulator, known: dict[str, str]) -> None:
    with httpx.Client(base_url=rooted.url, headers=HEADERS) as client:
        jobs: Json = client.get(JOBS, params={"limit": 1000}).json()
        assert known["fine_tuning_job_id"] in [job["id"] for job in jobs["data"]]
        assert client.get(f"{FILES}/{known['file_id']}").status_code == 200
