"""``ftemu journal``: what was asked and answered, and whether that is what somebody expects."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from typing import Any

from emulator.commands.command import Asked, Noun, Verb, filled, read_as
from emulator.commands.files import read_json, save, saved, takes_input, takes_output
from emulator.commands.server import Server
from emulator.commands.tables import Shown, members, second, table, text

PAGE = 1000
"""Entries that are asked for at a time; the most that a page has."""
FILTERS = ("operation", "status", "job", "fault", "since", "until", "after", "limit")


def _filters(parser: ArgumentParser) -> None:
    """Add the filters: texts as they are, for the server to judge, as it knows the names."""
    which = parser.add_argument_group("which entries (those that fit all that is given)")
    which.add_argument("--operation", type=filled, metavar="NAME", help="such as jobs.create; jobs.* is all of jobs")
    which.add_argument("--status", type=filled, help="such as 429 or 4xx; none: nothing was answered")
    which.add_argument("--job", type=filled, metavar="ID", help="the job that was asked for, or made")
    which.add_argument("--fault", type=filled, metavar="NAME", help="the rule or effect that acted on the request")
    which.add_argument("--since", type=_instant, metavar="INSTANT", help="from this time of the tenant's clock on")
    which.add_argument("--until", type=_instant, metavar="INSTANT", help="before this time of the tenant's clock")
    which.add_argument("--after", type=int, metavar="ID", help="after this entry")
    which.add_argument("--limit", type=int, metavar="N", help="the first so many, up to 1000 (default: all)")


def _instant(written: str) -> str:
    return str(read_as("epoch")(written).isoformat())


def _list(server: Server, asked: Asked) -> Any:
    """Return one page where its size is asked for, and all entries otherwise."""
    query = {name: asked[name] for name in FILTERS}
    answer = server.ask("GET", "/journal", **{**query, "limit": PAGE if query["limit"] is None else query["limit"]})
    while answer["has_more"] and query["limit"] is None:
        query["after"] = answer["data"][-1]["id"]
        page = server.ask("GET", "/journal", **{**query, "limit": PAGE})
        answer = {**page, "data": answer["data"] + page["data"]}
    return answer


def _listed(answer: Any, whose: str) -> Iterator[Shown]:
    if not answer["data"]:
        yield f"The journal of {whose} has no such entry. Each request to a provider's API leaves one."
        return
    yield table(("id", "at", "operation", "status", "ms", "retry", "faults"), map(_row, answer["data"]))
    if answer["has_more"]:
        yield f"\nThere are more: --after {answer['data'][-1]['id']}"


def _row(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    asked = entry["operation"] or f"{entry['method']} {entry['path']}"
    faults = ", ".join(fault["effect"].partition(",")[0] for fault in entry["faults"])
    if faults and entry["job"] and entry["operation"] == "jobs.create":
        faults += f"; made {entry['job']}"
    duration = round(entry["duration_ms"])
    return (entry["id"], second(entry["at"]), asked, entry["status"], duration, entry["retry"], faults)


def _entry(answer: Any, whose: str) -> Iterator[Shown]:
    """Show an entry by the paths with which an expectation asks for its members."""
    yield members(dict(_paths("", answer)))


def _paths(at: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, inside in value.items():
            yield from _paths(f"{at}.{name}" if at else name, inside)
    else:
        yield at, value


def _verify(server: Server, asked: Asked) -> Any:
    expected = read_json(asked["file"])
    body = {"expectations": expected} if isinstance(expected, list) else expected
    return server.ask("POST", "/journal/verify", body=body)


def _verdict(answer: Any, whose: str) -> Iterator[Shown]:
    """Show what came of each expectation, and for those that do not hold what is near."""
    for number, found in enumerate(answer["expectations"], 1):
        said = f"holds: {_entries(found['count'])}" if found["holds"] else f"DOES NOT HOLD: {found['why']}"
        yield f"{number}. {said}"
        if found["near_misses"]:
            yield table(("entry", "member", "expected", "got"), _differences(found["near_misses"]))
    word = "All hold" if answer["holds"] else "Not all hold"
    yield f"\n{word}, in {_entries(answer['entries'])} of {whose}."


def _entries(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"


def _differences(misses: list[Any]) -> Iterator[tuple[Any, ...]]:
    for miss in misses:
        for path, each in miss["differs"].items():
            yield miss["entry"], path, text(each["expected"]), text(each["got"]) if "got" in each else "(absent)"


def _har(server: Server, asked: Asked) -> Any:
    query = {name: asked[name] for name in FILTERS}
    return save(server, "/journal", asked["file"], format="har", **query)


def _har_options(parser: ArgumentParser) -> None:
    takes_output(parser)
    _filters(parser)


fill = Noun(
    Verb(
        "list",
        "list the entries, oldest first (the same as no command)",
        "ftemu journal --operation 'jobs.*' --status 5xx",
        ask=_list,
        show=_listed,
        options=_filters,
    ),
    Verb(
        "show",
        "show one entry: headers, bodies, faults",
        "ftemu journal show 12",
        ask=lambda server, asked: server.ask("GET", f"/journal/{asked['id']}"),
        show=_entry,
        options=lambda parser: parser.add_argument("id", type=int, metavar="ID", help="the entry's id"),
    ),
    Verb(
        "har",
        "write the entries as an HTTP Archive, which browsers open",
        "ftemu journal har failure.har --since 2026-01-01T00:00:00Z",
        ask=_har,
        show=saved,
        options=_har_options,
    ),
    Verb(
        "verify",
        "hold the journal against expectations; the exit code is 1 where one does not hold",
        'echo \'[{"operation": "jobs.create", "count": 1}]\' | ftemu journal verify -',
        ask=_verify,
        show=_verdict,
        options=takes_input,
        holds=lambda answer: bool(answer["holds"]),
        unanswered=2,
    ),
    Verb(
        "clear",
        "remove all entries",
        "ftemu journal clear",
        ask=lambda server, asked: server.ask("DELETE", "/journal"),
        show=lambda answer, whose: [f"{_entries(answer['removed'])} of {whose} removed."],
    ),
).fill
