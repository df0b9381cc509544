"""What a command is: something to ask a server, and a way to show people what it answers.

``--json`` prints the answer itself: scripts read what the control API says, and nothing else.
"""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from emulator import settings
from emulator.commands.parser import Parser, filled_by
from emulator.commands.server import Server, Unanswered
from emulator.commands.tables import Shown, show
from emulator.settings import BadSetting

Asked = Mapping[str, Any]
"""The options that were given, by name."""
COMMON = (
    ("--url", "URL", "the server (default: FTEMU_HOST or 127.0.0.1, FTEMU_PORT or 8080)"),
    ("--key", "KEY", f"your client's API key (default: {', '.join(settings.CLIENT_KEYS)} or {settings.ANY_KEY})"),
    ("--tenant", "DIGEST", "the digest of a key, instead of the key"),
    ("--token", "TOKEN", "the server's control token (default: FTEMU_CONTROL_TOKEN)"),
)


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to do. ``show`` gets the answer of ``ask`` (None: nothing to show), and words for whose state it is."""

    name: str
    about: str
    example: str
    ask: Callable[[Server, Asked], Any]
    show: Callable[[Any, str], Iterable[Shown]]
    options: Callable[[ArgumentParser], object] = lambda parser: None
    holds: Callable[[Any], bool] = lambda answer: True
    """Whether the answer is good news; where it is not, the exit code is 1."""
    unanswered: int = 1
    """The exit code where the server refuses or does not answer."""

    def fill(self, parser: Parser) -> None:
        """Give a parser its own options, and those that all have."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.description = f"{self.about[0].upper()}{self.about[1:]}."
        parser.epilog = f"example: {self.example}"
        self.options(parser)
        parser.add_argument("--json", action="store_true", help="print the answer as JSON, for scripts")
        server = parser.add_argument_group("which server, and whose state")
        for option, metavar, about in COMMON:
            server.add_argument(option, type=filled, metavar=metavar, help=about)
        parser.set_defaults(run=partial(run, self))


@dataclass(frozen=True, slots=True)
class Apart:
    """A verb that runs itself, in a module of its own."""

    name: str
    about: str
    module: str

    def fill(self, parser: Parser) -> None:
        """Give a parser what the module gives it."""
        filled_by(self.module)(parser)


class Noun:
    """A command with verbs; the first is meant where none is named."""

    def __init__(self, *verbs: Verb | Apart) -> None:
        self.verbs = verbs

    def fill(self, parser: Parser) -> None:
        """Give a parser its verbs."""
        parser.verb = self.verbs[0].name
        below = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
        for verb in self.verbs:
            below.add_parser(verb.name, help=verb.about, fill=verb.fill)


def run(verb: Verb, asked: Asked) -> int:
    """Do it; return the exit code: 1 where there is no good news, and most often where there is no answer."""
    server = Server.of(asked)
    try:
        answer = verb.ask(server, asked)
    except Unanswered as error:
        print(f"ftemu: {error}", file=sys.stderr)
        return verb.unanswered
    if answer is not None:
        print(json.dumps(answer, indent=2) + "\n" if asked["json"] else show(verb.show(answer, server.whose)), end="")
    return 0 if verb.holds(answer) else 1


def filled(text: str) -> str:
    """Read a value that must not be empty."""
    if not text.strip():
        raise ArgumentTypeError("takes a value; an empty one may be a variable that is not set")
    return text


def read_as(setting: str) -> Callable[[str], Any]:
    """Return what reads a value as a setting's is read."""

    def read(text: str) -> Any:
        try:
            return settings.read(setting, text)
        except BadSetting as error:
            raise ArgumentTypeError(str(error)) from None

    return read
