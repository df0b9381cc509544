"""The dialect's own document is valid, and tells of the calls, parameters and answers that there are, and no others."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi.routing import APIRoute

from emulator import dialects
from emulator.cli import main
from emulator.dialects.nscale import routes, wire
from emulator.server import Emulator
from tests.dialects.nscale.api import Json, a_client

OURS: Json = dialects.NSCALE.face(None).openapi()
OPERATIONS = {(method, path): told for path, of in OURS["paths"].items() for method, told in of.items()}


def every(node: Any, name: str) -> Iterator[Any]:
    """Yield the values of all members of that name, however deep."""
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == name)
        node = [*node.values()]
    if isinstance(node, list):
        for each in node:
            yield from every(each, name)


def test_it_is_a_valid_document_and_every_reference_in_it_leads_somewhere() -> None:
    schemathesis.openapi.from_dict(OURS).validate()

    assert {*every(OURS, "$ref")} <= {f"#/components/schemas/{name}" for name in OURS["components"]["schemas"]}


def test_the_command_and_the_server_tell_the_same(server: Emulator, capsys: pytest.CaptureFixture[str]) -> None:
    main(["openapi", "nscale"])
    printed = json.loads(capsys.readouterr().out)
    with a_client(server.url) as client:
        served = client.get("/nscale/openapi.json").json()

    assert printed == OURS
    assert {name: each for name, each in served.items() if name != "servers"} == OURS


def test_it_has_the_operations_that_faults_and_the_journal_know_but_for_what_links_lead_to() -> None:
    known = {(each.method.lower(), each.path) for each in routes.OPERATIONS if not each.path.startswith("/downloads")}

    assert {*OPERATIONS} == known
    assert len(known) == 19
    assert len({each.name for each in routes.OPERATIONS}) == len(routes.OPERATIONS) == 21


def handlers() -> list[APIRoute]:
    every_route = [route for module in routes.MODULES for route in module.router.routes]
    return [route for route in every_route if isinstance(route, APIRoute) and route.include_in_schema]


@pytest.mark.parametrize("route", handlers(), ids=lambda route: route.name)
def test_what_a_handler_takes_is_told_and_nothing_else(route: APIRoute) -> None:
    method = min(route.methods or {""})
    told = OPERATIONS[method.lower(), route.path]
    parameters = {each["name"]: each for each in told.get("parameters", [])}
    taken = {*inspect.signature(route.endpoint).parameters} - {"request", "body"}

    assert {*parameters} == {"status" if name == "wanted" else name for name in taken}
    assert [name for name, each in parameters.items() if each["required"]] == re.findall(r"\{(\w+)\}", route.path)
    assert told["summary"]
    assert told["tags"]


def test_the_hyperparameters_have_the_guides_bounds_and_defaults() -> None:
    told = OURS["components"]["schemas"]["Hyperparameters"]["properties"]
    lora = OURS["components"]["schemas"]["Lora"]["properties"]
    bounds = {
        name: (each.get("default"), each.get("minimum"), each.get("maximum")) for name, each in {**told, **lora}.items()
    }

    assert bounds["n_epochs"] == (1, 1, 20)
    assert bounds["n_evals"] == (0, 0, 100)
    assert bounds["batch_size"] == (4, None, None)
    assert bounds["learning_rate"] == (1e-5, 1e-8, 0.01)
    assert bounds["warmup_ratio"] == (0, 0, 1)
    assert bounds["weight_decay"] == (0, 0, None)
    assert bounds["r"] == bounds["alpha"] == (8, 1, 64)
    assert bounds["dropout"] == (0, 0, 1)
    assert lora["trainable_modules"]["items"]["enum"] == [*wire.MODULES]


def test_the_statuses_are_the_references() -> None:
    told = {tuple(each) for each in every(OURS, "enum")}

    assert ("queued", "starting", "running", "completed", "failed", "cancelled") in told


REQUIRED = {
    "CreateJobRequest": ["name", "base_model_id", "dataset"],
    "JobDataset": ["id", "answer_column"],
    "CreateDatasetRequest": ["name", "training_file_id"],
    "CreateExportRequest": ["huggingface_user_id", "huggingface_access_token", "huggingface_repository_id"],
    "Metrics": ["data", "training_steps", "training_tokens", "validation_steps"],
    "MetricPoint": ["step", "timestamp", "training_loss", "validation_loss", "perplexity"],
    "Error": ["code", "message"],
}


@pytest.mark.parametrize("name", REQUIRED)
def test_what_is_required_is_told(name: str) -> None:
    assert OURS["components"]["schemas"][name]["required"] == REQUIRED[name]


def test_no_answer_is_told_of_that_is_never_given() -> None:
    assert [told["operationId"] for told in OPERATIONS.values() if "422" in told["responses"]] == []
    assert {"HTTPValidationError", "ValidationError"} & {*OURS["components"]["schemas"]} == set()


def test_it_tells_that_a_token_is_needed() -> None:
    (scheme,) = OURS["components"]["securitySchemes"].values()

    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert all(told.get("security") or OURS.get("security") for told in OPERATIONS.values())
