"""What is downloaded is not what is stored."""

import re
from typing import ClassVar, Literal, Self

from pydantic import Field
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp

from emulator.faults.answer import Change, changed, cut, length
from emulator.faults.effect import Effect, Meeting, Stage, Voice

RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


class CorruptDownload(Effect):
    """Flip a bit of a body, or leave out its end with a length that agrees; the ETag stays."""

    name: ClassVar[str] = "corrupt_download"
    main: ClassVar[str | None] = "how"
    stage: ClassVar[Stage] = Stage.SENDING

    how: Literal["flip", "short"] = "flip"
    """What is wrong with it."""
    at: float | None = Field(default=None, ge=0, lt=1)
    """Where, as a share of the body; drawn for each answer if not given."""

    def met(self, meeting: Meeting) -> Self:
        """Draw where this answer is corrupt."""
        return self if self.at is not None else self.model_copy(update={"at": meeting.rng.random()})

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Corrupt the body."""
        return changed(app, lambda status, headers: (_short if self.how == "short" else _flip)(headers, self.at or 0.0))


def _flip(headers: MutableHeaders, at: float) -> Change:
    """Flip the bit at a share of a body's bits."""
    whole = length(headers)

    def flipped(piece: bytes, place: int) -> bytes:
        known = whole if whole is not None else 0 if place else len(piece)
        index, bit = divmod(int(known * 8 * at), 8)
        if not place <= index < place + len(piece):
            return piece
        changing = bytearray(piece)
        changing[index - place] ^= 1 << bit
        return bytes(changing)

    return flipped


def _short(headers: MutableHeaders, at: float) -> Change:
    """Cut a body; of a range at least a byte is left, for there is no empty one."""
    asked = RANGE.fullmatch(headers.get("content-range", ""))
    least = 1 if asked else 0
    change = cut(headers, lambda whole: max(min(whole, least), int(whole * at)))
    if asked:
        start, total = asked.groups()
        headers["content-range"] = f"bytes {start}-{int(start) + (length(headers) or 0) - 1}/{total}"
    return change
