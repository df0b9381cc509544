"""Tell how the structure of one OpenAPI 3.1 document differs from another's: the emulator's from its provider's, say.

Compared are operations, parameters, bodies and answers, through references on both sides. Not compared are texts
(titles, descriptions, examples, operation ids, tags), component names, security and servers; nothing is read here.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Json = Mapping[str, Any]
Found = list[tuple[str, str]]
"""Differences as (where below the place compared, what), such as ``(".seed", "type is string, theirs integer")``."""

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_TEXTS = frozenset({"title", "description", "summary", "examples", "example", "$comment", "externalDocs", "deprecated"})
_UNIONS = ("anyOf", "oneOf", "allOf")
_NESTED = frozenset(
    {"properties", "required", "items", "prefixItems", "additionalProperties", "discriminator", *_UNIONS}
)
_FLAGS = frozenset({"readOnly", "writeOnly", "uniqueItems", "nullable"})
_NOTHING: Json = {}


def differences(ours: Json, theirs: Json, *, extra: bool = False, lenient: bool = False) -> list[str]:
    """Return one line for each structural difference, in their order; none where ours offers all that theirs does.

    ``extra`` reports operations that only ours has. ``lenient`` takes ``additionalProperties: true`` for what it means,
    the same as none; otherwise the one who wrote it is taken to have meant something by it.
    """
    both = _Comparison(ours, theirs, lenient=lenient)
    mine, others = _operations(ours), _operations(theirs)
    lines: list[str] = []
    for key, operation in others.items():
        if key in mine:
            lines += [f"{operation.name} {line}" for line in both.operation(mine[key], operation)]
        else:
            lines.append(f"{operation.name}: is missing")
    if extra:
        lines += [f"{operation.name}: is extra" for key, operation in mine.items() if key not in others]
    return list(dict.fromkeys(lines))


@dataclass(frozen=True, slots=True)
class _Operation:
    """One method of one path; ``name`` is ``POST /v1/files``."""

    name: str
    parameters: Mapping[tuple[str, str], Json]
    body: Json | None
    answers: Mapping[str, Json]


def _operations(document: Json) -> dict[tuple[str, str], _Operation]:
    """Return a document's operations by method and path, where the name of a path parameter makes no other path."""
    found: dict[tuple[str, str], _Operation] = {}
    for path, raw in (document.get("paths") or _NOTHING).items():
        item = _resolved(document, raw)
        for method in _METHODS:
            if method in item:
                key = (method, re.sub(r"\{[^}]*\}", "{}", path))
                found[key] = _operation(document, f"{method.upper()} {path}", item, item[method])
    return found


def _operation(document: Json, name: str, item: Json, raw: Json) -> _Operation:
    """Return an operation with its references followed and the parameters of its path added."""
    parameters = [_resolved(document, one) for one in [*item.get("parameters", ()), *raw.get("parameters", ())]]
    answers = raw.get("responses", _NOTHING)
    return _Operation(
        name=name,
        parameters={_parameter_key(one): one for one in parameters},
        body=_resolved(document, raw["requestBody"]) if "requestBody" in raw else None,
        answers={str(status): _resolved(document, answer) for status, answer in answers.items()},
    )


def _parameter_key(parameter: Json) -> tuple[str, str]:
    """Return where a parameter goes and its name; headers are known in any case."""
    place, name = str(parameter.get("in")), str(parameter.get("name"))
    return place, name.lower() if place == "header" else name


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two documents side by side, and what has been found of each pair of their schemas (by identity)."""

    ours: Json
    theirs: Json
    lenient: bool
    known: dict[tuple[int, int], Found] = field(default_factory=dict)

    def operation(self, ours: _Operation, theirs: _Operation) -> Iterator[str]:
        """Yield the differences of two operations, each beginning with its place."""
        for key in [*theirs.parameters, *(key for key in ours.parameters if key not in theirs.parameters)]:
            found = self._parameter(ours.parameters.get(key), theirs.parameters.get(key))
            yield from _lines(" ".join(key), found)
        yield from self._body(ours.body, theirs.body)
        for status, answer in theirs.answers.items():
            if status in ours.answers:
                yield from self._contents(status, ours.answers[status], answer)
            else:
                yield f"{status}: is missing"

    def _parameter(self, ours: Json | None, theirs: Json | None) -> Found:
        """Return the differences of two parameters of one name."""
        if ours is None or theirs is None:
            return _presence(ours, theirs)
        found = _compared("required", bool(ours.get("required")), bool(theirs.get("required")))
        return found + self.schema(_schema_of(ours), _schema_of(theirs))

    def _body(self, ours: Json | None, theirs: Json | None) -> Iterator[str]:
        """Yield the differences of two request bodies."""
        if ours is None or theirs is None:
            yield from _lines("body", _presence(ours, theirs))
            return
        yield from _lines("body", _compared("required", bool(ours.get("required")), bool(theirs.get("required"))))
        yield from self._contents("body", ours, theirs)

    def _contents(self, place: str, ours: Json, theirs: Json) -> Iterator[str]:
        """Yield the differences of two bodies by media type; a body that theirs does not describe may be anything."""
        mine, others = ours.get("content", _NOTHING), theirs.get("content", _NOTHING)
        for media in [*others, *(sorted(mine.keys() - others.keys()) if others else ())]:
            where = place if media == "application/json" else f"{place}({media})"
            if media in mine and media in others:
                yield from _lines(where, self.schema(_schema_of(mine[media]), _schema_of(others[media])))
            else:
                yield from _lines(place, [("", f"{media} is {'extra' if media in mine else 'missing'}")])

    def schema(self, ours: Any, theirs: Any) -> Found:
        """Return the differences of two schemas.

        A pair met again below itself counts as equal there: what differs in it is told where it was met first.
        """
        key = (id(ours), id(theirs))
        if key not in self.known:
            self.known[key] = []
            self.known[key] = self._plain(_plain(self.ours, ours), _plain(self.theirs, theirs))
        return self.known[key]

    def _plain(self, ours: Json, theirs: Json) -> Found:
        """Return the differences of two schemas in their plain spelling."""
        found: Found = []
        for keyword in [*theirs, *(name for name in ours if name not in theirs)]:
            if keyword not in _NESTED:
                found += _compared(keyword, ours.get(keyword), theirs.get(keyword))
        for keyword in _UNIONS:
            found += self._union(keyword, ours.get(keyword, ()), theirs.get(keyword, ()))
        found += self._discriminator(ours.get("discriminator"), theirs.get("discriminator"))
        found += self._object(ours, theirs)
        return found + self._array(ours, theirs)

    def _object(self, ours: Json, theirs: Json) -> Found:
        """Return the differences of what two schemas say of objects."""
        mine, others = ours.get("properties", _NOTHING), theirs.get("properties", _NOTHING)
        found: Found = []
        for name in [*others, *(name for name in mine if name not in others)]:
            if name in mine and name in others:
                found += _below(f".{name}", self.schema(mine[name], others[name]))
            else:
                found += _below(f".{name}", _presence(mine.get(name), others.get(name)))
        found += _requirements(ours, theirs)
        return found + self._additional(ours, theirs)

    def _additional(self, ours: Json, theirs: Json) -> Found:
        """Return the difference in what further members two schemas take."""
        default = True if self.lenient else None
        mine, others = (one.get("additionalProperties", default) for one in (ours, theirs))
        if isinstance(mine, Mapping) and isinstance(others, Mapping):
            return _below(".*", self.schema(mine, others))
        return _compared("additionalProperties", mine, others)

    def _array(self, ours: Json, theirs: Json) -> Found:
        """Return the differences of what two schemas say of arrays."""
        mine, others = ours.get("prefixItems", ()), theirs.get("prefixItems", ())
        found = _compared("number of prefixItems", len(mine), len(others))
        for index, (one, other) in enumerate(zip(mine, others, strict=False)):
            found += _below(f"[{index}]", self.schema(one, other))
        if "items" in ours or "items" in theirs:
            found += _below("[]", self.schema(ours.get("items", _NOTHING), theirs.get("items", _NOTHING)))
        return found

    def _union(self, keyword: str, ours: Sequence[Any], theirs: Sequence[Any]) -> Found:
        """Return the differences of two lists of alternatives, whose order does not matter."""
        if not ours or not theirs:
            return _compared(keyword, [_label(one) for one in ours] or None, [_label(one) for one in theirs] or None)
        left, unmatched = list(ours), []
        for other in theirs:
            # The one at the same place comes first where the orders agree: equal ones have been taken before it.
            same = next((at for at, one in enumerate(left) if not self.schema(one, other)), None)
            if same is None:
                unmatched.append(other)
            else:
                left.pop(same)
        return self._unmatched(keyword, left, unmatched)

    def _unmatched(self, keyword: str, ours: list[Any], theirs: list[Any]) -> Found:
        """Return how alternatives without an equal differ: from the one of the same name, or from the only one left."""
        alone = len(ours) == len(theirs) == 1
        found: Found = []
        for other in theirs:
            name = _label(other)
            at = next((at for at, one in enumerate(ours) if alone or _label(one) == name), None)
            if at is None:
                found.append(("", f"{keyword} lacks {name}"))
            else:
                found += _below(f"({name})", self.schema(ours.pop(at), other))
        return found + [("", f"{keyword} has {_label(one)} besides") for one in ours]

    def _discriminator(self, ours: Json | None, theirs: Json | None) -> Found:
        """Return the differences of two discriminators; a target's name may differ, not what it stands for."""
        if ours is None or theirs is None:
            return _compared("discriminator", ours, theirs)
        mine, others = ours.get("mapping", _NOTHING), theirs.get("mapping", _NOTHING)
        found = _compared("discriminator", ours.get("propertyName"), theirs.get("propertyName"))
        found += _compared("discriminator values", sorted(mine), sorted(others))
        for value in sorted(mine.keys() & others.keys()):
            if self.schema(_lookup(self.ours, mine[value]), _lookup(self.theirs, others[value])):
                found += _compared(f"discriminator target of {value}", _last(mine[value]), _last(others[value]))
        return found


def _requirements(ours: Json, theirs: Json) -> Found:
    """Return the members that only one schema requires, but for those that only one has."""
    mine, others = set(ours.get("required", ())), set(theirs.get("required", ()))
    lone = ours.get("properties", _NOTHING).keys() ^ theirs.get("properties", _NOTHING).keys()
    return [
        difference
        for name in sorted((mine ^ others) - lone)
        for difference in _below(f".{name}", _compared("required", name in mine, name in others))
    ]


def _plain(document: Json, schema: Any, seen: frozenset[int] = frozenset()) -> Json:
    """Return a schema without texts and references at its top, and in one of the spellings that mean the same."""
    if id(schema) in seen or schema is True:
        return _NOTHING
    if not isinstance(schema, Mapping):
        return {"not": {}}
    flat: Json = _resolved(document, schema)
    flat = {key: value for key, value in flat.items() if key not in _TEXTS and not key.startswith("x-")}
    for keyword in _UNIONS:
        flat = _unwrapped(document, flat, keyword, seen | {id(schema)})
    return _spelled(flat)


def _unwrapped(document: Json, flat: Json, keyword: str, seen: frozenset[int]) -> Json:
    """Return a schema with null taken out of its alternatives, and a lone alternative put in their place."""
    members = flat.get(keyword, ())
    plain = [(member, _plain(document, member, seen)) for member in members]
    rest = [(member, one) for member, one in plain if keyword == "allOf" or one.get("type") != "null"]
    outer = {key: value for key, value in flat.items() if key != keyword}
    if len(rest) < len(members):
        outer["nullable"] = True
    if len(rest) == 1 and not rest[0][1].keys() & outer.keys() - {"nullable"}:
        return {**rest[0][1], **outer}
    return {**outer, keyword: [member for member, _ in rest]} if rest else outer


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


def _resolved(document: Json, node: Json) -> Json:
    """Return a node with its reference followed, what stands beside it kept; one that leads nowhere stays."""
    seen: set[str] = set()
    while isinstance(ref := node.get("$ref"), str) and ref not in seen:
        seen.add(ref)
        target = _lookup(document, ref)
        if not isinstance(target, Mapping):
            break
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def _lookup(document: Json, ref: str) -> Any:
    """Return what a reference within the document points at, or None."""
    node: Any = document
    for part in ref.removeprefix("#/").split("/"):
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def _schema_of(holder: Json) -> Any:
    """Return the schema of a parameter or of a media type; some parameters have theirs under a media type."""
    for media in holder.get("content", _NOTHING).values():
        return media.get("schema", _NOTHING)
    return holder.get("schema", _NOTHING)


def _label(schema: Any) -> str:
    """Return a name for an alternative: its component's, its title, or its first telling keyword."""
    if not isinstance(schema, Mapping):
        return json.dumps(schema)
    if "$ref" in schema:
        return _last(str(schema["$ref"]))
    telling = (schema[key] for key in ("title", "const", "enum", "format", "type") if key in schema)
    first = next(telling, "anything")
    return first if isinstance(first, str) else json.dumps(first)


def _last(ref: str) -> str:
    """Return the name at the end of a reference."""
    return ref.rsplit("/", maxsplit=1)[-1]


def _presence(ours: Any, theirs: Any) -> Found:
    """Return the difference between something and nothing."""
    return [] if (ours is None) == (theirs is None) else [("", "is missing" if ours is None else "is extra")]


def _compared(keyword: str, ours: Any, theirs: Any) -> Found:
    """Return the difference of one keyword's values."""
    return [] if _same(ours, theirs) else [("", f"{keyword} is {_shown(ours)}, theirs {_shown(theirs)}")]


def _same(one: Any, other: Any) -> bool:
    """Say whether two JSON values are equal; Python would take true for 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _shown(value: Any) -> str:
    """Return a value as a line shows it: YAML's 64 and FastAPI's 64.0 are one number."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "absent" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _below(place: str, found: Found) -> Found:
    """Return differences as seen from one level up."""
    return [(place + where, what) for where, what in found]


def _lines(place: str, found: Found) -> Iterator[str]:
    """Yield differences as lines."""
    for where, what in found:
        yield f"{place}{where}: {what}"
