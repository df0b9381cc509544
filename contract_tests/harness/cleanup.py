"""The undoing of what a ledger holds: jobs first, then uploads and files; what cannot be undone stays in the ledger."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from contract_tests.harness.ledger import Entry, InUse, Ledger
from contract_tests.harness.line import Line
from contract_tests.harness.provider import Provider

TRIES = 3
ORDER = {"job": 0, "upload": 1, "dataset": 2, "file": 3, "webhook": 4}


def undo(
    ledger: Ledger, line: Line, second: Line | None, provider: Provider, *, only: Sequence[Entry] | None = None
) -> Iterator[str]:
    """Undo all of a ledger's entries, or those alone, each under the key that made it.

    Say what was done in counts, and of each thing that stays why.
    """
    done: Counter[str] = Counter()
    left = []
    for entry in sorted(ledger.entries if only is None else only, key=lambda entry: (ORDER[entry.kind], entry.intent)):
        try:
            maker = second if entry.second else line
            assert maker, "another account's: --second-api-key-env NAME"
            done.update(_undone(entry, maker, provider))
        except (AssertionError, httpx.HTTPError) as error:
            left.append(f"left behind: {entry.kind} {entry.id or entry.name}: {_first_line(error)}")
        else:
            ledger.gone(entry.intent)
    if done:
        yield "cleaned up: " + ", ".join(f"{count} {what}" for what, count in sorted(done.items()))
    yield from left


def _undone(entry: Entry, line: Line, provider: Provider) -> list[str]:
    """Undo one entry, found by name where no id is known; raise the last error where it cannot be."""
    for left in reversed(range(TRIES)):
        try:
            ids = [entry.id] if entry.id else provider.found(line, entry)
            return [provider.undo(line, entry, id_) for id_ in ids]
        except (AssertionError, httpx.HTTPError):
            if not left:
                raise
    return []


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def earlier(folder: Path, target: str) -> Iterator[Ledger | str]:
    """Give the ledgers of dead runs against a target, and a sentence for each that cannot be worked on."""
    for path in sorted(folder.glob("*.jsonl")):
        try:
            ledger = Ledger.opened(path)
        except InUse:
            yield f"{path.name} belongs to a run that is going on"
        except (OSError, ValueError) as error:
            yield f"{path.name} cannot be read: {_first_line(error)}"
        else:
            if ledger.target == target:
                yield ledger
            else:
                ledger.close()
