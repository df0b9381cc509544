"""LiteLLM, which finds the provider by the tuned model's name; it has neither events nor checkpoints."""

import pytest

from emulator.server import Emulator
from tests.clients.conftest import Walking
from tests.clients.installed import python_with
from tests.clients.walking import SCRIPTS, assert_whole

VERSION = "1.106.2"

pytestmark = pytest.mark.full


def test_it_walks_to_the_end_and_cleans_up(emulator: Emulator, walking: Walking) -> None:
    # Otherwise it begins by downloading its list of prices.
    walker = walking(emulator, LITELLM_LOCAL_MODEL_COST_MAP="True")
    seen = walker.seen(python_with(f"litellm=={VERSION}"), str(SCRIPTS / "litellm_sdk.py"))

    assert (seen["version"], seen["provider"]) == (VERSION, "openai")
    assert_whole(seen)
