"""The environments that clients run in: made once, whole or not at all, and never in the way where they cannot be."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.clients.installed import cache, node_with, python_with


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A package that no index is asked for."""
    path = tmp_path / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "print('here')")
        archive.writestr("tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n")
        archive.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.dist-info/RECORD", "")
    return path


@pytest.mark.full
def test_an_environment_is_made_once_and_half_made_it_is_made_anew(wheel: Path) -> None:
    python = python_with(str(wheel))
    stray = Path(python).parents[1] / "stray"
    stray.touch()

    assert subprocess.run([python, "-c", "import tiny"], capture_output=True, check=True).stdout == b"here\n"
    assert (python_with(str(wheel)), stray.exists()) == (python, True)
    [done] = cache().glob("*.done")
    done.unlink()
    assert (python_with(str(wheel)), stray.exists()) == (python, False)


@pytest.mark.full
def test_what_pip_does_not_give_is_skipped_with_its_last_word_and_tried_again(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(pytest.skip.Exception, match=r"pip does not give it: .*nowhere"):
            python_with(str(tmp_path / "nowhere.whl"))
    assert [*cache().glob("*.done")] == []


def test_what_the_disk_has_no_room_for_is_skipped() -> None:
    with pytest.raises(pytest.skip.Exception, match="large takes up to 1000000000 GB of disk"):
        python_with("large", gigabytes=10**9)


def test_a_machine_without_node_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(pytest.skip.Exception, match="Node 18 or later is not on this machine"):
        node_with("a-package")
