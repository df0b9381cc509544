"""The file of what was created and is not gone yet: what a run, or a later one, has to undo.

A line of JSON each: first the target, then the intent before a request is sent, its id after the answer, and that it
is gone. Lines are flushed to the disk one by one, so that a process that dies at any instant leaves no secret debt.
Never in it: a key.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

if sys.platform != "win32":
    import fcntl

SUFFIX = ".jsonl"
FIELDS = ("kind", "name", "training_file", "second", "id", "gone")


@dataclass(frozen=True)
class Entry:
    """One thing that was, or may have been, created: ``id`` is None where no answer came."""

    intent: int
    kind: str
    name: str | None
    training_file: str | None = None
    second: bool = False
    """Created under the second account's key."""
    id: str | None = None
    gone: bool = False


class InUse(Exception):
    """The ledger belongs to a run that is still going on."""


class Ledger:
    """A ledger on disk, made with its first entry; a run that creates nothing leaves none.

    One that is not ``lasting`` may be lost with the machine: its target is lost then, too.
    """

    def __init__(self, folder: Path, *, run: str, target: str, dialect: str, lasting: bool = True) -> None:
        self.path = folder / f"{run}{SUFFIX}"
        self._lasting = lasting
        self._header = {"target": target, "dialect": dialect, "run": run}
        self._entries: dict[int, Entry] = {}
        self._file: BinaryIO | None = None

    @property
    def entries(self) -> list[Entry]:
        """What is not gone yet, in the order of its intents."""
        return [entry for entry in self._entries.values() if not entry.gone]

    def intend(self, kind: str, *, name: str | None, training_file: str | None = None, second: bool = False) -> int:
        """Write down that something is about to be created, and return the intent's number."""
        intent = len(self._entries) + 1
        self._entries[intent] = Entry(intent, kind, name, training_file, second)
        told = {"kind": kind, "name": name, "training_file": training_file, "second": second}
        self._write({"intent": intent, **told})
        return intent

    def made(self, intent: int, id_: str) -> None:
        """Write down the id that an intent came to."""
        self._entries[intent] = replace(self._entries[intent], id=id_)
        self._write({"intent": intent, "id": id_})

    def gone(self, intent: int) -> None:
        """Write down that an intent was refused, or is undone."""
        self._entries[intent] = replace(self._entries[intent], gone=True)
        self._write({"intent": intent, "gone": True})

    def close(self) -> None:
        """Close the file, and remove it where nothing is left to undo."""
        if self._file:
            self._file.close()
            self._file = None
            if not self.entries:
                self.path.unlink(missing_ok=True)

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = locked(self.path)
            if not self.path.stat().st_size:
                self._write(self._header)
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._file.write(json.dumps({**line, "at": at}).encode() + b"\n")
        self._file.flush()
        if self._lasting:
            os.fsync(self._file.fileno())

    @classmethod
    def opened(cls, path: Path) -> "Ledger":
        """Return the ledger of an earlier run, ready to be written on; raise InUse, or ValueError where it is none."""
        file = locked(path)
        lines = list(_lines(path))
        if not lines or not {"target", "dialect", "run"} <= lines[0].keys():
            file.close()
            raise ValueError(f"{path} does not begin with its target")
        ledger = cls(path.parent, run=lines[0]["run"], target=lines[0]["target"], dialect=lines[0]["dialect"])
        ledger.path, ledger._file = path, file
        for line in lines[1:]:
            ledger._take(line)
        return ledger

    @property
    def run(self) -> str:
        """The name of the run that it is of."""
        return self._header["run"]

    @property
    def target(self) -> str:
        """The base URL of the target that it is about."""
        return self._header["target"]

    def _take(self, line: dict[str, Any]) -> None:
        intent = line["intent"]
        known = {name: line[name] for name in FIELDS if name in line}
        before = self._entries.get(intent) or Entry(intent, line.get("kind", ""), None)
        self._entries[intent] = replace(before, **known)


def locked(path: Path) -> BinaryIO:
    """Open a file to append to, for this process alone; raise InUse where another has it."""
    file = path.open("ab")
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise InUse(path) from None
    return file


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Give the whole lines of a file; the last one may be torn, and was then not acted on."""
    for line in path.read_bytes().split(b"\n"):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found
