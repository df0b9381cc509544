"""Ids: f(server seed, tenant, counter), so that the same calls give the same ids; and ids that lead back.

What is derived from a job (its events, its checkpoints' files) has no row. Its id holds the job's handle and an
ordinal, mixed so that it looks like any other id, and is opened again when it comes back. How bits become text is the
provider's shape.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Protocol
from uuid import UUID

from emulator.clock import LATEST, instant, micros

HANDLE_BITS = 48
ORDINAL_BITS = 24
_MULTIPLIERS = (0x9E3779B97F4A7C15F39CC0605CEDC835, 0xC2B2AE3D27D4EB4FD6E8FEB86659FD93)


class Shape(Protocol):
    """How a provider writes an id of one kind."""

    @property
    def bits(self) -> int:
        """How many bits an id holds."""
        ...

    def write(self, value: int, at: datetime) -> str:
        """Return the id that holds a value, made at an instant."""
        ...

    def read(self, text: str) -> tuple[int, int] | None:
        """Return the value and the milliseconds since 1970 (0 where none are written); None: not such an id."""
        ...


@dataclass(frozen=True, slots=True)
class Uuid4:
    """A prefix and a version 4 UUID, with dashes or without."""

    prefix: str
    dashes: bool = True
    bits: int = 122

    def write(self, value: int, at: datetime) -> str:
        """Return the id; the instant is not written."""
        high, middle, low = value >> 74, (value >> 62) & 0xFFF, value & (2**62 - 1)
        uuid = UUID(int=high << 80 | 4 << 76 | middle << 64 | 2 << 62 | low)
        return self.prefix + (str(uuid) if self.dashes else uuid.hex)

    def read(self, text: str) -> tuple[int, int] | None:
        """Return the value and 0."""
        uuid = _uuid(text, self.prefix, version=4)
        if uuid is None:
            return None
        value = _free(uuid, 74)
        return (value, 0) if self.write(value, instant(0)) == text else None


@dataclass(frozen=True, slots=True)
class Uuid7:
    """A prefix and a version 7 UUID, whose first 48 bits are milliseconds."""

    prefix: str
    bits: int = 74

    def write(self, value: int, at: datetime) -> str:
        """Return the id."""
        head = (micros(at) // 1000) << 80 | 7 << 76 | (value >> 62) << 64
        return self.prefix + str(UUID(int=head | 2 << 62 | (value & (2**62 - 1))))

    def read(self, text: str) -> tuple[int, int] | None:
        """Return the value and the milliseconds."""
        uuid = _uuid(text, self.prefix, version=7)
        if uuid is None or uuid.int >> 80 > micros(LATEST) // 1000:
            return None
        millis, value = uuid.int >> 80, _free(uuid, 74) & (2**74 - 1)
        return (value, millis) if self.write(value, instant(millis * 1000)) == text else None


def _uuid(text: str, prefix: str, *, version: int) -> UUID | None:
    try:
        uuid = UUID(text.removeprefix(prefix))
    except ValueError:
        return None
    return uuid if text.startswith(prefix) and uuid.version == version else None


def _free(uuid: UUID, high_from: int) -> int:
    """Return the bits of a UUID that neither version nor variant take."""
    return (uuid.int >> 80) << high_from | ((uuid.int >> 64) & 0xFFF) << 62 | (uuid.int & (2**62 - 1))


def draw(*parts: object, bits: int) -> int:
    """Return ``bits`` random-looking bits that depend on the parts alone."""
    digest = blake2b("/".join(map(str, parts)).encode(), digest_size=16).digest()
    return int.from_bytes(digest) >> (128 - bits)


def seal(handle: int, ordinal: int, *, kind: str, bits: int) -> int:
    """Return a value that holds handle and ordinal and looks like any other; ``opened`` gives them back."""
    value = ((handle << ORDINAL_BITS) | ordinal) << (bits - HANDLE_BITS - ORDINAL_BITS)
    for multiplier in _MULTIPLIERS:
        value ^= value >> (bits + 1) // 2
        value = value * multiplier % 2**bits
    return value ^ value >> (bits + 1) // 2 ^ draw(kind, bits=bits)


def opened(value: int, *, kind: str, bits: int) -> tuple[int, int] | None:
    """Return the handle and the ordinal that a value holds, or None: it was not sealed as that kind."""
    value ^= draw(kind, bits=bits)
    value ^= value >> (bits + 1) // 2
    for multiplier in reversed(_MULTIPLIERS):
        value = value * pow(multiplier, -1, 2**bits) % 2**bits
        value ^= value >> (bits + 1) // 2
    rest = bits - HANDLE_BITS - ORDINAL_BITS
    if value % 2**rest:
        return None
    value >>= rest
    return value >> ORDINAL_BITS, value % 2**ORDINAL_BITS


@dataclass(frozen=True, slots=True)
class Shapes:
    """How one provider writes its ids."""

    file: Shape
    job: Shape
    event: Shape
    checkpoint: Shape
