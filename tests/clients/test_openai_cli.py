"""The openai package's command line, which 2.x no longer has: one process a step."""

from base64 import b64decode

import pytest

from emulator.server import Emulator
from tests.clients.installed import python_with
from tests.clients.walking import SCRIPTS, STATUSES, Seen, Walker, assert_table
from tests.conftest import client_of

SCRIPT = str(SCRIPTS / "openai_cli.py")

pytestmark = pytest.mark.full


def assert_walked(seen: Seen) -> None:
    assert seen["statuses"] == STATUSES
    assert seen["messages"][:2] == [
        "The job has successfully completed",
        f"New fine-tuned model created: {seen['tuned']}",
    ]
    assert len(seen["messages"]) == 4
    assert (seen["listed"], seen["model"], seen["deleted"]) == (True, True, True)
    assert seen["reply"] == "The number 3."
    assert 'already has status "succeeded"' in seen["refused"]
    assert f"The model '{seen['tuned']}' does not exist" in seen["gone"]


def test_that_of_1_types_its_way_to_the_end(walker: Walker) -> None:
    seen = walker.seen(python_with("openai==1.109.1"), SCRIPT)

    assert_walked(seen)


def test_that_of_0_28_looks_for_a_path_as_an_id_before_it_uploads_it(emulator: Emulator, walker: Walker) -> None:
    seen = walker.seen(python_with("openai==0.28.1"), SCRIPT, base="OPENAI_API_BASE")
    with client_of(emulator) as client:
        first = client.get("/_emulator/journal", params={"limit": 1}).json()["data"][-1]

    assert_walked(seen)
    assert_table([line.split(",") for line in b64decode(seen["results"]).decode().splitlines()])
    assert (first["path"].endswith("/training.jsonl"), first["status"]) == (True, 404)
