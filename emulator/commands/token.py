"""``ftemu token``: a service token, for providers that take no other key."""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from emulator.commands.command import filled
from emulator.settings import ANY_KEY
from emulator.tokens import service_token

EPILOG = """\
example: export NSCALE_API_TOKEN=$(ftemu token)

The same name is the same token, and another name another tenant. It opens nothing but an emulator."""


def fill(parser: ArgumentParser) -> None:
    """Give a parser the argument of this command."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    about = f"whose token, any text (default: {ANY_KEY})"
    parser.add_argument("name", type=filled, nargs="?", default=ANY_KEY, metavar="NAME", help=about)
    parser.set_defaults(run=run)


def run(asked: dict[str, Any]) -> int:
    """Print it; return the exit code."""
    print(service_token(asked["name"]))
    return 0
