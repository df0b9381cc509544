"""``ftemu faults``: what is to go wrong with requests."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from emulator.commands.command import Asked, Noun, Verb, filled
from emulator.commands.parameters import described
from emulator.commands.rule import NAMED, given, rule_of, takes_rule
from emulator.commands.server import Server
from emulator.commands.tables import Shown, members, pairs, table, text
from emulator.core.presets import presets, read_rules
from emulator.faults import EFFECTS
from emulator.settings import BadSetting
from emulator.shorthand import unknown

COLUMNS = ("id", "match", "budget", "effects", "matches", "hits", "source")


def _rules(answer: Any, whose: str) -> Iterator[Shown]:
    if not answer["rules"]:
        yield f"No faults hold for {whose}. This sets one: ftemu faults add status=503 --match jobs.create --first 2"
        return
    # Nearly always the tenant has set them all, and the line is short.
    columns = COLUMNS if any(rule["source"] != "tenant" for rule in answer["rules"]) else COLUMNS[:-1]
    told = {"match": _match, "budget": lambda rule: pairs(rule["budget"]), "effects": _effects}
    yield table(
        columns, ([told[name](rule) if name in told else rule[name] for name in columns] for rule in answer["rules"])
    )


def _match(rule: Mapping[str, Any]) -> str:
    """Return which requests: operations as they are, the rest by name."""
    match = {name: value for name, value in rule["match"].items() if name not in {"operation", *NAMED}}
    named = {f"{part}.{name}": each for part in NAMED for name, each in rule["match"].get(part, {}).items()}
    return " ".join(filter(None, [", ".join(rule["match"].get("operation", ())), pairs({**match, **named})])) or "all"


def _effects(rule: Mapping[str, Any]) -> str:
    return "; ".join(map(_effect, rule["effects"]))


def _effect(effect: Mapping[str, Any]) -> str:
    """Return an effect as it may be written."""
    name = effect["effect"]
    main = EFFECTS[name].main if name in EFFECTS else None  # a server of another version may have others
    rest = [f"{key}={_quoted(value)}" for key, value in effect.items() if key not in {"effect", main}]
    return ", ".join([f"{name}={_quoted(effect[main])}" if main and main in effect else name, *rest])


def _quoted(value: Any) -> str:
    written = text(value)
    return f'"{written}"' if set(written) & set(",;") and '"' not in written else written


def _rule_shown(rule: Any, whose: str) -> Iterator[Shown]:
    yield members(
        {
            "id": rule["id"],
            **{f"match.{name}": value for name, value in rule["match"].items()},
            **{f"budget.{name}": value for name, value in rule["budget"].items()},
            **{f"effects.{place}": _effect(effect) for place, effect in enumerate(rule["effects"])},
            **{name: rule[name] for name in ("matches", "hits", "source")},
        }
    )


def _left(answer: Any, whose: str) -> Iterator[Shown]:
    """Show what is left after something was taken back."""
    if answer["rules"]:
        yield "Taken back. Left are:"
    yield from _rules(answer, whose)


def _preset(server: Server, asked: Asked) -> Any:
    if asked["name"] is None:
        return {"presets": [{"name": name, "summary": _summary(path)} for name, path in presets().items()]}
    return server.ask("POST", "/faults", body=given({"preset": asked["name"], "seed": asked["seed"]}))


def _summary(path: Path) -> str:
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    return str(read.get("summary", "")) if isinstance(read, dict) else ""


def _presets(answer: Any, whose: str) -> Iterator[Shown]:
    if "rules" in answer:
        yield from _rules(answer, whose)
    else:
        yield table(("preset", "what it is for"), ((each["name"], each["summary"]) for each in answer["presets"]))


def _load(server: Server, asked: Asked) -> Any:
    rules = [rule.model_dump(mode="json", exclude_unset=True) for rule in read_rules(asked["file"])]
    return server.ask("POST", "/faults", body={"rules": rules})


def _catalogue(server: Server, asked: Asked) -> Any:
    if asked["name"] not in {None, *EFFECTS}:
        raise BadSetting(unknown("effect", asked["name"], EFFECTS))
    return {"effects": [_described(name) for name in EFFECTS if asked["name"] in {None, name}]}


def _described(name: str) -> dict[str, Any]:
    """Return what an effect is, in its own words."""
    kind = EFFECTS[name]
    properties = kind.model_json_schema().get("properties", {})
    parameters = {field: properties[field] for field in kind.model_fields}
    summary = (kind.__doc__ or "").strip().partition("\n")[0]
    return {"effect": name, "summary": summary, "main": kind.main, "parameters": parameters}


def _effects_shown(answer: Any, whose: str) -> Iterator[Shown]:
    """Show all effects in a line each, or one with its parameters."""
    if len(answer["effects"]) > 1:
        yield table(("effect", "what goes wrong"), ((_usage(each), each["summary"]) for each in answer["effects"]))
        yield "\nftemu faults effects NAME tells its parameters."
        return
    (effect,) = answer["effects"]
    yield f"{_usage(effect)}: {effect['summary']}"
    if effect["parameters"]:
        yield ""
        yield described("parameter", effect["parameters"])


def _usage(effect: Mapping[str, Any]) -> str:
    return f"{effect['effect']}={effect['main'].upper()}" if effect["main"] else str(effect["effect"])


def _named_rule(parser: ArgumentParser) -> None:
    parser.add_argument("id", type=filled, metavar="ID", help="the rule's id")


def _takes_preset(parser: ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help=f"one of {', '.join(presets())} (default: tell of them)"
    )
    parser.add_argument("--seed", help="makes one run of chances differ from another")


def _of(asked: Asked) -> str:
    return f"/faults/{quote(asked['id'], safe='')}"


fill = Noun(
    Verb(
        "list",
        "list the rules that hold, with how often they matched and acted (the same as no command)",
        "ftemu faults",
        ask=lambda server, asked: server.ask("GET", "/faults"),
        show=_rules,
    ),
    Verb(
        "add",
        "set a rule: what goes wrong, with which requests, and with how many",
        "ftemu faults add 'latency=2; status=503' --match jobs.create --first 2",
        ask=lambda server, asked: server.ask("POST", "/faults", body=rule_of(asked)),
        show=_rules,
        options=takes_rule,
    ),
    Verb(
        "preset",
        "set the rules of a preset, or tell which presets there are",
        "ftemu faults preset flaky --seed 7",
        ask=_preset,
        show=_presets,
        options=_takes_preset,
    ),
    Verb(
        "load",
        "set the rules of a YAML file, as serve --faults takes it",
        "ftemu faults load rules.yaml",
        ask=_load,
        show=_rules,
        options=lambda parser: parser.add_argument("file", type=filled, metavar="FILE", help="the file"),
    ),
    Verb(
        "show",
        "show one rule",
        "ftemu faults show rule-1",
        ask=lambda server, asked: server.ask("GET", _of(asked)),
        show=_rule_shown,
        options=_named_rule,
    ),
    Verb(
        "remove",
        "take back one rule",
        "ftemu faults remove rule-1",
        ask=lambda server, asked: server.ask("DELETE", _of(asked)),
        show=_left,
        options=_named_rule,
    ),
    Verb(
        "clear",
        "take back all rules but those that the server started with",
        "ftemu faults clear",
        ask=lambda server, asked: server.ask("DELETE", "/faults"),
        show=_left,
    ),
    Verb(
        "effects",
        "tell what can go wrong, and its parameters (needs no server)",
        "ftemu faults effects latency",
        ask=_catalogue,
        show=_effects_shown,
        options=lambda parser: parser.add_argument("name", nargs="?", metavar="NAME", help="one effect (default: all)"),
    ),
).fill
