"""The files: YAML that people read and change, each rule and knob under the words that say what was seen."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any

from emulator.faults import EFFECTS
from emulator.from_har.failures import Fault, Own
from emulator.from_har.reproduction import Outcome, Reproduction
from emulator.from_har.rules import Written

WIDTH = 110
PLAIN = re.compile(r"[\w.:/+%=-]+(?: [\w.:/+%=-]+)*", re.ASCII)
"""A value that the short form of an effect can hold."""
SHOWN_MAX = 5
"""So many entries of a run are told one by one."""


def rule_file(made: Reproduction) -> str:
    """Return the file of rules."""
    head = [
        "Made by `ftemu scenarios from-har` from a recording; change it as you like.",
        "Each rule counts the requests of its operation from the server's start, or from the tenant's reset.",
    ]
    listed = [part for rule in made.rules for part in ("", *_rule(rule))]
    return (
        "\n".join([*_comment(head), "", "summary: What went wrong in a recording.", "rules:", *listed, *_own(made)])
        + "\n"
    )


def _rule(written: Written) -> Iterator[str]:
    yield from _comment(seen_of(written), indent="  ")
    effects = [short(each) for each in written.rule["effects"]]
    texts = [each for each in effects if isinstance(each, str)]
    rule = {**written.rule, "effects": "; ".join(texts) if len(texts) == len(effects) else effects}
    yield from (f"  {line}" for line in _yaml([rule]))


def seen_of(written: Written) -> list[str]:
    """Return what was seen of which a rule was made."""
    faults = written.faults
    lines = [f"{_which(each)}: {said(each)}" for each in faults[:SHOWN_MAX]]
    if len(faults) > SHOWN_MAX:
        lines.append(f"and {len(faults) - SHOWN_MAX} more, the last of them entry {faults[-1].exchange.entry.number}")
    return lines


def said(fault: Fault) -> str:
    """Return what was seen of a request, and what of it is done another way."""
    return f"{fault.seen} (but {fault.note})" if fault.note else fault.seen


def _which(found: Fault | Own) -> str:
    exchange = found.exchange
    at = datetime.fromtimestamp(exchange.entry.at_s, UTC)
    return f"entry {exchange.entry.number}, {at:%H:%M:%S} UTC, {exchange.name} number {exchange.number}"


def short(effect: Mapping[str, Any]) -> str | dict[str, Any]:
    """Return an effect in its short form, ``status=503,retry_after=1``; as an object where that cannot hold it."""
    parameters = {name: value for name, value in effect.items() if name != "effect"}
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in parameters.items()}
    if any(isinstance(value, dict) or not PLAIN.fullmatch(texts[name]) for name, value in parameters.items()):
        return dict(effect)
    first = texts.pop(EFFECTS[effect["effect"]].main or "", None)
    begin = effect["effect"] + (f"={first}" if first is not None else "")
    return ",".join([begin, *(f"{name}={text}" for name, text in texts.items())])


def _own(made: Reproduction) -> list[str]:
    """Return what went wrong and is no rule, as a comment."""
    if not made.own:
        return []
    return ["", *_comment(["No rule is made of these:", *map(own_line, made.own)])]


def own_line(own: Own) -> str:
    """Return what a client brought about by itself."""
    return f"{_which(own)}: {own.seen} -- {own.why}"


def scenario_file(outcome: Outcome) -> str:
    """Return the file of a scenario."""
    jobs = ", ".join(map(str, outcome.jobs))
    head = ["Made by `ftemu scenarios from-har` from a recording; change it as you like.", f"Job {jobs} of it:"]
    scenario = {
        "summary": "A job went like this in a recording.",
        "evidence": "observed, in a recording of the user's own",
        "knobs": outcome.knobs,
    }
    return "\n".join([*_comment([*head, *outcome.seen]), *_yaml(scenario)]) + "\n"


def _comment(lines: Iterable[str], indent: str = "") -> list[str]:
    return [f"{indent}# {part}" for line in lines for part in wrap(line, WIDTH - len(indent), subsequent_indent="  ")]


def _yaml(value: Sequence[Any] | Mapping[str, Any]) -> list[str]:
    import yaml  # noqa: PLC0415 -- only where something is written

    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=None)
    return text.rstrip("\n").split("\n")
