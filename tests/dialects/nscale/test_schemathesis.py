"""Schemathesis, told nothing but the dialect's OpenAPI document, finds nothing that the document does not say."""

import copy
from collections.abc import Iterator
from contextlib import closing
from typing import Any

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
from tests.dialects.nscale.api import LLAMA, ORGANIZATION, Api, Json

KEY = "schemathesis of nscale"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def described() -> Json:
    """Return the dialect's document, with the redirect that has no body."""
    document: Json = copy.deepcopy(dialects.NSCALE.face(None).openapi())
    for operations in document["paths"].values():
        for told in operations.values():
            # A path cannot say a method that there is not, and this tool tries some.
            told["responses"]["405"] = told["responses"]["400"]
            told["responses"].setdefault("404", told["responses"]["400"])
    return document


DOCUMENT = described()


def schema_of(*, systematic: bool) -> Any:
    """Return the schema whose calls are tried; ``systematic``: with each form of each value once, besides by chance."""
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.config.phases.coverage.enabled = systematic
    schema.config.phases.coverage.unexpected_methods = {"put", "trace"}
    return schema


BY_CHANCE, SYSTEMATIC = schema_of(systematic=False), schema_of(systematic=True)
SOME = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
Tried = tuple[Emulator, str, dict[str, str]]


@pytest.fixture(scope="session")
def tried() -> Iterator[Tried]:
    """A server that has the dialect at its root, a token, and ids that there are by the document's names for them."""
    settings_of = Settings(port=0, quiet=True, clock="poll", dialect="nscale")
    with Emulator(settings_of) as emulator, closing(Api(emulator, KEY, mount="")) as api:
        dataset = api.dataset()
        job = api.done()["id"]
        push = {"huggingface_user_id": "u", "huggingface_access_token": "t", "huggingface_repository_id": "u/r"}
        known = {
            "organization_id": ORGANIZATION,
            "file_id": dataset["training_file_id"],
            "training_file_id": dataset["training_file_id"],
            "dataset_id": dataset["id"],
            "job_id": job,
            "export_id": api.post(f"/jobs/{job}/exports/hugging-face", push)["id"],
            "base_model_id": LLAMA,
        }
        yield emulator, api.key, known


def ask(tried: Tried, case: "schemathesis.Case[Any]") -> None:
    """Send a case, and again about things that there are."""
    emulator, key, known = tried
    headers = {"Authorization": f"Bearer {key}"}
    send: Json = {"base_url": emulator.url, "headers": headers, "checks": CHECKS, "allow_redirects": False}
    case.call_and_validate(**send)
    if case.method == "DELETE":
        return
    for name in known.keys() & case.path_parameters.keys():
        case.path_parameters[name] = known[name]
    if isinstance(case.body, dict):
        case.body.update({name: known[name] for name in known.keys() & case.body.keys()})
        if isinstance(data := case.body.get("dataset"), dict):
            data.update({"id": known["dataset_id"], "answer_column": "answer", "prompt_column": None})
    case.call_and_validate(**send)


@BY_CHANCE.parametrize()  # type: ignore[untyped-decorator]  # of a library that tells no types
@SOME
def test_every_answer_is_one_that_the_document_describes(tried: Tried, case: "schemathesis.Case[Any]") -> None:
    ask(tried, case)


@pytest.mark.full
@SYSTEMATIC.parametrize()  # type: ignore[untyped-decorator]  # of a library that tells no types
@SOME
def test_every_form_of_each_value_is_answered_as_the_document_describes(
    tried: Tried, case: "schemathesis.Case[Any]"
) -> None:
    ask(tried, case)


def test_all_operations_are_tried() -> None:
    assert BY_CHANCE.statistic.operations.selected == SYSTEMATIC.statistic.operations.selected == 19
