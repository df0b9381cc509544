"""One server for a data directory: a second one would sweep away what the first is writing."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emulator.errors import StorageFailed


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a data directory; the system lets it go when the process dies. Raise StorageFailed if held."""
    try:
        file = path.open("a+b")
    except OSError as error:
        by = f" by user id {os.getuid()}" if hasattr(os, "getuid") else ""  # a mounted one may be another's
        raise StorageFailed(f"the data directory {path.parent} cannot be used{by}: {error.strerror}") from error
    with file:
        try:
            _lock(file.fileno())
        except OSError as error:
            raise StorageFailed(f"another server uses the data directory {path.parent}") from error
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(fileno: int) -> None:
        msvcrt.locking(fileno, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(fileno: int) -> None:
        fcntl.flock(fileno, fcntl.LOCK_EX | fcntl.LOCK_NB)
