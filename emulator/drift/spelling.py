"""One spelling of a schema, where OpenAPI has several that mean the same; references are followed."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

Json = Mapping[str, Any]

NOTHING: Json = {}
UNIONS = ("anyOf", "oneOf", "allOf")
_TEXTS = frozenset({"title", "description", "summary", "examples", "example", "$comment", "externalDocs", "deprecated"})
_FLAGS = frozenset({"readOnly", "writeOnly", "uniqueItems", "nullable"})


def plain(document: Json, schema: Any, seen: frozenset[int] = frozenset()) -> Json:
    """Return a schema without texts and references at its top, and in one of the spellings that mean the same."""
    if id(schema) in seen or schema is True:
        return NOTHING
    if not isinstance(schema, Mapping):
        return {"not": {}}
    flat: Json = resolved(document, schema)
    flat = {key: value for key, value in flat.items() if key not in _TEXTS and not key.startswith("x-")}
    for keyword in UNIONS:
        flat = _unwrapped(document, flat, keyword, seen | {id(schema)})
    return _spelled(_with_bounds(flat))


def _unwrapped(document: Json, flat: Json, keyword: str, seen: frozenset[int]) -> Json:
    """Return a schema with null taken out of its alternatives, and a lone alternative put in their place."""
    members = flat.get(keyword, ())
    alternatives = [(member, plain(document, member, seen)) for member in members]
    nulls = [
        _is_null_of_all(member) if keyword == "allOf" else one.get("type") == "null" for member, one in alternatives
    ]
    rest = [each for each, null in zip(alternatives, nulls, strict=True) if not null]
    outer = {key: value for key, value in flat.items() if key != keyword}
    if any(nulls):
        outer["nullable"] = True
    if keyword != "allOf" and rest and all(one.get("type") == outer.get("type") for _, one in rest):
        outer.pop("type", None)  # each alternative says so itself
    if len(rest) == 1 and not rest[0][1].keys() & outer.keys() - {"nullable"}:
        return {**rest[0][1], **outer}
    return {**outer, keyword: [member for member, _ in rest]} if rest else outer


def _is_null_of_all(member: Any) -> bool:
    """Say whether a member of ``allOf`` is OpenAPI 3.0's way to let the one beside it be null."""
    return isinstance(member, Mapping) and member.get("nullable") is True and member.keys() - _TEXTS == {"nullable"}


def _with_bounds(flat: Json) -> Json:
    """Return a schema with its bounds as OpenAPI 3.1 spells them; 3.0 says beside a bound that it is excluded."""
    spelled = dict(flat)
    for bound in ("minimum", "maximum"):
        excluding = f"exclusive{bound.title()}"
        if isinstance(excluded := spelled.get(excluding), bool):
            del spelled[excluding]
            if excluded and bound in spelled:
                spelled[excluding] = spelled.pop(bound)
    return spelled


def _spelled(flat: Json) -> Json:
    """Return a schema in one spelling: ``const`` as ``enum``, null as ``nullable``, no keyword that says nothing."""
    spelled = {key: value for key, value in flat.items() if not _says_nothing(key, value)}
    if "const" in spelled:
        spelled["enum"] = [spelled.pop("const")]
    for keyword, null in (("type", "null"), ("enum", None)):
        if isinstance(values := spelled.get(keyword), list):
            kept = [value for value in values if value != null] or values
            spelled |= {"nullable": True} if len(kept) < len(values) else {}
            spelled[keyword] = kept[0] if keyword == "type" and len(kept) == 1 else sorted(kept, key=json.dumps)
    if spelled.get("properties") and not spelled.keys() & {"type", *UNIONS}:
        spelled["type"] = "object"  # what has members is one
    if "default" in spelled and spelled.get("enum") == [spelled["default"]]:
        del spelled["default"]  # it can be nothing else
    if spelled.get("additionalProperties") == {}:
        spelled["additionalProperties"] = True
    if spelled.keys() <= {"nullable", "default"}:
        spelled.pop("nullable", None)  # whatever takes anything takes null
    return spelled


def _says_nothing(keyword: str, value: Any) -> bool:
    """Say whether a keyword with that value is the same as none."""
    if keyword in _FLAGS:
        return value is False
    return (keyword == "default" and value is None) or (
        keyword in {"items", "required", "properties"} and value in ({}, [])
    )


def resolved(document: Json, node: Json) -> Json:
    """Return a node with its reference followed, what stands beside it kept; one that leads nowhere stays."""
    seen: set[str] = set()
    while isinstance(ref := node.get("$ref"), str) and ref not in seen:
        seen.add(ref)
        target = lookup(document, ref)
        if not isinstance(target, Mapping):
            break
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def lookup(document: Json, ref: str) -> Any:
    """Return what a reference within the document points at, or None."""
    node: Any = document
    for part in ref.removeprefix("#/").split("/"):
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def schema_of(holder: Json) -> Any:
    """Return the schema of a parameter or of a media type; some parameters have theirs under a media type."""
    for media in holder.get("content", NOTHING).values():
        return media.get("schema", NOTHING)
    return holder.get("schema", NOTHING)


def label(schema: Any) -> str:
    """Return a name for an alternative: its component's, its title, or its first telling keyword."""
    if not isinstance(schema, Mapping):
        return json.dumps(schema)
    if "$ref" in schema:
        return last(str(schema["$ref"]))
    telling = (schema[key] for key in ("title", "const", "enum", "format", "type") if key in schema)
    first = next(telling, "anything")
    return first if isinstance(first, str) else json.dumps(first)


def last(ref: str) -> str:
    """Return the name at the end of a reference."""
    return ref.rsplit("/", maxsplit=1)[-1]
