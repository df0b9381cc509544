"""The openai package for Node: 4 sends purpose before file, 7 the file first and in chunks of no announced length."""

import shutil
from pathlib import Path

import pytest

from tests.clients.installed import node_with
from tests.clients.walking import SCRIPTS, Walker, assert_whole

pytestmark = pytest.mark.full


@pytest.mark.parametrize("version", ["4.104.0", "7.57.0"])
def test_each_major_walks_to_the_end_and_cleans_up(walker: Walker, tmp_path: Path, version: str) -> None:
    # A module looks for its packages from where it is.
    (tmp_path / "node_modules").symlink_to(node_with(f"openai@{version}") / "node_modules")
    script = shutil.copy(SCRIPTS / "openai_node.mjs", tmp_path)
    seen = walker.seen("node", str(script))

    assert seen["version"] == version
    assert_whole(seen)
