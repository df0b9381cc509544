"""What loading the pytest plugin costs a run that does not use it: a run of no tests with and without, side by side.

    python benchmarks/plugin_import.py [ROUNDS]

Prints the median and the least host milliseconds of such a run, with and without the plugin, taken in turns, and of
what the plugin's own import takes once pytest is there. Bounded: 20 rounds by default take about half a minute.
"""

import statistics
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory

ROUNDS = 20
MODULE = "emulator.pytest_plugin"
OWN = f"""
import time, pytest
began = time.perf_counter()
import {MODULE}
print(1000 * (time.perf_counter() - began))
"""


def run_ms(folder: Path, *options: str) -> float:
    """Return how long a run of no tests takes; exit code 5 says that there are none."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603 -- our own command
    took = 1000 * (time.perf_counter() - began)
    if done.returncode != pytest_has_none():
        raise SystemExit(done.stdout.decode() + done.stderr.decode())
    return took


def pytest_has_none() -> int:
    """Return pytest's exit code for a run without tests."""
    import pytest  # noqa: PLC0415 -- not in the way of what is measured

    return int(pytest.ExitCode.NO_TESTS_COLLECTED)


def own_ms() -> float:
    """Return how long the import of the plugin takes in a process that has imported pytest."""
    done = subprocess.run([sys.executable, "-c", OWN], capture_output=True, check=True)  # noqa: S603 -- our own command
    return float(done.stdout)


def told(what: str, took_ms: list[float]) -> str:
    """Return a line of the table."""
    return f"{what:<34}{statistics.median(took_ms):>10.1f}{min(took_ms):>10.1f}"


def main(rounds: int) -> None:
    """Measure and print."""
    installed = [each for each in entry_points(group="pytest11") if each.value == MODULE]
    with_it, without = ([], ["-p", "no:ft_emulator"]) if installed else (["-p", MODULE], [])
    own, plain, loaded = [], [], []
    with TemporaryDirectory() as folder:
        run_ms(Path(folder))  # the files are in the system's memory from here on
        for _ in range(rounds):
            plain.append(run_ms(Path(folder), *without))
            loaded.append(run_ms(Path(folder), *with_it))
            own.append(own_ms())
    print(f"{'host ms, ' + str(rounds) + ' rounds':<34}{'median':>10}{'least':>10}")
    print(told("a run of no tests, without it", plain))
    print(told("a run of no tests, with it", loaded))
    print(told("difference of a round", [after - before for before, after in zip(plain, loaded, strict=True)]))
    print(told("the import itself", own))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
