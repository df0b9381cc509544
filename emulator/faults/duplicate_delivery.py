"""A request reaches the provider more than once, as when a proxy on the way tries again."""

from tempfile import SpooledTemporaryFile
from typing import IO, ClassVar

from pydantic import Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.errors import StorageFailed
from emulator.faults.apply_then_fail import unheard
from emulator.faults.effect import Effect, Stage, Voice

IN_MEMORY = 2**20
PIECE = 64 * 1024


class DuplicateDelivery(Effect):
    """Carry the request out several times, one after the other; the client gets the last answer."""

    name: ClassVar[str] = "duplicate_delivery"
    main: ClassVar[str | None] = "times"
    stage: ClassVar[Stage] = Stage.DELIVERY
    truthful: ClassVar[bool] = True

    times: int = Field(default=2, ge=2, le=10)
    """How often it is carried out."""

    def wrap(self, app: ASGIApp, voice: Voice) -> ASGIApp:
        """Deliver the request again and again."""

        async def delivering(scope: Scope, receive: Receive, send: Send) -> None:
            with SpooledTemporaryFile(IN_MEMORY) as file:
                tape = Tape(file, receive)
                for _ in range(self.times - 1):
                    await app({**scope}, tape.played(), unheard)
                await app(scope, tape.played(), send)

        return delivering


class Tape:
    """A request's body, recorded as it is received, and played again from its beginning.

    It is written and read in the pieces in which it comes: too small for a hop to another thread to be worth it.
    """

    def __init__(self, file: IO[bytes], receive: Receive) -> None:
        self._file, self._receive = file, receive
        self._size, self._whole = 0, False

    def played(self) -> Receive:
        """Return a way to receive the request from its beginning: what is on the tape, then what still comes."""
        place, ended = 0, False

        async def received() -> Message:
            nonlocal place, ended
            if ended:
                return await self._receive()
            live = place == self._size and not self._whole
            message = await self._recorded() if live else self._read(place)
            place += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            return message

        return received

    async def _recorded(self) -> Message:
        """Receive the next message and record it; raise StorageFailed."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._whole = not message.get("more_body", False)
            self._write(message.get("body", b""))
        return message

    def _read(self, place: int) -> Message:
        self._file.seek(place)
        piece = self._file.read(PIECE)
        more = not self._whole or place + len(piece) < self._size
        return {"type": "http.request", "body": piece, "more_body": more}

    def _write(self, piece: bytes) -> None:
        try:
            self._file.write(piece)
        except OSError as error:
            raise StorageFailed(f"a request's body cannot be recorded: {error.strerror}") from error
        self._size += len(piece)
