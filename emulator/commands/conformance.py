"""``ftemu conformance``: where the evidence of two runs of the contract tests agrees, and where not."""

import json
import re
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from textwrap import fill as fill_in
from typing import Any, Literal

from emulator.commands.tables import Shown, members, show, table
from emulator.recording.exchange import NOTHING

EPILOG = """\
example: ftemu conformance emulator.json provider.json

A file is what a run of the contract tests writes as its evidence. A fact that one run proved and the other refuted
differs; so does one of which the two observed different things. Facts that one of the two did not try, or has not, are
counted by their reasons. It exits with 0: they agree in all that both tried, 2: they differ, 1: nothing could be
compared, a file is no evidence, or the two are of different dialects."""
VERSION = 1
Verdict = Literal["differs", "differs in detail", "agree", "both refute", "not compared", "only in A", "only in B"]
VERDICTS: tuple[Verdict, ...] = (
    *("differs", "differs in detail", "both refute", "not compared", "only in A", "only in B", "agree"),
)
"""What two runs say of a fact, from what matters most."""
DRIFT: tuple[Verdict, ...] = ("differs", "differs in detail")
LEFT: tuple[Verdict, ...] = ("not compared", "only in A", "only in B")
"""Of these facts nothing can be said: one of the two runs has no outcome."""
FAILED = re.compile(r"(its \w+ failed: [^{\[(<'\"]*).*", re.DOTALL)
"""Why a test could not run: what follows are values of that one test, and cut ones."""
WIDTH = 80
OUTCOMES = ("proven", "refuted", "not_tried")
Details = list[tuple[str, Any, Any]]
"""Places of what was observed, with the two values; NOTHING where one has none."""


class NoEvidence(OSError):
    """A file that is no evidence; the text says what was got and what is taken."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One run: its file, its target and dialect, and its facts by operation and words."""

    file: str
    target: str
    dialect: str
    ran_at: str
    facts: Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What two runs say of one fact."""

    operation: str
    fact: str
    verdict: Verdict
    a: str
    b: str
    why: str = ""
    details: Details = field(default_factory=list)


def fill(parser: ArgumentParser) -> None:
    """Give a parser the options of this command."""
    parser.formatter_class, parser.epilog = RawDescriptionHelpFormatter, EPILOG
    parser.add_argument("a", type=Path, metavar="A.json", help="the evidence of one run")
    parser.add_argument("b", type=Path, metavar="B.json", help="that of the other")
    parser.add_argument("--verbose", action="store_true", help="name each fact that is not compared")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON, for scripts")
    parser.set_defaults(run=run)


def run(asked: Mapping[str, Any]) -> int:
    """Compare; return the exit code."""
    a, b = evidence(asked["a"]), evidence(asked["b"])
    if a.dialect != b.dialect:
        raise NoEvidence(f"{a.file} is of dialect {a.dialect}, {b.file} of {b.dialect}; takes two of one dialect")
    compared = [*comparison(a, b)]
    shown = _document(a, b, compared) if asked["json"] else show(_shown(a, b, compared, verbose=asked["verbose"]))
    print(shown, end="")
    if not _tried(compared):
        return 1
    return 2 if any(each.verdict in DRIFT for each in compared) else 0


def _tried(compared: Iterable[Compared]) -> list[Compared]:
    """Return the facts of which both runs have an outcome."""
    return [each for each in compared if each.verdict not in LEFT]


def evidence(path: Path) -> Evidence:
    """Return the evidence in a file; raise NoEvidence."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoEvidence(f"{path} cannot be read: {error.strerror}; takes a file of evidence") from None
    except (ValueError, RecursionError):
        raise NoEvidence(f"{path} is no evidence: it is not JSON") from None
    if not isinstance(told, dict) or not isinstance(told.get("facts"), list):
        raise NoEvidence(f"{path} is no evidence: takes an object with version and facts")
    if told.get("version") != VERSION:
        raise NoEvidence(f"{path} is evidence of version {told.get('version')!r}, takes {VERSION}")
    facts: dict[tuple[str, str], Mapping[str, Any]] = {}
    for place, each in enumerate(told["facts"]):
        key = _key(each, f"{path}: facts[{place}]")
        if key in facts:
            raise NoEvidence(f"{path}: facts[{place}] is a second one of {key[0]} {key[1]!r}")
        facts[key] = each
    target, dialect, ran_at = (str(told.get(name) or "-") for name in ("target", "dialect", "ran_at"))
    return Evidence(str(path), target, dialect, ran_at, facts)


def _key(fact: Any, where: str) -> tuple[str, str]:
    """Return what a fact is known by; raise NoEvidence."""
    if not isinstance(fact, dict):
        raise NoEvidence(f"{where} is no object")
    for name in ("operation", "fact"):
        if not isinstance(fact.get(name), str):
            raise NoEvidence(f"{where}.{name} is {fact.get(name)!r}, takes a text")
    if fact.get("outcome") not in OUTCOMES:
        raise NoEvidence(f"{where}.outcome is {fact.get('outcome')!r}, takes one of {', '.join(OUTCOMES)}")
    return fact["operation"], fact["fact"]


def comparison(a: Evidence, b: Evidence) -> Iterator[Compared]:
    """Yield what two runs say of each fact, by operation."""
    for key in sorted({**a.facts, **b.facts}):
        one, other = a.facts.get(key), b.facts.get(key)
        outcomes = ["" if each is None else str(each["outcome"]) for each in (one, other)]
        told: dict[str, Any] = {"operation": key[0], "fact": key[1], "a": outcomes[0], "b": outcomes[1]}
        if one is None or other is None:
            yield Compared(**told, verdict="only in A" if other is None else "only in B")
        elif "not_tried" in outcomes:
            yield Compared(**told, verdict="not compared", why=_why_not(one, other))
        elif outcomes[0] != outcomes[1]:
            yield Compared(**told, verdict="differs", why=_why(one, other), details=_details(one, other))
        else:
            yield _same_outcome(told, one, other)


def _same_outcome(told: dict[str, Any], one: Mapping[str, Any], other: Mapping[str, Any]) -> Compared:
    verdict: Verdict = "agree" if told["a"] == "proven" else "both refute"
    details = _details(one, other)
    return Compared(
        **told,
        verdict="differs in detail" if details else verdict,
        why=_why(one, other) if verdict == "both refute" else "",
        details=details,
    )


def _why_not(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    whys = (
        f"{name}: {each.get('why') or 'was not tried'}"
        for name, each in (("A", one), ("B", other))
        if each["outcome"] == "not_tried"
    )
    return "; ".join(whys)


def _why(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return what was said of a fact that was refuted."""
    return "; ".join(f"{name}: {each['why']}" for name, each in (("A", one), ("B", other)) if each.get("why"))


def _details(one: Mapping[str, Any], other: Mapping[str, Any]) -> Details:
    return [*_between(one.get("observed") or {}, other.get("observed") or {}, "")]


def _between(a: Any, b: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the places at which two values differ: as deep as they can be held against each other."""
    if isinstance(a, dict) and isinstance(b, dict):
        for name in sorted(a.keys() | b.keys()):
            yield from _between(a.get(name, NOTHING), b.get(name, NOTHING), f"{place}.{name}" if place else name)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for number, (one, other) in enumerate(zip(a, b, strict=True)):
            yield from _between(one, other, f"{place}[{number}]")
    elif (type(a) is bool) != (type(b) is bool) or a != b:
        yield place, a, b


def _shown(a: Evidence, b: Evidence, compared: list[Compared], *, verbose: bool) -> Iterator[Shown]:
    yield _summary(compared)
    yield members({name: f"{each.target}, {each.ran_at} ({each.file})" for name, each in (("A", a), ("B", b))})
    for verdict, found in groupby(sorted(compared, key=_place), key=lambda each: each.verdict):
        if verdict != "agree":
            yield f"\n{verdict.upper()}"
            told = _by_reason if verdict in LEFT and not verbose else _by_operation
            yield from told([*found])
    yield "\nBY OPERATION"
    yield table(("operation", "agree", "differ", "both refute", "not compared"), _rows(compared))


def _summary(compared: list[Compared]) -> str:
    """Return whether two runs agree, and in how much of all that there is."""
    counts, tried = Counter(each.verdict for each in compared), _tried(compared)
    if not tried:
        return f"Nothing could be compared: 0 of {len(compared)} facts were tried by both."
    same = counts["agree"] + counts["both refute"]
    say = f"They agree in {same}" if same == len(tried) else f"They differ in {len(tried) - same}"
    left = f"; {len(compared) - len(tried)} not compared" if len(tried) < len(compared) else ""
    told = ", ".join(f"{counts[verdict]} {_WORDS[verdict]}" for verdict in VERDICTS if counts[verdict])
    return f"{say} of {len(compared)} facts{left}.\nOf all facts {told}."


_WORDS: dict[Verdict, str] = {
    "differs": "differ",
    "differs in detail": "differ in detail",
    "both refute": "are refuted by both",
    "not compared": "were not tried by both",
    "only in A": "are only in A",
    "only in B": "are only in B",
    "agree": "agree",
}


def _place(each: Compared) -> tuple[int, str]:
    return VERDICTS.index(each.verdict), each.operation


def _by_reason(found: list[Compared]) -> Iterator[Shown]:
    """Yield the reasons why facts are not compared, the commonest first, with a count and the operations of each."""
    reasons: dict[str, Counter[str]] = {}
    for each in found:
        why = "; ".join(FAILED.sub(r"\1", one).rstrip(": ") for one in each.why.split("; "))
        reasons.setdefault(why, Counter())[each.operation] += 1
    for why, counts in sorted(reasons.items(), key=lambda reason: -reason[1].total()):
        told = ", ".join(f"{operation} ({count})" for operation, count in counts.items())
        yield fill_in(f"  {counts.total()} {why}".rstrip(), WIDTH, subsequent_indent="    ", break_on_hyphens=False)
        yield fill_in(told, WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


def _by_operation(found: list[Compared]) -> Iterator[Shown]:
    for operation, facts in groupby(found, key=lambda each: each.operation):
        yield f"\n{operation}"
        for each in facts:
            outcomes = f": {each.a} in A, {each.b} in B" if each.verdict == "differs" else ""
            yield f"  {each.fact}{outcomes}"
            if each.why:
                yield f"    {each.why}"
            for place, one, other in each.details:
                yield f"    {place or 'observed'}  a: {_value(one)}  b: {_value(other)}"


def _value(value: Any) -> str:
    return "absent" if value is NOTHING else json.dumps(value, ensure_ascii=False)


def _rows(compared: list[Compared]) -> Iterator[tuple[str, int, int, int, int]]:
    for operation, facts in groupby(compared, key=lambda each: each.operation):
        counts = Counter(each.verdict for each in facts)
        differ = sum(counts[verdict] for verdict in DRIFT)
        left = sum(counts[verdict] for verdict in LEFT)
        yield operation, counts["agree"], differ, counts["both refute"], left


def _document(a: Evidence, b: Evidence, compared: list[Compared]) -> str:
    counts = Counter(each.verdict for each in compared)
    told = {
        **{
            name: {"file": each.file, "target": each.target, "ran_at": each.ran_at}
            for name, each in (("a", a), ("b", b))
        },
        "dialect": a.dialect,
        "agree": bool(_tried(compared)) and not any(each.verdict in DRIFT for each in compared),
        "compared": len(_tried(compared)),
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "facts": [_member(each) for each in compared],
    }
    return json.dumps(told, indent=2) + "\n"


def _member(each: Compared) -> dict[str, Any]:
    details = [
        {"place": place, **{name: value for name, value in (("a", one), ("b", other)) if value is not NOTHING}}
        for place, one, other in each.details
    ]
    return {
        "operation": each.operation,
        "fact": each.fact,
        "verdict": each.verdict,
        "a": each.a or None,
        "b": each.b or None,
        "why": each.why or None,
        "details": details,
    }
