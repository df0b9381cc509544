"""What other people publish, fetched once and kept in the user's cache; a test that cannot have it is skipped."""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

FETCHED_WITHIN_S = 300
KEPT = Path(".cache", "fine-tuning-emulator", "sdk-suites")


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of that name, made by ``make`` if it is not there: whole, or not at all."""
    shelf = _shelf()
    folder = shelf / name
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=shelf, prefix="making-") as making:
            new = Path(making, name)
            new.mkdir()
            make(new)
            try:
                new.rename(folder)
            except OSError:  # another process was faster
                assert folder.exists()
    return folder


def _shelf() -> Path:
    for home in (Path.home(), Path(tempfile.gettempdir())):
        shelf = home / KEPT
        try:
            shelf.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        return shelf
    pytest.skip("there is no folder to keep in what is fetched")


def fetch(what: str, command: Sequence[str | Path], folder: Path) -> None:
    """Run a package manager in a folder; skip the test where it does not give what it is asked for."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=FETCHED_WITHIN_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{what} cannot be fetched: {type(error).__name__}")
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
        pytest.skip(f"the package registry does not give {what}: {said[-1]}")
