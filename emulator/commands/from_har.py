"""``ftemu scenarios from-har``: a recorded failure becomes the files with which a server fails like it."""

import json
import shlex
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, groupby, repeat
from math import isfinite
from pathlib import Path
from typing import Any

from emulator.commands.tables import Shown, pairs, show, table
from emulator.dialects import ALL
from emulator.from_har.har import NotHar
from emulator.from_har.provider import spoken
from emulator.from_har.reproduction import SOUND, Reproduction, Thresholds, identifier, in_order, reproduce
from emulator.from_har.rules import Written
from emulator.from_har.written import SHOWN_MAX, own_line, rule_file, said, scenario_file, seen_of, short
from emulator.settings import BadSetting, Settings

ABOUT = "make rules and scenarios from a recorded HAR, that fail as it did"
EPILOG = """\
example: ftemu scenarios from-har incident.har --out tests/incidents

A HAR is what the network tools of browsers export, and mitmproxy, Charles and `ftemu journal har`. No secret or host of
it is written down. It exits with 1, and writes nothing, where nothing went wrong."""
POLLED = ("jobs.retrieve", "jobs.list", "jobs.events", "jobs.checkpoints", "jobs.metrics")
LONG_S = 60.0


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files go."""

    out: Path
    name: str

    @property
    def rules(self) -> Path:
        """The file of rules."""
        return self.out / f"{self.name}.rules.yaml"

    @property
    def scenarios(self) -> Path:
        """The folder of scenarios, which holds nothing else."""
        return self.out / f"{self.name}.scenarios"

    def files(self, made: Reproduction) -> dict[Path, str]:
        """Return what is to be written, by where."""
        rules = {self.rules: rule_file(made)} if made.rules else {}
        return {**rules, **{self.scenarios / f"{each.name}.yaml": scenario_file(each) for each in made.outcomes}}

    def command(self, made: Reproduction) -> str | None:
        """Return the command that starts a server which fails like the recording."""
        rules = ["--faults", str(self.rules)] if made.rules else []
        scenarios = ["--scenarios", str(self.scenarios)] if made.outcomes else []
        chosen = ["--scenario", made.outcomes[0].name] if made.outcomes and in_order(made.ways) else []
        options = [*rules, *scenarios, *chosen]
        return shlex.join(["ftemu", "serve", *_dialect(made), *options]) if options else None


def _dialect(made: Reproduction) -> list[str]:
    """Return the option that puts the recording's provider at the server's root, where another one would be there."""
    name = spoken(made.recording.exchanges).name
    return [] if name == Settings().dialect else ["--dialect", name]


def fill(parser: ArgumentParser) -> None:
    """Give a parser the options of this command."""
    usual = Thresholds()
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.description, parser.epilog = f"{ABOUT[0].upper()}{ABOUT[1:]}.", EPILOG
    parser.add_argument("file", type=Path, metavar="FILE", help="the recording; - is standard input")
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where the files go (default: here)")
    parser.add_argument("--name", help="what to call them (default: as the recording)")
    parser.add_argument("--base", default="", metavar="URL", help="keep to requests whose URL begins so")
    parser.add_argument(
        "--slow-after",
        type=_seconds,
        default=usual.slow_s,
        metavar="SECONDS",
        help="a longer wait is a fault (default: 2)",
    )
    parser.add_argument(
        "--stuck-after",
        type=_seconds,
        default=usual.stuck_s,
        metavar="SECONDS",
        help="a job that stood still for longer, until the end, was stuck (default: 1800)",
    )
    parser.add_argument("--force", action="store_true", help="write over files that are there")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON, for scripts")
    parser.set_defaults(run=run)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not (isfinite(value) and value >= 0):
        raise ArgumentTypeError(f"got {text!r}, takes seconds, 0 or more")
    return value


def run(asked: Mapping[str, Any]) -> int:
    """Make the files and say what was found; return the exit code. Raise BadSetting for what is no HAR."""
    file: Path = asked["file"]
    name = identifier(asked["name"] or ("recording" if str(file) == "-" else file.stem))
    at = Thresholds(asked["slow_after"], asked["stuck_after"])
    operations = [operation for dialect in ALL for operation in dialect.operations]
    try:
        made = reproduce(_text(file), name=name, operations=operations, base=asked["base"], at=at)
    except NotHar as error:
        raise BadSetting(f"{file} is no HAR: {error}") from None
    places = Places(asked["out"], name)
    files = places.files(made)
    _write(files, force=asked["force"])
    print(json.dumps(_document(made, places), indent=2) + "\n" if asked["json"] else show(_shown(made, places)), end="")
    return 0 if files else 1


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadSetting(f"{file} cannot be read: {error.strerror}; takes a recorded HAR") from None
    except UnicodeDecodeError:
        raise BadSetting(f"{file} is no HAR: it is not a text in UTF-8; takes a HAR, as browsers export it") from None


def _write(files: Mapping[Path, str], *, force: bool) -> None:
    """Write all files, or none where one is there already."""
    there = [str(path) for path in files if path.exists()]
    if there and not force:
        raise BadSetting(f"{', '.join(there)} is there already; --force writes over it, --name takes another name")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _shown(made: Reproduction, places: Places) -> Iterator[Shown]:
    yield from _heard(made)
    if not (files := places.files(made)):
        yield "Nothing went wrong in it that the emulator would not do by itself; nothing is written."
        yield from _beside(made)
        return
    yield table(("entry", "call", "what went wrong", "done again by"), [*_rule_rows(made), *_job_rows(made)])
    yield from _beside(made)
    yield f"\nWritten: {', '.join(map(str, files))}"
    yield f"A server that fails the same way:\n\n  {places.command(made)}\n"
    yield from _advice(made)


def _rule_rows(made: Reproduction) -> Iterator[tuple[str, str, str, str]]:
    for rule in made.rules:
        again = chain([_again(rule)], repeat('"'))
        for fault in rule.faults[:SHOWN_MAX]:
            exchange = fault.exchange
            yield str(exchange.entry.number), f"{exchange.name} {exchange.number}", said(fault), next(again)
        if (left := len(rule.faults) - SHOWN_MAX) > 0:
            yield " ", " ", f"and {left} more", next(again)


def _job_rows(made: Reproduction) -> Iterator[tuple[str, str, str, str]]:
    for each in made.outcomes:
        again = chain([f"{each.name}: {pairs(each.knobs)}"], repeat('"'))
        yield from ((" ", f"job {', '.join(map(str, each.jobs))}", line, next(again)) for line in each.seen)


def _heard(made: Reproduction) -> Iterator[str]:
    seen = made.recording
    bases = ", ".join(f"{base} ({count})" for base, count in seen.bases.most_common())
    left = "; ".join(f"{count} {why}" for why, count in sorted(seen.left.items()))
    broken = f"; {made.unreadable} that are no requests" if made.unreadable else ""
    yield f"{len(seen.exchanges)} requests to the provider" + (f", at {bases}" if bases else "")
    if left or broken:
        yield f"Left out: {left}{broken}".replace(": ; ", ": ")
    yield ""


def _again(written: Written) -> str:
    rule = written.rule
    effects = "; ".join(map(_spelled, map(short, rule["effects"])))
    budget = pairs(rule.get("budget", {}))
    return f"{budget}: {effects}" if budget else effects


def _spelled(effect: str | dict[str, Any]) -> str:
    if isinstance(effect, str):
        return effect
    return f"{effect['effect']} {pairs({name: value for name, value in effect.items() if name != 'effect'})}"


def _beside(made: Reproduction) -> Iterator[str]:
    if made.own:
        yield "\nNo rule is made of these:"
        yield from (f"  {own_line(each)}" for each in made.own)


def _advice(made: Reproduction) -> Iterator[str]:
    """Say what the files alone do not do."""
    if not in_order(made.ways):
        runs = [(way or SOUND, len([*same])) for way, same in groupby(made.ways)]
        yield "Jobs went in different ways; before each of these is made, say which comes next:\n"
        yield from (f"  ftemu scenarios next {way} --count {count}" for way, count in runs)
        yield ""
    late = [fault for rule in made.rules for fault in rule.faults if fault.exchange.name in POLLED]
    furthest = max((fault.exchange for fault in late), key=lambda each: each.number, default=None)
    if furthest and furthest.number > len(made.ways) and made.lasts_s > LONG_S:
        yield (
            f"In the recording a job was watched for {made.lasts_s:.0f} s, and call {furthest.number} of "
            f"{furthest.name} failed. Here a job lasts about 3 s: look as often in it, or serve with --pace 1."
        )


def _document(made: Reproduction, places: Places) -> dict[str, Any]:
    """Return what was found, for scripts."""
    scenarios = [
        {"name": each.name, "knobs": each.knobs, "jobs": each.jobs, "seen": each.seen} for each in made.outcomes
    ]
    return {
        "requests": len(made.recording.exchanges),
        "left_out": dict(made.recording.left),
        "rules": [{**each.rule, "seen": seen_of(each)} for each in made.rules],
        "scenarios": scenarios,
        "jobs": made.ways,
        "no_rule": [own_line(each) for each in made.own],
        "files": [str(path) for path in places.files(made)],
        "command": places.command(made),
    }
