"""What every request that creates something passes, so that it is in the ledger before it is sent.

It is below all clients, in their transport: no test can forget it. A job is let through if its price was counted, or
if it names no file of ours, so that it cannot but be refused; should it be taken all the same, the ledger has it.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import httpx

from contract_tests.harness.ledger import Ledger
from contract_tests.harness.provider import Provider
from contract_tests.harness.secret import Key

PRICED = "contract_tests.priced"
"""The extension of a request whose job's price was counted."""
RECKONED = "contract_tests.reckoned"
"""The extension of a request that asks for a job's price alone; should a job come of it, it is a surprise."""


class Unpriced(Exception):
    """A test would create a job that nobody counted: a mistake in the test."""


@dataclass
class Gate:
    """The ledger's guard over the requests to one base URL."""

    base_path: str
    provider: Provider
    ledger: Ledger
    run: str
    second_key: Key | None = None
    surprises: list[int] = field(default_factory=list)
    """Intents of jobs that were to be refused and were made: they are undone at once."""

    def kind(self, request: httpx.Request) -> str | None:
        """Return what a request creates if it is taken, or None."""
        if request.method != "POST":
            return None
        path = request.url.path.removeprefix(self.base_path).rstrip("/")
        return self.provider.creates.get(path)

    def enter(self, request: httpx.Request) -> int | None:
        """Write down what a request is about to create; return the intent, or None where it creates nothing.

        Raise Unpriced.
        """
        kind = self.kind(request)
        if kind is None:
            return None
        body = request.read()
        training_file = _text(_object(body), self.provider.manner.trained_on) if kind == "job" else None
        counted = request.extensions.get(PRICED) or request.extensions.get(RECKONED)
        if kind == "job" and not counted and self._is_ours(training_file):
            raise Unpriced(f"this request may create a job on {training_file}, and its price was not counted")
        name = re.search(rf"ct-{self.run}-\d+".encode(), body)
        return self.ledger.intend(
            kind,
            name=name[0].decode() if name else None,
            training_file=training_file,
            second=self._is_second(request),
        )

    def leave(self, intent: int | None, response: httpx.Response) -> None:
        """Write down what came of it. After a server error, or no answer at all, it is open whether it was made."""
        if intent is None or response.is_server_error:
            return
        if not response.is_success:
            self.ledger.gone(intent)
            return
        response.read()
        is_job = self.kind(response.request) == "job"
        made = _text(_object(response.content), (*(self.provider.manner.job if is_job else ()), "id"))
        if made is not None:
            self.ledger.made(intent, made)
            if is_job and not response.request.extensions.get(PRICED):
                self.surprises.append(intent)
        elif response.request.extensions.get(RECKONED):
            self.ledger.gone(intent)

    def _is_second(self, request: httpx.Request) -> bool:
        second = self.second_key
        return second is not None and request.headers.get("authorization") == f"Bearer {second.reveal()}"

    def _is_ours(self, file_id: str | None) -> bool:
        return file_id is not None and any(entry.id == file_id for entry in self.ledger.entries)


def _text(body: dict[str, Any], way: tuple[str, ...]) -> str | None:
    """Return the text at a place of an object, or None where there is none."""
    found: Any = body
    for name in way:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else None


def _object(body: bytes) -> dict[str, Any]:
    """Return a JSON object, or an empty one for whatever else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
