"""Schemathesis, told nothing but the dialect's OpenAPI document, finds nothing that the document does not say."""

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
from tests.dialects.openai.api import FILES, JOBS, UPLOADS, Api, Json

KEY = "schemathesis of openai"
HEADERS = {"Authorization": f"Bearer {KEY}"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
DOCUMENT = dialects.OPENAI.face(None).openapi()

schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.config.phases.coverage.unexpected_methods = {"patch", "put", "trace"}


@pytest.fixture(scope="session")
def known(server: Emulator) -> dict[str, str]:
    """Ids that there are, by the names that the document has for them."""
    with closing(Api(server, KEY)) as api:
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


@schema.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_describes(
    server: Emulator, known: dict[str, str], case: "schemathesis.Case[Any]"
) -> None:
    url = f"{server.url}/openai/v1"
    case.call_and_validate(base_url=url, headers=HEADERS, checks=CHECKS)
    if case.method == "DELETE":
        return
    for name in known.keys() & case.path_parameters.keys():
        case.path_parameters[name] = known[name]
    if isinstance(case.body, dict):
        case.body.update({name: known[name] for name in known.keys() & case.body.keys()})
    case.call_and_validate(base_url=url, headers=HEADERS, checks=CHECKS)


def test_all_operations_are_tried() -> None:
    described = {(method, path) for path, operations in DOCUMENT["paths"].items() for method in operations}

    assert schema.statistic.operations.selected == schema.statistic.operations.total == len(described) == 25


def test_what_is_tried_is_there(server: Emulator, known: dict[str, str]) -> None:
    with httpx.Client(base_url=f"{server.url}/openai", headers=HEADERS) as client:
        jobs: Json = client.get(JOBS, params={"limit": 1000}).json()
        assert known["fine_tuning_job_id"] in [job["id"] for job in jobs["data"]]
        assert client.get(f"{FILES}/{known['file_id']}").status_code == 200
