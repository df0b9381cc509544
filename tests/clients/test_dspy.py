"""DSPy's ``LM.finetune``, which looks every 20 s and knows the documented statuses only."""

import pytest

from tests.clients.conftest import Serve, Walking
from tests.clients.installed import python_with
from tests.clients.walking import SCRIPTS

VERSION = "3.4.1"

pytestmark = pytest.mark.full


def test_it_trains_a_model_and_talks_to_it_while_another_is_cancelled(serve: Serve, walking: Walking) -> None:
    # On a real clock: the job is over at the second look.
    walker = walking(serve(dialect="openai"), LITELLM_LOCAL_MODEL_COST_MAP="True")
    seen = walker.seen(python_with(f"dspy=={VERSION}"), str(SCRIPTS / "dspy_finetune.py"))

    assert seen["version"] == VERSION
    assert seen["tuned"].startswith("ft:gpt-4o-mini-2024-07-18:personal::")
    assert (seen["statuses"], seen["cancelled"]) == (["succeeded"], ["pending", "cancelled"])
    assert seen["reply"] == "The number 3."
