"""The bytes of uploaded files, once for equal contents: a folder in which each file is named by its SHA-256."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from emulator.errors import StorageFailed

PIECE = 256 * 1024
COMING = "coming-"


class Incoming:
    """Bytes that are arriving: hashed while they are written to a temporary name. Discard it or have it kept."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        try:
            self._file = NamedTemporaryFile(dir=folder, prefix=COMING, delete=False)  # noqa: SIM115 -- outlives this
        except OSError as error:
            raise StorageFailed(f"the data directory takes no file: {error.strerror}") from error
        self._hash, self._durable = hashlib.sha256(), durable
        self.bytes = 0

    def write(self, piece: bytes) -> None:
        """Take the next bytes."""
        try:
            self._file.write(piece)
        except OSError as error:
            raise StorageFailed(f"the data directory takes no more bytes: {error.strerror}") from error
        self._hash.update(piece)
        self.bytes += len(piece)

    def finish(self) -> str:
        """Flush the bytes and return their digest."""
        try:
            self._file.flush()
            if self._durable:
                os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise StorageFailed(f"the data directory takes no more bytes: {error.strerror}") from error
        return self._hash.hexdigest()

    def keep(self) -> None:
        """Give the finished bytes the name of their digest; equal contents are kept once."""
        path = Path(self._file.name)
        path.replace(path.with_name(self._hash.hexdigest()))

    def discard(self) -> None:
        """Remove what was not kept; does nothing afterwards."""
        with suppress(OSError):
            self._file.close()
        Path(self._file.name).unlink(missing_ok=True)


class Blobs:
    """The folder of kept bytes."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._durable = folder, durable
        self._held: Counter[str] = Counter()

    def incoming(self) -> Incoming:
        """Start to take bytes."""
        return Incoming(self._folder, durable=self._durable)

    def size(self, digest: str) -> int:
        """Return how many bytes are kept under a digest."""
        return (self._folder / digest).stat().st_size

    def read(self, digest: str, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of a range, in pieces. The file is opened at once: a deletion later does not tear it."""
        pieces = self._pieces(digest, start, stop)
        next(pieces)  # a generator that has begun closes the file even if nobody reads on
        return pieces

    def _pieces(self, digest: str, start: int, stop: int) -> Iterator[bytes]:
        """Yield nothing, with the file open, and then its bytes."""
        left = stop - start
        with (self._folder / digest).open("rb") as file:
            file.seek(start)
            yield b""
            while left > 0 and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece

    def hold(self, digests: Iterable[str]) -> None:
        """Keep bytes although no row may name them, until they are let go as often as they were held.

        This and its counterpart belong into a transaction of the one writer, as do removals: none comes in between.
        """
        self._held.update(digests)

    def let_go(self, digests: Iterable[str]) -> None:
        """Hold bytes no longer; whoever did sees to it that those are dropped which nobody needs."""
        self._held = self._held - Counter(digests)

    def drop(self, digest: str) -> None:
        """Remove bytes that nobody needs. Where a reader holds the file open (Windows), the next sweep takes it."""
        if self._held[digest] > 0:
            return
        with suppress(PermissionError):
            (self._folder / digest).unlink(missing_ok=True)

    def sweep(self, needed: set[str]) -> None:
        """Remove what a killed server left behind: half files, and bytes that no file names."""
        for path in self._folder.iterdir():
            if path.name not in needed:
                path.unlink(missing_ok=True)
