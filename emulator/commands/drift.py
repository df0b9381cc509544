"""``ftemu drift``: how the emulator's OpenAPI document differs from a provider's, worst for a client first."""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, groupby
from pathlib import Path
from textwrap import fill as fill_in
from typing import Any

from emulator.clock import host_clock
from emulator.commands.command import filled, read_as
from emulator.commands.tables import Shown, show
from emulator.dialects import ALL, Dialect
from emulator.drift.comparison import Compared, compare
from emulator.drift.difference import RANKS, Difference, Rank, Ranked, ranked
from emulator.operations import Operation, find

EPILOG = """\
example: ftemu drift --against https://api.tokenfactory.nebius.com/openapi.json

breaking    a client fails, or reads something else, at one of the two: an operation, a member or a status is missing,
            a type or a list of values is another, more is required
noticeable  a client can tell: bounds, defaults, formats, what only the emulator has: operations, members, successes
cosmetic    a client never meets it, or its document need not tell of it: refusals that only the emulator's names

A document of a part of the provider's API lacks the other operations: take --fail-on breaking for it. Operations that
are known and answered 501 are told apart and do not count. Nscale has published no document: hold one of your own, or
that of another release of the emulator (`ftemu openapi nscale`), against it. It exits with 0: no drift, 2: drift of the
rank of --fail-on or above, 1: the document cannot be had, is none, or has no operations."""
BYTES_MAX = 20 * 2**20
CONNECT_S, WHOLE_S = 10.0, 60.0
"""Host seconds until a server counts as away, and until its document must be whole."""
REDIRECTS_MAX = 5
DEEPEST = 200
WIDTH = 80
FAILING: tuple[Rank, ...] = RANKS[:3]


class NoDocument(OSError):
    """A document that cannot be had, or is none; the text says what it is and what is taken."""


def fill(parser: ArgumentParser) -> None:
    """Give a parser the options of this command."""
    parser.formatter_class, parser.epilog = RawDescriptionHelpFormatter, EPILOG
    names = ", ".join(each.name for each in ALL)
    parser.add_argument(
        "--against", type=filled, required=True, metavar="FILE|URL", help="the provider's document, in JSON or YAML"
    )
    parser.add_argument("--dialect", type=read_as("dialect"), default="nebius", help=f"the emulator's: {names}")
    parser.add_argument(
        "--fail-on",
        choices=FAILING,
        default="noticeable",
        metavar="RANK",
        help="breaking, noticeable (default), cosmetic",
    )
    parser.add_argument("--json", action="store_true", help="print the differences as JSON, for scripts")
    parser.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class Drift:
    """What was compared, and what came of it."""

    dialect: str
    against: str
    compared: Compared
    ranked: list[Ranked]

    @property
    def counts(self) -> dict[str, int]:
        """How many differences there are of each rank."""
        return {rank: sum(each.rank == rank for each in self.ranked) for rank in RANKS}


def run(asked: dict[str, Any]) -> int:
    """Compare; return the exit code."""
    [dialect] = [each for each in ALL if each.name == asked["dialect"]]
    theirs = document(asked["against"])
    try:
        compared = compare(dialect.face(None).openapi(), theirs)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError, IndexError) as error:
        why = f"{type(error).__name__}: {error}"[:200]
        raise NoDocument(f"{asked['against']} is not built as OpenAPI says ({why})") from None
    if not (compared.both or compared.missing):
        raise NoDocument(f"{asked['against']} has no operations: there is nothing to compare")
    drift = Drift(dialect.name, asked["against"], compared, _ranked(compared, dialect))
    print(_document(drift) if asked["json"] else show(_shown(drift)), end="")
    counted = FAILING[: FAILING.index(asked["fail_on"]) + 1]
    return 2 if any(each.rank in counted for each in drift.ranked) else 0


def _ranked(compared: Compared, dialect: Dialect) -> list[Ranked]:
    """Return all differences, worst first, with the operations and statuses that only one of the two has."""
    unbuilt = [Operation(f"{method} {path}", method, path) for method, path in dialect.unbuilt]
    found = [ranked(each) for each in [*compared.differences, *compared.further]]
    found += [ranked(Difference("is extra", "extra", operation=each.name)) for each in compared.extra]
    for operation in compared.missing:
        method, path = operation.name.split(" ", 1)
        missing = ranked(Difference("is missing", "missing", operation=operation.name))
        known, _ = find(unbuilt, method, path)
        found.append(Ranked(missing.difference, "by design", "answered 501, by name") if known else missing)
    return sorted(found, key=lambda each: RANKS.index(each.rank))


def document(place: str) -> Mapping[str, Any]:
    """Return the OpenAPI document in a file or at a URL; raise NoDocument."""
    raw = _fetched(place) if place.startswith(("http://", "https://")) else _read(Path(place))
    told = _parsed(raw, place)
    if not isinstance(told, dict) or not isinstance(told.get("paths"), dict):
        holds = f"an object with {', '.join(map(str, [*told][:5]))}" if isinstance(told, dict) else type(told).__name__
        raise NoDocument(f"{place} is no OpenAPI document: holds {holds}, takes an object with openapi and paths")
    if not str(told.get("openapi", "")).startswith("3."):
        got = told.get("openapi") or told.get("swagger")
        raise NoDocument(f"{place} is of OpenAPI {got!r}, takes 3.0 or 3.1")
    return told


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise NoDocument(f"{path} cannot be read: {error.strerror}; takes a file or an http(s) URL") from None
    if len(raw) > BYTES_MAX:
        raise NoDocument(f"{path} has more than {BYTES_MAX >> 20} MiB")
    return raw


def _fetched(url: str) -> bytes:
    import httpx  # noqa: PLC0415 -- a file needs none of it

    host, raw = host_clock(), bytearray()
    ends_s = host() + WHOLE_S
    try:
        with (
            httpx.Client(follow_redirects=True, max_redirects=REDIRECTS_MAX, timeout=CONNECT_S) as client,
            client.stream("GET", url) as answer,
        ):
            if not answer.is_success:
                raise NoDocument(f"{url} answered {answer.status_code} {answer.reason_phrase}")
            for piece in answer.iter_bytes():
                raw += piece
                if len(raw) > BYTES_MAX:
                    raise NoDocument(f"{url} sends more than {BYTES_MAX >> 20} MiB")
                if host() > ends_s:
                    raise NoDocument(f"{url} takes longer than {WHOLE_S:.0f} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoDocument(f"{url} cannot be had: {str(error) or type(error).__name__}") from None
    return bytes(raw)


def _parsed(raw: bytes, place: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        pass
    import yaml  # noqa: PLC0415 -- most documents are JSON

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # First: the loader in C dies of what is nested too deep.
        turns = map(_turn, yaml.parse(raw, Loader=loader))
        if any(depth > DEEPEST for depth in accumulate(turns)):
            raise NoDocument(f"{place} is nested deeper than {DEEPEST} levels")
        return yaml.load(raw, Loader=loader)  # noqa: S506 -- both are safe
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = " ".join(str(error).split())[:200]
        raise NoDocument(f"{place} is neither JSON nor YAML: {where}") from None


def _turn(event: Any) -> int:
    """Return by how many levels of nesting an event of YAML goes down."""
    name = type(event).__name__
    return name.endswith(("SequenceStartEvent", "MappingStartEvent")) - name.endswith(
        ("SequenceEndEvent", "MappingEndEvent")
    )


def _shown(drift: Drift) -> Iterator[Shown]:
    compared, counts = drift.compared, drift.counts
    yield fill_in(
        f"{len(compared.both)} operations of dialect {drift.dialect} against {drift.against}: "
        f"{counts['breaking']} breaking, {counts['noticeable']} noticeable, {counts['cosmetic']} cosmetic.",
        WIDTH,
        break_on_hyphens=False,
    )
    yield (
        f"Only there: {len(compared.missing)} operations, {counts['by design']} of them not emulated by design. "
        f"Only here: {len(compared.extra)}."
    )
    for rank, found in groupby(drift.ranked, key=lambda each: each.rank):
        yield f"\n{rank.upper()}" + (", not emulated: answered 501" if rank == "by design" else "")
        yield from _by_operation([*found])


def _by_operation(found: list[Ranked]) -> Iterator[Shown]:
    """Yield what was found of one rank, the operations that are missing as a whole on lines of their own."""
    whole = [each for each in found if not each.difference.place]
    if whole:
        yield f"\n{whole[0].why}:" if whole[0].rank != "by design" else ""
        yield from (f"  {each.difference.operation}" for each in whole)
    inside = [each for each in found if each.difference.place]
    for operation, several in groupby(inside, key=lambda each: each.difference.operation):
        yield f"\n{operation}"
        yield from _by_reason([*several])


def _by_reason(found: list[Ranked]) -> Iterator[Shown]:
    """Yield what was found in one operation, under the reasons why it matters."""
    for why in dict.fromkeys(each.why for each in found):
        yield f"  {why}:"
        for each in found:
            if each.why == why:
                line = f"{each.difference.place}: {each.difference.what}"
                yield fill_in(line, WIDTH, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)


def _document(drift: Drift) -> str:
    told = {
        "dialect": drift.dialect,
        "against": drift.against,
        "operations": {
            "both": len(drift.compared.both),
            "only_there": [each.name for each in drift.compared.missing],
            "only_here": [each.name for each in drift.compared.extra],
        },
        "counts": drift.counts,
        "differences": [_member(each) for each in drift.ranked],
    }
    return json.dumps(told, indent=2, default=str) + "\n"


def _member(each: Ranked) -> dict[str, Any]:
    found = each.difference
    return {
        "rank": each.rank,
        "operation": found.operation,
        "direction": found.direction,
        "place": found.place,
        "kind": found.kind,
        "what": found.what,
        "why": each.why,
    }
