"""Ids: f(server seed, tenant, counter), so that the same calls give the same ids; and ids that lead back.

What is derived from a job (its events, its checkpoints' files) has no row. Its id holds the job's handle and an
ordinal, mixed so that it looks like any other id, and is opened again when it comes back. How bits become text is the
provider's shape.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Protocol
from uuid import UUID

from emulator.clock import LATEST, instant, micros
from emulator.storage.jobs import StoredJob
from emulator.timeline.history import Checkpoint

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


@dataclass(frozen=True, slots=True)
class Letters:
    """A prefix and so many letters of an alphabet, as random as any: more of them than ``bits`` need."""

    prefix: str
    alphabet: str
    length: int
    bits: int = 128

    def write(self, value: int, at: datetime) -> str:
        """Return the id; the instant is not written."""
        rest, base, letters = value * _MULTIPLIERS[0] % self._texts, len(self.alphabet), ""
        for _ in range(self.length):
            rest, digit = divmod(rest, base)
            letters += self.alphabet[digit]
        return self.prefix + letters

    def read(self, text: str) -> tuple[int, int] | None:
        """Return the value and 0."""
        letters = text.removeprefix(self.prefix)
        if not text.startswith(self.prefix) or len(letters) != self.length or not {*letters} <= {*self.alphabet}:
            return None
        written = 0
        for letter in reversed(letters):
            written = written * len(self.alphabet) + self.alphabet.index(letter)
        value = written * pow(_MULTIPLIERS[0], -1, self._texts) % self._texts
        return (value, 0) if value < 2**self.bits else None

    @property
    def _texts(self) -> int:
        return int(len(self.alphabet) ** self.length)


@dataclass(frozen=True, slots=True)
class TimedHex:
    """A prefix, the seconds since 1970 in 8 hexadecimal digits, and 24 more of them."""

    prefix: str
    bits: int = 96

    def write(self, value: int, at: datetime) -> str:
        """Return the id."""
        return f"{self.prefix}{micros(at) // 10**6 % 2**32:08x}{value:024x}"

    def read(self, text: str) -> tuple[int, int] | None:
        """Return the value and the milliseconds."""
        found = re.fullmatch(rf"{self.prefix}([0-9a-f]{{8}})([0-9a-f]{{24}})", text)
        return (int(found[2], 16), int(found[1], 16) * 1000) if found else None


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


class Naming(Protocol):
    """How a provider names the models that its jobs make."""

    def write(self, job: StoredJob, made: Checkpoint, *, final: bool, organization: str) -> str:
        """Return the name of a checkpoint's model; ``final``: it is what the job has made."""
        ...

    def tag(self, name: str) -> int | None:
        """Return the tag of the job whose model may have this name, or None: no job's has."""
        ...


@dataclass(frozen=True, slots=True)
class Shapes:
    """How one provider writes its ids; it has no uploads, pairs and so on where it has no shape for them."""

    file: Shape
    job: Shape
    event: Shape
    checkpoint: Shape
    model: Naming
    upload: Shape | None = None
    part: Shape | None = None
    permission: Shape | None = None
    webhook: Shape | None = None
    pair: Shape | None = None
    push: Shape | None = None
