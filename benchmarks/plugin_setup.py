"""What a test's tenant costs: the work of the fixture for N tests, beside a bare HTTP round trip in the same run.

    python benchmarks/plugin_setup.py [TENANTS]

Runs pytest in this process on tests that upload a file each, and times around its fixtures. Prints the median and the
95th percentile in host milliseconds: the set-up of ``ft_emulator``, without and with a marker, and the removal of its
tenant; the first fixture of the session, which imports and starts the server; and the stop of a server. Bounded: 200
tenants of each kind by default take some seconds.
"""

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from emulator import pytest_plugin

TENANTS = 200
STOPS = 5
PERCENT = 95
TESTS = """
import httpx, pytest

DATA = b'{"text": "a row"}\\n' * 20

def upload(emulator):
    headers = {"authorization": f"Bearer {emulator.api_key}"}
    with httpx.Client(verify=False, trust_env=False, headers=headers) as client:
        form = {"files": {"file": ("d.jsonl", DATA)}, "data": {"purpose": "fine-tune"}}
        client.post(f"{emulator.base_url()}/files", **form).raise_for_status()

@pytest.mark.parametrize("number", range(MANY))
def test_plain(ft_emulator, number):
    upload(ft_emulator)

@pytest.mark.ft_emulator(clock="poll")
@pytest.mark.parametrize("number", range(MANY))
def test_a_clock(ft_emulator, number):
    upload(ft_emulator)

@pytest.mark.ft_emulator(clock="poll", scenario="fails_at_step=2", faults="status=503")
@pytest.mark.parametrize("number", range(MANY))
def test_all(ft_emulator, number):
    pass

def test_removals(ft_emulator, timed):
    for number in range(MANY):
        upload(ft_emulator)
        timed("removal of a tenant with a file", ft_emulator.forget)

def test_round_trips(ft_emulator, timed):
    with httpx.Client(base_url=ft_emulator.url, verify=False, trust_env=False) as client:
        for number in range(MANY):
            timed("a bare HTTP round trip", lambda: client.get("/_emulator/health").raise_for_status())
"""


class Watch:
    """A plugin beside ours that notes what its fixtures take, in host milliseconds."""

    def __init__(self) -> None:
        self.took_ms: dict[str, list[float]] = defaultdict(list)

    def note(self, what: str, began: float) -> None:
        """Keep what something took that began then."""
        self.took_ms[what].append(1000 * (time.perf_counter() - began))

    @pytest.fixture
    def timed(self) -> Callable[[str, Callable[[], object]], None]:
        """Give what does something and notes how long it took."""

        def timed(what: str, do: Callable[[], object]) -> None:
            began = time.perf_counter()
            do()
            self.note(what, began)

        return timed

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Generator[None, object, object]:
        """Time the set-up of ours."""
        began, cpu_began = time.perf_counter(), time.process_time()
        result = yield
        if fixturedef.argname == "ft_emulator_server":
            self.note("first fixture of the session", began)
            self.took_ms["first fixture, CPU alone"].append(1000 * (time.process_time() - cpu_began))
        if fixturedef.argname == "ft_emulator":
            self.note(f"set-up of {request.function.__name__}", began)
        return result


def main(many: int) -> None:
    """Measure and print."""
    watch = Watch()
    with TemporaryDirectory() as folder:
        test = Path(folder) / "test_setup.py"
        test.write_text(f"MANY = {many}\n{TESTS}", encoding="utf-8")
        plugins = [watch, *([] if is_installed() else [pytest_plugin])]
        code = pytest.main(
            ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", f"--rootdir={folder}", str(test)], plugins
        )
    if code:
        raise SystemExit(int(code))
    from emulator import Emulator  # noqa: PLC0415 -- the first fixture is to import it

    for _ in range(STOPS):
        emulator = Emulator().start()
        began = time.perf_counter()
        emulator.stop()
        watch.note("a stop", began)
    print(f"{'host ms':<40}{'times':>6}{'median':>9}{'p95':>9}")
    for what, took_ms in watch.took_ms.items():
        p95 = statistics.quantiles(took_ms, n=100)[PERCENT - 1] if len(took_ms) > 1 else took_ms[0]
        print(f"{what:<40}{len(took_ms):>6}{statistics.median(took_ms):>9.2f}{p95:>9.2f}")


def is_installed() -> bool:
    """Say whether pytest loads the plugin by itself."""
    from importlib.metadata import entry_points  # noqa: PLC0415 -- used here alone

    return any(each.value == pytest_plugin.__name__ for each in entry_points(group="pytest11"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else TENANTS)
