"""The command line's parser: filled when it is used, with errors that name the nearest thing."""

import argparse
import difflib
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn

from emulator.shorthand import unknown

CHOICE = re.compile(r"argument (?P<what>\S+): invalid choice: '(?P<got>.*)' \(choose from (?P<known>.*)\)")


def filled_by(module: str) -> Callable[["Parser"], None]:
    """Return what fills a parser as a module does (by its ``fill``), which is imported then."""

    def fill(parser: "Parser") -> None:
        import_module(module).fill(parser)

    return fill


class Parser(argparse.ArgumentParser):
    """A parser that answers for all that it is given.

    ``fill`` adds its arguments when it is used, so that a command costs no other command's imports. ``verb``, which may
    be set by then, is the command that is meant where none is named: ``ftemu journal --job X`` lists.
    """

    def __init__(self, *, fill: Callable[["Parser"], None] | None = None, **named: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **named})
        self._fill = fill
        self.verb: str | None = None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read arguments; what is left over is wrong here, where what is near is known."""
        if self._fill:
            fill, self._fill = self._fill, None
            fill(self)
        words = [*(sys.argv[1:] if args is None else args)]
        if self.verb and (not words or (words[0].startswith("-") and words[0] not in {"-h", "--help"})):
            words = [self.verb, *words]
        namespace, left = super().parse_known_args(words, namespace)
        if left:
            self.error(self._too_much(left))
        return namespace, left

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, what is near, and where to read on."""
        if wrong := CHOICE.fullmatch(message):
            kind = "command" if wrong["what"] == "COMMAND" else f"value of {wrong['what']}"
            message = unknown(kind, wrong["got"], [name.strip("' ") for name in wrong["known"].split(",")])
        self.exit(2, f"{self.prog}: {message}\n{self.prog} --help tells more\n")

    def _too_much(self, left: Sequence[str]) -> str:
        option = next((word.partition("=")[0] for word in left if word.startswith("-")), None)
        if option is None:
            return f"takes no more arguments, got {' '.join(left)}"
        near = difflib.get_close_matches(option, self._option_string_actions, n=1)
        return f"unknown option {option}" + (f"; did you mean {near[0]}?" if near else "")
