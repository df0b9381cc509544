"""A file that exists only while it is read, and what it is derived from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b, shake_128

from emulator.timeline.artifacts.tokenizer import CONTEXT_LENGTH
from emulator.timeline.job import Lora

# The grain of the noise: a range that lies in one block costs one block, about 0.3 ms.
BLOCK_BYTES = 1 << 16
TAG_BYTES = 16

# A bfloat16 is 1 sign, 8 exponent and 7 mantissa bits, little-endian in safetensors. Any random byte will do for the
# low one (last exponent bit and mantissa); the high one is mapped to a sign and an exponent that give a magnitude in
# [2**-9, 2**-5): never zero, infinite or NaN, and about as large as a trained adapter's weights.
HIGH_BYTE = bytes((byte & 0x80) | (0x3C if byte & 3 else 0x3B) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Source:
    """What the bytes of a checkpoint's files are derived from.

    ``created_at`` is in unix seconds; ``model`` is the hub id of the base model; ``lora`` is None for full
    fine-tuning; ``weight_bytes`` is about how large the weights shall be, in sum over their files;
    ``context_length`` is the most tokens that the base model takes.
    """

    checkpoint_id: str
    step: int
    created_at: int
    train_loss: float
    valid_loss: float | None
    model: str
    lora: Lora | None
    seed: str
    weight_bytes: int
    context_length: int = CONTEXT_LENGTH


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file, ``size`` bytes long: a literal beginning and, in files of weights, noise up to the end."""

    name: str
    size: int
    _head: bytes = field(repr=False)
    _key: str = field(default="", repr=False)

    @property
    def tag(self) -> str:
        """What tells its bytes from others, in hexadecimal digits: cheap, for the noise is told by what it is from."""
        about = f"{self.name}\0{self.size}\0{self._key}\0".encode()
        return blake2b(about + self._head, digest_size=TAG_BYTES).hexdigest()

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the bytes that the slice ``[start:stop]`` names, in pieces of at most 64 KiB."""
        first, last, _ = slice(start, stop).indices(self.size)
        if first >= last:
            return
        head = len(self._head)
        for at in range(first, min(last, head), BLOCK_BYTES):
            yield self._head[at : min(at + BLOCK_BYTES, last)]
        yield from self._noise(max(first - head, 0), last - head)

    def _noise(self, first: int, last: int) -> Iterator[bytes]:
        """Yield the bytes from ``first`` to ``last``, counted from the end of the literal beginning."""
        for number in range(first // BLOCK_BYTES, -(-last // BLOCK_BYTES)):
            begin = number * BLOCK_BYTES
            yield _block(self._key, number)[max(first - begin, 0) : last - begin]


def _block(key: str, number: int) -> bytes:
    """Return a block of bfloat16 noise, a function of its arguments alone."""
    # Hashing is the dear part, so each drawn byte serves twice: as the low byte of one weight and, mapped, as the
    # high byte of the weight before it.
    drawn = shake_128(f"{number}/{key}".encode()).digest(BLOCK_BYTES // 2)
    block = bytearray(BLOCK_BYTES)
    block[::2] = drawn
    block[1::2] = (drawn[1:] + drawn[:1]).translate(HIGH_BYTE)
    return bytes(block)
