"""``ftemu lint``: what is wrong with the client that was run, by the server's journal or by a file."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from math import isfinite
from textwrap import fill as wrapped
from typing import Any

from emulator.commands.command import COMMON, filled
from emulator.commands.files import read
from emulator.commands.server import Server, Unanswered
from emulator.commands.tables import Shown, show, table

EPILOG = """\
example: ftemu lint --fail-on advice
         ftemu journal har run.har && ftemu lint run.har

CLIENT-LOG is a journal (ftemu journal --json) or a HAR, also of a run against the real provider. Ask when the client
has ended. The exit code is 2 where there is a finding at or above --fail-on, and 1 where nothing could be judged."""
SEVERITIES = ("error", "warning", "advice")
FOUND = 2
WIDTH = 80
POLL_S_MAX = 1e6


def fill(parser: ArgumentParser) -> None:
    """Give a parser the options of this command."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("file", type=filled, nargs="?", metavar="CLIENT-LOG", help="a file, - is standard input")
    parser.add_argument("--list", action="store_true", help="list all findings that there are, and judge nothing")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, default="warning", help="from when on it fails (default: warning)"
    )
    parser.add_argument("--poll-s", type=_seconds, metavar="N", help="seconds between polls (default: the provider's)")
    parser.add_argument("--after", type=int, metavar="ID", help="only requests after this entry")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON, for scripts")
    server = parser.add_argument_group("which server, and whose requests, where no file is given")
    for option, metavar, about in COMMON:
        server.add_argument(option, type=filled, metavar=metavar, help=about)
    parser.set_defaults(run=run)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not (isfinite(value) and 0 <= value <= POLL_S_MAX):
        raise ArgumentTypeError(f"got {text!r}, takes seconds from 0 to {POLL_S_MAX:.0f}")
    return value


def run(asked: Mapping[str, Any]) -> int:
    """Judge, and tell; return the exit code."""
    if asked["list"]:
        listed = _published()
        print(_json(listed) if asked["json"] else show(_catalogue(listed)), end="")
        return 0
    found = _from_file(asked) if asked["file"] else _from_server(asked)
    if isinstance(found, str):
        print(f"ftemu: {found}", file=sys.stderr)
        return 1
    if asked["json"]:
        print(_json(found), end="")
    if not (found["findings"] or found.get("calls", found["entries"])):
        print(f"ftemu: there was nothing to judge: {_nothing(found, asked)}", file=sys.stderr)
        return 1
    if not asked["json"]:
        print(show(_shown(found)), end="")
    bad = SEVERITIES[: SEVERITIES.index(asked["fail_on"]) + 1]
    return FOUND if any(each["severity"] in bad for each in found["findings"]) else 0


def _nothing(found: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """Return why nothing could be judged."""
    after = f" after entry {asked['after']}" if asked["after"] else ""
    if asked["file"]:
        where = f"{asked['file']} has no requests{after}"
    else:
        server = Server.of(asked)
        where = f"{server.whose} has made no requests{after} that {server.url} knows of"
    if not found["entries"]:
        return where
    return f"0 of {found['entries']} requests{after} are calls of a provider's API"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _from_server(asked: Mapping[str, Any]) -> dict[str, Any] | str:
    """Return what a server says of its client, or why it says nothing."""
    try:
        answer = Server.of(asked).ask("GET", "/journal/lint", poll_s=asked["poll_s"], after=asked["after"])
    except Unanswered as error:
        return str(error)
    found: dict[str, Any] = answer
    return found


def _from_file(asked: Mapping[str, Any]) -> dict[str, Any] | str:
    """Return what a file says of its client, or why it says nothing."""
    from emulator.commands import client_log  # noqa: PLC0415 -- reading takes the providers, which asking does not
    from emulator.core.lint import Lint  # noqa: PLC0415 -- as above
    from emulator.dialects import ALL  # noqa: PLC0415 -- as above

    file = asked["file"]
    try:
        entries = client_log.read(read(file).decode("utf-8"), ALL)
    except OSError as error:
        return f"{file} cannot be read: {error.strerror}; {client_log.TAKES}"
    except UnicodeDecodeError:
        return f"{file} is no client's log: it is not a text in UTF-8; {client_log.TAKES}"
    except client_log.UnknownLog as error:
        return f"{file} is no client's log: {error}"
    lint = Lint({each.provider: each.advice for each in ALL}, poll_s=asked["poll_s"])
    lint.see(entry for entry in entries if entry.id > (asked["after"] or 0))
    return asdict(lint.report())


def _published() -> list[dict[str, str]]:
    """Return what can be found."""
    from emulator.core.lint import CHECKS  # noqa: PLC0415 -- only the list needs it

    return [{"name": each.name, "severity": each.severity.value, "about": each.about} for each in CHECKS]


def _catalogue(listed: list[dict[str, str]]) -> Iterator[Shown]:
    yield table(
        ("finding", "severity", "what it says"), [(each["name"], each["severity"], each["about"]) for each in listed]
    )


def _shown(found: Mapping[str, Any]) -> Iterator[Shown]:
    """Tell the findings by their severity, in lines that a terminal holds."""
    for severity in SEVERITIES:
        for each in found["findings"]:
            if each["severity"] == severity:
                yield from _told(each)
    for each in found["not_judged"]:
        yield _lines(f"not judged: {each['name']}: {each['why']}", "  ")
    counts = ", ".join(f"{_count(found, severity)} {severity}" for severity in SEVERITIES)
    yield (
        f"{found['entries']} requests: {counts}" if found["findings"] else f"{found['entries']} requests: nothing found"
    )


def _count(found: Mapping[str, Any], severity: str) -> int:
    return sum(each["severity"] == severity for each in found["findings"])


def _told(each: Mapping[str, Any]) -> Iterator[str]:
    ids = ", ".join(map(str, each["requests"]))
    more = each["count"] - len(each["requests"])
    yield _lines(f"{each['severity'].upper()} {each['name']}: {each['what']}", "  ")
    yield _lines(f"  requests  {ids}{f' and {more} more' if more > 0 else ''}", "            ")
    yield _lines(f"  do        {each['do']}", "            ")
    yield _lines(f"  source    {each['source']}", "            ") + "\n"


def _lines(text: str, indent: str) -> str:
    return wrapped(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
