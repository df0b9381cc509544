"""Artifacts in a ``.tar.gz`` that is made when it is read: its size is known before, and any range of it is arithmetic.

Noise does not compress, so nothing is: deflate's *stored* blocks (RFC 1951, 3.2.4) carry the tar as it is. A block and
its header take 64 KiB, so that which bytes of which artifact a range needs follows from its numbers alone, and a range
in the middle of 50 GB costs its own blocks. All of it is one gzip member (RFC 1952), as some readers take no second.

The trailer is dear: it needs the CRC-32 of all bytes. A reader that begins at the start pays nothing for it, as the sum
is made of what goes by. One that wants the end alone has every byte drawn once, at about 500 MB a second of one core:
nothing for an adapter's few megabytes, two minutes for 50 GB, within one step of the iterator. Sums of the last
archives whose end was asked for are remembered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from struct import pack
from tarfile import BLOCKSIZE, DIRTYPE, GNU_FORMAT, RECORDSIZE, TarInfo
from zlib import crc32

from emulator.timeline.artifacts.artifact import TAG_BYTES, Artifact

PIECE_BYTES = 1 << 16
STORED_BYTES = 5
"""What precedes the data of a stored block: whether it is the last, its length, and that length's complement."""
DATA_BYTES = PIECE_BYTES - STORED_BYTES
GZIP = bytes.fromhex("1f8b08000000000000ff")
"""The beginning: deflate, without a name, a time or the system that made it, so that it is the same everywhere."""
TRAILER_BYTES = 8
FOLDER_MODE = 0o755


@dataclass(frozen=True, slots=True)
class Tar:
    """Literal parts and artifacts by turns, each with where in the tar it begins."""

    size: int
    parts: tuple[tuple[int, Artifact], ...]

    def read(self, first: int, last: int) -> Iterator[bytes]:
        """Yield the bytes from ``first`` to ``last``, in pieces of any length."""
        for at, part in self.parts:
            if at < last:
                yield from part.read(max(first - at, 0), last - at)


@dataclass(frozen=True, slots=True)
class Archive:
    """A ``.tar.gz``, ``size`` bytes long; it reads as an Artifact does."""

    name: str
    size: int
    _tar: Tar = field(repr=False)

    @property
    def tag(self) -> str:
        """What tells its bytes from others, in hexadecimal digits: of its members and of what stands between them."""
        tags = "".join(part.tag for _, part in self._tar.parts)
        return blake2b(tags.encode(), digest_size=TAG_BYTES).hexdigest()

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the bytes that the slice ``[start:stop]`` names, in pieces of at most 64 KiB."""
        first, last, _ = slice(start, stop).indices(self.size)
        if first >= last:
            return
        end, begins = self.size - TRAILER_BYTES, self._in_tar(first)
        flow = _Flow(self._tar.read(begins, self._in_tar(last)))
        if first < len(GZIP):
            yield GZIP[first:last]
        yield from self._blocks(max(first, len(GZIP)) - len(GZIP), min(last, end) - len(GZIP), flow)
        if last > end:
            crc = _checksum(self._tar) if begins else flow.crc
            yield pack("<LL", crc, self._tar.size % 2**32)[max(first - end, 0) : last - end]

    def _blocks(self, first: int, last: int, flow: "_Flow") -> Iterator[bytes]:
        """Yield the bytes from ``first`` to ``last``, counted from the first stored block."""
        while first < last:
            number, within = divmod(first, PIECE_BYTES)
            stop = min(last - number * PIECE_BYTES, PIECE_BYTES)
            header = self._stored(number)[within:stop]
            yield flow.take(header, stop - within - len(header))
            first += stop - within

    def _stored(self, number: int) -> bytes:
        """Return what precedes the data of a block."""
        left = self._tar.size - number * DATA_BYTES
        length = min(left, DATA_BYTES)
        return pack("<BHH", left <= DATA_BYTES, length, length ^ 0xFFFF)

    def _in_tar(self, position: int) -> int:
        """Return where in the tar a position of the archive is, or the next byte of the tar after it."""
        number, within = divmod(max(position - len(GZIP), 0), PIECE_BYTES)
        return min(number * DATA_BYTES + max(within - STORED_BYTES, 0), self._tar.size)


class _Flow:
    """Bytes that come in pieces of any length and are taken in others; ``crc`` is the sum of what has come."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held, self.crc = pieces, bytearray(), 0

    def take(self, header: bytes, size: int) -> bytes:
        """Return a header and the next so many bytes."""
        while len(self._held) < size:
            piece = next(self._pieces)
            self.crc = crc32(piece, self.crc)
            self._held += piece
        with memoryview(self._held) as held:
            taken = header + held[:size]
        del self._held[:size]
        return taken


def archive(name: str, artifacts: Sequence[Artifact], *, folder: str = "", created_at: int) -> Archive:
    """Return an archive of this file name that holds artifacts, in a folder if one is named.

    ``created_at`` is in unix seconds. ``folder`` is a single name; raise ValueError where it would lead elsewhere.
    """
    if folder in {".", ".."} or {*folder} & {"/", "\0"}:
        raise ValueError(f"no name of a folder: {folder!r}")
    tar = _tar(artifacts, f"{folder}/" if folder else "", created_at)
    blocks = -(-tar.size // DATA_BYTES)
    return Archive(name, len(GZIP) + blocks * STORED_BYTES + tar.size + TRAILER_BYTES, tar)


def _tar(artifacts: Sequence[Artifact], folder: str, created_at: int) -> Tar:
    """Return artifacts as a tar: before each its header, after each zeros to a whole block, and two blocks of them."""
    literal = _header(TarInfo(folder), created_at) if folder else b""
    parts: list[Artifact] = []
    for artifact in artifacts:
        literal += _header(TarInfo(folder + artifact.name), created_at, artifact.size)
        parts += [_part(literal), artifact]
        literal = bytes(-artifact.size % BLOCKSIZE)
    literal += bytes(2 * BLOCKSIZE)
    literal += bytes(-(sum(part.size for part in parts) + len(literal)) % RECORDSIZE)
    parts.append(_part(literal))
    *starts, size = accumulate((part.size for part in parts), initial=0)
    return Tar(size, tuple(zip(starts, parts, strict=True)))


def _header(member: TarInfo, created_at: int, size: int = 0) -> bytes:
    """Return the header of a member: owner and group are 0, and nobody by name.

    GNU's format, for it is ustar where that suffices, and the form in which most programs read sizes from 8 GiB and
    instants from the year 2242 (as numbers to the base 256) and names over 100 bytes.
    """
    member.mtime, member.size = created_at, size
    if member.name.endswith("/"):
        member.type, member.mode = DIRTYPE, FOLDER_MODE
    return member.tobuf(GNU_FORMAT, "utf-8", "replace")


def _part(literal: bytes) -> Artifact:
    return Artifact("", len(literal), literal)


@lru_cache(maxsize=64)
def _checksum(tar: Tar) -> int:
    """Return the CRC-32 of a tar: all of it is read, once."""
    crc = 0
    for piece in tar.read(0, tar.size):
        crc = crc32(piece, crc)
    return crc
