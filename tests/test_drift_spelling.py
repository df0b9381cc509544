"""Two spellings of one schema are no difference, and what means something else is one."""

from typing import Any

import pytest

from emulator.drift import differences
from tests.test_drift import FAST, SLOW, holding


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"type": ["string", "null"]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"allOf": [{"$ref": "#/components/schemas/Fast"}]}, {"$ref": "#/components/schemas/Fast"}),
        (
            {"allOf": [{"$ref": "#/components/schemas/Fast"}], "default": 1},
            {"$ref": "#/components/schemas/Fast", "default": 1},
        ),
        ({"const": "a"}, {"enum": ["a"]}),
        ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
        ({"type": ["string", "integer"]}, {"type": ["integer", "string"]}),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        ({"anyOf": [{}, {"type": "null"}]}, {}),
        ({"enum": ["a", None]}, {"anyOf": [{"enum": ["a"]}, {"type": "null"}]}),
        ({"additionalProperties": {}}, {"additionalProperties": True}),
        ({"type": "array", "items": {}}, {"type": "array"}),
        ({"type": "string", "writeOnly": False}, {"type": "string"}),
        ({"type": "string", "default": None}, {"type": "string"}),
        (True, {}),
        ({"minimum": 0, "exclusiveMinimum": True}, {"exclusiveMinimum": 0.0}),
        ({"maximum": 2, "exclusiveMaximum": True}, {"exclusiveMaximum": 2}),
        ({"minimum": 0, "exclusiveMinimum": False}, {"minimum": 0}),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        ({"type": "object", "oneOf": [FAST, SLOW]}, {"oneOf": [FAST, SLOW]}),
        ({"allOf": [FAST, {"nullable": True, "description": "x"}]}, {"anyOf": [FAST, {"type": "null"}]}),
        ({"type": "string", "enum": ["a"], "default": "a"}, {"type": "string", "const": "a"}),
        (
            {"properties": {"a": {"type": "integer", "default": 1}}, "required": ["a"]},
            {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
        ),
    ],
)
def test_two_spellings_of_one_schema_are_equal(one: Any, other: Any) -> None:
    ours, theirs = holding(one), holding(other)
    assert differences(ours, theirs) == []
    assert differences(theirs, ours) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, False),
        ({"default": 1}, {"default": True}),
        ({"default": [1]}, {"default": [True]}),
        ({"default": {"a": 1}}, {"default": {"b": 1}}),
        ({"type": "array", "items": False}, {"type": "array"}),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"allOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"allOf": [{"required": ["a"]}]}),
        ({"allOf": [{"type": "string"}, {"type": "null"}]}, {"type": ["string", "null"]}),
        ({"not": {"type": "string"}}, {"not": {"type": "integer"}}),
        ({"minimum": 0, "exclusiveMinimum": True}, {"minimum": 0}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 0}),
        ({"minimum": 0, "exclusiveMaximum": True}, {"exclusiveMinimum": 0}),
        ({"properties": {"a": {}}}, {"type": "array", "properties": {"a": {}}}),
        ({"type": "object", "oneOf": [FAST, {"type": "string"}]}, {"oneOf": [FAST, {"type": "string"}]}),
        ({"allOf": [FAST, {"nullable": True}]}, FAST),
        ({"allOf": [FAST, {"nullable": True, "minProperties": 2}]}, {"anyOf": [FAST, {"type": "null"}]}),
        ({"allOf": [FAST, {"nullable": False}, SLOW]}, {"allOf": [FAST, {"nullable": True}, SLOW]}),
        ({"enum": ["a"], "default": "b"}, {"enum": ["a"]}),
        ({"enum": ["a", "b"], "default": "a"}, {"enum": ["a", "b"]}),
        ({"properties": {"a": {"default": 1}}}, {"properties": {"a": {}}}),
        ({"properties": {"a": {"default": 1}}, "required": ["b"]}, {"properties": {"a": {}}, "required": ["b"]}),
        (
            {"properties": {"a": {"properties": {"b": {"default": 1}}}}, "required": ["a"]},
            {"properties": {"a": {"properties": {"b": {}}}}, "required": ["a"]},
        ),
    ],
)
def test_two_schemas_that_mean_different_things_differ(one: Any, other: Any) -> None:
    ours, theirs = holding(one), holding(other)
    assert differences(ours, theirs)
    assert differences(theirs, ours)


def test_a_default_is_told_where_only_one_of_the_two_requires_the_member() -> None:
    required = {"properties": {"a": {"default": 1}}, "required": ["a"]}
    told = differences(holding(required), holding({"properties": {"a": {}}}))

    assert told == [
        "POST /v1/jobs body.it.a: default is 1, theirs absent",
        "POST /v1/jobs body.it.a: required is true, theirs false",
    ]
