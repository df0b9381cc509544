"""``ftemu scenarios``: how jobs are to go."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Mapping
from typing import Any

from emulator.commands.command import Apart, Asked, Noun, Verb, filled
from emulator.commands.parameters import described
from emulator.commands.server import Server, Unreachable
from emulator.commands.tables import Shown, members, pairs, table
from emulator.core.catalogue import Catalogue, schema
from emulator.settings import BadSetting
from emulator.shorthand import unknown
from emulator.timeline.scenario import turned


def _list(server: Server, asked: Asked) -> Any:
    """Return the server's scenarios, or those that ship with the emulator where no server is named and none answers."""
    try:
        return server.ask("GET", "/scenarios")
    except Unreachable:
        if server.named:
            raise
        return {"scenarios": [*_shipped()]}


def _shipped() -> Iterator[dict[str, Any]]:
    for name, entry in Catalogue().entries.items():
        told = entry.told
        yield {"name": name, **told.model_dump(exclude={"knobs"}), "knobs": turned(told.knobs)}


def _listed(answer: Any, whose: str) -> Iterator[Shown]:
    yield table(("scenario", "what happens"), ((each["name"], each["summary"]) for each in answer["scenarios"]))
    yield ""
    if "next" not in answer:
        yield "No server answers: these are the scenarios that ship with the emulator."
    else:
        yield from _next(answer, whose)


def _next(answer: Any, whose: str) -> Iterator[Shown]:
    up = answer["next"]
    if up is None:
        yield f"The next job of {whose} goes as its suffix, its request's header or the server says."
        return
    jobs = {None: "jobs", 1: "next job"}.get(up["count"], f"next {up['count']} jobs")
    knobs = f" ({pairs(up['knobs'])})" if up["knobs"] else ""
    yield f"How the {jobs} of {whose} will go: {up['scenario']}{knobs}"


def _show(server: Server, asked: Asked) -> Any:
    known = {each["name"]: each for each in _list(server, asked)["scenarios"]}
    if asked["name"] not in known:
        raise BadSetting(unknown("scenario", asked["name"], known))
    return known[asked["name"]]


def _shown(scenario: Mapping[str, Any], whose: str) -> Iterator[Shown]:
    named = {name: scenario[name] for name in ("name", "summary", "evidence", "parameter")}
    yield members({**named, **{f"knobs.{name}": value for name, value in scenario["knobs"].items()}})


def _knobs(server: Server, asked: Asked) -> Any:
    return {"knobs": schema()["$defs"]["Scenario"]["properties"]}


def _put(server: Server, asked: Asked) -> Any:
    return server.ask("PUT", "/scenarios/next", body={"scenario": asked["scenario"], "count": asked["count"]})


def _takes_scenario(parser: ArgumentParser) -> None:
    parser.add_argument("scenario", type=filled, metavar="SCENARIO", help="such as 'fails_at_step=40,pace=10'")
    parser.add_argument(
        "--count", type=_count, default=1, metavar="N", help="of how many jobs (default: 1); all: of all from now on"
    )


def _count(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal():
        raise ArgumentTypeError(f"takes a number of jobs, or all; got {text!r}")
    return int(text)


def _clear(server: Server, asked: Asked) -> Any:
    if asked["all"]:
        return server.ask("PUT", "/scenarios/next", raw=b"null")
    return server.ask("DELETE", "/scenarios/next")


fill = Noun(
    Verb(
        "list",
        "list the scenarios, and what is up next (the same as no command)",
        "ftemu scenarios",
        ask=_list,
        show=_listed,
    ),
    Verb(
        "show",
        "show one scenario",
        "ftemu scenarios show out_of_memory",
        ask=_show,
        show=_shown,
        options=lambda parser: parser.add_argument("name", type=filled, metavar="NAME", help="the scenario's name"),
    ),
    Verb(
        "knobs",
        "tell what of a job can be turned (needs no server)",
        "ftemu scenarios knobs",
        ask=_knobs,
        show=lambda answer, whose: [described("knob", answer["knobs"])],
    ),
    Verb(
        "next",
        "say how the next jobs go",
        "ftemu scenarios next fails_at_step=40 --count 2",
        ask=_put,
        show=_next,
        options=_takes_scenario,
    ),
    Verb(
        "clear",
        "take back what was said of the next jobs",
        "ftemu scenarios clear",
        ask=_clear,
        show=_next,
        options=lambda parser: parser.add_argument(
            "--all", action="store_true", help="and what was said of all jobs from now on"
        ),
    ),
    Apart(
        "from-har", "make rules and scenarios from a recorded failure (needs no server)", "emulator.commands.from_har"
    ),
).fill
