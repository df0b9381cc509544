"""``ftemu webhooks``: what endpoints are told of jobs."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from emulator.commands.command import Asked, Noun, Verb, filled
from emulator.commands.server import Server
from emulator.commands.tables import Shown, table

STATES = ("pending", "delivered", "failed")


def _list(server: Server, asked: Asked) -> Any:
    return server.ask("GET", "/webhooks/deliveries", state=asked["state"], limit=asked["limit"], after=asked["after"])


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--state", choices=STATES, help="those of which this has come")
    parser.add_argument("--limit", type=int, default=None, metavar="N", help="so many (default: 100)")
    parser.add_argument("--after", type=filled, metavar="ID", help="those before this one")


def _listed(answer: Any, whose: str) -> Iterator[Shown]:
    if not answer["data"]:
        yield f"The endpoints of {whose} were told of nothing."
        return
    yield table(("delivery", "job", "state", "tries", "last answer"), map(_row, answer["data"]))
    if answer["has_more"]:
        yield f"\nThere are more: --after {answer['data'][-1]['id']}"


def _row(told: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what fits on a line; the rest is in the JSON."""
    last = told["tries"][-1] if told["tries"] else {}
    ended = told["type"].rpartition(".")[2]
    return (told["id"], ended, told["state"], len(told["tries"]), str(last.get("status") or last.get("error") or ""))


def _redeliver(server: Server, asked: Asked) -> Any:
    return server.ask("POST", f"/webhooks/deliveries/{quote(asked['id'], safe='')}/redeliver")


def _redelivered(answer: Any, whose: str) -> Iterator[Shown]:
    yield f"{answer['id']} is told once more to the endpoint {answer['webhook']} of {whose}."


fill = Noun(
    Verb(
        "list",
        "list what endpoints are told of, newest first (the same as no command)",
        "ftemu webhooks --state failed",
        ask=_list,
        show=_listed,
        options=_options,
    ),
    Verb(
        "redeliver",
        "make a delivery once more, at once, under the same ids",
        "ftemu webhooks redeliver wh_695616000a1b2c3d4e5f60718293a4b5",
        ask=_redeliver,
        show=_redelivered,
        options=lambda parser: parser.add_argument("id", type=filled, metavar="ID", help="the delivery's id"),
    ),
).fill
