"""The dialect's OpenAPI document is the provider's, as far as the provider publishes it and it is not wrong itself."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from emulator import dialects
from emulator.cli import main
from emulator.drift import differences
from emulator.server import Emulator

Json = dict[str, Any]

SPEC = Path(__file__).parents[3].parent / "shared" / "spec" / "openai-fine-tuning.openapi.yaml"

WRONG = {
    r"GET /v1/files/\{file_id\}/content 200: application/octet-stream is extra": "that is their type (observed)",
    r".*\(GraderScoreModel\)\.range: (min|max)Items is 2, theirs absent": "it tells so of the numbers in the array ...",
    r".*\(GraderScoreModel\)\.range\[\]: (min|max)_items is absent, theirs 2": "... in words of its own",
}
"""Where the published document is wrong: what is told of it, and why ours is another."""

ALIASES = {"EvalItemContent", "EvalItemContentArray", "EvalItemContentItem", "EvalItemContentText", "Metadata"}
ALIASES |= {"ReasoningEffort"}
"""Components of the published document that ours has in the places where they are used."""


@pytest.fixture(scope="module")
def published() -> Json:
    if not SPEC.exists():
        pytest.skip(f"the provider's published document is not at {SPEC}")
    document: Json = yaml.load(SPEC.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 -- both are safe
    return document


@pytest.fixture
def ours() -> Json:
    return dialects.OPENAI.face(None).openapi()


def found(ours: Json, published: Json) -> list[str]:
    """Return the differences but those where the published document is wrong."""
    told = differences(ours, published, extra=True)
    return [line for line in told if not any(re.fullmatch(wrong, line) for wrong in WRONG)]


def test_it_equals_the_published_document(published: Json, capsys: pytest.CaptureFixture[str]) -> None:
    main(["openapi", "openai"])

    assert found(json.loads(capsys.readouterr().out), published) == []


def test_the_published_document_is_wrong_where_that_is_said_of_it(ours: Json, published: Json) -> None:
    told = differences(ours, published)

    assert [wrong for wrong in WRONG if not any(re.fullmatch(wrong, line) for line in told)] == []


@pytest.mark.parametrize(
    ("place", "value", "line"),
    [
        (("CreateUploadRequest", "bytes", "type"), "string", r'POST /v1/uploads body\.bytes: type is "integer", .*'),
        (("FineTuningJob", "status", "enum"), ["queued"], r"GET .*/jobs 200\.data\[\]\.status: enum is .*"),
        (("Upload", "file", "allOf"), [{"$ref": "#/components/schemas/Model"}], r"POST /v1/uploads 200\.file\..*"),
        (("GraderMulti", "graders", "oneOf"), [{"type": "string"}], r".*\(GraderMulti\)\.graders.*"),
        (("RunGraderRequest", "grader", "type"), "array", r".*graders/run body\.grader: .*"),
        (("ListFilesResponse", "new"), {"type": "string"}, r"GET /v1/files 200\.new: is missing"),
    ],
)
def test_a_change_is_noticed(ours: Json, published: Json, place: tuple[str, ...], value: Any, line: str) -> None:
    theirs = json.loads(json.dumps(published))
    node = theirs["components"]["schemas"][place[0]]["properties"]
    for part in place[1:-1]:
        node = node[part]
    node[place[-1]] = value

    assert [told for told in found(ours, theirs) if re.fullmatch(line, told)] != []


def test_a_changed_parameter_is_noticed(ours: Json, published: Json) -> None:
    theirs = json.loads(json.dumps(published))
    after, limit = theirs["paths"]["/fine_tuning/jobs"]["get"]["parameters"][:2]
    after["schema"]["type"], limit["schema"]["minimum"] = "integer", 1

    assert found(ours, theirs) == [
        'GET /v1/fine_tuning/jobs query after: type is "string", theirs "integer"',
        "GET /v1/fine_tuning/jobs query limit: minimum is absent, theirs 1",
    ]


def test_operation_ids_tags_and_security_are_the_published_ones(ours: Json, published: Json) -> None:
    told = {
        name: {
            (path, method): (each["operationId"], each["tags"], each.get("security"))
            for path, operations in document["paths"].items()
            for method, each in operations.items()
        }
        for name, document in (("ours", ours), ("theirs", published))
    }

    assert told["ours"] == told["theirs"]
    assert ours["security"] == published["security"]
    assert ours["servers"] == published["servers"]
    scheme = published["components"]["securitySchemes"]["ApiKeyAuth"]
    assert ours["components"]["securitySchemes"]["ApiKeyAuth"] == scheme


def test_components_have_the_published_names(ours: Json, published: Json) -> None:
    theirs = {name for name in published["components"]["schemas"] if not name.startswith("Webhook")}

    assert theirs - {*ours["components"]["schemas"]} == ALIASES


def test_a_refusal_is_described_and_nothing_of_the_framework_is(ours: Json) -> None:
    answers = [each["responses"] for operations in ours["paths"].values() for each in operations.values()]

    assert {status for each in answers for status in each} == {"200", "4XX"}
    told = {json.dumps(each["4XX"]["content"]) for each in answers}
    assert told == {'{"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}}'}
    assert [name for name in ours["components"]["schemas"] if "Validation" in name] == []


@pytest.mark.parametrize(
    "path", ["/v1/files", "/v1/fine_tuning/jobs", "/v1/fine_tuning/checkpoints/ft:a:b::c/permissions"]
)
def test_a_limit_has_bounds_that_the_document_does_not_tell(server: Emulator, key: str, path: str) -> None:
    answer = httpx.get(f"{server.url}/openai{path}?limit=-1", headers={"authorization": f"Bearer {key}"})

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "limit"


def test_the_running_server_publishes_it(server: Emulator, ours: Json) -> None:
    told = httpx.get(f"{server.url}/openai/openapi.json").json()

    assert {**told, "servers": []} == {**ours, "servers": []}


@pytest.mark.parametrize(("fail_on", "code"), [("breaking", 0), ("noticeable", 2)])
def test_the_command_tells_of_no_drift_that_breaks_a_client(
    published: Json, capsys: pytest.CaptureFixture[str], fail_on: str, code: int
) -> None:
    assert main(["drift", "--dialect", "openai", "--against", str(SPEC), "--fail-on", fail_on]) == code

    assert "dialect openai" in capsys.readouterr().out
