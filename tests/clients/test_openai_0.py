"""The openai package 0.28, which percent-encodes the names of models and needs ``has_more`` of every list."""

import pytest

from tests.clients.installed import python_with
from tests.clients.walking import SCRIPTS, Walker, assert_whole

VERSION = "0.28.1"

pytestmark = pytest.mark.full


def test_it_walks_to_the_end_and_cleans_up(walker: Walker) -> None:
    python = python_with(f"openai=={VERSION}")
    seen = walker.seen(python, str(SCRIPTS / "openai_0.py"), base="OPENAI_API_BASE")

    assert seen["version"] == VERSION
    assert_whole(seen)
