"""Where an answer differs from a recorded one, and how much that matters: shape first, then state, then words.

A client that can read the recorded answer breaks on another shape: status, headers, members, types, the order of a
list. How far a job is, how long a list, whether a value is there yet is state: time goes otherwise in a replay. Texts
of errors are words. Ids, times and numbers are not compared.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from emulator.recording import shape
from emulator.recording.exchange import NOTHING
from emulator.recording.session import Recorded

Rank = Literal["shape", "state", "words"]
RANKS: tuple[Rank, ...] = ("shape", "state", "words")
ERROR = 400
UNCOMPARED = frozenset({"etag", "cache-control", "content-encoding"})
"""Headers whose absence changes nothing for a client that reads the body."""
SAMPLES_MAX = 20
"""Elements of a recorded list that another list's are held against."""
FORECAST = "estimated_finish"
"""A time that is told at some moments of a run and not at others: of two runs of one service one may show it."""
_RULES = shape.Compare(nullable=[FORECAST, f"data[].{FORECAST}"])
_RANK: dict[str, Rank] = {"null": "state", "length": "state"}


@dataclass(frozen=True, slots=True)
class Deviation:
    """One difference: how much it matters, where, and what."""

    rank: Rank
    place: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered: ``headers`` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def value(self) -> Any:
        """The JSON of the body, or NOTHING."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return NOTHING


def deviations(recorded: Recorded, got: Answer) -> list[Deviation]:
    """Return in what an answer differs from the recorded one, each place once; a different status says all."""
    if got.status != recorded.status:
        return [Deviation("shape", "HTTP status", f"is {got.status}, recorded {recorded.status}")]
    found = [*_headers(recorded.response.get("headers") or {}, got.headers), *_body(recorded, got)]
    return [*dict.fromkeys(sorted(found, key=lambda each: RANKS.index(each.rank)))]


def _headers(recorded: Mapping[str, str], got: Mapping[str, str]) -> Iterator[Deviation]:
    for name in recorded:
        if name not in got and name not in UNCOMPARED:
            yield Deviation("shape", f"header {name}", "is missing")
    kinds = [_media(headers.get("content-type", "")) for headers in (recorded, got)]
    if "content-type" in got and kinds[0] != kinds[1]:
        yield Deviation("shape", "header content-type", f"is {kinds[1]}, recorded {kinds[0] or 'none'}")


def _media(text: str) -> str:
    return re.sub(r";boundary=.*|\s|\"", "", text.lower())


def _body(recorded: Recorded, got: Answer) -> Iterator[Deviation]:
    expected, value = recorded.body, got.value
    if expected is NOTHING:
        return
    if value is NOTHING:
        yield Deviation("shape", "body", "is no JSON, as the recorded one is")
        return
    if _is_list(expected) and _is_list(value):
        yield from _lists(expected["data"], value["data"])
        expected, value = ({**each, "data": []} for each in (expected, value))
    yield from map(_ranked, shape.differences(expected, value, _RULES))
    yield from _told(expected, value, error=got.status >= ERROR)


def _is_list(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("data"), list)


def _lists(expected: list[Any], got: list[Any]) -> Iterator[Deviation]:
    """Yield how two lists differ: each element from the recorded one that it is most like, and the lists' order."""
    if len(expected) != len(got):
        yield Deviation("state", "data", f"has {len(got)} elements, recorded {len(expected)}")
    for number, element in enumerate(got if expected else ()):
        same = expected[number : number + 1]
        candidates = ([*_element(each, element)] for each in [*same, *expected[:SAMPLES_MAX]])
        yield from min(candidates, key=lambda found: [each.rank for each in found].count("shape"))
    for name in ("created_at", "created"):
        ways = [shape.direction(shape.found(each, f"[].{name}")) for each in (expected, got)]
        if None not in ways and ways[0] != ways[1]:
            yield Deviation("shape", f"data[].{name}", f"is {ways[1]}, recorded {ways[0]}")


def _element(expected: Any, got: Any) -> Iterator[Deviation]:
    yield from map(_ranked, shape.differences(expected, got, _RULES, "data[]"))
    yield from _told(expected, got, error=False, place="data[].")


def _ranked(found: shape.Difference) -> Deviation:
    return Deviation(_RANK.get(found.kind, "shape"), found.place or "body", _said(found))


def _said(found: shape.Difference) -> str:
    match found.kind:
        case "extra":
            return "is answered, and was not in the recording"
        case "null" | "type" | "length":
            return found.what.replace(", which is not of the type of", ", recorded").replace(
                "elements, not", "elements, recorded"
            )
        case _:
            return found.what


def _told(expected: Any, got: Any, *, error: bool, place: str = "") -> Iterator[Deviation]:
    """Yield the differences of values that mean something by themselves."""
    if not isinstance(expected, dict) or not isinstance(got, dict):
        return
    ranks: dict[str, Rank] = {"object": "shape", "status": "state"}
    for name, rank in ranks.items():
        one, other = expected.get(name), got.get(name)
        if isinstance(one, str) and isinstance(other, str) and one != other:
            yield Deviation(rank, f"{place}{name}", f"is {other!r}, recorded {one!r}")
    if error and (said := _message(got)) != (told := _message(expected)):
        yield Deviation("words", "message", f"is {said!r}, recorded {told!r}")


def _message(body: Mapping[str, Any]) -> str:
    """Return what the body of an error says, without ids."""
    match body:
        case {"detail": str(text)} | {"error": {"message": str(text)}} | {"error": str(text)} | {"message": str(text)}:
            return re.sub(r"\{\w+:\d+\}|[\w-]*\d[\w-]*", "…", text)
        case {"detail": [{"msg": str(text)}, *_]}:
            return text
        case _:
            return ""
