"""One request and its answer as they go by: counted, and held as far as something of them may be kept."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from emulator.recording.upload import Form

Pairs = Iterable[tuple[bytes, bytes]]
BODY_BYTES_MAX = 2**20
"""Bytes of the longest JSON body that is kept."""
NO_JSON, NO_UTF_8, TOO_DEEP = (f"called JSON, {flaw}" for flaw in ("which it is not", "is no UTF-8", "nested too deep"))
"""Why a body that is called JSON is not kept."""
NOTHING = object()
"""What a body is that holds no JSON; null is JSON."""


class Body:
    """A body that goes by: counted, and held as long as it is short."""

    def __init__(self) -> None:
        self.bytes, self._held = 0, bytearray()

    def add(self, piece: bytes) -> None:
        """Count a piece."""
        self.bytes += len(piece)
        if self.bytes <= BODY_BYTES_MAX:
            self._held += piece
        else:
            self._held.clear()

    @property
    def value(self) -> Any:
        """The value of a body that is JSON, or else NOTHING."""
        return self._read()[0]

    @property
    def flaw(self) -> str:
        """Why a body that is called JSON holds none."""
        return self._read()[1]

    def _read(self) -> tuple[Any, str]:
        if self.bytes > BODY_BYTES_MAX:
            return NOTHING, f"longer than {BODY_BYTES_MAX >> 20} MiB"
        try:
            return json.loads(self._held), ""
        except UnicodeDecodeError:
            return NOTHING, NO_UTF_8
        except ValueError:
            return NOTHING, NO_JSON
        except RecursionError:
            return NOTHING, TOO_DEEP


@dataclass
class Exchange:
    """What is known of one request. Times are host seconds since the session began."""

    number: int
    method: str
    path: bytes
    """As it was sent, percent-encoded."""
    plain_path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    at_s: float
    keep_data: bool = False
    status: int | None = None
    answered: list[tuple[bytes, bytes]] = field(default_factory=list)
    wait_s: float | None = None
    took_s: float = 0.0
    broken: str = ""
    """Why no answer came, or not all of it."""

    def __post_init__(self) -> None:
        self.answer = Body()
        self.asked = Body()
        kind = self.header("content-type")
        self.form = Form(kind, keep=self.keep_data) if kind.lower().startswith("multipart/") else None

    def sent(self, piece: bytes) -> None:
        """Note a piece of the request's body."""
        if self.form:
            self.asked.bytes += len(piece)
            self.form.add(piece)
        else:
            self.asked.add(piece)

    def header(self, name: str) -> str:
        """Return a header of the request, or nothing."""
        return one_of(self.headers, name)


def one_of(headers: Pairs, name: str) -> str:
    """Return the first header of a name, or nothing."""
    wanted = name.encode()
    return next((value.decode("latin-1") for each, value in headers if each.lower() == wanted), "")
