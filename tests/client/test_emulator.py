"""The emulator as a Python object: started in a block or by hand, in a loop or not, and nothing of it is left."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from emulator import Emulator
from emulator.client import Unreachable
from emulator.server import NotRunning
from emulator.settings import BadSetting, Settings


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let what is temporary be within the test's folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


Left = Callable[[], tuple[list[str], list[str]]]


@pytest.fixture
def left(tmp_path: Path) -> Left:
    """Tell the threads and the temporary folders of servers that there are, but for those of other tests' servers."""
    before = {*threading.enumerate()}

    def found() -> tuple[list[str], list[str]]:
        threads = [each.name for each in {*threading.enumerate()} - before if each.name.startswith("ftemu")]
        return threads, [path.name for path in tmp_path.glob("ftemu-*")]

    return found


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_emulator/health", trust_env=False).is_success
    except httpx.ConnectError:
        return False


def test_a_block_has_a_server_and_leaves_nothing(left: Left) -> None:
    with Emulator() as emulator:
        assert answers(emulator.url)
        assert left()[1]
        emulator.clock.now()

    assert not answers(emulator.url)
    assert left() == ([], [])


def test_start_and_stop_may_be_repeated(left: Left) -> None:
    emulator = Emulator(clock="manual")
    emulator.stop()
    assert emulator.start() is emulator
    url = emulator.url
    assert emulator.start().url == url
    emulator.clock.advance(hours=1)
    emulator.stop()
    emulator.stop()
    assert left() == ([], [])
    with pytest.raises(Unreachable, match="no emulator answers at"):
        emulator.clock.now()

    emulator.start()
    assert f"{emulator.clock.now():%H:%M}" == "00:00"
    emulator.stop()


def test_an_event_loop_goes_on_while_a_server_is_started_and_stopped(left: Left) -> None:
    async def main() -> str:
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)  # noqa: TID251 -- a turn of the loop

        ticking = asyncio.ensure_future(turn())
        async with Emulator() as emulator:
            started = turns
            async with httpx.AsyncClient(trust_env=False) as client:
                assert (await client.get(f"{emulator.url}/_emulator/health")).is_success
            before = turns
        ticking.cancel()

        # Had the loop waited, it would have had a turn or two.
        assert started > 10
        assert turns - before > 10
        return emulator.url

    assert not answers(asyncio.run(main()))
    assert left() == ([], [])


def test_a_start_that_is_cancelled_half_way_leaves_no_server(left: Left) -> None:
    async def use() -> None:
        async with Emulator():
            pytest.fail("it was cancelled")

    async def main() -> None:
        task = asyncio.ensure_future(use())
        while not left()[1]:  # noqa: ASYNC110 -- it is another thread that makes the folder
            await asyncio.sleep(0)  # noqa: TID251 -- a turn of the loop
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert left() == ([], [])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cloc": "poll"}, "there is no setting 'cloc'; did you mean clock?"),
        ({"clock": "pol"}, "clock: got 'pol', takes one of real, manual, poll; did you mean poll?"),
        ({"pace": "quick"}, "pace: got 'quick', takes a number from 0 to 1000"),
        ({"pace": -1}, "pace: got '-1', takes a number"),
        ({"model": ["ok", ""]}, "model: takes a value"),
    ],
    ids=str,
)
def test_a_setting_that_there_is_not_or_that_is_wrong_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(BadSetting) as refused:
        Emulator(**given)

    assert said in str(refused.value)


def test_keywords_are_settings_of_any_type(tmp_path: Path) -> None:
    with Emulator(
        clock="poll", pace=0.5, model=("my/model",), data_dir=tmp_path / "kept", quiet=True, epoch="2030-01-01"
    ) as one:
        assert one.clock.now().year == 2030
        models = httpx.get(f"{one.base_url()}/models", headers={"authorization": "Bearer a"}, trust_env=False).json()
        assert "my/model" in str(models)

    assert (tmp_path / "kept" / "state.sqlite3").exists()


def test_settings_and_keywords_together_are_refused() -> None:
    with pytest.raises(BadSetting, match="either Settings or keywords, got Settings and clock"):
        Emulator(Settings(port=0), clock="poll")


def test_an_address_that_is_taken_is_said_to_be(left: Left) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NotRunning, match=f"cannot listen on 127.0.0.1 port {port}: .*; port=0 takes a free one"):
            Emulator(port=port).start()

    assert left() == ([], [])


def test_before_it_is_started_it_says_so() -> None:
    with pytest.raises(NotRunning, match="was not started"):
        Emulator().base_url()


def test_the_environment_is_no_setting_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTEMU_CLOCK", "manual")
    with Emulator() as emulator:
        assert emulator.clock.get()["mode"] == "real"


def test_a_script_that_never_stops_it_ends_quietly_and_leaves_no_folder(left: Left, tmp_path: Path) -> None:
    script = "from emulator import Emulator; e = Emulator().start(); e.clock.now(); print(e.url)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("http://127.0.0.1:")
    assert left()[1] == []


def test_importing_the_package_imports_nothing_else() -> None:
    loaded = "[name for name in sys.modules if name.startswith(('emulator.', 'httpx', 'fastapi'))]"
    script = f"import sys, emulator; print({loaded})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_what_the_package_does_not_offer_is_no_attribute_of_it() -> None:
    import emulator  # noqa: PLC0415 -- as a user has it

    assert not hasattr(emulator, "Emulater")


def test_the_key_of_a_server_that_lists_keys_is_the_first_of_them() -> None:
    with Emulator(api_key=("mine", "other")) as emulator:
        assert emulator.api_key == "mine"
        emulator.reset()
