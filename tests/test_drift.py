import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.drift import differences

Json = dict[str, Any]

DOCUMENT: Json = {
    "openapi": "3.1.0",
    "paths": {
        "/v1/jobs": {
            "post": {
                "summary": "Create",
                "operationId": "create",
                "tags": ["jobs"],
                "parameters": [
                    {"name": "project", "in": "query", "required": False, "schema": {"type": "string", "title": "P"}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}},
                },
                "responses": {
                    "200": {
                        "description": "OK",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}},
                    },
                    "404": {"description": "Not there"},
                },
            },
        },
        "/v1/jobs/{job_id}": {
            "parameters": [{"$ref": "#/components/parameters/JobId"}],
            "get": {"responses": {"200": {"$ref": "#/components/responses/Job"}}},
        },
    },
    "components": {
        "parameters": {"JobId": {"name": "job_id", "in": "path", "required": True, "schema": {"type": "string"}}},
        "responses": {
            "Job": {
                "description": "OK",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}},
            },
        },
        "schemas": {
            "Request": {
                "type": "object",
                "title": "Request",
                "required": ["model"],
                "additionalProperties": True,
                "properties": {
                    "model": {"type": "string", "maxLength": 64, "pattern": "^[a-z]+$"},
                    "size": {"type": "integer", "minimum": 1.0, "maximum": 64.0, "default": 8},
                    "rate": {"type": "number", "exclusiveMinimum": 0.0, "exclusiveMaximum": 1.0},
                    "suffix": {"anyOf": [{"type": "string", "maxLength": 64}, {"type": "null"}]},
                    "key": {"type": "string", "format": "password", "writeOnly": True},
                    "method": {
                        "oneOf": [{"$ref": "#/components/schemas/Fast"}, {"$ref": "#/components/schemas/Slow"}],
                        "discriminator": {
                            "propertyName": "type",
                            "mapping": {"fast": "#/components/schemas/Fast", "slow": "#/components/schemas/Slow"},
                        },
                    },
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
                },
            },
            "Fast": {
                "type": "object",
                "required": ["type"],
                "properties": {"type": {"type": "string", "const": "fast"}},
            },
            "Slow": {
                "type": "object",
                "required": ["type"],
                "properties": {"type": {"type": "string", "const": "slow"}},
            },
            "Job": {
                "type": "object",
                "required": ["id", "status"],
                "properties": {
                    "id": {"type": "string"},
                    "status": {"type": "string", "enum": ["queued", "running"]},
                    "files": {"type": "array", "items": {"type": "string"}},
                    "parent": {"anyOf": [{"$ref": "#/components/schemas/Job"}, {"type": "null"}]},
                },
            },
        },
    },
}


SCHEMAS = ("components", "schemas")
REQUEST = (*SCHEMAS, "Request")
MEMBER = (*REQUEST, "properties")
METHOD = (*MEMBER, "method")
JOB = (*SCHEMAS, "Job")
POST = ("paths", "/v1/jobs", "post")
BODY = (*POST, "requestBody")


def at(document: Json, *path: str | int) -> Any:
    node: Any = document
    for part in path:
        node = node[part]
    return node


def put(*path: str | int, value: Any) -> Json:
    """Return the document with a value in that place."""
    document = copy.deepcopy(DOCUMENT)
    at(document, *path[:-1])[path[-1]] = value
    return document


def drop(*path: str | int) -> Json:
    """Return the document without what is in that place."""
    document = copy.deepcopy(DOCUMENT)
    del at(document, *path[:-1])[path[-1]]
    return document


def add(*path: str | int, value: Any) -> Json:
    """Return the document with a value more at the end of the list in that place."""
    return put(*path, value=[*at(DOCUMENT, *path), value])


def holding(schema: Any) -> Json:
    """Return the document with a schema in it."""
    return put(*MEMBER, "it", value=schema)


FAST, SLOW = at(DOCUMENT, *METHOD, "oneOf")
CHANGES: dict[str, Json] = {
    "POST /v1/jobs: is missing": drop("paths", "/v1/jobs"),
    "POST /v1/jobs query project: is missing": drop(*POST, "parameters", 0),
    "POST /v1/jobs query more: is extra": add(*POST, "parameters", value={"name": "more", "in": "query"}),
    "POST /v1/jobs query project: required is true, theirs false": put(*POST, "parameters", 0, "required", value=True),
    'POST /v1/jobs query project: type is "null", theirs "string"': put(
        *POST, "parameters", 0, "schema", "type", value="null"
    ),
    "POST /v1/jobs body: is missing": drop(*BODY),
    "POST /v1/jobs body: required is false, theirs true": put(*BODY, "required", value=False),
    "POST /v1/jobs body: application/json is missing": put(*BODY, "content", value={"text/plain": {}}),
    "POST /v1/jobs body: a/b is extra": put(*BODY, "content", "a/b", value={}),
    "POST /v1/jobs 200: is missing": drop(*POST, "responses", "200"),
    "POST /v1/jobs 404: is missing": drop(*POST, "responses", "404"),
    "POST /v1/jobs body.size: maximum is 32, theirs 64": put(*MEMBER, "size", "maximum", value=32),
    "POST /v1/jobs body.size: minimum is absent, theirs 1": drop(*MEMBER, "size", "minimum"),
    "POST /v1/jobs body.rate: exclusiveMinimum is 0.5, theirs 0": put(*MEMBER, "rate", "exclusiveMinimum", value=0.5),
    "POST /v1/jobs body.rate: exclusiveMaximum is 2, theirs 1": put(*MEMBER, "rate", "exclusiveMaximum", value=2),
    "POST /v1/jobs body.model: maxLength is 65, theirs 64": put(*MEMBER, "model", "maxLength", value=65),
    "POST /v1/jobs body.model: minLength is 1, theirs absent": put(*MEMBER, "model", "minLength", value=1),
    'POST /v1/jobs body.model: pattern is "b", theirs "^[a-z]+$"': put(*MEMBER, "model", "pattern", value="b"),
    'POST /v1/jobs body.size: default is "8", theirs 8': put(*MEMBER, "size", "default", value="8"),
    "POST /v1/jobs body.suffix: nullable is absent, theirs true": drop(*MEMBER, "suffix", "anyOf", 1),
    "POST /v1/jobs body.model: nullable is true, theirs absent": put(
        *MEMBER, "model", "type", value=["string", "null"]
    ),
    'POST /v1/jobs body.key: format is absent, theirs "password"': drop(*MEMBER, "key", "format"),
    "POST /v1/jobs body.key: writeOnly is absent, theirs true": drop(*MEMBER, "key", "writeOnly"),
    "POST /v1/jobs body.rate: is missing": drop(*MEMBER, "rate"),
    "POST /v1/jobs body.new: is extra": put(*MEMBER, "new", value={}),
    "POST /v1/jobs body.size: required is true, theirs false": add(*REQUEST, "required", value="size"),
    "POST /v1/jobs body.model: required is false, theirs true": drop(*REQUEST, "required"),
    "POST /v1/jobs 200.ghost: required is true, theirs false": add(*JOB, "required", value="ghost"),
    "POST /v1/jobs body: additionalProperties is false, theirs true": put(
        *REQUEST, "additionalProperties", value=False
    ),
    "POST /v1/jobs body: additionalProperties is absent, theirs true": drop(*REQUEST, "additionalProperties"),
    'POST /v1/jobs body.labels.*: type is "null", theirs "string"': put(
        *MEMBER, "labels", "additionalProperties", "type", value="null"
    ),
    'POST /v1/jobs body.pair[0]: type is "null", theirs "string"': put(
        *MEMBER, "pair", "prefixItems", 0, "type", value="null"
    ),
    "POST /v1/jobs body.pair: number of prefixItems is 1, theirs 2": drop(*MEMBER, "pair", "prefixItems", 1),
    "POST /v1/jobs body.method: oneOf lacks Slow": put(*METHOD, "oneOf", value=[FAST, {"type": "null"}, {}, True]),
    "POST /v1/jobs body.method: oneOf has boolean besides": add(*METHOD, "oneOf", value={"type": "boolean"}),
    'POST /v1/jobs body.method: oneOf is absent, theirs ["Fast", "Slow"]': put(*METHOD, value={"anyOf": [FAST, SLOW]}),
    "POST /v1/jobs body.method: discriminator is absent, theirs": drop(*METHOD, "discriminator"),
    'POST /v1/jobs body.method: discriminator is "kind", theirs "type"': put(
        *METHOD, "discriminator", "propertyName", value="kind"
    ),
    'POST /v1/jobs body.method: discriminator values is ["fast"], theirs ["fast", "slow"]': drop(
        *METHOD, "discriminator", "mapping", "slow"
    ),
    'POST /v1/jobs body.method: discriminator target of slow is "Fast", theirs "Slow"': put(
        *METHOD, "discriminator", "mapping", "slow", value=FAST["$ref"]
    ),
    'POST /v1/jobs body.method(Fast).type: enum is ["quick"], theirs ["fast"]': put(
        *SCHEMAS, "Fast", "properties", "type", "const", value="quick"
    ),
    'POST /v1/jobs 200.status: enum is ["queued"], theirs ["queued", "running"]': drop(
        *JOB, "properties", "status", "enum", 1
    ),
    'GET /v1/jobs/{job_id} 200.files[]: type is "null", theirs "string"': put(
        *JOB, "properties", "files", "items", "type", value="null"
    ),
    "GET /v1/jobs/{job_id} 200: minProperties is 1, theirs absent": put(*JOB, "minProperties", value=1),
    'POST /v1/jobs body: $ref is "#/components/schemas/Request", theirs absent': drop(*REQUEST),
}


@pytest.mark.parametrize("line", CHANGES)
def test_a_change_is_told_at_its_place(line: str) -> None:
    assert any(told.startswith(line) for told in differences(CHANGES[line], DOCUMENT))


def test_one_change_is_one_line_where_it_is_met_and_no_more() -> None:
    ours = put(*MEMBER, "size", "maximum", value=32)
    assert differences(ours, DOCUMENT) == ["POST /v1/jobs body.size: maximum is 32, theirs 64"]
    ours = drop(*MEMBER, "model")
    del at(ours, *REQUEST)["required"]
    assert differences(ours, DOCUMENT) == ["POST /v1/jobs body.model: is missing"]
    [line] = differences(put(*SCHEMAS, "Fast", "minProperties", value=1), DOCUMENT)
    assert line == "POST /v1/jobs body.method(Fast): minProperties is 1, theirs absent"


def test_a_document_does_not_differ_from_itself() -> None:
    assert differences(DOCUMENT, copy.deepcopy(DOCUMENT), extra=True) == []


def test_what_only_ours_has_is_told_when_asked() -> None:
    theirs = drop("paths", "/v1/jobs")
    assert differences(DOCUMENT, theirs) == []
    assert differences(DOCUMENT, theirs, extra=True) == ["POST /v1/jobs: is extra"]


def test_further_statuses_are_fine() -> None:
    assert differences(put(*POST, "responses", "500", value={}), DOCUMENT) == []


def test_an_answer_they_do_not_describe_may_be_anything() -> None:
    ours = put(*POST, "responses", "404", value={"content": {"application/json": {"schema": {"type": "string"}}}})
    assert differences(ours, DOCUMENT) == []


def test_numbers_are_compared_by_value() -> None:
    ours = put(*MEMBER, "size", value={"type": "integer", "minimum": 1, "maximum": 64, "default": 8.0})
    assert differences(ours, DOCUMENT) == []


def test_texts_and_names_of_components_make_no_difference() -> None:
    ours = drop(*POST, "tags")
    at(ours, *POST).update(summary="Make", description="x", operationId="make")
    at(ours, *MEMBER, "model").update({"title": "M", "description": "x", "examples": ["a"], "x-note": 1})
    schemas = at(ours, *SCHEMAS)
    schemas["Other"] = schemas.pop("Request")
    at(ours, *BODY, "content", "application/json", "schema")["$ref"] = "#/components/schemas/Other"
    assert differences(ours, DOCUMENT) == []


def test_the_name_of_a_path_parameter_makes_no_other_path() -> None:
    ours = put("components", "parameters", "JobId", "name", value="id")
    ours["paths"]["/v1/jobs/{id}"] = ours["paths"].pop("/v1/jobs/{job_id}")
    assert differences(ours, DOCUMENT) == [
        "GET /v1/jobs/{job_id} path job_id: is missing",
        "GET /v1/jobs/{job_id} path id: is extra",
    ]


def test_headers_are_known_in_any_case() -> None:
    assert differences(put(*POST, "parameters", 1, "name", value="x-trace"), DOCUMENT) == []


def test_whether_a_parameter_may_be_null_makes_no_difference_and_what_else_it_is_does() -> None:
    schema = (*POST, "parameters", 0, "schema")
    nullable = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert differences(put(*schema, value=nullable), DOCUMENT) == []
    assert differences(DOCUMENT, put(*schema, value={"type": "string", "nullable": True})) == []
    assert differences(put(*schema, value={**nullable, "default": "a"}), DOCUMENT) != []
    ours = put(*schema, value={"type": "object", "properties": {"a": nullable}})
    theirs = put(*schema, value={"type": "object", "properties": {"a": {"type": "string"}}})
    assert differences(ours, theirs) == ["POST /v1/jobs query project.a: nullable is true, theirs absent"]


def test_leniently_an_absent_additional_properties_is_true() -> None:
    ours = drop(*REQUEST, "additionalProperties")
    assert differences(ours, DOCUMENT)
    assert differences(ours, DOCUMENT, lenient=True) == []


def test_a_cycle_is_walked_once_and_its_difference_told_where_it_is_met() -> None:
    ours = put(*JOB, "properties", "id", "type", value="integer")
    assert [line for line in differences(ours, DOCUMENT) if line.startswith("GET")] == [
        'GET /v1/jobs/{job_id} 200.id: type is "integer", theirs "string"',
        'GET /v1/jobs/{job_id} 200.parent.id: type is "integer", theirs "string"',
    ]


@pytest.mark.parametrize(
    "loop",
    [
        {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}},
        {"A": {"allOf": [{"$ref": "#/components/schemas/A"}]}},
        {"A": {"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}},
    ],
)
def test_references_that_go_round_in_circles_come_to_an_end(loop: Json) -> None:
    document = holding({"$ref": "#/components/schemas/A"})
    at(document, *SCHEMAS).update(loop)
    assert differences(document, copy.deepcopy(document)) == []


def test_a_reference_with_escapes_is_followed() -> None:
    ours = holding({"$ref": "#/components/schemas/a~1b~0c%20d"})
    at(ours, *SCHEMAS)["a/b~c d"] = {"type": "integer"}
    assert differences(ours, holding({"type": "integer"})) == []
    assert differences(ours, holding({"type": "string"})) != []


def test_a_document_without_paths_lacks_every_operation() -> None:
    assert differences({"paths": None}, DOCUMENT) == ["POST /v1/jobs: is missing", "GET /v1/jobs/{job_id}: is missing"]


values = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
schemas = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "integer", "null", ["string", "null"], ["integer", "null", "string"]]),
            "maximum": st.integers() | st.floats(allow_nan=False),
            "exclusiveMaximum": st.integers() | st.booleans(),
            "nullable": st.booleans(),
            "default": values,
            "enum": st.lists(values, min_size=1, max_size=3),
            "const": values,
        },
    )
    | st.booleans(),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            "required": st.lists(st.sampled_from("abcd"), unique=True),
            "items": inner,
            "prefixItems": st.lists(inner, max_size=2),
            "additionalProperties": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=3),
            "oneOf": st.lists(inner, min_size=1, max_size=3),
            "allOf": st.lists(inner, min_size=1, max_size=3),
        },
    ),
    max_leaves=8,
)


@settings(max_examples=40)
@given(schemas, schemas)
def test_equal_schemas_never_differ_and_unequal_ones_differ_from_both_sides(one: Any, other: Any) -> None:
    ours, theirs = holding(one), holding(other)
    assert differences(ours, copy.deepcopy(ours)) == []
    assert bool(differences(ours, theirs)) == bool(differences(theirs, ours))
