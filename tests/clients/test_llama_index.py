"""LlamaIndex's fine-tuning engine, which takes every 400 for a file that is not ready, and asks again in a minute."""

import pytest

from emulator.server import Emulator
from tests.clients.conftest import Walking
from tests.clients.installed import python_with
from tests.clients.walking import SCRIPTS, STATUSES, Walker
from tests.conftest import client_of

REQUIRED = ("llama-index-finetuning==0.4.2", "mistralai<2")
"""It imports the latter's first major, and does not say so."""
GIGABYTES = 8
"""It imports torch, which on Linux brings the libraries of a graphics card."""
SCRIPT = str(SCRIPTS / "llama_index_engine.py")

pytestmark = pytest.mark.full


def told(walking: Walking, emulator: Emulator) -> Walker:
    """Its engine reads one variable, the model that it gives back the other."""
    return walking(emulator, OPENAI_API_BASE=emulator.base_url())


def test_it_trains_waits_and_talks_to_the_model(emulator: Emulator, walking: Walking) -> None:
    seen = told(walking, emulator).seen(python_with(*REQUIRED, gigabytes=GIGABYTES), SCRIPT, "gpt-3.5-turbo-0613")

    assert "does not have a finetuned model id ready yet" in seen["early"]
    assert seen["statuses"] == STATUSES[2:]
    assert seen["tuned"].startswith("ft:gpt-3.5-turbo-0613:personal::")
    assert seen["context_window"] == 4096
    assert (seen["reply"], seen["streamed"], seen["again"]) == ("The number 3.", "The number 4.", True)


def test_a_refusal_that_it_waits_on_for_ever_stands_in_the_journal_with_its_reason(
    emulator: Emulator, walking: Walking
) -> None:
    told(walking, emulator).until(
        "Waiting for file to be ready", python_with(*REQUIRED, gigabytes=GIGABYTES), SCRIPT, "gpt-nope"
    )
    with client_of(emulator) as client:
        [refused] = client.get("/_emulator/journal", params={"operation": "jobs.create"}).json()["data"]

    assert (refused["status"], refused["errors"]) == (
        400,
        ["Model gpt-nope is not available for fine-tuning or does not exist."],
    )
