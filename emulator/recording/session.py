"""A recorded session as it is read: the index and the exchanges in a folder that ``writing`` wrote.

``fixtures/README.md`` describes the members.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from emulator.recording.exchange import NOTHING

VERSION = 1
INDEX = "session.json"
SUCCESS = range(200, 300)


class Unreadable(ValueError):
    """A folder or file that is no recording, or cannot become one; it says what was got and what is taken."""


class _Data(msgspec.Struct):
    bytes: int
    lines: int
    form: str
    content_type: str = ""
    kept: str | None = None
    columns: list[str] = []
    field: str = "file"


class _Request(msgspec.Struct):
    method: str
    path: str
    authorization: str = ""
    headers: dict[str, str] = {}
    upload: str | None = None
    form: dict[str, str] = {}
    data: _Data | None = None
    left_out: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a file of which nothing is told."""
        if self.upload is not None and self.data is None:
            raise ValueError("an upload takes data")


class _Response(msgspec.Struct):
    status: int | None
    headers: dict[str, str] = {}


class _File(msgspec.Struct):
    """What a file must hold; what else it holds is not looked at."""

    number: int
    request: _Request
    response: _Response
    operation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An exchange as it was read: its file's place below the folder, and its members."""

    file: str
    number: int
    operation: str | None
    request: dict[str, Any]
    response: dict[str, Any]

    @property
    def status(self) -> int | None:
        """The status that was answered; None where nothing was."""
        status: int | None = self.response["status"]
        return status

    @property
    def body(self) -> Any:
        """The JSON that was answered, or NOTHING."""
        return self.response.get("body", NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A recorded session: its index, and its exchanges in order."""

    index: dict[str, Any]
    exchanges: list[Recorded]


def read(folder: Path) -> Session:
    """Return the session in a folder; raise Unreadable."""
    index = _read(folder / INDEX)
    if index.get("version") != VERSION:
        raise Unreadable(f"{folder / INDEX} is of version {index.get('version')!r}, takes {VERSION}")
    files = sorted(path for path in folder.glob("*/*.json"))
    exchanges = sorted((_recorded(folder, path) for path in files), key=lambda each: each.number)
    count = index.get("exchanges")
    if count is not None and count != len(exchanges):
        raise Unreadable(f"{folder} has {len(exchanges)} exchanges, and {count} were recorded")
    return Session(index=index, exchanges=exchanges)


def _recorded(folder: Path, path: Path) -> Recorded:
    told = _read(path)
    try:
        msgspec.convert(told, _File)
    except msgspec.ValidationError as error:
        raise Unreadable(f"{path} is no recorded exchange: {error}") from None
    return Recorded(
        file=str(path.relative_to(folder)),
        number=told["number"],
        operation=told.get("operation"),
        request={"headers": {}, **told["request"]},
        response={"headers": {}, **told["response"]},
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}; takes a folder that ftemu record wrote") from None
    except (ValueError, RecursionError):
        raise Unreadable(f"{path} is not JSON; takes a folder that ftemu record wrote") from None
    if not isinstance(told, dict):
        raise Unreadable(f"{path} is no JSON object; takes a folder that ftemu record wrote")
    return told
