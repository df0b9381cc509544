"""Schemathesis, told nothing but the server's own OpenAPI document, finds nothing that the document does not say."""

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

from emulator.dialects import nebius
from emulator.server import Emulator
from tests.conftest import client_of

KEY = "schemathesis"
HEADERS = {"Authorization": f"Bearer {KEY}"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
DOCUMENT = nebius.face(None).openapi()

schema = schemathesis.openapi.from_dict(DOCUMENT)
# Methods that the document does not have are tried too, DELETE apart: others have made what it would remove.
schema.config.phases.coverage.unexpected_methods = {"patch", "put", "trace"}


@pytest.fixture(scope="session")
def known(server: Emulator) -> dict[str, str]:
    """Ids that there are, by the names that the document has for them."""
    with client_of(server, KEY) as client:
        form = {"file": ("a.jsonl", b'{"text": "a"}\n')}
        file_id = client.post("/v1/files", files=form, data={"purpose": "fine-tune"}).json()["id"]
        model = client.get("/v1/models").json()["data"][0]["id"]
        body = {"model": model, "training_file": file_id}
        job_id = client.post("/v1/fine_tuning/jobs", json=body).json()["id"]
        while not (made := client.get(f"/v1/fine_tuning/jobs/{job_id}/checkpoints").json()["data"]):
            pass
    return {
        **body,
        "validation_file": file_id,
        "file_id": file_id,
        "job_id": job_id,
        "checkpoint_id": made[0]["id"],
        "model_id": model,
    }


@schema.parametrize()
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_describes(
    server: Emulator, known: dict[str, str], case: "schemathesis.Case[Any]"
) -> None:
    case.call_and_validate(base_url=server.url, headers=HEADERS, checks=CHECKS)
    if case.method == "DELETE":
        return
    for name in known.keys() & case.path_parameters.keys():
        case.path_parameters[name] = known[name]
    if isinstance(case.body, dict):
        case.body.update({name: known[name] for name in known.keys() & case.body.keys()})
    case.call_and_validate(base_url=server.url, headers=HEADERS, checks=CHECKS)


def test_the_running_server_publishes_that_document(server: Emulator) -> None:
    assert httpx.get(f"{server.url}/openapi.json").json() == DOCUMENT


def test_all_operations_are_tried() -> None:
    described = {(method.upper(), path) for path, operations in DOCUMENT["paths"].items() for method in operations}

    assert schema.statistic.operations.selected == schema.statistic.operations.total == len(described)
    assert ("POST", "/v1/fine_tuning/jobs") in described
