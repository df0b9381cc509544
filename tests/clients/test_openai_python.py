"""The openai package for Python, 1.x to 3.x: the installed one in every run, each in the long one."""

import sys
from dataclasses import replace

import pytest

from tests.clients.conftest import Serve, Walking
from tests.clients.installed import python_with
from tests.clients.walking import SCRIPTS, Seen, Walker, assert_whole

SCRIPT = str(SCRIPTS / "openai_python.py")
VERSIONS = ["1.109.1", "2.54.0", "3.54.0"]


def test_the_installed_one_walks_to_the_end_and_cleans_up(walker: Walker) -> None:
    assert_walked(walker.seen(sys.executable, SCRIPT))


def test_below_another_providers_root_it_walks_as_well(serve: Serve, walking: Walking) -> None:
    emulator = serve(clock="poll")

    assert_walked(replace(walking(emulator), url=emulator.base_url("openai")).seen(sys.executable, SCRIPT))


@pytest.mark.full
@pytest.mark.parametrize("version", VERSIONS)
def test_each_major_walks_to_the_end_and_cleans_up(walker: Walker, version: str) -> None:
    seen = walker.seen(python_with(f"openai=={version}"), SCRIPT)

    assert seen["version"] == version
    assert_walked(seen)


def assert_walked(seen: Seen) -> None:
    assert seen["chunked"] == ["completed", True, True]
    assert_whole(seen)
