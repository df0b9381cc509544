"""Secrets in places that a provider answers, lists and logs. They are never told: only where they stood."""

import re
from collections.abc import Iterator
from typing import Any

from emulator.core.lint.asked import CREATE, Asked
from emulator.core.lint.client import Client
from emulator.core.lint.finding import LOOKS, Check, Finding, Severity, times
from emulator.redaction import HIDDEN, is_secret

NAMED = re.compile(
    r"(.*(api|access|secret|private|auth|hf|hugging_?face|wandb|openai|nebius|bearer|session)[_-]?(key|token)"
    r"|.*(passw(or)?d|passphrase|credentials?)|authorization|(.*[_-])?secret)s?",
    re.IGNORECASE,
)
"""Names of members that hold a secret beyond doubt: `pad_token` and `key` may hold none."""
DEEPEST = 8
SHORT = 60
SHOWN_MAX = 5


class ExposesSecrets(Check):
    """A secret in a path, a query, a file's name or a member of a create request that is no place for one.

    The journal hides secrets, so its marks are what is looked for, and keys by their looks. A mark alone tells too
    little where only the member's name made it: `pad_token` is no secret.
    """

    name = "exposes_secrets"
    severity = Severity.ERROR
    about = "A secret stands where the provider echoes, lists or logs it."
    do = (
        "Keys belong into the Authorization header, and an integration's into its own secret member. Take back the "
        "one that was sent, wherever this client ran against a real provider."
    )

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[str, None] = {}

    def see(self, asked: Asked, client: Client) -> None:
        """Look wherever a request is echoed."""
        for place in _places(asked):
            self.requests.add(asked.id)
            if len(self._places) < SHOWN_MAX:
                self._places[f"{asked.name or asked.entry.method}: {place}"] = None

    def found(self, client: Client) -> Iterator[Finding]:
        """Tell where, and never what."""
        if self._places:
            yield self.finding(f"{times(self.requests.count, 'request')}; {'; '.join(self._places)}")


def _places(asked: Asked) -> Iterator[str]:
    if _holds(asked.entry.path):
        yield "the path"
    for name, value in asked.entry.query.items():
        if _is_secret(name, value):
            yield f"the query's `{_shown(name)}`"
    if asked.name == CREATE:
        for name, value in asked.sent.items():
            if name not in asked.advice.secrets:
                yield from _inside(name, value)
    if asked.name == "files.create" and _holds(str(asked.answer.get(asked.advice.form.filename, ""))):
        yield "the file's name"


def _inside(at: str, value: Any, depth: int = 0) -> Iterator[str]:
    """Return the places below a member that hold a secret."""
    name = at.rpartition(".")[2]
    if isinstance(value, dict) and depth < DEEPEST:
        for inner, each in value.items():
            yield from _inside(f"{at}.{inner}", each, depth + 1)
    elif isinstance(value, list) and depth < DEEPEST:
        for each in value:
            yield from _inside(at, each, depth + 1)
    elif _is_secret(name, value):
        yield f"`{_shown(at)}`"


def _is_secret(name: str, value: Any) -> bool:
    """Say whether a member holds one: by its name where it was hidden whole, by its looks where it was not."""
    if value == HIDDEN:
        return NAMED.fullmatch(name) is not None or not is_secret(name)
    return isinstance(value, str) and _holds(value)


def _holds(text: str) -> bool:
    return HIDDEN in text or LOOKS.search(text) is not None


def _shown(name: str) -> str:
    """Return a member's name, unless it is itself what must not be told."""
    if LOOKS.search(name) or not name.isprintable():
        return "a name like a key"
    return name if len(name) <= SHORT else name[:SHORT] + "…"
