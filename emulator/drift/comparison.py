"""Two OpenAPI 3.1 documents held against each other, operation by operation.

Compared are operations, parameters, bodies and answers, through references on both sides. Not compared are texts
(titles, descriptions, examples, operation ids, tags), component names and security; nothing is read here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from emulator.drift.difference import Difference, Direction
from emulator.drift.schemas import Found, Schemas, below, compared, presence
from emulator.drift.spelling import NOTHING, Json, resolved, schema_of

Key = tuple[str, str]
"""An operation's method, and its path without the names of its parameters."""
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path; ``name`` is ``POST /v1/files``."""

    name: str
    parameters: Mapping[tuple[str, str], Json]
    body: Json | None
    answers: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Compared:
    """The operations of two documents: how those of both differ, and those that ours has not or alone has.

    ``further``: the statuses that ours alone answers, which are no difference where ours need only offer all of theirs.
    """

    both: list[Operation]
    missing: list[Operation]
    extra: list[Operation]
    differences: list[Difference]
    further: list[Difference]


def compare(ours: Json, theirs: Json, *, lenient: bool = False) -> Compared:
    """Return how two documents differ, each difference once, in the order of theirs.

    ``lenient`` takes ``additionalProperties: true`` for what it means, the same as none; otherwise the one who wrote it
    is taken to have meant something by it.
    """
    schemas = Schemas(ours, theirs, lenient)
    mine, others = operations(ours), operations(theirs)
    found: list[Difference] = []
    for key, operation in others.items():
        if key in mine:
            found += _operation_differs(schemas, mine[key], operation)
    return Compared(
        both=[operation for key, operation in others.items() if key in mine],
        missing=[operation for key, operation in others.items() if key not in mine],
        extra=[operation for key, operation in mine.items() if key not in others],
        differences=_once(found),
        further=[each for key, theirs in others.items() if key in mine for each in _further(mine[key], theirs)],
    )


def _once(found: Iterable[Difference]) -> list[Difference]:
    """Return differences without those that read the same: their values need not be hashable."""
    return [*{str(each): each for each in found}.values()]


def operations(document: Json) -> dict[Key, Operation]:
    """Return a document's operations by method and path, below the path of its first server."""
    before = _server_path(document)
    found: dict[Key, Operation] = {}
    for path, raw in (document.get("paths") or NOTHING).items():
        item = resolved(document, raw)
        for method in _METHODS:
            if method in item:
                name = f"{method.upper()} {before}{path}"
                found[method, nameless(before + path)] = _operation(document, name, item, item[method])
    return found


def nameless(path: str) -> str:
    """Return a path in which the names of parameters make no difference."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _server_path(document: Json) -> str:
    servers = document.get("servers") or [NOTHING]
    return urlsplit(str(servers[0].get("url", ""))).path.rstrip("/")


def _operation(document: Json, name: str, item: Json, raw: Json) -> Operation:
    """Return an operation with its references followed and the parameters of its path added."""
    parameters = [resolved(document, one) for one in [*item.get("parameters", ()), *raw.get("parameters", ())]]
    answers = raw.get("responses", NOTHING)
    return Operation(
        name=name,
        parameters={_parameter_key(one): one for one in parameters},
        body=resolved(document, raw["requestBody"]) if "requestBody" in raw else None,
        answers={str(status): resolved(document, answer) for status, answer in answers.items()},
    )


def _parameter_key(parameter: Json) -> tuple[str, str]:
    """Return where a parameter goes and its name; headers are known in any case."""
    place, name = str(parameter.get("in")), str(parameter.get("name"))
    return place, name.lower() if place == "header" else name


def _operation_differs(schemas: Schemas, ours: Operation, theirs: Operation) -> Iterator[Difference]:
    """Yield the differences of two operations."""

    def told(direction: Direction, place: str, found: Found) -> Iterator[Difference]:
        yield from (each.below(place).of(theirs.name, direction) for each in found)

    for key in [*theirs.parameters, *(key for key in ours.parameters if key not in theirs.parameters)]:
        found = _parameter(schemas, ours.parameters.get(key), theirs.parameters.get(key))
        yield from told("request", " ".join(key), found)
    yield from told("request", "body", _body(schemas, ours.body, theirs.body))
    for status, answer in theirs.answers.items():
        if status in ours.answers:
            yield from told("response", status, _contents(schemas, ours.answers[status], answer))
        else:
            yield from told("response", status, presence(None, answer))


def _further(ours: Operation, theirs: Operation) -> Iterator[Difference]:
    """Yield the statuses that only ours answers; OpenAPI's ``default`` and ``4XX`` stand for any, or for a class."""
    for status in ours.answers:
        if not {status, f"{status[:1]}XX", "default"} & theirs.answers.keys():
            [found] = presence(ours.answers[status], None)
            yield replace(found, keyword="status").below(status).of(theirs.name, "response")


def _parameter(schemas: Schemas, ours: Json | None, theirs: Json | None) -> Found:
    """Return the differences of two parameters of one name."""
    if ours is None or theirs is None:
        return presence(ours, theirs, required=bool((ours or theirs or NOTHING).get("required")))
    found = compared("required", bool(ours.get("required")), bool(theirs.get("required")))
    # Whether null is taken makes no difference: a path, a query and a header cannot spell it.
    differing = schemas.schema(schema_of(ours), schema_of(theirs))
    return found + [each for each in differing if each.place or each.keyword != "nullable"]


def _body(schemas: Schemas, ours: Json | None, theirs: Json | None) -> Found:
    """Return the differences of two request bodies."""
    if ours is None or theirs is None:
        return presence(ours, theirs, required=True)
    found = compared("required", bool(ours.get("required")), bool(theirs.get("required")))
    return found + _contents(schemas, ours, theirs)


def _contents(schemas: Schemas, ours: Json, theirs: Json) -> Found:
    """Return the differences of two bodies by media type; a body that theirs does not describe may be anything."""
    mine, others = ours.get("content", NOTHING), theirs.get("content", NOTHING)
    found: Found = []
    for media in [*others, *(sorted(mine.keys() - others.keys()) if others else ())]:
        where = "" if media == "application/json" else f"({media})"
        if media in mine and media in others:
            found += below(where, schemas.schema(schema_of(mine[media]), schema_of(others[media])))
        else:
            found += _media(media, mine.get(media), others.get(media))
    return found


def _media(media: str, ours: Any, theirs: Any) -> Found:
    kind = "missing" if ours is None else "extra"
    return [
        Difference(f"{media} is {kind}", "missing" if ours is None else "extra", keyword="media type", theirs=theirs)
    ]
