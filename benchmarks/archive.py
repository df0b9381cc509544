"""What streaming an archive of artifacts takes, side by side with tarfile and gzip making one of the same bytes.

    python benchmarks/archive.py [MEGABYTES]

Prints MB/s of the artifacts' bytes and the growth of the process's largest resident size, each in a process of its own:
the artifacts alone, the emulator's archive, its last 8 bytes alone, tarfile in a stream with gzip at level 0 and 1.
Bounded: 200 MB by default take some ten seconds, most of them level 1.
"""

import io
import resource
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterable

from emulator.timeline.artifacts import Artifact, Source, archive, checkpoint_files
from emulator.timeline.job import Lora

MEGABYTES = 200
MB = 10**6
AT = 1790264256


class Sink(io.RawIOBase):
    """Takes what is written and keeps none of it."""

    def writable(self) -> bool:
        """Say that it takes bytes."""
        return True

    def write(self, piece: object, /) -> int:
        """Take a piece."""
        return memoryview(piece).nbytes  # type: ignore[arg-type]  # bytes or a view of them


class Pieces(io.RawIOBase):
    """A file of an artifact's pieces, for who reads files."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._held = iter(pieces), b""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        while len(self._held) < size and (piece := next(self._pieces, b"")):
            self._held += piece
        taken, self._held = self._held[:size], self._held[size:]
        return taken


def files(megabytes: int) -> tuple[Artifact, ...]:
    """Return the files of a checkpoint of about this size."""
    about = Source("ftckpt_1", 1, AT, 1.0, None, "a/model", Lora(16, 32, 0.0), "seed", megabytes * MB)
    return checkpoint_files(about)


def alone(megabytes: int) -> None:
    """Draw the artifacts."""
    for artifact in files(megabytes):
        for _ in artifact.read():
            pass


def ours(megabytes: int) -> None:
    """Read the emulator's archive."""
    for _ in archive("a.tar.gz", files(megabytes), folder="a", created_at=AT).read():
        pass


def tail(megabytes: int) -> None:
    """Read its last 8 bytes alone."""
    b"".join(archive("a.tar.gz", files(megabytes), folder="a", created_at=AT).read(-8))


def theirs(megabytes: int, level: int) -> None:
    """Have tarfile and gzip make one."""
    with tarfile.open(fileobj=Sink(), mode="w:gz", compresslevel=level) as tar:
        for artifact in files(megabytes):
            member = tarfile.TarInfo(f"a/{artifact.name}")
            member.size, member.mtime = artifact.size, AT
            tar.addfile(member, Pieces(artifact.read()))


WAYS: dict[str, Callable[[int], None]] = {
    "the artifacts alone": alone,
    "the emulator's archive": ours,
    "its last 8 bytes alone": tail,
    "tarfile and gzip, level 0": lambda megabytes: theirs(megabytes, 0),
    "tarfile and gzip, level 1": lambda megabytes: theirs(megabytes, 1),
}


def measure(name: str, megabytes: int) -> None:
    """Print what one way takes, in this process."""
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    total = sum(artifact.size for artifact in files(megabytes))
    began = time.perf_counter()
    WAYS[name](megabytes)
    took_s = time.perf_counter() - began
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    print(f"{name:<28}{total / took_s / MB:>10.0f}{grown_kb / 1024:>12.1f}")


def main(megabytes: int) -> None:
    """Print the table; each way has a process of its own."""
    print(f"{f'{megabytes} MB':<28}{'MB/s':>10}{'RSS +MiB':>12}", flush=True)
    for name in WAYS:
        subprocess.run([sys.executable, __file__, str(megabytes), name], check=True)  # noqa: S603 -- our own command


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else MEGABYTES
    if sys.argv[2:]:
        measure(sys.argv[2], asked)
    else:
        main(asked)
